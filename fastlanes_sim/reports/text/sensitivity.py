"""A sensitivity analysis in the terminal."""

from __future__ import annotations

from fastlanes_sim.core.counting import counted
from fastlanes_sim.experiments.sensitivity import Sensitivity
from fastlanes_sim.reports.content.sensitivity import SensitivityReport
from fastlanes_sim.reports.text.terminal import aligned


def text(found: Sensitivity) -> str:
    """What decides, from where on objectives fail, and a table a measure."""
    report = SensitivityReport(found)
    lines = [f"{sentence}." for sentence in (report.answer, *report.sentences)]
    for table in report.tables:
        lines += ["", table.heading, *aligned(table)]
    size = f"{counted(found.points, 'design point')}, {counted(found.replications, 'replication')} each, {100 * found.level:g} % intervals"
    return "\n".join([*lines, "", size])
