"""One page with everything, as a file that needs no network."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from fastlanes_sim.reports.exporters.exporter import HAS_PAGE, Content, Exportable, Exporter
from fastlanes_sim.results.summary import versions


def _content(one: Exportable) -> Content:
    from fastlanes_sim.reports.html.render import html

    return [html(one.page(), made_on()).encode("utf-8", "replace")]


def made_on() -> str:
    """The day, of `SOURCE_DATE_EPOCH` (https://reproducible-builds.org/specs/source-date-epoch) where that is set, and the version."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdigit() else datetime.now().astimezone()
    return f"{now:%Y-%m-%d} by fastlanes_sim {versions()['fastlanes_sim']}"


HTML = Exporter(
    "html",
    "Write one page with everything, by default beside the results.",
    HAS_PAGE,
    _content,
    metavar="[FILE]",
    file_name="report.html",
    suffixes=(".html", ".htm"),
)
