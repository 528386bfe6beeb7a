"""The figure of a fit: how many runs come, and how long they wait, in the export and in the scenario fitted to it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from fastlanes_sim.reports.charts.axes import SHORTEST, duration_axis
from fastlanes_sim.reports.charts.style import LANE_COLOURS, REFERENCE, NewFigure, paper, styled
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
    points = [point for point in found.quantiles[lane] if all(map(math.isfinite, point))]
    observed, fitted, low, high = ([max(x, SHORTEST) for x in column] for column in zip(*points, strict=True)) if points else ([],) * 4
    every = [*observed, *fitted, *low, *high] or [SHORTEST]
    span = (min(every), max(max(every), 100 * min(every)))
    ax.plot(
        [span[0] / 10, span[1] * 10],
        [span[0] / 10, span[1] * 10],
        color=REFERENCE,
        linewidth=1.2,
        linestyle=(0, (4, 2)),
        label="both agree",
    )
    ax.fill_between(observed, low, high, color=LANE_COLOURS[lane], alpha=0.2, linewidth=0, label="all replications")
    ax.plot(observed, fitted, marker="o", markersize=3.0, linestyle="none", color=LANE_COLOURS[lane], label="quantiles")
    duration_axis(ax.xaxis, *span, every=2)
    duration_axis(ax.yaxis, *span)
    what = "wait" if found.waits else "service"
    ax.set_title(f"Quantiles of the {what}")
    ax.set_xlabel(f"{what.capitalize()} in the export")
    ax.set_ylabel("In the fit")
    ax.legend(frameon=False, loc="upper left", fontsize=10)
    return ax
