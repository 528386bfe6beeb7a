"""The summary as JSON, for programs."""

from __future__ import annotations

from fastlanes_sim.reports.exporters.exporter import HAS_PAGE, Content, Exportable, Exporter


def _content(one: Exportable) -> Content:
    from fastlanes_sim.results.files import json_bytes

    return [json_bytes({**one.report.summary(), **one.beside})]


JSON_SUMMARY = Exporter("summary", "Write the summary as JSON.", HAS_PAGE, _content)
