"""Predicted beside observed: a table and a QQ plot a lane."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastlanes_sim.core.units import format_duration
from fastlanes_sim.reports.axes import SHORTEST, duration_axis
from fastlanes_sim.reports.pictures import save_figure
from fastlanes_sim.reports.style import LANE_COLOURS, REFERENCE, lane_title, paper, styled

if TYPE_CHECKING:
    from rich.table import Table

    from fastlanes_sim.calibration.validate import LaneComparison, Validation


def comparison_table(found: Validation) -> Table:
    """A row a percentile, lane by lane: observed, predicted (the median of the replications), the ratio."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title="Observed and predicted", title_justify="left", title_style="bold")
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


def save_qq(found: Validation, path: Path) -> Path:
    """Write the QQ plots of the waits, one a lane, side by side; returns the path."""
    with styled():
        figure = paper(4.6 * max(len(found.lanes), 1) + 0.4, 5.2)
        axes = figure.subplots(1, max(len(found.lanes), 1), squeeze=False)[0]
        for ax, lane in zip(axes, found.lanes, strict=False):
            qq(ax, lane)
        return save_figure(figure, path)


def qq(ax: Any, lane: LaneComparison) -> Any:
    """Each quantile of the predicted wait over that of the observed one; the band spans the replications. On the line both agree."""
    points = [point for point in lane.quantiles if all(map(math.isfinite, point))]
    colour = LANE_COLOURS[lane.lane]
    observed, predicted, low, high = ([max(x, SHORTEST) for x in column] for column in zip(*points, strict=True)) if points else ([],) * 4
    every = [*observed, *predicted, *low, *high] or [SHORTEST]
    span = [min(every), max(max(every), 100 * min(every))]
    ax.plot([span[0] / 10, span[1] * 10], [span[0] / 10, span[1] * 10], color=REFERENCE, linewidth=1.2, linestyle=(0, (4, 2)))
    ax.fill_between(observed, low, high, color=colour, alpha=0.2, linewidth=0)
    ax.plot(observed, predicted, marker="o", markersize=3.5, linestyle="none", color=colour)
    duration_axis(ax.xaxis, *span)
    duration_axis(ax.yaxis, *span)
    ax.set_aspect("equal")
    verdict = "rejected" if lane.rejected else "agrees"
    ax.set_title(f"{lane_title(lane.lane).capitalize()}: {verdict} (KS {lane.distance:.3f})")
    ax.set_xlabel(f"Observed wait ({lane.runs:,} runs)")
    ax.set_ylabel("Predicted wait")
    return ax


def _show(us: float) -> str:
    return format_duration(us) if math.isfinite(us) else "never"
