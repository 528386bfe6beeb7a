"""The page of a sweep: a chart a statistic, then every point."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastlanes_sim.reports.html.experiment_page import chart_of, experiment_page
from fastlanes_sim.reports.html.page import Page

if TYPE_CHECKING:
    from fastlanes_sim.reports.sweep import SweepResult


def sweep_page(found: SweepResult) -> Page:
    over = " and ".join(one.name for one in found.dimensions)
    drawn = found.drawn if len(found.dimensions) <= 2 else []
    charts = []
    for place, one in enumerate(drawn):
        says = f"{one.text} over {over}, the mean of the replications."
        charts.append(chart_of(one.text, says, f"chart-{place}", found.plot(one.text).figure, found.tables))
    return experiment_page(found, charts, [found.common], tables=found.tables, interrupted=found.interrupted)
