"""The charts of one simulation, and of several side by side. Axes (or a Figure) in, the same out; nothing is measured here."""

from fastlanes_sim.reports.charts.design_points import frontier, heat_map, lines
from fastlanes_sim.reports.charts.latency import latency_ccdf, latency_cdf
from fastlanes_sim.reports.charts.queues import queue_depth
from fastlanes_sim.reports.charts.replicas import replicas
from fastlanes_sim.reports.charts.slot_occupancy import busy_slots, gantt
from fastlanes_sim.reports.charts.waits import percentile_bands, wait_over_time
from fastlanes_sim.reports.charts.waits_by_deployment import waits_by_deployment

__all__ = [
    "busy_slots",
    "frontier",
    "gantt",
    "heat_map",
    "latency_ccdf",
    "latency_cdf",
    "lines",
    "percentile_bands",
    "queue_depth",
    "replicas",
    "wait_over_time",
    "waits_by_deployment",
]
