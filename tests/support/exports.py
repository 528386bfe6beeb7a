"""Exports in memory, from times of insertion."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.units import SECOND
from fastlanes_sim.exports.export import Export, ExportedWorkflow
from fastlanes_sim.exports.problems import Reading
from fastlanes_sim.rules.creation import NORMAL, Queue
from fastlanes_sim.rules.lifecycle import State

Times = npt.NDArray[np.int64]
MONDAY = 1_767_571_200 * SECOND
"""5 January 2026, 00:00 UTC."""


def poisson(rate: float, length: int, begin: int = MONDAY, seed: int = 1) -> Times:
    """Arrivals at this rate (per µs), ascending."""
    random = np.random.default_rng(seed)
    return np.sort(random.integers(0, length, random.poisson(rate * length))) + begin


def exported(
    inserted: Times,
    *,
    wait: Times | int = 0,
    service: Times | int = SECOND,
    queue: Queue = Queue.DEFAULT,
    state: State = State.SUCCESS,
    run_timeout: Times | None = None,
) -> Export:
    """Runs of one workflow `w` of a project `p` that were claimed after `wait`, started at once, and ended after `service`, all µs."""
    size = len(inserted)
    claimed = inserted + np.broadcast_to(np.asarray(wait, np.int64), size)
    return Export(
        inserted_at=inserted,
        claimed_at=claimed,
        started_at=claimed,
        finished_at=claimed + np.broadcast_to(np.asarray(service, np.int64), size),
        state=np.full(size, int(state), np.int8),
        queue=np.full(size, int(queue), np.int8),
        priority=np.full(size, NORMAL, np.int8),
        workflow=np.zeros(size, np.int32),
        retry=np.zeros(size, np.bool_),
        workflows=(ExportedWorkflow("p", "w"),),
        has_queue=True,
        reading=Reading("memory", rows=size, kept=size),
        run_timeout=run_timeout,
    )
