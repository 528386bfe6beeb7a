"""Lightning's table of runs, as far as claims see it: the active ones, and the ways between their states (L-1, L-10)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import islice

from fastlanes_sim.engines.reference.records import RunRow as RunRow
from fastlanes_sim.rules.claim import Limits, passes_filter, select
from fastlanes_sim.rules.lifecycle import FINAL, State, may_follow


class Table:
    """The active runs, in order of creation. A run that ends leaves it."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._last_project: int | None = None
        self.active: dict[int, RunRow] = {}
        self.version = 0
        """Rises whenever a run comes or goes, and with it who is eligible may change (L-11 to L-14)."""
        self.available_by_queue: Counter[str] = Counter()

    @property
    def active_count(self) -> int:
        return len(self.active)

    def insert(self, run: RunRow) -> None:
        self.active[run.id] = run
        self.version += 1
        if run.state is State.AVAILABLE:
            self.available_by_queue[run.queue] += 1

    def ranked(self, queues: Sequence[str]) -> list[RunRow]:
        """L-24: what a claim for these queues might take now, best first. Nothing is changed."""
        if not self._may_find(queues):
            return []
        return select(self.active.values(), queues, len(self.active), self.limits, self._last_project)

    def take(self, candidates: Sequence[RunRow], demand: int) -> list[RunRow]:
        """L-10, L-24: the first of these that are still available, at most `demand`; they are claimed from here on."""
        chosen = list(islice((run for run in candidates if run.state is State.AVAILABLE), demand))
        for run in chosen:
            run.state = State.CLAIMED
            self.available_by_queue[run.queue] -= 1
        if chosen:
            self._last_project = self.limits.workflow_project[chosen[-1].workflow]
        return chosen

    def claim(self, queues: Sequence[str], demand: int) -> list[RunRow]:
        """A claim whose query takes no time."""
        return self.take(self.ranked(queues), demand)

    def start(self, run_id: int) -> bool:
        """claimed → started; False, and nothing changes, from any other state (L-1)."""
        run = self.active.get(run_id)
        if run is None or not may_follow(run.state, State.STARTED):
            return False
        run.state = State.STARTED
        return True

    def finish(self, run_id: int, state: State) -> bool:
        """claimed or started → a final state; False, and nothing changes, from any other state (L-1)."""
        run = self.active.get(run_id)
        if run is None or run.state is State.AVAILABLE or state not in FINAL:
            return False
        run.state = state
        del self.active[run_id]
        self.version += 1
        return True

    def _may_find(self, queues: Sequence[str]) -> bool:
        """Whether any available run passes the filter at all: most polls find an empty queue, and end here without a sort."""
        if not self.limits.ruleset.has_queues:
            return self.available_by_queue.total() > 0
        return any(count and passes_filter(queue, queues) for queue, count in self.available_by_queue.items())
