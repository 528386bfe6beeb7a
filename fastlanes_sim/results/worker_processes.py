"""Which workers' processes were there when, and what that comes to: replica hours, and the time that their slots were on duty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.units import HOUR
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.results.series import Steps, steps
from fastlanes_sim.rules.process import Exit, Stage

Times = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Processes:
    """One entry a process (F-1 to F-5), by worker and start. Times in µs, NEVER where it did not come to that by the end of the log."""

    worker: npt.NDArray[np.int32]
    started: Times
    on: Times
    """It connected for the first time."""
    draining: Times
    gone: Times


def processes(log: RunLog) -> Processes:
    rows: list[list[int]] = []
    current: dict[int, list[int]] = {}
    for time, worker, stage in log.lives:
        if stage == Stage.STARTED:
            current[worker] = [worker, NEVER, NEVER, NEVER, NEVER]
            rows.append(current[worker])
        current[worker][1 + stage] = time
    rows.sort()
    columns = np.array(rows, np.int64).reshape(-1, 1 + len(Stage)).T
    return Processes(columns[0].astype(np.int32), *columns[1:])


def come_and_go(deployment: Deployment, log: RunLog) -> bool:
    """Whether worker processes start or stop during the simulation: because they are to, or by themselves (W-15a)."""
    return deployment.workers_come_and_go or bool(log.exits)


@dataclass(frozen=True, slots=True)
class Exits:
    """How processes ended (`rules.process.Exit`)."""

    term: int
    """After SIGTERM, with nothing left to do (W-20 c)."""
    kill: int
    """By SIGKILL at the end of the grace period (W-20 e)."""
    crash: int
    """At once: a crash (F-5), or because the plan of a run could not be had (W-15a)."""


@dataclass(frozen=True, slots=True)
class Replicas:
    """What a fleet that comes and goes amounts to."""

    processes: int
    """Started, restarts and the new ones of deploys included."""
    replica_hours: float
    """From each process's start to its end or the end of the simulation, summed up: what they cost (F-1)."""
    mean: float
    most: int
    """At any time."""
    exits: Exits

    def to_json(self) -> dict[str, object]:
        return asdict(self)


def replicas(log: RunLog) -> Replicas:
    """All processes of all workers together."""
    all_of_them = processes(log)
    existed = int((_until(all_of_them.gone, log) - all_of_them.started).sum())
    return Replicas(
        processes=len(all_of_them.worker),
        replica_hours=existed / HOUR,
        mean=existed / log.ended_on if log.ended_on else 0.0,
        most=int(running(log).counts.max(initial=0)),
        exits=exits(log),
    )


def exits(log: RunLog) -> Exits:
    """Of all workers together."""
    count = Counter(how for time, _, how in log.exits if time <= log.ended_on)
    return Exits(count[Exit.TERM], count[Exit.KILL], count[Exit.CRASH])


def running(log: RunLog) -> Steps:
    """Processes that exist: starting, on duty or draining."""
    all_of_them = processes(log)
    return steps(all_of_them.started, all_of_them.gone, log.ended_on)


def on_duty(log: RunLog) -> Steps:
    """Processes that take runs, outages apart: connected once and not stopped yet."""
    all_of_them = processes(log)
    connected = all_of_them.on != NEVER
    return steps(all_of_them.on[connected], all_of_them.draining[connected], log.ended_on)


def time_there(deployment: Deployment, log: RunLog) -> Times:
    """By worker: how long its slots were there (µs); all the time where no worker comes or goes."""
    workers = len(deployment.workers)
    return time_on_duty(log, workers) if come_and_go(deployment, log) else np.full(workers, log.ended_on)


def time_on_duty(log: RunLog, workers: int) -> Times:
    """By worker: how long its slots were there (µs), from each process's connection to its end; while it drains they are as well."""
    all_of_them = processes(log)
    connected = all_of_them.on != NEVER
    lasted = (_until(all_of_them.gone, log) - all_of_them.on)[connected]
    total = np.zeros(workers, np.int64)
    np.add.at(total, all_of_them.worker[connected], lasted)
    return total


def most_slots(log: RunLog, slots: Sequence[int]) -> int:
    """Slots that were there at once, at most, where each process of a worker has so many."""
    all_of_them = processes(log)
    mine = np.asarray(slots, np.int64)[all_of_them.worker]
    connected, gone = all_of_them.on != NEVER, all_of_them.gone != NEVER
    times = np.concatenate([all_of_them.on[connected], all_of_them.gone[connected & gone]])
    changes = np.concatenate([mine[connected], -mine[connected & gone]])
    distinct, place = np.unique(times, return_inverse=True)
    return int(np.cumsum(np.bincount(place, weights=changes, minlength=len(distinct))).max(initial=0))


def _until(ends: Times, log: RunLog) -> Times:
    return np.where(ends == NEVER, log.ended_on, ends)
