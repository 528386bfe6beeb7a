"""The figures of a sensitivity analysis: a tornado a measure, with the shares of the variance beside it."""

from __future__ import annotations

import math
from typing import Any

from fastlanes_sim.experiments.estimation import place_of
from fastlanes_sim.experiments.sensitivity import Sensitivity, mean_of
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.measures.quantities import TIME
from fastlanes_sim.reports.charts.axes import seconds_axis
from fastlanes_sim.reports.charts.style import NewFigure, paper, styled
from fastlanes_sim.reports.charts.tornado import Bar, shares, tornado

MOST_BARS = 12


def one_measure(found: Sensitivity, measure: str | None = None, ax: Any = None, on: NewFigure = paper) -> Any:
    """The tornado of one measure, by default the first that an objective speaks of. Returns the Axes.

    Without an Axes of the caller's, the shares of the variance stand beside it, where there are any.
    """
    one = found.asked[0] if measure is None else found.measures[place_of(measure, found.measures)]
    with styled():
        if ax is not None:
            return _tornado(found, one, ax)
        return _side_by_side(found, one, on(9, _height(found)).subplots(1, 2, width_ratios=[3, 1]))


def all_measures(found: Sensitivity) -> Any:
    """A tornado for each measure that was asked for, one below the other."""
    with styled():
        figure = paper(9, _height(found) * len(found.asked))
        for one, pair in zip(found.asked, figure.subplots(len(found.asked), 2, squeeze=False, width_ratios=[3, 1]), strict=True):
            _side_by_side(found, one, pair)
    return figure


def _side_by_side(found: Sensitivity, one: Measure, pair: Any) -> Any:
    left, right = pair
    _tornado(found, one, left)
    rows = [None if (index := found.index(number, one)) is None else (index.total, index.total_half) for number in _order(found, one)]
    if any(row is not None for row in rows):
        shares(right, rows)
    else:
        right.set_axis_off()
    return left


def _tornado(found: Sensitivity, one: Measure, ax: Any) -> Any:
    bars = []
    for number in _order(found, one):
        value, (low, high) = found.values[number], found.ends(number)
        at_low, at_high = (mean_of(end, one) / one.scale for end in (low, high))
        bars.append(Bar(value.name, at_low, at_high, value.show(value.low), value.show(value.high)))
    bounds = {slo.bound for slo in found.objectives if slo.measure == one}
    base = mean_of(found.base, one) / one.scale
    bound = bounds.pop() / one.scale if len(bounds) == 1 else None
    ax = tornado(ax, bars, base=base, label=one.title, title="Each value alone", bound=bound)
    if one.unit is TIME:
        seconds_axis(ax.xaxis)
    return ax


def _order(found: Sensitivity, one: Measure) -> list[int]:
    """The widest first; of what is not known there is no bar."""
    known = [number for number in range(len(found.values)) if math.isfinite(found.swing(number, one))]
    return sorted(known, key=lambda number: -found.swing(number, one))[:MOST_BARS]


def _height(found: Sensitivity) -> float:
    """In inches, of one tornado."""
    return 1.6 + 0.42 * min(max(len(found.values), 3), MOST_BARS)
