"""One simulation: the parts put together, the table of runs fed in, the log taken out."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

from fastlanes_sim.core.run_log import RunLog, in_order
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.engines.reference.autoscaler import Autoscaler
from fastlanes_sim.engines.reference.callers import Callers
from fastlanes_sim.engines.reference.event_list import Clock
from fastlanes_sim.engines.reference.execution import RunEngine
from fastlanes_sim.engines.reference.ideal import Dispatcher
from fastlanes_sim.engines.reference.recorder import Recorder
from fastlanes_sim.engines.reference.server import Lightning
from fastlanes_sim.engines.reference.wait_causes import Witness
from fastlanes_sim.engines.reference.worker import Worker
from fastlanes_sim.rules.order import Rank

Progress = Callable[[int, int], None]
"""Called with (simulated µs played, runs created so far)."""

_EVENTS_BETWEEN_REPORTS = 5_000


class Simulation:
    """Plays a run table against a deployment.

    `record_claims` keeps every claim, connection and notification in the log, as the conformance cases need them; `record_changes` the
    change points that attribution needs.
    """

    def __init__(self, deployment: Deployment, table: RunTable, *, record_claims: bool = False, record_changes: bool = False) -> None:
        self._deployment = deployment
        self._table = table
        self._clock = Clock()
        self._recorder = Recorder(len(table), claims=record_claims, changes=record_changes)
        self._lightning = Lightning(self._clock, deployment, self._recorder)
        segments = count()
        dispatcher = None
        if any(worker.dispatch == "ideal" for worker in deployment.workers):
            engine = RunEngine(self._clock, self._lightning, self._recorder, table)
            dispatcher = Dispatcher(self._clock, self._lightning, engine, deployment.incidents.down)
        self.workers: list[Worker] = []
        for index, spec in enumerate(deployment.workers):
            if spec.dispatch == "ideal" and dispatcher is not None:
                dispatcher.add(index, spec.workloops)
            else:
                self.workers.append(Worker(index, spec, self._clock, self._lightning, self._recorder, table, segments))
        for scaler in deployment.autoscalers:
            workers = [worker for worker in self.workers if scaler.first <= worker.index < scaler.end]
            Autoscaler(self._clock, scaler, workers, self._lightning.table)
        self._witness = Witness(deployment, self._lightning.table, self.workers, dispatcher) if record_changes else None
        self._callers = Callers(self._clock, self._lightning, self._recorder, table, deployment.lightning.webhook_timeout)
        self._created = 0
        self._expect_arrival()

    def play(self, progress: Progress | None = None) -> RunLog:
        """Play all events up to and including the horizon.

        Interrupted from the keyboard, it keeps what it has: the log then ends at the instant reached and says so.
        """
        log, clock, horizon = self._recorder.log, self._clock, self._deployment.horizon
        log.ended_on = horizon
        witness = self._witness
        if witness is not None and clock.is_instant_over:
            witness.look(clock.now)
        try:
            while clock.play(horizon):
                if witness is not None and clock.is_instant_over:
                    witness.look(clock.now)
                if progress is not None and clock.events % _EVENTS_BETWEEN_REPORTS == 0:
                    progress(clock.now, self._created)
        except KeyboardInterrupt:
            log.ended_on, log.interrupted = clock.now, True
        log.events = clock.events
        log.lives = in_order(log.lives, log.ended_on)
        if witness is not None:
            log.changes = witness.changes(self._recorder.asked_at)
        return log

    def _expect_arrival(self) -> None:
        if self._created < len(self._table):
            self._clock.at(int(self._table.inserted_at[self._created]), self._arrive, rank=Rank.ARRIVAL)

    def _arrive(self) -> None:
        """L-22: the next request of the table."""
        self._created += 1
        self._callers.request(self._created - 1)
        self._expect_arrival()


def simulate_model(
    deployment: Deployment,
    table: RunTable,
    *,
    record_claims: bool = False,
    record_changes: bool = False,
    progress: Progress | None = None,
) -> RunLog:
    """Play `table` against `deployment` with the SimPy model."""
    return Simulation(deployment, table, record_claims=record_claims, record_changes=record_changes).play(progress)
