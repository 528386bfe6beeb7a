"""A validation in the terminal: predicted beside observed."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fastlanes_sim.core.units import format_duration
from fastlanes_sim.reports.labels import lane_title
from fastlanes_sim.reports.text.terminal import rich_table

if TYPE_CHECKING:
    from rich.table import Table

    from fastlanes_sim.calibration.validate import Validation


def comparison_table(found: Validation) -> Table:
    """A row a percentile, lane by lane: observed, predicted (the median of the replications), the ratio."""
    table = rich_table("Observed and predicted")
    for name in ("lane", "runs", "", "observed", "predicted", "ratio"):
        table.add_column(name, justify="left" if name in ("lane", "") else "right", no_wrap=True)
    for lane in found.lanes:
        entries = [(metric, entry) for metric in ("wait", "response") for entry in getattr(lane, metric)]
        for place, (metric, entry) in enumerate(entries):
            head = (lane_title(lane.lane), f"{lane.runs:,}") if place == 0 else ("", "")
            numbers = (_show(entry.observed), _show(entry.predicted))
            ratio = f"{entry.ratio:.2f}" if math.isfinite(entry.ratio) else "–"
            table.add_row(*head, f"{metric} p{100 * entry.p:g}", *numbers, ratio, end_section=place == len(entries) - 1)
    return table


def text(found: Validation) -> str:
    """The verdict, a line a lane, and what else must be known."""
    return "\n".join([found.words, *(f"  {lane.words}" for lane in found.lanes), *found.remarks])


def _show(us: float) -> str:
    return format_duration(us) if math.isfinite(us) else "never"
