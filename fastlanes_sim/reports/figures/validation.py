"""The figure of a validation: a QQ plot a lane."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from fastlanes_sim.reports.charts.axes import SHORTEST, duration_axis
from fastlanes_sim.reports.charts.style import LANE_COLOURS, REFERENCE, NewFigure, paper, styled
from fastlanes_sim.reports.labels import lane_title

if TYPE_CHECKING:
    from fastlanes_sim.calibration.validate import LaneComparison, Validation


def qq_plots(found: Validation, on: NewFigure = paper) -> Any:
    """The QQ plots of the waits, one a lane, side by side. Returns the Figure."""
    with styled():
        figure = on(4.6 * max(len(found.lanes), 1) + 0.4, 5.2)
        axes = figure.subplots(1, max(len(found.lanes), 1), squeeze=False)[0]
        for ax, lane in zip(axes, found.lanes, strict=False):
            qq(ax, lane)
        return figure


def qq(ax: Any, lane: LaneComparison) -> Any:
    """Each quantile of the predicted wait over that of the observed one; the band spans the replications. On the line both agree."""
    points = [point for point in lane.quantiles if all(map(math.isfinite, point))]
    colour = LANE_COLOURS[lane.lane]
    observed, predicted, low, high = ([max(x, SHORTEST) for x in column] for column in zip(*points, strict=True)) if points else ([],) * 4
    every = [*observed, *predicted, *low, *high] or [SHORTEST]
    span = [min(every), max(max(every), 100 * min(every))]
    ax.plot(
        [span[0] / 10, span[1] * 10],
        [span[0] / 10, span[1] * 10],
        color=REFERENCE,
        linewidth=1.2,
        linestyle=(0, (4, 2)),
        label="both agree",
    )
    ax.fill_between(observed, low, high, color=colour, alpha=0.2, linewidth=0, label="all replications")
    ax.plot(observed, predicted, marker="o", markersize=3.5, linestyle="none", color=colour, label="quantiles")
    duration_axis(ax.xaxis, *span)
    duration_axis(ax.yaxis, *span)
    ax.set_aspect("equal")
    verdict = "rejected" if lane.rejected else "agrees"
    ax.set_title(f"{lane_title(lane.lane).capitalize()}: {verdict} (KS {lane.distance:.3f})")
    ax.set_xlabel(f"Observed wait ({lane.runs:,} runs)")
    ax.set_ylabel("Predicted wait")
    ax.legend(frameon=False, loc="upper left", fontsize=10)
    return ax
