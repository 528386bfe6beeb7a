"""The five intervals of a run's life, and which of them had not come to their end when the simulation stopped.

    inserted ──queue──→ claimed ──startup──→ started ──service──→ ended
    inserted ────────────wait──────────────→ started
    inserted ─────────────────────response──────────────────────→ ended

An interval that has begun and not ended is *censored*: all that is known is that it is longer than its age. It is never left
out, for the runs that wait longest are the ones that have not started yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable

Metric = Literal["wait", "queue", "startup", "service", "response"]
METRICS: tuple[Metric, ...] = get_args(Metric)


@dataclass(frozen=True, slots=True)
class Interval:
    """One interval of each run. Every array has one entry a run of the table."""

    length: npt.NDArray[np.int64]
    """µs from the interval's beginning to its end, or to the instant up to which it is known not to have ended.
    Meaningless where `begun` is false."""
    begun: npt.NDArray[np.bool_]
    """The interval's beginning was reached: the run counts."""
    complete: npt.NDArray[np.bool_]
    """Its end was reached as well; `begun & ~complete` is censored."""


def arrived(log: RunLog) -> npt.NDArray[np.bool_]:
    """The runs that exist. Not those that the simulation did not come to, requests that were refused, attempts that nobody made."""
    here: npt.NDArray[np.bool_] = log.inserted_at != NEVER
    return here


def interval(metric: Metric, table: RunTable, log: RunLog) -> Interval:
    """That interval of every run.

    A run that reached a final state without starting (cancelled, or claimed and lost, L-1) is censored at that instant for wait,
    queue and startup: it would have waited longer, and how long nobody knows.
    """
    begin, end = {
        "wait": (log.inserted_at, log.started_at),
        "queue": (log.inserted_at, log.claimed_at),
        "startup": (log.claimed_at, log.started_at),
        "service": (log.started_at, log.ended_at),
        "response": (log.inserted_at, log.ended_at),
    }[metric]
    begun = arrived(log) & (begin != NEVER)
    complete = begun & (end != NEVER)
    last_seen = np.where(log.ended_at != NEVER, log.ended_at, log.ended_on)
    return Interval(np.where(complete, end, last_seen) - begin, begun, complete)
