"""A sweep in the terminal."""

from __future__ import annotations

from fastlanes_sim.core.counting import counted
from fastlanes_sim.experiments.sweep import Sweep
from fastlanes_sim.reports.content.sweep import SweepReport
from fastlanes_sim.reports.text.terminal import aligned


def text(found: Sweep) -> str:
    """The answer, then a line a design point, as many as the report's table has."""
    report = SweepReport(found)
    (table,) = report.tables
    rest = len(found.points) - len(table.rows)
    lines = [f"{report.answer}.", "", *(f"note: {sentence}" for sentence in report.sentences)]
    size = f"{counted(len(found.points), 'design point')}, {counted(found.replications, 'replication')} each"
    lines.append(f"{size}, {100 * found.level:g} % intervals")
    lines += ["", *aligned(table)]
    return "\n".join([*lines, f"… and {rest:,} more, in the table of results"] if rest else lines)
