"""The critical path of a work order: what each instant between its first insertion and its last end was spent on, and in which run.

It is followed backwards from the run that ended last. While a run waits for one that it has called (K-5), the path is in that one; before a
run was called, it is in its caller; between two attempts (C-3) nobody works, and the caller outside waits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.results.called_runs import Standstills, left_engine
from fastlanes_sim.results.replies import Answers
from fastlanes_sim.results.response_parts import Part
from fastlanes_sim.results.wait_stretches import WaitStretches, merged
from fastlanes_sim.results.work_orders import WorkOrders

BETWEEN_ATTEMPTS = "pause"
"""Of the caller outside, who was turned away and asks again."""


@dataclass(frozen=True, slots=True)
class Step:
    """From `begin` to `end` (µs) the work order was at this run, and `what` is the cause that held it back (`rules.causes`), `own work`,
    `ending`, or BETWEEN_ATTEMPTS before this attempt."""

    run: int
    begin: int
    end: int
    what: str

    @property
    def length(self) -> int:
        return self.end - self.begin


@dataclass(frozen=True, slots=True)
class CriticalPaths:
    """Of the work orders of one simulation."""

    table: RunTable
    log: RunLog
    answers: Answers
    orders: WorkOrders
    standstills: Standstills
    waits: WaitStretches | None
    """None: the change points were not recorded, and a wait has no causes."""

    def of(self, root: int) -> tuple[Step, ...]:
        """In order, without gaps, from the first insertion to the last end, or to the end of the log if it is open. Empty where none of its
        runs was created."""
        members = self.orders.members(root)
        if not len(members):
            return ()
        ended = self.log.ended_at[members]
        over = np.where(ended == NEVER, self.log.ended_on, ended)
        last = int(members[np.lexsort((members, over))[-1]])
        until = int(over.max())
        steps: list[Step] = []
        while True:
            if self.log.inserted_at[last] != NEVER:
                steps[:0] = self._life(last, until)
            asked = int(max(self.log.inserted_at[last], self.log.refused_at[last]))
            if asked <= self.orders.begins[root]:
                return tuple(merged(steps, lambda one: (one.run, one.what)))
            before, until = int(self.orders.cause[last]), asked
            if self.table.next_attempt[before] == last:
                until, ended_at = int(self.answers.turned_away_at[before]), int(self.log.ended_at[before])
                until = until if ended_at == NEVER else min(until, ended_at)  # its caller may wait on for a run that was lost (L-20)
                steps.insert(0, Step(last, until, asked, BETWEEN_ATTEMPTS))
            last = before

    def _life(self, run: int, until: int) -> Iterator[Step]:
        """Of this run up to `until`, and of those that it waited for."""
        log = self.log
        inserted, started, ended = int(log.inserted_at[run]), int(log.started_at[run]), int(log.ended_at[run])
        waited = started if started != NEVER else ended if ended != NEVER else until
        starts = min(waited, until)
        yield from self._wait(run, inserted, starts)
        if started == NEVER:  # Lightning may have given it up (L-18) while its worker went on, and called others (K-7)
            yield Step(run, starts, until, Part.OWN.label)
            return
        if started >= until:
            return
        left = int(left_engine(log, np.array([run]))[0])
        stops = max(starts, until if left == NEVER else min(left, until))
        at, mine = starts, self.standstills.of(run)
        for called, begin, end in zip(*(column[mine].tolist() for column in self._columns), strict=True):
            if begin >= stops:
                break
            yield Step(run, at, begin, Part.OWN.label)
            at = min(end, stops)
            yield from self._life(called, at)
        yield Step(run, at, stops, Part.OWN.label)
        yield Step(run, stops, until, Part.ENDING.label)

    @property
    def _columns(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        still = self.standstills
        return still.called, still.begins, still.ends

    def _wait(self, run: int, inserted: int, until: int) -> Iterator[Step]:
        if self.waits is None:
            yield Step(run, inserted, until, Part.WAIT.label)
            return
        for one in self.waits.of(run):
            yield Step(run, min(one.begin, until), min(one.end, until), one.cause.label)
