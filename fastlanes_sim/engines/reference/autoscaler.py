"""The autoscaler of a worker group: it polls the database, starts replicas and stops them (docs/failures.md, A-1 to A-6)."""

from __future__ import annotations

from collections.abc import Sequence

from fastlanes_sim.deployment.deployment import Autoscaler as AutoscalerSpec
from fastlanes_sim.engines.reference.active_runs import RunRow, Table
from fastlanes_sim.engines.reference.event_list import Clock
from fastlanes_sim.engines.reference.worker import Worker
from fastlanes_sim.rules.autoscaling import NOT_SINCE, decide, wanted
from fastlanes_sim.rules.claim import passes_filter, sanitise_queues
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.order import Rank
from fastlanes_sim.rules.process import Stage


class Autoscaler:
    def __init__(self, clock: Clock, spec: AutoscalerSpec, workers: Sequence[Worker], table: Table) -> None:
        self._clock = clock
        self._spec = spec
        self._workers = workers
        self._table = table
        self._queues = [sanitise_queues(list(loop.queues)) for loop in workers[0].spec.workloops]
        self._fewer_since, self._highest = NOT_SINCE, 0
        clock.after(spec.poll, self._poll, rank=Rank.POLL)

    def _poll(self) -> None:
        """A-1"""
        spec, now = self._spec, self._clock.now
        there = [worker for worker in self._workers if worker.stage in (Stage.STARTED, Stage.ON)]
        runs = sum(self._counts(run) for run in self._table.active.values())
        wanting = wanted(runs, spec.runs_per_replica, spec.least, len(self._workers))
        target, self._fewer_since, self._highest = decide(now, len(there), wanting, spec.cool_down, self._fewer_since, self._highest)
        # one that drains keeps its place.
        idle = [worker for worker in self._workers if worker.stage is Stage.GONE]
        for worker in idle[: max(0, target - len(there))]:
            worker.start(now + worker.spec.start_up)
        there.sort(key=lambda worker: (worker.started_at, worker.index))
        for worker in there[target:]:  # the youngest
            worker.terminate()
        self._clock.after(spec.poll, self._poll, rank=Rank.POLL)

    def _counts(self, run: RunRow) -> bool:
        """A-2"""
        if run.state is not State.AVAILABLE and not self._spec.counts_active:
            return False
        return not self._table.limits.ruleset.has_queues or any(passes_filter(run.queue, queues) for queues in self._queues)
