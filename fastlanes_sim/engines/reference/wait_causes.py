"""Looks at the whole system at the end of every instant and notes what has changed of what holds back workloops and runs.

It only looks: the parts of the model know nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.change_points import Changes, Steps
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.engines.reference.active_runs import Table
from fastlanes_sim.engines.reference.ideal import Dispatcher
from fastlanes_sim.engines.reference.worker import Worker
from fastlanes_sim.rules.causes import NO_CAUSE, Cause, of_runs, of_workloop
from fastlanes_sim.rules.polling import inside

Row = tuple[int, int, int, int]
"""(time, subject, was, cause)"""


class Witness:
    def __init__(self, deployment: Deployment, table: Table, workers: Sequence[Worker], dispatcher: Dispatcher | None) -> None:
        places = [(index, number) for index, worker in enumerate(deployment.workers) for number in range(len(worker.workloops))]
        self._place = {where: place for place, where in enumerate(places)}
        self._table = table
        self._down = deployment.incidents.down
        self._workers = workers
        self._ideal = dispatcher.workloops if dispatcher is not None else []
        self._of_workloop: dict[int, int] = dict.fromkeys(range(len(places)), Cause.OUTAGE)
        self._of_run: dict[int, int] = {}
        self._version = 0
        self._workloop_rows: list[Row] = []
        self._run_rows: list[Row] = []

    def look(self, now: int) -> None:
        """Nothing more will happen at this instant."""
        for worker in self._workers:
            for loop in worker.workloops:
                is_full = len(loop.active) >= loop.capacity
                cause = of_workloop(worker.is_connected, is_full, loop.has_room, loop.is_alive, worker.is_notification_due)
                self._note_workloop(now, worker.index, loop.index, cause)
        is_up = not inside(now, self._down)
        for server in self._ideal:
            is_full = server.held >= server.capacity
            self._note_workloop(now, server.worker, server.index, of_workloop(is_up, is_full, not is_full, True, False))
        if self._version != self._table.version:
            self._version = self._table.version
            self._look_at_runs(now)

    def changes(self, asked_at: npt.NDArray[np.int64]) -> Changes:
        return Changes(Steps.of(sorted(self._workloop_rows)), Steps.of(self._run_rows).by_subject(), asked_at)

    def _note_workloop(self, now: int, worker: int, workloop: int, cause: int) -> None:
        place = self._place[worker, workloop]
        if self._of_workloop[place] != cause:
            self._workloop_rows.append((now, place, self._of_workloop[place], cause))
            self._of_workloop[place] = cause

    def _look_at_runs(self, now: int) -> None:
        active = self._table.active
        causes = {active[run].row: cause for run, cause in of_runs(active.values(), self._table.limits).items()}
        for row, cause in causes.items():
            was = self._of_run.get(row, NO_CAUSE)
            if was != cause:
                self._run_rows.append((now, row, was, cause))
        self._of_run = causes
