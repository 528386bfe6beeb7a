"""The figure of a validation: a QQ plot a lane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastlanes_sim.core.counting import counted
from fastlanes_sim.reports.charts.axes import duration_axis
from fastlanes_sim.reports.charts.quantile_pairs import quantile_pairs
from fastlanes_sim.reports.charts.style import LANE_COLOURS, NewFigure, paper, styled
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
    span = quantile_pairs(ax, lane.quantiles, LANE_COLOURS[lane.lane], 3.5)
    duration_axis(ax.xaxis, *span)
    duration_axis(ax.yaxis, *span)
    ax.set_aspect("equal")
    verdict = "rejected" if lane.rejected else "agrees" if lane.is_judged else "too few runs to tell"
    ax.set_title(f"{lane_title(lane.lane).capitalize()}: {verdict} (KS {lane.distance:.3f})")
    ax.set_xlabel(f"Observed wait ({counted(lane.runs, 'run')})")
    ax.set_ylabel("Predicted wait")
    ax.legend(frameon=False, loc="upper left", fontsize=10)
    return ax
