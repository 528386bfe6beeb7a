"""The figure of a capacity search: a measure over the traffic."""

from __future__ import annotations

from typing import Any

from fastlanes_sim.experiments.capacity_search import Carried
from fastlanes_sim.experiments.estimation import estimate_of
from fastlanes_sim.measures.quantities import TIME
from fastlanes_sim.reports.charts.axes import seconds_axis
from fastlanes_sim.reports.charts.design_points import lines
from fastlanes_sim.reports.charts.style import NewFigure, paper, styled
from fastlanes_sim.reports.content.trials import drawn
from fastlanes_sim.reports.figures.sweep import in_units


def over_traffic(found: Carried, ax: Any = None, on: NewFigure = paper) -> Any:
    """The measure of the objective that binds over the traffic. Returns the Axes."""
    import pandas as pd

    slo, one = drawn(found.rule, found.played)
    rows = []
    for factor, trial in found.trials.items():
        estimate = estimate_of(one, found.rule.measures, trial.values, found.rule.confidence)
        rows.append((float(factor), estimate.mean / one.scale, estimate.low / one.scale, estimate.high / one.scale))
    frame = pd.DataFrame(rows, columns=["x", "value", "low", "high"])
    with styled():
        ax = ax or on(8, 4.2).subplots()
        ax = lines(ax, frame, x="traffic ×", value=one.text, bound=None if slo is None else slo.bound / one.scale, show=in_units(one))
        if one.unit is TIME:
            seconds_axis(ax.yaxis)
        return ax
