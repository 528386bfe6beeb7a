"""The figures of a sweep: lines over one factor, heat maps over two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastlanes_sim.experiments.metric import Statistic, statistic_of
from fastlanes_sim.experiments.sweep import Sweep, in_column
from fastlanes_sim.reports.charts.design_points import heat_map, lines
from fastlanes_sim.reports.charts.style import paper, styled
from fastlanes_sim.reports.content.sweep import SweepReport, verdict_on
from fastlanes_sim.reports.labels import with_unit

if TYPE_CHECKING:
    import pandas as pd

MOST_FACTORS = 2
"""More are no picture."""


def over_factors(found: Sweep, statistic: str | None = None, ax: Any = None) -> Any:
    """One statistic: lines with intervals over one factor, a heat map over two. Returns the Axes.

    Args:
        statistic: as `p99(fast_lane.response)`; by default the first that an objective speaks of.

    Raises:
        ValueError: there are more factors than that.
    """
    if len(found.dimensions) > MOST_FACTORS:
        raise ValueError("more than two dimensions are no picture: look at .frame")
    report = SweepReport(found)
    one = report.drawn[0] if statistic is None else next(one for one in found.statistics if one.text == statistic)
    names = [factor.name for factor in found.dimensions]
    with styled():
        ax = ax or paper(8, _height(found)).subplots()
        if len(names) == 1:
            return lines(ax, _frame(report, one), x=names[0], value=with_unit(one), bound=_bound(report, one))
        return heat_map(ax, _frame(report, one), x=names[1], y=names[0], value=with_unit(one))


def all_statistics(found: Sweep) -> Any:
    """A figure with a chart for each statistic that the report draws, one below the other; None of more than two factors."""
    if len(found.dimensions) > MOST_FACTORS:
        return None
    drawn = SweepReport(found).drawn
    with styled():
        figure = paper(8, _height(found) * len(drawn))
        axes = figure.subplots(len(drawn), 1, squeeze=False)[:, 0]
    for one, ax in zip(drawn, axes, strict=True):
        over_factors(found, one.text, ax)
    return figure


def _frame(report: SweepReport, statistic: Statistic) -> pd.DataFrame:
    """What the charts want: `x`, `y` where there is one, `value`, `low`, `high`, and whether the point is `met`."""
    import pandas as pd

    rows = []
    for point in report.found.points:
        found, scale = point.estimate(statistic), statistic.scale
        places = [in_column(one, point.settings[one.name]) for one in report.found.dimensions]
        met = verdict_on(point, statistic) == "met"
        rows.append((places[-1], places[0], found.mean / scale, found.low / scale, found.high / scale, met))
    frame = pd.DataFrame(rows, columns=["x", "y", "value", "low", "high", "met"])
    return frame if any(statistic_of(slo).text == statistic.text for slo in report.slos) else frame.drop(columns="met")


def _bound(report: SweepReport, statistic: Statistic) -> float | None:
    """Of the one objective that says at most how much it may be; None where there are several or none."""
    bounds = {slo.bound for slo in report.slos if statistic_of(slo).text == statistic.text and slo.operator in ("<", "<=")}
    return bounds.pop() / statistic.scale if len(bounds) == 1 else None


def _height(found: Sweep) -> float:
    """In inches, of one chart."""
    rows = len(found.dimensions[0].values) if len(found.dimensions) == 2 else 0
    return max(3.6, 1.6 + 0.32 * min(rows, 30))
