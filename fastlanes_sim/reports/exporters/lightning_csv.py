"""The runs in the columns of a production export, so that `calibrate` and `validate` read both alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastlanes_sim.reports.exporters.exporter import Content, Exportable, Exporter
from fastlanes_sim.reports.report import ReportKind

if TYPE_CHECKING:
    from fastlanes_sim.results.simulated import Simulated


def _content(one: Exportable) -> Content:
    from fastlanes_sim.results.export_writer import export_csv

    found: Simulated = one.report.found
    return export_csv(found.table, found.log, found.deployment, found.start)


LIGHTNING_CSV = Exporter(
    "export",
    "Write the runs as CSV in the columns that `calibrate` and `validate` read.",
    frozenset({ReportKind.SIMULATION}),
    _content,
)
