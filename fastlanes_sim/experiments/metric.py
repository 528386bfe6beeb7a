"""What experiments measure, in the spelling of the objectives without their bound.

p99(fast_lane.response)    mean(default.wait)    share(fast_lane.response > 30s)    lost    fast_lane.killed
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from fastlanes_sim.errors import FastlanesError
from fastlanes_sim.results.metrics import Metrics
from fastlanes_sim.results.slo import ends, measured
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.scenario.slo import Slo, parse_slo
from fastlanes_sim.traffic.table import RunTable
from fastlanes_sim.units import SECOND, format_duration


@dataclass(frozen=True, slots=True)
class Statistic:
    """One number of a log."""

    text: str
    slo: Slo
    """An objective that speaks of this number; its bound means nothing here."""

    @property
    def unit(self) -> str:
        """`s`, `share` (0 to 1) or `runs`."""
        return {"share": "share", "count": "runs"}.get(self.slo.statistic, "s")

    @property
    def scale(self) -> float:
        """What one of `unit` is in the values that `of` gives."""
        return float(SECOND) if self.unit == "s" else 1.0

    def of(self, metrics: Metrics) -> tuple[float, float]:
        """The ends of what is possible, in µs, as a share or as a number of runs: one number unless runs are still open, the upper may
        be infinite. Two NaN where there is nothing to measure."""
        value = measured(self.slo, metrics)
        return (math.nan, math.nan) if value is None else ends(value)

    def show(self, value: float) -> str:
        """A value for people."""
        if math.isnan(value):
            return "–"
        if math.isinf(value):
            return "∞" if value > 0 else "-∞"
        if self.unit == "share":
            return f"{100 * value:.3g} %"
        return f"{value:.3g}" if self.unit == "runs" else format_duration(value)


def parse_statistic(text: str) -> Statistic:
    """Read `p99(fast_lane.response)`.

    Raises:
        FastlanesError: with what is wrong and its cure.
    """
    text = text.strip()
    bound = "<= 1" if "(" not in text or text.startswith("share") else "<= 1s"
    try:
        return statistic_of(parse_slo(f"{text} {bound}"))
    except ValueError as error:
        context = getattr(error, "context", None) or {}
        raise FastlanesError(f"{text}: {context.get('message', error)}\n    cure: {context.get('cure', '')}".rstrip()) from None


def statistic_of(slo: Slo) -> Statistic:
    """The number that an objective bounds, in one spelling however the objective was written."""
    name = slo.metric if slo.lane == "all" and slo.statistic == "count" else f"{slo.lane}.{slo.metric}"
    if slo.statistic == "count":
        return Statistic(name, slo)
    above = f" > {format_duration(slo.threshold)}" if slo.threshold is not None else ""
    return Statistic(f"{slo.statistic}({name}{above})", slo)


def usual_statistics(table: RunTable, slos: list[str]) -> list[Statistic]:
    """What the objectives speak of, then for each lane with runs the mean and p99 of its wait and the p99 of its response."""
    statistics = [statistic_of(parse_slo(text)) for text in slos]
    for queue in Queue:
        if np.any(table.queue == queue):
            names = (f"{name}({queue.label}.{what})" for name, what in (("mean", "wait"), ("p99", "wait"), ("p99", "response")))
            statistics += map(parse_statistic, names)
    return statistics


def each_once(statistics: Iterable[Statistic]) -> list[Statistic]:
    """In the order of their first mention."""
    return list({statistic.text: statistic for statistic in statistics}.values())
