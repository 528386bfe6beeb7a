"""The page of replications: intervals first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from fastlanes_sim.experiments.replicate import Replicated
from fastlanes_sim.reports.content.replications import ReplicationsReport
from fastlanes_sim.reports.figures.replications import means
from fastlanes_sim.reports.html.experiment import chart_of, experiment_page
from fastlanes_sim.reports.html.page import Page
from fastlanes_sim.reports.report import Table
from fastlanes_sim.reports.text.advice import paragraph

if TYPE_CHECKING:
    from fastlanes_sim.experiments.advice import Advice


def page(found: Replicated, advice: Sequence[Advice] = ()) -> Page:
    """Everything about replications that `run` knows."""
    report = ReplicationsReport(found)
    says = "The mean of each time over the replications, with its confidence interval."
    chart = chart_of("Means and their intervals", says, "means", means(found).figure, report.tables)
    formulas = Table("Beside it, no simulation", ["formulas"], [[line] for line in found.sanity.lines()])
    plain = experiment_page(report, [chart], [found.scenario], tables=[*report.tables, formulas], interrupted=found.interrupted)
    many = f"{len(found.values):,} replications"
    advised_on = f"Each change was simulated on the runs of one replication that is typical; those that are named first, in {many}."
    return replace(plain, advice=[paragraph(one) for one in advice], advised_on=advised_on)
