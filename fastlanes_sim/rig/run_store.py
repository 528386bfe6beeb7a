"""Lightning's runs, in memory: the reference engine's own table, so claims are decided by the very code of `rules/` (L-5 to L-16)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.engines.reference.active_runs import RunRow, Table
from fastlanes_sim.engines.reference.initial_state import limits_of
from fastlanes_sim.rules.admission import refuses
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.lifecycle import State

_QUEUES = [queue.label for queue in Queue]


class StoreLostError(FastlanesError):
    """The database does not answer any more."""


class Query(Protocol):
    """A claim's query: it has begun, and what it may take is fixed (L-24)."""

    async def end(self, demand: int) -> list[int]:
        """The rows that it takes."""
        ...

    async def cancel(self) -> None:
        """It is broken off and takes nothing (L-26)."""
        ...


class Store(Protocol):
    """Where the runs are. Rows are those of the run table."""

    @property
    def takes_its_own_time(self) -> bool:
        """Whether its queries last as long as they last; otherwise as long as the scenario says."""
        ...

    @property
    def active(self) -> int: ...
    async def insert(self, row: int, now: int) -> bool: ...
    async def begin(self, queues: Sequence[str], demand: int, slow: int) -> Query: ...
    async def start(self, row: int) -> bool: ...
    async def finish(self, row: int, state: State) -> bool: ...
    async def close(self) -> None: ...


def row_for(table: RunTable, row: int, number: int, now: int) -> RunRow:
    """The run of a row as Lightning creates it now, as its `number`-th."""
    return RunRow(
        id=number,
        row=row,
        workflow=int(table.workflow[row]),
        state=State.AVAILABLE,
        queue=_QUEUES[table.queue[row]],
        priority=int(table.priority[row]),
        inserted_at=now,
        timeout=int(table.timeout[row]),
    )


class MemoryStore:
    """The runs in this process."""

    takes_its_own_time = False

    def __init__(self, deployment: Deployment, table: RunTable) -> None:
        self._deployment = deployment
        self._table = table
        self._runs = Table(limits_of(deployment))
        self._id_of: dict[int, int] = {}

    @property
    def active(self) -> int:
        return self._runs.active_count

    async def insert(self, row: int, now: int) -> bool:
        """The run is created; False: its project has as many fast-lane runs as it may (`rules.admission`)."""
        run = row_for(self._table, row, len(self._id_of), now)
        if self._refuses(run):
            return False
        self._id_of[row] = run.id
        self._runs.insert(run)
        return True

    def _refuses(self, run: RunRow) -> bool:
        project = self._project(run)
        limit = self._deployment.projects[project].fast_lane_limit
        if limit is None or run.queue != Queue.FAST_LANE.label:
            return False
        return refuses(sum(one.queue == run.queue and self._project(one) == project for one in self._runs.active.values()), limit)

    def _project(self, run: RunRow) -> int:
        return self._deployment.workflows[run.workflow].project

    async def begin(self, queues: Sequence[str], demand: int, slow: int) -> MemoryQuery:
        """L-24: what it may take is what is there now. How long it takes is the caller's business."""
        return MemoryQuery(self._runs, self._runs.ranked(queues))

    async def start(self, row: int) -> bool:
        """Whether that changed anything (L-18)."""
        return row in self._id_of and self._runs.start(self._id_of[row])

    async def finish(self, row: int, state: State) -> bool:
        """Whether that changed anything (L-18)."""
        return row in self._id_of and self._runs.finish(self._id_of[row], state)

    async def close(self) -> None:
        """Nothing is kept."""


class MemoryQuery:
    def __init__(self, runs: Table, candidates: list[RunRow]) -> None:
        self._runs = runs
        self._candidates = candidates

    async def end(self, demand: int) -> list[int]:
        return [run.row for run in self._runs.take(self._candidates, demand)]

    async def cancel(self) -> None:
        """It holds nothing."""
