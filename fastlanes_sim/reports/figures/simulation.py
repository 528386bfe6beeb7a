"""The figures of one simulation."""

from __future__ import annotations

from typing import Any

from fastlanes_sim.measures.times import IntervalName
from fastlanes_sim.reports import charts
from fastlanes_sim.reports.charts import attribution as waits
from fastlanes_sim.reports.charts import slot_occupancy
from fastlanes_sim.reports.charts.style import NewFigure, paper, styled
from fastlanes_sim.results.simulated import Simulated


def all_figures(found: Simulated) -> dict[str, Any]:
    """Attribution (where it was recorded), cdf (wait and response), wait (over time) and slots, by name."""
    with styled():
        figures = {"attribution": attribution(found)} if found.explanations else {}
        cdf = paper(8, 9.6)
        upper, lower = cdf.subplots(2, 1)
        latency(found, "wait", upper)
        latency(found, "response", lower)
        return figures | {"cdf": cdf, "wait": wait(found).figure, "slots": slots(found)}


def latency(found: Simulated, time: IntervalName, ax: Any) -> Any:
    """The distribution of an interval, a curve for each lane and whatever is told apart, with the objectives. Returns the Axes."""
    return charts.latency_cdf(ax, found.observed, time, [verdict.slo for verdict in found.verdicts], found.told_apart)


def wait(found: Simulated, on: NewFigure = paper) -> Any:
    """Wait over time above, the depth of the queues below, and the replicas where any comes or goes, on one axis of time. Returns the upper
    Axes."""
    has_replicas = found.replicas is not None
    figure = on(8, 9 if has_replicas else 7)
    upper, lower, *lowest = figure.subplots(2 + has_replicas, 1, sharex=True, height_ratios=[2, 1, 1][: 2 + has_replicas])
    charts.wait_over_time(upper, found.table, found.log, found.observed, found.told_apart)
    charts.queue_depth(lower, found.table, found.log, found.observed, found.told_apart)
    upper.set_xlabel("")
    for ax in lowest:
        lower.set_xlabel("")
        charts.replicas(ax, found.log)
    return upper


def attribution(found: Simulated, figure: Any = None, on: NewFigure = paper) -> Any:
    """What the waits were made of: by lane, and over time a panel a lane. Returns the Figure."""
    return waits.attribution(figure or on(8, waits.height(found.explanations_shown)), found)


def slots(found: Simulated) -> Any:
    """How full each workloop was over time. Returns the Figure."""
    figure = paper(8, slot_occupancy.height(found.deployment))
    charts.busy_slots(figure.subplots(), found.deployment, found.table, found.log)
    return figure
