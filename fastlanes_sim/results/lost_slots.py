"""Slots that are lost for the life of a worker's process: nobody frees them any more (F-10, F-11, W-13a, W-15a)."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.results.slot_occupancy import ends_of_processes


@dataclass(frozen=True, slots=True)
class LostSlots:
    """Of one process of a worker. Times in µs."""

    worker: str
    lost: int
    slots: int
    """That it has."""
    since: int
    """When the first of them was lost."""
    until: int | None
    """When the process ended, and the loss with it; None: it did not."""

    def to_json(self) -> dict[str, object]:
        values = asdict(self)
        since, until = values.pop("since"), values.pop("until")
        return values | {"since_s": since / SECOND, "until_s": None if until is None else until / SECOND}


def lost_slots(deployment: Deployment, log: RunLog) -> list[LostSlots]:
    """One entry a process that has lost any, by the time of its first loss."""
    runs = np.flatnonzero(log.leaked_at != NEVER)
    at, worker = log.leaked_at[runs], log.worker[runs]
    ends = ends_of_processes(log, worker, at)
    processes: dict[tuple[int, int], list[int]] = {}
    for index, end, instant in zip(worker.tolist(), ends.tolist(), at.tolist(), strict=True):
        processes.setdefault((index, end), []).append(instant)
    found = [
        LostSlots(
            worker=deployment.workers[index].name,
            lost=len(instants),
            slots=sum(loop.capacity for loop in deployment.workers[index].workloops),
            since=min(instants),
            until=None if end == NEVER else end,
        )
        for (index, end), instants in processes.items()
    ]
    return sorted(found, key=lambda entry: (entry.since, entry.worker))
