"""Which workloops were there when: on duty and connected, so that a free slot of theirs could take a run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core import large_arrays
from fastlanes_sim.core.change_points import Steps, ends_of
from fastlanes_sim.rules.causes import Cause

Times = npt.NDArray[np.int64]


def connected_at(workloops: Steps, instant: int, many: int) -> npt.NDArray[np.bool_]:
    """Which of `many` workloops, counted over all workers, are there at the end of an instant (µs), by their change points."""
    past = int(np.searchsorted(workloops.time, instant, side="right"))
    there = np.zeros(many, np.bool_)
    for part in large_arrays.portions(past):
        there[workloops.subject[part]] = workloops.cause[part] != Cause.OUTAGE  # of several of one workloop the last one counts
    return there


@dataclass(frozen=True, slots=True)
class Gaps:
    """Half-open spans [begin, end) in µs, disjoint and in order, in which one workloop or more of some were not there."""

    begins: Times
    ends: Times

    def meet(self, begins: Times, ends: Times) -> npt.NDArray[np.bool_]:
        """Which of these spans overlap one."""
        following = np.searchsorted(self.ends, begins, side="right")
        return np.append(self.begins, np.iinfo(np.int64).max)[following] < ends


def gaps(workloops: Steps, chosen: npt.NDArray[np.bool_], until: int) -> Gaps:
    """Of these workloops up to the end of the log, by the change points of all."""
    times, changes = [np.zeros(1, np.int64)], [np.array([np.count_nonzero(chosen)])]
    for part in large_arrays.portions(len(workloops)):
        steps = workloops[part]
        change = (steps.cause == Cause.OUTAGE).astype(np.int64) - (steps.was == Cause.OUTAGE)
        mine = (change != 0) & chosen[steps.subject]
        times.append(steps.time[mine])
        changes.append(change[mine])
    time, missing = np.concatenate(times), np.cumsum(np.concatenate(changes))
    lasting = ends_of(time, at_end=True)
    time, is_gap = time[lasting], missing[lasting] > 0
    return Gaps(time[is_gap], np.append(time[1:], until)[is_gap])
