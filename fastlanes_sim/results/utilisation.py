"""How busy each workloop was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from fastlanes_sim.core import large_arrays
from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.results.slot_occupancy import holds
from fastlanes_sim.results.worker_processes import come_and_go, time_there


@dataclass(frozen=True, slots=True)
class Utilisation:
    """One workloop of one worker over the whole log, or as long as its process was there."""

    worker: str
    workloop: str
    """Its token as written."""
    slots: int
    runs: int
    """Claimed by it."""
    busy: float
    """Share of its slots' time that runs held, 0 to 1; beyond 1 only where a workloop exceeds its capacity (W-8)."""
    on_duty: float | None = None
    """Share of the simulated time that the worker's process was there, connected or draining; None where no worker comes or goes."""

    def to_json(self) -> dict[str, object]:
        return {name: value for name, value in asdict(self).items() if value is not None}


def utilisation(deployment: Deployment, log: RunLog) -> list[Utilisation]:
    """One entry a workloop, worker by worker in the order of the layout."""
    held = holds(log)
    first = np.cumsum([0, *(len(worker.workloops) for worker in deployment.workers)])
    total = int(first[-1])
    runs, time = np.zeros(total, np.int64), np.zeros(total)
    for part in large_arrays.portions(len(log.worker)):
        whose, which = log.worker[part], log.workloop[part]
        runs += np.bincount((first[whose] + which)[whose != NEVER], minlength=total)
    for part in large_arrays.portions(len(held.begins)):
        place = first[held.worker[part]] + held.workloop[part]
        time += np.bincount(place, weights=(held.ends[part] - held.begins[part]).astype(np.float64), minlength=total)
    there = time_there(deployment, log)
    entries = []
    for w, worker in enumerate(deployment.workers):
        share = float(there[w] / log.ended_on) if come_and_go(deployment, log) and log.ended_on else None
        for i, loop in enumerate(worker.workloops, start=int(first[w])):
            busy = float(time[i] / (loop.capacity * there[w])) if there[w] else 0.0
            entries.append(Utilisation(worker.name, loop.id, loop.capacity, int(runs[i]), busy, share))
    return entries


def busy_together(entries: Sequence[Utilisation]) -> float:
    """Of several workloops, as of one: each by the slots it has and as long as they were there."""
    weights = [entry.slots * (1.0 if entry.on_duty is None else entry.on_duty) for entry in entries]
    total = sum(weights)
    return sum(entry.busy * weight for entry, weight in zip(entries, weights, strict=True)) / total if total else 0.0
