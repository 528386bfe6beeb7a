"""How busy each workloop was."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from fastlanes_sim.log import RunLog
from fastlanes_sim.results.slots import holds
from fastlanes_sim.scenario.deployment import Deployment
from fastlanes_sim.traffic.table import RunTable


@dataclass(frozen=True, slots=True)
class Utilisation:
    """One workloop of one worker over the whole log."""

    worker: str
    workloop: str
    """Its token as written."""
    slots: int
    runs: int
    """Claimed by it."""
    busy: float
    """Share of its slots' time that runs held, 0 to 1; beyond 1 only where a workloop exceeds its capacity (W-8)."""

    def to_json(self) -> dict[str, object]:
        return asdict(self)


def utilisation(deployment: Deployment, table: RunTable, log: RunLog) -> list[Utilisation]:
    """One entry a workloop, worker by worker in the order of the layout."""
    held = holds(table, log)
    first = np.cumsum([0, *(len(worker.workloops) for worker in deployment.workers)])
    place = first[held.worker] + held.workloop
    total = int(first[-1])
    runs = np.bincount(place, minlength=total)
    time = np.bincount(place, weights=(held.ends - held.begins).astype(np.float64), minlength=total)
    workloops = [(worker.name, workloop) for worker in deployment.workers for workloop in worker.workloops]
    return [
        Utilisation(name, loop.id, loop.capacity, int(runs[i]), float(time[i] / (loop.capacity * log.ended_on)) if log.ended_on else 0.0)
        for i, (name, loop) in enumerate(workloops)
    ]
