"""What the runs of an export share beside slots, and how long each would have taken alone.

A run that shares a system (R-1, R-2, R-4) for all of its service takes longer the more others there are. Who the others were, and when, is
in the export: so the work of each run can be computed from it. What is left has no sharing in it any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from heapq import heapreplace
from typing import Literal

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.run_timeouts import longest_life
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.units import MILLISECOND, format_number
from fastlanes_sim.exports.export import Export
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.scenario.schema import Scenario

Times = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_SLACK = 100 * MILLISECOND
"""Between a place that is free and its run's end: Lightning stamps ends some round trips later."""
Kind = Literal["processors", "concurrency", "cores"]


@dataclass(frozen=True, slots=True)
class SharedSystem:
    """Runs use it from their start to their end."""

    kind: Kind
    """`processors` of a resource are shared (R-2), its places are waited for (R-1), `cores` are those of each worker (R-4)."""
    workflows: tuple[int, ...]
    """Whose runs use it, as indices into `Export.workflows`."""
    capacity: float
    """So many runs at once do not hold each other up."""

    @property
    def words(self) -> str:
        """What it does to the runs beyond its capacity."""
        at_once = f"{format_number(self.capacity, 4)} at once"
        if self.kind == "concurrency":
            return f"{at_once} have a place, and others wait in a line"
        return f"{at_once} go at full speed, and more share that equally"


@dataclass(frozen=True)
class Usage:
    """The runs that use one system together, by their start."""

    rows: Times
    """Of the export."""
    begins: Times
    """When each started, ascending, µs."""
    ends: Times
    """When each ended, or was last seen."""

    @classmethod
    def of(cls, export: Export, rows: Times) -> Usage:
        """Those of these rows that are known to have been at work at some time."""
        started, finished = export.started_at[rows], export.finished_at[rows]
        is_open = (finished == NEVER) & (export.state[rows] == State.STARTED) & (export.last_seen - started <= longest_life(export))
        ends = np.where(is_open, export.last_seen, finished)
        known = np.flatnonzero((started != NEVER) & (ends != NEVER) & (ends > started))
        order = known[np.argsort(started[known], kind="stable")]
        return cls(rows[order], started[order], ends[order])

    @cached_property
    def _ends_in_order(self) -> Times:
        return np.sort(self.ends)

    def before(self, instants: Times) -> Floats:
        """How many are at it just before each of these."""
        return (np.searchsorted(self.begins, instants) - np.searchsorted(self._ends_in_order, instants, side="right")).astype(np.float64)

    def steps(self) -> tuple[Times, Floats]:
        """When their number changes, ascending, and what it is from then on."""
        times = np.concatenate([self.begins, self.ends])
        order = np.argsort(times, kind="stable")
        counts = np.cumsum(np.where(order < len(self.begins), 1, -1))
        times = times[order]
        last = np.append(times[1:] != times[:-1], True)
        return times[last], counts[last].astype(np.float64)


@dataclass(frozen=True, slots=True)
class Work:
    """What runs would have taken alone."""

    lasts: Floats
    """µs of each run of a `Usage`."""
    rates: Floats
    """At which each worked just before its end: 1 is full speed."""
    is_possible: bool = True
    """No run ended before it could begin."""


def work(usage: Usage, kind: Kind, capacity: float) -> Work:
    """Of each run of a usage."""
    return _waited(usage, int(capacity)) if kind == "concurrency" else _shared(usage, capacity)


def _shared(usage: Usage, capacity: float) -> Work:
    """Of n at work each gets min(1, capacity / n): the integral of that over its service (R-2)."""
    times, counts = usage.steps()
    rate = np.minimum(1.0, capacity / np.maximum(counts, 1))
    done = np.concatenate([[0.0], np.cumsum(rate[:-1] * np.diff(times))])
    first, last = np.searchsorted(times, usage.begins), np.searchsorted(times, usage.ends)
    return Work(done[last] - done[first], rate[last - 1])


def _waited(usage: Usage, places: int) -> Work:
    """Who starts when all places are taken has one when the first of them is free; first come, first served (R-1)."""
    free = [0] * places
    begun = np.empty_like(usage.begins)
    for place, (begin, end) in enumerate(zip(usage.begins.tolist(), usage.ends.tolist(), strict=True)):
        begun[place] = max(begin, free[0])
        heapreplace(free, end)
    lasts = usage.ends - begun
    is_possible = bool((lasts > -_SLACK).all())
    return Work(np.maximum(lasts, 0).astype(np.float64), np.ones(len(begun)), is_possible)


def usages(export: Export, kind: Kind, workflows: Sequence[int]) -> Iterator[Usage]:
    """The runs of these workflows that share something: all of them, or those of each worker that the export names."""
    mine = np.flatnonzero(np.isin(export.workflow, workflows))
    if kind != "cores":
        yield Usage.of(export, mine)
        return
    assert export.worker is not None, "cores belong to workers, which have names"
    for worker in np.unique(export.worker[mine]):
        found = Usage.of(export, mine[export.worker[mine] == worker])
        if worker >= 0 and len(found.rows):
            yield found


def alone(export: Export, systems: Sequence[SharedSystem]) -> Export:
    """The same runs as if nobody had held them up: each starts so much later that it ends when it did.

    Only what is between start and end means anything in it, and the insertions.
    """
    if not systems:
        return export
    started = export.started_at.copy()
    for system in systems:
        for usage in usages(export, system.kind, system.workflows):
            started[usage.rows] = usage.ends - np.rint(work(usage, system.kind, system.capacity).lasts).astype(np.int64)
    return replace(export, started_at=started)


def shared_systems(scenario: Scenario, export: Export) -> tuple[SharedSystem, ...]:
    """What the runs of an export share by the scenario that was fitted to it, as `calibrate` writes it: systems that are used for all of a
    service, or else cores that all workers have alike."""
    users: dict[str, list[int]] = {}
    for place, exported in enumerate(export.workflows):
        project = scenario.projects.get(exported.project)
        workflow = None if project is None else project.workflows.get(exported.name)
        for use in () if workflow is None else workflow.uses:
            if (use.begins, use.ends) == (0.0, 1.0):
                users.setdefault(use.resource, []).append(place)
    found = []
    for name, workflows in users.items():
        resource = scenario.resources[name]
        if resource.processors is not None:
            found.append(SharedSystem("processors", tuple(workflows), resource.processors / 1_000))
        elif resource.concurrency is not None:
            found.append(SharedSystem("concurrency", tuple(workflows), resource.concurrency))
    cores = {group.cores for group in scenario.workers}
    if not found and len(cores) == 1 and export.worker is not None and (each := cores.pop()) is not None:
        found.append(SharedSystem("cores", tuple(range(len(export.workflows))), each / 1_000))
    return tuple(found)
