"""The page of a sweep: a chart a measure, then every design point."""

from __future__ import annotations

from fastlanes_sim.experiments.sweep import Sweep
from fastlanes_sim.reports.content.sweep import SweepReport
from fastlanes_sim.reports.figures.sweep import MOST_FACTORS, over_factors, surface_over_factors
from fastlanes_sim.reports.html.experiment import chart_of, experiment_page
from fastlanes_sim.reports.html.page import Page


def page(found: Sweep) -> Page:
    report = SweepReport(found)
    over = " and ".join(one.name for one in found.dimensions)
    charts = []
    for place, one in enumerate(report.drawn if len(found.dimensions) <= MOST_FACTORS else []):
        says = f"{one.text} over {over}, the mean of the replications."
        charts.append(chart_of(one.text, says, f"chart-{place}", over_factors(found, one.text).figure, report.tables))
        predicted = surface_over_factors(found, one.text)
        if predicted is not None:
            says = f"{one.text} over {over}: {report.surfaces[one].words}."
            charts.append(chart_of(f"{one.text}, predicted", says, f"surface-{place}", predicted.figure, report.tables))
    return experiment_page(report, charts, [report.common], tables=report.tables, interrupted=found.interrupted)
