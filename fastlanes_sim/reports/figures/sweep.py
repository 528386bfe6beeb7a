"""The figures of a sweep: lines over one factor, heat maps over two."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fastlanes_sim.experiments.estimation import place_of
from fastlanes_sim.experiments.sweep import Sweep, in_column
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.measures.quantities import TIME
from fastlanes_sim.reports.charts.axes import seconds_axis
from fastlanes_sim.reports.charts.design_points import heat_map, lines
from fastlanes_sim.reports.charts.style import NewFigure, paper, styled
from fastlanes_sim.reports.content.sweep import SweepReport, verdict_on

if TYPE_CHECKING:
    import pandas as pd

MOST_FACTORS = 2
"""More are no picture."""


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
            ax = lines(ax, _frame(report, one), x=names[0], value=one.text, bound=_bound(report, one), show=in_units(one))
            if one.unit is TIME:
                seconds_axis(ax.yaxis)
            return ax
        return heat_map(ax, _frame(report, one), x=names[1], y=names[0], value=one.text, show=in_units(one))


def in_units(measure: Measure) -> Callable[[float], str]:
    """Says a value of the frames, which have seconds, shares and numbers, with its unit."""
    return lambda value: measure.show(value * measure.scale)


def all_measures(found: Sweep) -> Any:
    """A figure with a chart for each measure that the report draws, one below the other; None of more than two factors."""
    if len(found.dimensions) > MOST_FACTORS:
        return None
    drawn = SweepReport(found).drawn
    with styled():
        figure = paper(8, _height(found) * len(drawn))
        axes = figure.subplots(len(drawn), 1, squeeze=False)[:, 0]
    for one, ax in zip(drawn, axes, strict=True):
        over_factors(found, one.text, ax)
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
