"""What is known of the runs of one log: everything that measures are computed from (`measures.observations`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core import large_arrays
from fastlanes_sim.core.run_log import RunLog, arrived
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.measures.counts import COUNTS
from fastlanes_sim.measures.grammar import parse_measure
from fastlanes_sim.measures.intervals import Interval, between
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.measures.samples import Durations, Sample
from fastlanes_sim.measures.scopes import ALL, Places, Scope, read_scope
from fastlanes_sim.measures.times import COLUMNS, TIMES, IntervalName
from fastlanes_sim.measures.values import Value
from fastlanes_sim.results.backlog import Backlog
from fastlanes_sim.results.callers import CallerStories
from fastlanes_sim.results.replies import Answers, answers
from fastlanes_sim.results.slot_occupancy import holds
from fastlanes_sim.results.work_orders import WorkOrders
from fastlanes_sim.results.worker_processes import time_there

Mask = npt.NDArray[np.bool_]
_MOST_MASKS = 16
"""Kept, of a byte a run each."""
_KEPT_ROWS = 4_000_000
"""Of intervals and of samples, about 20 bytes each."""
_KEPT_MASKS = 40_000_000
"""Rows of masks; four masks at least."""


@dataclass(frozen=True, slots=True)
class SlotTime:
    """Of all slots of all workers together, in µs."""

    held: int
    """That runs held one."""
    there: int
    """That there was one."""


class Counts(Mapping[str, int]):
    """The numbers of runs of a scope by name (`measures.counts`), as they stand at the end of the log: `counts["lost"]` or `counts.lost`.

    Each is computed when it is first asked for.
    """

    def __init__(self, observed: Observed, scope: Scope) -> None:
        self._observed = observed
        self._scope = scope
        self._known: dict[str, int] = {}

    def __getitem__(self, name: str) -> int:
        if name not in self._known:
            self._known[name] = cast(int, COUNTS[name].compute(self._observed, self._scope))
        return self._known[name]

    def __getattr__(self, name: str) -> int:
        if name not in COUNTS:
            raise AttributeError(name)
        return self[name]

    def __iter__(self) -> Iterator[str]:
        return iter(COUNTS)

    def __len__(self) -> int:
        return len(COUNTS)


class Observed:
    """The runs of a table, and what became of them. Answers are computed when asked for and kept.

    Where the table is a part of a simulation's runs, `whole` is that simulation. A scope may be given as its text: `fast_lane`.
    """

    def __init__(self, table: RunTable, log: RunLog, deployment: Deployment, whole: Observed | None = None) -> None:
        self.table = table
        self.log = log
        self.deployment = deployment
        self.whole = self if whole is None else whole
        self._intervals: dict[tuple[str, str], Interval] = {}
        self._samples: dict[tuple[str, Scope], Sample[Any]] = {}
        self._counts: dict[Scope, Counts] = {}
        self._rows: dict[Scope, Mask] = {}

    @cached_property
    def places(self) -> Places:
        """The names of what is deployed."""
        projects = [project.name for project in self.deployment.projects]
        return Places(tuple((projects[one.project], one.name) for one in self.deployment.workflows), self.table.sources)

    @cached_property
    def answers(self) -> Answers:
        """What each request came to."""
        return answers(self.table, self.log, self.deployment.lightning.webhook_timeout, self.deployment.incidents.down)

    @cached_property
    def callers(self) -> CallerStories:
        """What became of those who wait for a run's end."""
        return CallerStories(self.table, self.log, self.answers)

    @cached_property
    def work_orders(self) -> WorkOrders:
        """What became of each request from outside as a whole."""
        # When processes ended stands in the log of the whole simulation alone.
        log = self.log if self.whole is self else replace(self.log, lives=self.whole.log.lives)
        return WorkOrders(self.table, log, self.callers.asks_again)

    @cached_property
    def slot_time(self) -> SlotTime:
        """How long slots were there, and held."""
        held = holds(self.log)
        there = time_there(self.deployment, self.log).tolist()
        workers = self.deployment.workers
        slots = sum(loop.capacity * lasted for worker, lasted in zip(workers, there, strict=True) for loop in worker.workloops)
        parts = large_arrays.portions(len(held.begins))
        return SlotTime(sum(int((held.ends[part] - held.begins[part]).sum()) for part in parts), slots)

    @cached_property
    def backlog(self) -> Backlog:
        """What is left at the end, and what there was to do."""
        return Backlog(self.deployment, self.table, self.log)

    def interval(self, name: IntervalName) -> Interval:
        """That interval of every run."""
        return self.between(*COLUMNS[name])

    def between(self, begin: str, end: str) -> Interval:
        """The interval between two columns of the log, of every run."""
        if (begin, end) not in self._intervals:
            _make_room(self._intervals, len(self.table))
            self._intervals[begin, end] = between(begin, end, self.log)
            large_arrays.release()
        return self._intervals[begin, end]

    def rows(self, scope: Scope | str = ALL) -> Mask:
        """The rows of the table that belong to a scope, created or not."""
        scope = _scope(scope)
        if scope not in self._rows:
            _make_room(self._rows, len(self.table), max(4, min(_MOST_MASKS, _KEPT_MASKS // max(len(self.table), 1))))
            self._rows[scope] = scope.rows(self.table, self.places)
        return self._rows[scope]

    def members(self, scope: Scope | str = ALL) -> Mask:
        """The created runs of a scope: one entry a run of the table."""
        return arrived(self.log) & self.rows(scope)

    def sample(self, time: str, scope: Scope | str = ALL) -> Sample[Any]:
        """A time (`measures.times`) of the runs of a scope, or of its callers; sorted."""
        key = time, _scope(scope)
        if key not in self._samples:
            _make_room(self._samples, len(self.table))
            self._samples[key] = TIMES[time].sample(self, key[1])
            large_arrays.release()
        return self._samples[key]

    def durations(self, scope: Scope | str, time: str) -> Durations:
        """The same of a time that is a duration."""
        found = self.sample(time, scope)
        assert isinstance(found, Durations), f"{time} is no duration"
        return found

    def counts(self, scope: Scope | str = ALL) -> Counts:
        """How many runs of a scope got how far."""
        scope = _scope(scope)
        if scope not in self._counts:
            self._counts[scope] = Counts(self, scope)
        return self._counts[scope]

    def measure(self, measure: Measure | str) -> Value | None:
        """What a measure comes to, such as `p99(project.clinic.wait)`; None where there is nothing to measure.

        Raises:
            MeasureError: there is no such measure, or nothing of that name.
        """
        one = parse_measure(measure) if isinstance(measure, str) else measure
        one.expanded(self.places)
        return one.of(self)


def _make_room(kept: dict[Any, Any], runs: int, most: int | None = None) -> None:
    """Forget the oldest of what is kept: of a long simulation it is computed anew, where otherwise gigabytes would be kept."""
    while len(kept) >= (max(1, _KEPT_ROWS // max(runs, 1)) if most is None else most):
        del kept[next(iter(kept))]


def _scope(scope: Scope | str) -> Scope:
    return read_scope(scope) if isinstance(scope, str) else scope
