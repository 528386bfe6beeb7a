"""Why each run waited: every microsecond between insertion and start belongs to exactly one cause (`rules.causes`), computed from the run
log and the change points that the engines noted.

A run's own causes (L-11, L-14) come first; for the rest of its wait it is held back by what holds back its queue (`serving`), until the
claim that wins it is sent. So a queue's timeline is summed up once, and each run is a difference of two of its sums.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fastlanes_sim.changes import Steps
from fastlanes_sim.errors import FastlanesError
from fastlanes_sim.log import NEVER, RunLog
from fastlanes_sim.results.intervals import arrived, interval
from fastlanes_sim.results.serving import Timeline, timeline
from fastlanes_sim.rules.causes import NO_CAUSE, Cause
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.scenario.deployment import Deployment
from fastlanes_sim.traffic.table import RunTable

Times = npt.NDArray[np.int64]

_PORTION = 1 << 18
"""Runs attributed at a time: what bounds the memory that it takes beside its result."""


@dataclass(frozen=True, slots=True)
class Attribution:
    micros: Times
    """µs by run of the table and cause, shape (runs, len(Cause)). A row's sum is the run's wait: from insertion to start or, if it never
    started, to its end or the end of the log (`results.intervals`). Rows of runs that were never inserted are 0."""

    def of(self, cause: Cause) -> Times:
        """µs of each run."""
        column: Times = self.micros[:, cause]
        return column


@dataclass(frozen=True, slots=True)
class _Waits:
    """Of some runs of one queue: inserted, their winning claim sent, decided (or the end of it all, twice). One entry a run."""

    begins: Times
    asked: Times
    ends: Times


def attribute(deployment: Deployment, table: RunTable, log: RunLog) -> Attribution:
    """Attribute the wait of every run.

    Raises:
        FastlanesError: the change points were not recorded.
    """
    if log.changes is None:
        raise FastlanesError("attribution needs the change points of the simulation: play it with record_changes=True")
    micros = np.zeros((len(table), len(Cause)), np.int64)
    last_seen = np.where(log.ended_at != NEVER, log.ended_at, log.ended_on)
    micros[:, Cause.START] = np.where(log.claimed_at != NEVER, interval("startup", table, log).length, 0)
    for queue in Queue:
        members = np.flatnonzero(arrived(log) & (table.queue == queue))
        if not len(members):
            continue
        line = timeline(queue, deployment, log.changes.workloops)
        for begin in range(0, len(members), _PORTION):
            rows = members[begin : begin + _PORTION]
            claimed = log.claimed_at[rows] != NEVER
            ends = np.where(claimed, log.claimed_at[rows], last_seen[rows])
            asked = log.changes.asked_at[rows]
            # Whoever dispatches without polling asks at the very instant of the claim.
            waits = _Waits(log.inserted_at[rows], np.where(claimed & (asked != NEVER), asked, ends), ends)
            micros[rows] = _held_back(waits, line, _of(rows, log.changes.runs))
    return Attribution(micros)


def _held_back(waits: _Waits, line: Timeline, own: Steps) -> Times:
    """µs by run and cause, from insertion to decision. `own` names runs by their place in `waits`."""
    spent = np.zeros((len(waits.begins), len(Cause)), np.int64)
    is_last = np.append(own.subject[1:] != own.subject[:-1], np.ones(min(len(own), 1), np.bool_))
    until = np.where(is_last, waits.ends[own.subject], np.roll(own.time, -1))
    is_held = own.cause != NO_CAUSE
    run, begins, until, cause = own.subject[is_held], own.time[is_held], until[is_held], own.cause[is_held]
    np.add.at(spent, (run, cause), until - begins)
    _add_shared(spent, np.arange(len(spent)), waits.begins, waits.ends, waits.asked, line, 1)
    _add_shared(spent, run, begins, until, waits.asked[run], line, -1)
    return spent


def _add_shared(
    spent: Times, run: Times | npt.NDArray[np.int32], begins: Times, ends: Times, asked: Times, line: Timeline, sign: int
) -> None:
    """Add (or take away) what held back the queue between these instants, and from `asked` on the claim."""
    np.add.at(spent, (run, Cause.CLAIM), sign * (np.maximum(ends, asked) - np.maximum(begins, asked)))
    until = dict(line.before(np.minimum(ends, asked)))
    for cause, before in line.before(np.minimum(begins, asked)):
        np.add.at(spent, (run, cause), sign * (until[cause] - before))


def _of(rows: Times, own: Steps) -> Steps:
    """The entries of these rows, which ascend, by their place among them."""
    begin, end = np.searchsorted(own.subject, (rows[0], rows[-1] + 1))
    subject = own.subject[begin:end]
    place = np.searchsorted(rows, subject)
    here = rows[place] == subject
    return Steps(own.time[begin:end][here], place[here].astype(np.int32), own.cause[begin:end][here])
