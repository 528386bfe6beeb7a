"""The processes that a worker group comes to: one a replica, and one more for each restart and each deploy (F-6, F-7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from fastlanes_sim.scenario.expansion import copies
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.workers import Crash, Deploy, WorkerGroup


@dataclass(frozen=True, slots=True)
class WorkerProcess:
    """One process of a replica. Times in µs."""

    number: int
    """Within its replica, from 1."""
    connect_at: int
    workloops: str | None
    """The layout of a later version; None: the group's."""
    start_up: int = 0
    stops_at: int | None = None
    grace: int | None = None
    """None: it crashes."""
    is_standby: bool = False


def processes_of(group: WorkerGroup, replica: int) -> list[WorkerProcess]:
    """Of a replica (counted from 0), in the order in which they are started."""
    if group.autoscaling is not None:
        scaling = group.autoscaling
        return [
            WorkerProcess(
                1,
                group.first_connection(replica),
                None,
                start_up=scaling.start_up,
                grace=scaling.grace,
                is_standby=replica >= scaling.min,
            )
        ]
    line = [WorkerProcess(1, group.first_connection(replica), None)]
    for _, what in sorted(_events(group, replica), key=lambda event: event[0]):
        last = line[-1]
        if isinstance(what, Crash):
            if last.stops_at is not None:
                continue  # it is dead already
            line[-1] = replace(last, stops_at=what.at)
            if what.restart_after != "never":
                line.append(WorkerProcess(last.number + 1, what.at + what.restart_after, last.workloops, what.restart_after))
        else:
            mine = what.replacement(replica)
            if last.stops_at is None:
                line[-1] = replace(last, stops_at=mine.stops, grace=what.grace)
            line.append(WorkerProcess(last.number + 1, mine.connects, what.workloops or last.workloops, what.start_up))
    return line


def _events(group: WorkerGroup, replica: int) -> Iterator[tuple[int, Crash | Deploy]]:
    yield from ((crash.at, crash) for crash in group.crashes if crash.replica in (None, replica + 1))
    yield from ((deploy.replacement(replica).starts, deploy) for deploy in group.deploys)


def placed_workers(scenario: Scenario) -> list[tuple[str, WorkerProcess, WorkerGroup]]:
    """(name, process, group), in the order in which an engine numbers workers: the processes of one replica after the other.

    The second process of `main-1` is `main-1#2`.
    """
    return [
        (name if process.number == 1 else f"{name}#{process.number}", process, group)
        for group in scenario.workers
        for replica, name in enumerate(copies(group.name, group.most_replicas))
        for process in processes_of(group, replica)
    ]
