"""What held back one run, in order: from when to when which cause did (docs/attribution.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol, TypeVar

import numpy as np

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.results.queue_causes import Timeline, ideal, serves, timeline
from fastlanes_sim.rules.causes import NO_CAUSE, NO_SLOT, Cause
from fastlanes_sim.rules.creation import Queue


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `begin` to `end` (µs) one cause held it back (`rules.causes`)."""

    begin: int
    end: int
    cause: Cause


class WaitStretches:
    """Of the runs of one simulation. What held back a queue is computed once."""

    def __init__(self, deployment: Deployment, table: RunTable, log: RunLog) -> None:
        """
        Raises:
            FastlanesError: the change points were not recorded.
        """
        if log.changes is None:
            raise FastlanesError("a run's life needs the change points of the simulation", "simulate with attribution=True")
        self._deployment, self._table, self._log, self._changes = deployment, table, log, log.changes
        self._lines: dict[Queue, Timeline] = {}

    def of(self, run: int) -> tuple[Stretch, ...]:
        """Neighbours differ; together they are the run's wait: from insertion to start or, if it never started, to its end or the log's."""
        log, own = self._log, self._changes.runs
        inserted, claimed, started, ended = (int(at[run]) for at in (log.inserted_at, log.claimed_at, log.started_at, log.ended_at))
        last_seen = ended if ended != NEVER else log.ended_on
        decided = claimed if claimed != NEVER else last_seen
        asked = int(self._changes.asked_at[run])
        asked = asked if claimed != NEVER and asked != NEVER else decided
        line = self._line(Queue(int(self._table.queue[run])))
        own = own[slice(*np.searchsorted(own.subject, (run, run + 1)))]
        edges = np.concatenate([[inserted, asked, decided], line.time, own.time])
        edges = np.unique(edges[(edges >= inserted) & (edges <= decided)])
        found = []
        for begin, end in pairwise(edges):
            # From the sending of the winning claim on, nothing of its queue holds it back, but a limit of its own still may.
            cause = Cause(int(line.cause[np.searchsorted(line.time, begin, side="right") - 1])) if begin < asked else Cause.CLAIM
            before = np.searchsorted(own.time, begin, side="right")
            mine = int(own.cause[before - 1]) if before else NO_CAUSE
            found.append(Stretch(int(begin), int(end), cause if mine == NO_CAUSE or cause in NO_SLOT else Cause(mine)))
        found.append(Stretch(decided, started if started != NEVER else last_seen, Cause.START))
        return tuple(merged(found, lambda one: one.cause))

    def _line(self, queue: Queue) -> Timeline:
        if queue not in self._lines:
            self._lines[queue] = timeline(serves(queue, self._deployment), ideal(self._deployment), self._changes.workloops)
        return self._lines[queue]


class _Timed(Protocol):
    @property
    def begin(self) -> int: ...
    @property
    def end(self) -> int: ...


T = TypeVar("T", bound=_Timed)


def merged(stretches: Iterable[T], what: Callable[[T], object]) -> Iterator[T]:
    """Without those that take no time. Neighbours of which `what` is the same become one."""
    last: T | None = None
    for one in stretches:
        if one.end <= one.begin:
            continue
        if last is not None and what(last) == what(one):
            last = replace(last, end=one.end)  # type: ignore[type-var]
            continue
        if last is not None:
            yield last
        last = one
    if last is not None:
        yield last


def summed(stretches: tuple[Stretch, ...]) -> dict[Cause, int]:
    """µs by cause, the largest first."""
    found: dict[Cause, int] = {}
    for one in stretches:
        found[one.cause] = found.get(one.cause, 0) + one.end - one.begin
    return dict(sorted(found.items(), key=lambda entry: -entry[1]))
