"""Workers without polls or latency (`dispatch: ideal`): a free slot takes an eligible run at once.

The servers of queueing theory. They exist so that the model can be held against known formulas, and so that a planner can
see what polling costs. The claim rules are the same; workers are served in order, their workloops in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from fastlanes_sim.engines.reference.active_runs import RunRow
from fastlanes_sim.engines.reference.event_list import Clock
from fastlanes_sim.engines.reference.execution import Release, RunEngine
from fastlanes_sim.engines.reference.server import Lightning
from fastlanes_sim.rules.layout_parser import ParsedWorkloop


class IdealWorkloop:
    def __init__(self, worker: int, index: int, spec: ParsedWorkloop) -> None:
        self.worker = worker
        self.index = index
        self.queues = spec.queues
        self.capacity = spec.capacity
        self.held = 0


class Dispatcher:
    """Hands out runs whenever something has changed."""

    def __init__(self, clock: Clock, lightning: Lightning, engine: RunEngine, down: Sequence[tuple[int, int]]) -> None:
        self._lightning = lightning
        self._engine = engine
        self.workloops: list[IdealWorkloop] = []
        lightning.on_change = self.dispatch
        for instant in chain.from_iterable(down):  # I-6
            clock.at(instant, self.dispatch)

    def add(self, worker: int, specs: tuple[ParsedWorkloop, ...]) -> None:
        self.workloops += [IdealWorkloop(worker, index, spec) for index, spec in enumerate(specs)]

    def dispatch(self) -> None:
        """Fill every free slot that a run is eligible for."""
        if self._lightning.is_down:
            return
        for workloop in self.workloops:
            while workloop.held < workloop.capacity:
                run = self._lightning.claim(workloop.worker, workloop.index, list(workloop.queues))
                if run is None:
                    break
                workloop.held += 1
                self._engine.join(run, self._releaser(workloop))

    def _releaser(self, workloop: IdealWorkloop) -> Release:
        def release(_: RunRow) -> None:
            workloop.held -= 1
            self.dispatch()

        return release
