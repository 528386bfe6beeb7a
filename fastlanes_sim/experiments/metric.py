"""What experiments measure, in the spelling of the objectives without their bound.

p99(fast_lane.response)    mean(default.wait)    share(fast_lane.response > 30s)    lost    fast_lane.killed

Beside them numbers of the simulation as a whole: `utilisation` and `claims`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import SECOND, format_duration
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.results.metrics import Metrics
from fastlanes_sim.results.slo import ends, measured
from fastlanes_sim.results.slot_occupancy import holds
from fastlanes_sim.results.worker_processes import time_there
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.scenario.slo import Slo, parse_slo


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
        return format_duration(value) if self.unit == "s" else f"{value:.3g}" if abs(value) < 1_000 else f"{value:,.0f}"


class SystemStatistic(Statistic):
    """`utilisation` (share of all slots' time that runs held) or `claims` (that workers sent), over the whole horizon.

    Of a steady scenario the warm-up counts too: neither belongs to particular runs.
    """

    __slots__ = ()

    @property
    def unit(self) -> str:
        return _SYSTEM[self.text][0]

    def of_simulation(self, deployment: Deployment, table: RunTable, log: RunLog) -> float:
        return _SYSTEM[self.text][1](deployment, table, log)


def _busy(deployment: Deployment, table: RunTable, log: RunLog) -> float:
    held, there = holds(table, log), time_there(deployment, log).tolist()
    slots = sum(loop.capacity * lasted for worker, lasted in zip(deployment.workers, there, strict=True) for loop in worker.workloops)
    # Summed as whole microseconds: in which order runs were served is not to be seen in the last digit.
    return int((held.ends - held.begins).sum()) / slots if slots else 0.0


def _claims(_deployment: Deployment, _table: RunTable, log: RunLog) -> float:
    return float(log.claims_sent)


_SYSTEM: dict[str, tuple[str, Callable[[Deployment, RunTable, RunLog], float]]] = {
    "utilisation": ("share", _busy),
    "claims": ("claims", _claims),
}


def parse_statistic(text: str) -> Statistic:
    """Read `p99(fast_lane.response)`.

    Raises:
        FastlanesError: with what is wrong and a hint.
    """
    text = text.strip()
    if text in _SYSTEM:
        return SystemStatistic(text, Slo(text, "count", "all", text, None, "<=", 0))
    bound = "<= 1" if "(" not in text or text.startswith("share") else "<= 1s"
    try:
        return statistic_of(parse_slo(f"{text} {bound}"))
    except ValueError as error:
        context = getattr(error, "context", None) or {}
        raise FastlanesError(f"{text}: {context.get('message', error)}\n    hint: {context.get('hint', '')}".rstrip()) from None


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
