"""What held back every run of a queue, over time: the workloop nearest to taking one decides (`rules.causes`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fastlanes_sim.changes import Steps
from fastlanes_sim.rules.causes import Cause
from fastlanes_sim.rules.claim import passes_filter, sanitise_queues
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.scenario.deployment import Deployment

_NEARER = (Cause.SLOTS, Cause.PENDING, Cause.STOPPED, Cause.POLLING)
"""Than a workloop that is not connected, each nearer to taking a run than the one before."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """From `time` (µs, the first is 0) on, `cause` held back every run of the queue. Neighbours differ."""

    time: npt.NDArray[np.int64]
    cause: npt.NDArray[np.int8]

    def before(self, instants: npt.NDArray[np.int64]) -> Iterator[tuple[Cause, npt.NDArray[np.int64]]]:
        """For each cause that occurs: how long it had held back the queue before each of these instants, in µs."""
        place = np.searchsorted(self.time, instants, side="right") - 1
        since = instants - self.time[place]
        lasted = np.diff(self.time, append=self.time[-1])
        for cause in np.unique(self.cause):
            here = self.cause == cause
            until = np.cumsum(np.where(here, lasted, 0)) - np.where(here, lasted, 0)
            yield Cause(cause), until[place] + np.where(here[place], since, 0)


def timeline(queue: Queue, deployment: Deployment, workloops: Steps) -> Timeline:
    """From the change points of the workloops, counted over all workers (`changes.Changes`)."""
    serving = serves(queue, deployment)
    if not serving.any():
        return Timeline(np.zeros(1, np.int64), np.array([Cause.UNSERVED], np.int8))
    mine = serving[workloops.subject]
    time, subject, new = workloops.time[mine], workloops.subject[mine], workloops.cause[mine]
    first = np.append(np.ones(min(len(time), 1), np.bool_), subject[1:] != subject[:-1])
    old = np.where(first, np.int8(Cause.OUTAGE), np.roll(new, 1))
    order = np.argsort(time, kind="stable")
    time, new, old = time[order], new[order], old[order]
    cause = np.full(len(time), Cause.OUTAGE, np.int8)
    for nearer in _NEARER:
        workloops_there = np.cumsum((new >= nearer).astype(np.int8) - (old >= nearer).astype(np.int8), dtype=np.int32)
        cause[workloops_there > 0] = nearer
    time, cause = np.insert(time, 0, 0), np.insert(cause, 0, Cause.OUTAGE)
    lasting = np.append(time[1:] != time[:-1], True)
    time, cause = time[lasting], cause[lasting]
    changed = np.append(True, cause[1:] != cause[:-1])
    return Timeline(time[changed], cause[changed])


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
