"""The page of a comparison: differences first."""

from __future__ import annotations

from fastlanes_sim.experiments.compare import Comparison
from fastlanes_sim.reports.content.comparison import ComparisonReport
from fastlanes_sim.reports.figures.comparison import differences, side_by_side
from fastlanes_sim.reports.html.experiment import chart_of, experiment_page
from fastlanes_sim.reports.html.page import Page


def page(found: Comparison) -> Page:
    report = ComparisonReport(found)
    says = "The paired difference of each time with its confidence interval; left of zero is shorter."
    first = chart_of("Differences and their intervals", says, "differences", differences(found).figure, report.paired_tables)
    says = "The mean of each time under each deployment with its confidence interval, a colour a deployment."
    second = chart_of("Deployments side by side", says, "deployments", side_by_side(found).figure, report.deployment_tables)
    scenarios = [one.scenario for one in found.results.values()]
    names = list(found.results)
    return experiment_page(report, [first, second], scenarios, tables=report.tables, interrupted=found.interrupted, names=names)
