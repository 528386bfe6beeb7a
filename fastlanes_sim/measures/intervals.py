"""An interval of a run's life, and for which runs it had not come to its end when the simulation stopped.

An interval that has begun and not ended is *censored*: all that is known is that it is longer than its age. It is never left
out, for the runs that wait longest are the ones that have not started yet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core import large_arrays
from fastlanes_sim.core.run_log import NEVER, RunLog


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


def between(begin: str, end: str, log: RunLog) -> Interval:
    """The interval from one column of the log to another, of every run.

    A run that reached a final state without starting (cancelled, or claimed and lost, L-1) is censored at that instant for what ends
    with its start or its claim: it would have waited longer, and how long nobody knows.
    """
    size = len(log.ended_at)
    length, begun, complete = large_arrays.empty(size, np.int64), np.empty(size, np.bool_), np.empty(size, np.bool_)
    for part in large_arrays.portions(size):
        begins, ends, last_seen = getattr(log, begin)[part], getattr(log, end)[part], log.ended_at[part]
        begun[part] = (log.inserted_at[part] != NEVER) & (begins != NEVER)
        complete[part] = begun[part] & (ends != NEVER)
        last_seen = np.where(last_seen != NEVER, last_seen, log.ended_on)
        length[part] = np.where(complete[part], ends, last_seen) - begins
    return Interval(length, begun, complete)
