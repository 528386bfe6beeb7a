"""The times of runs that statistics are taken of. A new one is a line in `TIMES`.

inserted ──queue──→ claimed ──startup──→ started ──service──→ finished ──→ ended
inserted ────────────wait──────────────→ started
inserted ────────────────────────────response──────────────────────────────→ ended

A run finishes on its worker. It has ended once Lightning has learnt of that (L-20), which takes some round trips.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, get_args

import numpy as np

from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.measures.intervals import Interval, between
from fastlanes_sim.measures.observations import Observations
from fastlanes_sim.measures.quantities import RATIO, TIME, Unit
from fastlanes_sim.measures.row import Whose
from fastlanes_sim.measures.samples import Durations, Ratios, Sample
from fastlanes_sim.measures.scopes import Scope

IntervalName = Literal["wait", "queue", "startup", "service", "response"]
INTERVALS: tuple[IntervalName, ...] = get_args(IntervalName)
"""The times that are an interval of one run's life."""
COLUMNS: dict[IntervalName, tuple[str, str]] = {
    "wait": ("inserted_at", "started_at"),
    "queue": ("inserted_at", "claimed_at"),
    "startup": ("claimed_at", "started_at"),
    "service": ("started_at", "finished_at"),
    "response": ("inserted_at", "ended_at"),
}
"""Of the log, between which each lies."""


def interval(name: IntervalName, log: RunLog) -> Interval:
    """That interval of every run."""
    return between(*COLUMNS[name], log)


@dataclass(frozen=True, slots=True)
class Time:
    """What each run of a scope, or each of its callers, took."""

    name: str
    meaning: str
    sample: Callable[[Observations, Scope], Sample[Any]]
    not_reached: str
    """What is to be said of those that had not come to its end."""
    unit: Unit = TIME
    whose: Whose = "run"


def _interval_of(name: IntervalName, observations: Observations, scope: Scope) -> Durations:
    span = observations.between(*COLUMNS[name])
    begun = span.begun & observations.members(scope)
    return Durations.of(span.length[begun & span.complete], span.length[begun & ~span.complete])


def _caller_response(observations: Observations, scope: Scope) -> Durations:
    return observations.callers.durations(observations.rows(scope))


def _work_order_response(observations: Observations, scope: Scope) -> Durations:
    if not (observations.table.has_calls or observations.table.has_attempts):
        return _interval_of("response", observations, scope)
    return observations.work_orders.durations(observations.rows(scope))


def _slowdown(observations: Observations, scope: Scope) -> Ratios:
    """Response over service. What a run that has not ended will need in a slot is known beforehand: its service up to its timeout.

    A run that needs no time at all has no slowdown and is left out. Of one that ended without starting (lost, cancelled), what it came
    to is a lower bound: it would have taken longer. No slowdown is below 1.
    """
    table, members = observations.table, observations.members(scope)
    response, service = (observations.between(*COLUMNS[name]) for name in ("response", "service"))
    complete = members & service.complete & response.complete
    needed = np.where(service.complete, service.length, np.minimum(table.service_time, table.timeout))
    counted = members & response.begun & (needed > 0)
    whole, still_open = counted & complete, counted & ~complete
    return Ratios.of(response.length[whole] / needed[whole], np.maximum(response.length[still_open] / needed[still_open], 1.0))


TIMES: dict[str, Time] = {
    time.name: time
    for time in (
        Time("wait", "inserted → started", partial(_interval_of, "wait"), "had not started"),
        Time("queue", "inserted → claimed", partial(_interval_of, "queue"), "had not been claimed"),
        Time("startup", "claimed → started", partial(_interval_of, "startup"), "had not started"),
        Time("service", "started → finished on its worker", partial(_interval_of, "service"), "had not finished"),
        Time("response", "inserted → ended, as far as Lightning knows (L-20)", partial(_interval_of, "response"), "had not ended"),
        Time(
            "caller_response",
            "a sync caller's first request → reply, over all attempts, or giving up",
            _caller_response,
            "had neither a reply nor given up",
            whose="caller",
        ),
        Time(
            "work_order_response",
            "a work order's first insertion → the last end of all its runs: the scope's own, further attempts, and all that these call",
            _work_order_response,
            "had not ended",
            whose="work order",
        ),
        Time(
            "slowdown",
            "response over service, a number without a unit; runs whose service takes no time are left out",
            _slowdown,
            "had not ended",
            unit=RATIO,
        ),
    )
}
