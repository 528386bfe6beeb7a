"""What held back every run of a queue, over time: the workloop nearest to taking one decides (`rules.causes`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core import large_arrays
from fastlanes_sim.core.change_points import Steps, ends_of
from fastlanes_sim.core.large_arrays import Appended
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.rules.causes import Cause
from fastlanes_sim.rules.claim import passes_filter, sanitise_queues
from fastlanes_sim.rules.creation import Queue

Times = npt.NDArray[np.int64]

_NEARER = (Cause.SLOTS, Cause.PENDING, Cause.STOPPED, Cause.POLLING)
"""Than a workloop that is not connected, or whose slots are lost, each nearer to taking a run than the one before."""
_BITS = 15
"""Room for the number of workloops of one cause: four such numbers stand in one integer, the nearest on top, so that the largest bit says
what the nearest workloop is."""
_PORTION = 1 << 20
"""Change points taken at a time: what bounds the memory that it takes beside its result."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """From `time` (µs, the first is 0) on, `cause` held back every run of the queue. Neighbours differ."""

    time: Times
    cause: npt.NDArray[np.int8]

    def between(self, begins: Times, ends: Times) -> Iterator[tuple[Cause, Times]]:
        """For each cause that occurs: how long it held back the queue from each of these instants to its end, in µs."""
        if len(self.time) == 1 or not len(begins):
            yield Cause(self.cause[0]), ends - begins
            return
        # Runs come in portions, in the order of insertion: of the whole timeline each needs a short part.
        part = slice(np.searchsorted(self.time, begins.min(), side="right") - 1, np.searchsorted(self.time, ends.max(), side="right"))
        time, causes = self.time[part], self.cause[part]
        first, last = (np.searchsorted(time, instants, side="right") - 1 for instants in (begins, ends))
        into_first, into_last = begins - time[first], ends - time[last]
        lasted = np.diff(time, append=time[-1])
        for cause in np.unique(causes):
            here = causes == cause
            until = np.cumsum(lasted * here)
            until = np.append(0, until[:-1])
            yield Cause(cause), until[last] - until[first] + into_last * here[last] - into_first * here[first]


def timeline(serving: npt.NDArray[np.bool_], is_ideal: npt.NDArray[np.bool_], workloops: Steps, *, is_limited: bool = True) -> Timeline:
    """Of a queue that these workloops take, counted over all workers, from their change points (`core.change_points.Changes`).

    Args:
        is_limited: any of its runs was held back by a limit of its own, so it matters whether a slot was free.
    """
    if not serving.any():
        return _always(Cause.UNSERVED)
    if is_ideal[serving].all() and not is_limited:
        # Such a workloop takes a run as soon as it has room: what waits for one, and is not held back itself, waits for its slots.
        return _always(Cause.SLOTS)
    weight = np.zeros(len(Cause), np.int64)
    weight[list(_NEARER)] = 1 << _BITS * np.arange(len(_NEARER))
    causes = np.array([Cause.OUTAGE, *_NEARER], np.int8)
    there, leaked = np.int64(0), np.int64(0)
    parts = _Parts(_always(Cause.OUTAGE))
    for begin in range(0, len(workloops), _PORTION):
        steps = workloops[begin : begin + _PORTION]
        if not serving.all():
            steps = steps[serving[steps.subject]]
        if not len(steps):
            continue
        present = there + np.cumsum(weight[steps.cause] - weight[steps.was])
        there = present[-1]
        lasting = ends_of(steps.time, at_end=True)
        cause = causes[np.searchsorted(weight[list(_NEARER)], present[lasting], side="right")]
        leaks = (steps.cause == Cause.LEAKED).astype(np.int64) - (steps.was == Cause.LEAKED)
        if leaked or leaks.any():
            present_leaks = leaked + np.cumsum(leaks)
            leaked = present_leaks[-1]
            cause = np.where((cause == Cause.OUTAGE) & (present_leaks[lasting] > 0), np.int8(Cause.LEAKED), cause)
        parts.append(steps.time[lasting], cause)
        large_arrays.release()
    return parts.timeline()


class _Parts:
    """A timeline whose parts come one after another; most of a long one does not stay in memory."""

    def __init__(self, first: Timeline) -> None:
        self._time, self._cause = Appended(np.int64), Appended(np.int8)
        self._open = first

    def append(self, time: Times, cause: npt.NDArray[np.int8]) -> None:
        """What follows. Its first entries may replace the last one before, then equal perhaps to the one before that: two stay open."""
        joined = _without_repeats(np.append(self._open.time, time), np.append(self._open.cause, cause))
        self._time.append(joined.time[:-2])
        self._cause.append(joined.cause[:-2])
        self._open = Timeline(joined.time[-2:], joined.cause[-2:])

    def timeline(self) -> Timeline:
        """All of it."""
        self._time.append(self._open.time)
        self._cause.append(self._open.cause)
        return Timeline(self._time.array(), self._cause.array())


def _always(cause: Cause) -> Timeline:
    return Timeline(np.zeros(1, np.int64), np.array([cause], np.int8))


def _without_repeats(time: Times, cause: npt.NDArray[np.int8]) -> Timeline:
    """Of one instant the last entry counts."""
    lasting = ends_of(time, at_end=True)
    time, cause = time[lasting], cause[lasting]
    new = ends_of(cause, at_end=False)
    return Timeline(time[new], cause[new])


def serves(queue: Queue, deployment: Deployment) -> npt.NDArray[np.bool_]:
    """Which workloops, counted over all workers, take this queue (L-5 to L-7); without queues in the ruleset, all do."""
    has_queues = deployment.lightning.ruleset.has_queues
    return np.array(
        [
            not has_queues or passes_filter(queue.label, sanitise_queues(list(loop.queues)))
            for worker in deployment.workers
            for loop in worker.workloops
        ],
        np.bool_,
    )


def ideal(deployment: Deployment) -> npt.NDArray[np.bool_]:
    """Which workloops, counted over all workers, take runs without polling, and at every instant (I-6)."""
    always = not deployment.incidents.down
    return np.array([always and worker.dispatch == "ideal" for worker in deployment.workers for _ in worker.workloops], np.bool_)
