"""The figures of a sweep: lines over one factor, heat maps over two; where it is asked for, with a response surface."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from fastlanes_sim.experiments.estimation import place_of
from fastlanes_sim.experiments.sweep import Sweep, in_column
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.measures.quantities import TIME
from fastlanes_sim.reports.charts.axes import seconds_axis
from fastlanes_sim.reports.charts.design_points import heat_map, lines, surface_contours, surface_curve
from fastlanes_sim.reports.charts.style import NewFigure, paper, styled
from fastlanes_sim.reports.content.sweep import SweepReport, verdict_on

if TYPE_CHECKING:
    import pandas as pd

MOST_FACTORS = 2
"""More are no picture."""
SURFACE_HEIGHT = 4.6
"""In inches, of the chart of a surface over two factors."""


def over_factors(found: Sweep, measure: str | None = None, ax: Any = None, on: NewFigure = paper) -> Any:
    """One measure: lines with intervals over one factor, a heat map over two. Returns the Axes.

    Args:
        measure: as `p99(fast_lane.response)`; by default the first that an objective speaks of.

    Raises:
        ValueError: there are more factors than that.
    """
    if len(found.dimensions) > MOST_FACTORS:
        raise ValueError("more than two factors cannot be drawn\n    hint: look at .frame")
    report = SweepReport(found)
    one = report.drawn[0] if measure is None else found.measures[place_of(measure, found.measures)]
    names = [factor.name for factor in found.dimensions]
    with styled():
        ax = ax or on(8, _height(found)).subplots()
        if len(names) == 1:
            surface = report.surfaces.get(one)
            told: dict[str, Any] = {"x": names[0], "value": one.text, "bound": _bound(report, one), "show": in_units(one)}
            ax = lines(ax, _frame(report, one), **told, is_joined=surface is None)
            if surface is not None:
                places = np.linspace(*surface.factors[names[0]], 201)
                surface_curve(ax, places, *(ends / one.scale for ends in surface.over(places[:, None])))
            if one.unit is TIME:
                seconds_axis(ax.yaxis)
            return ax
        return heat_map(ax, _frame(report, one), x=names[1], y=names[0], value=one.text, show=in_units(one))


def surface_over_factors(found: Sweep, measure: str, ax: Any = None, on: NewFigure = paper) -> Any:
    """Of a sweep over two factors, what the surface of one measure predicts; None where there is no such surface. Returns the Axes."""
    report = SweepReport(found)
    one = found.measures[place_of(measure, found.measures)]
    surface = report.surfaces.get(one)
    if surface is None or len(surface.factors) != 2:
        return None
    (y, rows), (x, columns) = surface.factors.items()
    xs, ys = np.linspace(*columns, 61), np.linspace(*rows, 61)
    grid = np.stack(np.meshgrid(ys, xs, indexing="ij"), axis=-1).reshape(-1, 2)
    value = surface.over(grid)[0].reshape(len(ys), len(xs)) / one.scale
    points = np.array([(point.settings[x], point.settings[y]) for point in found.points if point.values], np.float64)
    with styled():
        ax = ax or on(8, SURFACE_HEIGHT).subplots()
        told: dict[str, Any] = {"x": x, "y": y, "of": one.text, "bound": _bound(report, one), "show": in_units(one)}
        return surface_contours(ax, xs, ys, value, points, **told)


def in_units(measure: Measure) -> Callable[[float], str]:
    """Says a value of the frames, which have seconds, shares and numbers, with its unit."""
    return lambda value: measure.show(value * measure.scale)


def all_measures(found: Sweep) -> Any:
    """A figure with a chart for each measure that the report draws, one below the other; None of more than two factors."""
    if len(found.dimensions) > MOST_FACTORS:
        return None
    report = SweepReport(found)
    drawn, surfaces = report.drawn, report.surfaces if len(found.dimensions) == MOST_FACTORS else {}
    heights = [height for one in drawn for height in (_height(found), *([SURFACE_HEIGHT] if one in surfaces else []))]
    with styled():
        figure = paper(8, sum(heights))
        axes = iter(figure.subplots(len(heights), 1, squeeze=False, height_ratios=heights)[:, 0])
    for one in drawn:
        over_factors(found, one.text, next(axes))
        if one in surfaces:
            surface_over_factors(found, one.text, next(axes))
    return figure


def _frame(report: SweepReport, measure: Measure) -> pd.DataFrame:
    """What the charts want: `x`, `y` where there is one, `value`, `low`, `high`, and whether the point is `met`."""
    import pandas as pd

    rows = []
    for point in report.found.points:
        found, scale = point.estimate(measure), measure.scale
        places = [in_column(one, point.settings[one.name]) for one in report.found.dimensions]
        met = verdict_on(point, measure) == "met"
        rows.append((places[-1], places[0], found.mean / scale, found.low / scale, found.high / scale, met))
    frame = pd.DataFrame(rows, columns=["x", "y", "value", "low", "high", "met"])
    return frame if any(slo.measure == measure for slo in report.slos) else frame.drop(columns="met")


def _bound(report: SweepReport, measure: Measure) -> float | None:
    """Of the one objective that says at most how much it may be; None where there are several or none."""
    bounds = {slo.bound for slo in report.slos if slo.measure == measure and slo.is_upper_bound}
    return bounds.pop() / measure.scale if len(bounds) == 1 else None


def _height(found: Sweep) -> float:
    """In inches, of one chart."""
    rows = len(found.dimensions[0].values) if len(found.dimensions) == 2 else 0
    return max(3.6, 1.6 + 0.32 * min(rows, 30))
