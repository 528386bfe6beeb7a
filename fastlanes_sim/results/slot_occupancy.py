"""When each run held a slot of the workloop that claimed it, as far as the log tells."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.rules.process import Stage


@dataclass(frozen=True, slots=True)
class Holds:
    """One entry a claimed run. Times in µs."""

    run: npt.NDArray[np.int64]
    """Row of the run table."""
    worker: npt.NDArray[np.int32]
    workloop: npt.NDArray[np.int32]
    """Index within the worker."""
    begins: npt.NDArray[np.int64]
    ends: npt.NDArray[np.int64]
    """Not before `begins`; `log.ended_on` for a run that still holds its slot."""


def holds(table: RunTable, log: RunLog) -> Holds:
    """From Lightning's claim to the run's end, or to the end of the worker's process (F-4, F-5), or of the log.

    A run that never started holds its slot no longer than its startup and the loading of its adaptor may take (I-10): its channel could
    not be joined (W-13), or the reply that carried it was lost (W-16, I-8) and the worker never had it. The reply's way and the token's
    verification are not in the log and count as held.
    """
    claimed = np.flatnonzero(log.claimed_at != NEVER)
    begins, ended = log.claimed_at[claimed], log.ended_at[claimed]
    ends = np.where(ended != NEVER, ended, log.ended_on)
    never_started = log.started_at[claimed] == NEVER
    ends = np.where(never_started, np.minimum(ends, begins + table.startup_time[claimed] + table.cold_start[claimed]), ends)
    ends = np.minimum(ends, _end_of_process(log, log.worker[claimed], begins))
    return Holds(claimed, log.worker[claimed], log.workloop[claimed], begins, np.maximum(begins, ends))


def _end_of_process(log: RunLog, worker: npt.NDArray[np.int32], at: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """When the process was gone that a worker had at each of these instants; the end of the log where it was not."""
    span = log.ended_on + 1
    gone = np.sort(np.array([other * span + time for time, other, stage in log.lives if stage == Stage.GONE], np.int64))
    mine = worker.astype(np.int64) * span
    following = np.append(gone, np.iinfo(np.int64).max)[np.searchsorted(gone, mine + at)]
    return np.minimum(following - mine, log.ended_on)


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
