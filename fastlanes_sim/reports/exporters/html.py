"""One page with everything, as a file that needs no network."""

from __future__ import annotations

from fastlanes_sim.reports.exporters.exporter import HAS_PAGE, Content, Exportable, Exporter


def _content(one: Exportable) -> Content:
    from fastlanes_sim.reports.html.render import html

    return [html(one.page()).encode("utf-8", "replace")]


HTML = Exporter(
    "html",
    "Write one page with everything. Default: report.html beside the results.",
    HAS_PAGE,
    _content,
    metavar="[FILE]",
    file_name="report.html",
    suffixes=(".html", ".htm"),
)
