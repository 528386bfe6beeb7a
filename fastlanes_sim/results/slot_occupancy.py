"""When each run held a slot of the workloop that claimed it."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core import large_arrays
from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.rules.process import Stage


@dataclass(frozen=True, slots=True)
class Holds:
    """One entry a run that a worker received. Times in µs."""

    run: npt.NDArray[np.int64]
    """Row of the run table."""
    worker: npt.NDArray[np.int32]
    workloop: npt.NDArray[np.int32]
    """Index within the worker."""
    begins: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    """Not before `begins`; `log.ended_on` for a run that still holds its slot."""


def holds(log: RunLog) -> Holds:
    """From the worker's receipt of a run (W-8) to the freeing of its slot (W-13), or to the end of the worker's process (W-20, W-24, F-5),
    or of the log. A slot that is lost for good (W-13a) is held by its run as long as the process lives."""
    size = sum(int(np.count_nonzero(log.received_at[part] != NEVER)) for part in large_arrays.portions(len(log.received_at)))
    times, places = (np.int64, np.int64, np.int64), (np.int32, np.int32)
    run, begins, ends = (large_arrays.empty(size, kind) for kind in times)
    worker, workloop = (large_arrays.empty(size, kind) for kind in places)
    first = 0
    for part in large_arrays.portions(len(log.received_at)):
        rows = part.start + np.flatnonzero(log.received_at[part] != NEVER)
        here = slice(first, first + len(rows))
        run[here], worker[here], workloop[here] = rows, log.worker[rows], log.workloop[rows]
        begins[here], freed = log.received_at[rows], log.freed_at[rows]
        gone = ends_of_processes(log, worker[here], begins[here])
        ends[here] = np.maximum(begins[here], np.where(freed != NEVER, freed, np.where(gone != NEVER, gone, log.ended_on)))
        first = here.stop
    return Holds(run, worker, workloop, begins, ends)


def ends_of_processes(log: RunLog, worker: npt.NDArray[np.int32], at: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """When the process was gone that a worker had at each of these instants; NEVER where it was not."""
    span = log.ended_on + 1
    gone = np.sort(np.array([other * span + time for time, other, stage in log.lives if stage == Stage.GONE], np.int64))
    mine = worker.astype(np.int64) * span
    following = np.append(gone, np.iinfo(np.int64).max)[np.searchsorted(gone, mine + at)]
    return np.where(following < mine + span, following - mine, NEVER)


def slot_numbers(held: Holds) -> npt.NDArray[np.int64]:
    """Which slot of its workloop each hold has, from 0: the lowest that is free. The worker does not number them (W-1); drawn in lines of
    their own, no two holds of a line overlap. Where a workloop exceeds its capacity (W-8) there are more lines than slots."""
    numbers = np.zeros(len(held.begins), np.int64)
    busy: dict[tuple[int, int], list[tuple[int, int]]] = {}
    free: dict[tuple[int, int], list[int]] = {}
    used: dict[tuple[int, int], int] = {}
    order = np.lexsort((held.run, held.begins)).tolist()
    workers, workloops, begins, ends = (column.tolist() for column in (held.worker, held.workloop, held.begins, held.ends))
    for place in order:
        key = workers[place], workloops[place]
        holding, spare = busy.setdefault(key, []), free.setdefault(key, [])
        while holding and holding[0][0] <= begins[place]:
            heappush(spare, heappop(holding)[1])
        if not spare:
            heappush(spare, used.setdefault(key, 0))
            used[key] += 1
        numbers[place] = heappop(spare)
        heappush(holding, (ends[place], int(numbers[place])))
    return numbers


def lines_of(held: Holds, numbers: npt.NDArray[np.int64], worker: int, workloop: int, capacity: int) -> int:
    """Lines that a workloop's holds take: its slots, or more where it exceeded its capacity (W-8); `numbers` as of `slot_numbers`."""
    mine = (held.worker == worker) & (held.workloop == workloop)
    return max(capacity, int(numbers[mine].max(initial=-1)) + 1)


def by_token(deployment: Deployment) -> dict[str, list[tuple[int, int]]]:
    """Where each token of the layouts stands, as (worker, index of the workloop within it): workers may have the same one."""
    places: dict[str, list[tuple[int, int]]] = {}
    for w, worker in enumerate(deployment.workers):
        for i, loop in enumerate(worker.workloops):
            places.setdefault(loop.id, []).append((w, i))
    return places
