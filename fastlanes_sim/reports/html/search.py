"""The page of a search: what to deploy first, then the frontier."""

from __future__ import annotations

from fastlanes_sim.experiments.search import Search
from fastlanes_sim.reports.content.search import SearchReport
from fastlanes_sim.reports.figures.search import cost_frontier
from fastlanes_sim.reports.html.experiment import chart_of, experiment_page
from fastlanes_sim.reports.html.page import Page


def page(found: Search) -> Page:
    report = SearchReport(found)
    says = "Every layout that was simulated: what it costs against the measure of the objective that binds, with intervals."
    chart = chart_of("What it costs", says, "frontier", cost_frontier(found).figure, report.tables[:1])
    return experiment_page(report, [chart], [found.base], tables=report.tables, interrupted=found.interrupted)
