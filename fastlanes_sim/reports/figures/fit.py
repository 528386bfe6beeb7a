"""The figure of a fit: how many runs come, and how long they wait, in the export and in the scenario fitted to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastlanes_sim.reports.charts.axes import duration_axis
from fastlanes_sim.reports.charts.quantile_pairs import quantile_pairs
from fastlanes_sim.reports.charts.style import LANE_COLOURS, NewFigure, paper, styled
from fastlanes_sim.reports.labels import lane_title

if TYPE_CHECKING:
    from fastlanes_sim.calibration.fit_check import FitCheck


def fit_figure(found: FitCheck, on: NewFigure = paper) -> Any:
    """Two panels a lane: runs over time, and quantiles of the wait (of the service, where waits are not compared). Returns the Figure."""
    lanes = list(found.counts)
    with styled():
        figure = on(11.0, 3.6 * max(len(lanes), 1) + 0.4)
        axes = figure.subplots(max(len(lanes), 1), 2, squeeze=False, gridspec_kw={"width_ratios": [2, 1]})
        for (left, right), lane in zip(axes, lanes, strict=False):
            runs(left, found, lane)
            quantiles(right, found, lane)
        return figure


def runs(ax: Any, found: FitCheck, lane: str) -> Any:
    """The runs of each stretch of time: the export as a line, the range of the replications as a band."""
    observed, low, high = found.counts[lane]
    places = range(len(observed))
    ax.fill_between(places, low, high, step="mid", color=LANE_COLOURS[lane], alpha=0.3, linewidth=0, label="fit, all replications")
    ax.step(places, observed, where="mid", color=LANE_COLOURS[lane], linewidth=1.2, label="export")
    ax.set_ylim(bottom=0)
    ax.set_title(f"{lane_title(lane).capitalize()}: runs in {found.clock}")
    ax.set_xlabel(f"From the beginning, in steps of {found.clock}")
    ax.legend(frameon=False)
    return ax


def quantiles(ax: Any, found: FitCheck, lane: str) -> Any:
    """Each quantile in the fit over that of the export; the band spans the replications. On the line both agree."""
    span = quantile_pairs(ax, found.quantiles[lane], LANE_COLOURS[lane], 3.0)
    duration_axis(ax.xaxis, *span, every=2)
    duration_axis(ax.yaxis, *span)
    what = "wait" if found.waits else "service"
    ax.set_title(f"Quantiles of the {what}")
    ax.set_xlabel(f"{what.capitalize()} in the export")
    ax.set_ylabel("In the fit")
    ax.legend(frameon=False, loc="upper left", fontsize=10)
    return ax
