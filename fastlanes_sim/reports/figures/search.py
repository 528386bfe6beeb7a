"""The figure of a search: what each layout costs against what it gives."""

from __future__ import annotations

from typing import Any

from fastlanes_sim.experiments.search import Search
from fastlanes_sim.measures.quantities import TIME
from fastlanes_sim.reports.charts.axes import seconds_axis
from fastlanes_sim.reports.charts.design_points import frontier
from fastlanes_sim.reports.charts.style import NewFigure, paper, styled
from fastlanes_sim.reports.content.search import SearchReport
from fastlanes_sim.reports.content.trials import drawn, estimate_in
from fastlanes_sim.reports.figures.sweep import in_units


def cost_frontier(found: Search, ax: Any = None, on: NewFigure = paper) -> Any:
    """Cost against the measure of the objective that binds. Returns the Axes."""
    import pandas as pd

    slo, one = drawn(found.rule, found.played)
    best_of_cost, rows = SearchReport(found).best_of_cost, []
    for trial in found.trials:
        estimate = estimate_in(found.rule, trial, one)
        ends = (end / one.scale for end in (estimate.mean, estimate.low, estimate.high))
        best = any(trial is other for other in best_of_cost)
        rows.append((trial.candidate.cost, *ends, trial.candidate.label, best))
    frame = pd.DataFrame(rows, columns=["cost", "value", "low", "high", "label", "best"])
    with styled():
        ax = ax or on(8, 5.6).subplots()
        ax = frontier(ax, frame, cost="cost", value=one.text, bound=None if slo is None else slo.bound / one.scale, show=in_units(one))
        if one.unit is TIME:
            seconds_axis(ax.yaxis)
        return ax
