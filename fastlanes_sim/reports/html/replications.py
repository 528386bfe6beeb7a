"""The page of replications: intervals first."""

from __future__ import annotations

from fastlanes_sim.experiments.replicate import Replicated
from fastlanes_sim.reports.content.replications import ReplicationsReport
from fastlanes_sim.reports.figures.replications import means
from fastlanes_sim.reports.html.experiment import chart_of, experiment_page
from fastlanes_sim.reports.html.page import Page
from fastlanes_sim.reports.report import Table


def page(found: Replicated) -> Page:
    report = ReplicationsReport(found)
    says = "The mean of each time over the replications, with its confidence interval."
    chart = chart_of("Means and their intervals", says, "means", means(found).figure, report.tables)
    formulas = Table("Beside it, no simulation", ["formulas"], [[line] for line in found.sanity.lines()])
    return experiment_page(report, [chart], [found.scenario], tables=[*report.tables, formulas], interrupted=found.interrupted)
