"""Small run tables and run logs, written by hand: one `Row` per run, times in seconds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.deployment.deployment import Deployment, Project, Worker, Workflow
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.layout_parser import ParsedWorkloop
from fastlanes_sim.rules.lifecycle import State

DEPLOYMENT = Deployment(
    projects=(Project("clinic"),),
    workflows=(Workflow("register", 0), Workflow("report", 0)),
    workers=(Worker("w", (ParsedWorkloop("fast_lane:1", ("fast_lane",), 1), ParsedWorkloop("manual>*:4", ("manual", "*"), 4))),),
    horizon=100 * SECOND,
)


@dataclass
class Row:
    inserted: float
    claimed: float | None = None
    started: float | None = None
    ended: float | None = None
    state: State | None = None
    queue: Queue = Queue.DEFAULT
    sync: bool = False
    workloop: int = 1
    startup: float = 0.5
    leaked: float | None = None

    @property
    def received(self) -> float | None:
        """Of a run that was lost before it started, nobody received the reply."""
        return None if self.state is State.LOST and self.started is None else self.claimed

    @property
    def now(self) -> State:
        if self.state is not None:
            return self.state
        reached = [self.claimed, self.started, self.ended]
        return State(sum(time is not None for time in reached))


def played(*rows: Row, until: float = 100) -> tuple[RunTable, RunLog]:
    """The table and the log of these runs, in the order of their insertion."""

    def us(times: list[float | None]) -> np.ndarray:
        return np.array([NEVER if t is None else round(t * SECOND) for t in times], np.int64)

    many = len(rows)
    table = RunTable(
        inserted_at=us([r.inserted for r in rows]),
        workflow=np.zeros(many, np.int32),
        queue=np.array([r.queue for r in rows], np.int8),
        priority=np.ones(many, np.int8),
        service_time=np.full(many, SECOND, np.int64),
        startup_time=us([r.startup for r in rows]),
        timeout=np.full(many, 300 * SECOND, np.int64),
        outcome=np.full(many, State.SUCCESS, np.int8),
        sync=np.array([r.sync for r in rows], np.bool_),
        join_fails=np.zeros(many, np.bool_),
        source=np.zeros(many, np.int32),
        sources=("clinic/register/0:webhook",),
    )
    log = RunLog(
        inserted_at=us([r.inserted if r.inserted <= until else None for r in rows]),
        refused_at=np.full(many, NEVER, np.int64),
        began_at=us([r.claimed for r in rows]),
        claimed_at=us([r.claimed for r in rows]),
        received_at=us([r.received for r in rows]),
        started_at=us([r.started for r in rows]),
        finished_at=us([r.ended for r in rows]),
        ended_at=us([r.ended for r in rows]),
        freed_at=us([r.ended for r in rows]),
        leaked_at=us([r.leaked for r in rows]),
        state=np.array([r.now for r in rows], np.int8),
        worker=np.array([NEVER if r.claimed is None else 0 for r in rows], np.int32),
        workloop=np.array([NEVER if r.claimed is None else r.workloop for r in rows], np.int32),
        ended_on=round(until * SECOND),
    )
    return table, log
