"""The page of a sensitivity analysis: a tornado a measure, then the numbers of every value."""

from __future__ import annotations

from fastlanes_sim.experiments.sensitivity import Sensitivity
from fastlanes_sim.reports.content.sensitivity import SensitivityReport
from fastlanes_sim.reports.figures.sensitivity import one_measure
from fastlanes_sim.reports.html.experiment import chart_of, experiment_page
from fastlanes_sim.reports.html.page import Page


def page(found: Sensitivity) -> Page:
    report = SensitivityReport(found)
    charts = []
    for place, (one, table) in enumerate(zip(found.asked, report.tables, strict=True)):
        says = f"{one.text} at both ends of each range, the other values as the scenario says. On the right: shares of the variance."
        charts.append(chart_of(one.text, says, f"chart-{place}", one_measure(found, one.text).figure, [table]))
    return experiment_page(report, charts, [found.scenario], tables=report.tables, interrupted=found.interrupted)
