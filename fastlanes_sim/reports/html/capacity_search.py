"""The page of a capacity search: how much traffic holds."""

from __future__ import annotations

from fastlanes_sim.experiments.capacity_search import Carried
from fastlanes_sim.reports.content.capacity_search import CapacityReport
from fastlanes_sim.reports.figures.capacity_search import over_traffic
from fastlanes_sim.reports.html.experiment import chart_of, experiment_page
from fastlanes_sim.reports.html.page import Page


def page(found: Carried) -> Page:
    report = CapacityReport(found)
    says = "The measure of the objective that binds over the traffic, with intervals, and its bound."
    chart = chart_of("Traffic", says, "traffic", over_traffic(found).figure, report.tables)
    return experiment_page(report, [chart], [found.base], tables=report.tables, interrupted=found.interrupted)
