"""Why each run waited: every microsecond between insertion and start belongs to exactly one cause (`rules.causes`), computed from the run
log and the change points that the engines noted.

A run is held back by what holds back its queue (`serving`), until the claim that wins it is sent; while a slot is free, its own causes
(L-11, L-14) come first. So a queue's timeline is summed up once, and each run is a difference of two of its sums.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core import large_arrays
from fastlanes_sim.core.change_points import Steps, ends_of
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.results.queue_causes import Timeline, ideal, serves, timeline
from fastlanes_sim.rules.causes import NO_CAUSE, NO_SLOT, Cause
from fastlanes_sim.rules.creation import Queue

Times = npt.NDArray[np.int64]

_PORTION = 1 << 17
"""Runs attributed at a time: what bounds the memory that it takes beside its result."""


@dataclass(frozen=True, slots=True)
class Attribution:
    micros: Times
    """µs by run of the table and cause, shape (runs, len(Cause)). A row's sum is the run's wait: from insertion to start or, if it never
    started, to its end or the end of the log (`measures.intervals`). Rows of runs that were never inserted are 0."""

    def of(self, cause: Cause) -> Times:
        """µs of each run."""
        column: Times = self.micros[:, cause]
        return column


@dataclass(frozen=True, slots=True)
class _Waits:
    """Of some runs of one queue, one entry a run."""

    begins: Times
    """Inserted."""
    asked: Times
    """The claim that won it was sent; at the latest `decided`."""
    decided: Times
    """Claimed, or its end if it never was."""
    ends: Times
    """Started, or its end if it never did."""


def attribute(deployment: Deployment, table: RunTable, log: RunLog) -> Attribution:
    """Attribute the wait of every run.

    Raises:
        FastlanesError: the change points were not recorded.
    """
    if log.changes is None:
        raise FastlanesError("attribution needs the change points of the simulation", "simulate with record_changes=True")
    spent = large_arrays.zeros(len(Cause) * len(table), np.int64).reshape(len(Cause), len(table))
    is_ideal = ideal(deployment)
    served: dict[bytes, list[Queue]] = {}  # queues that the same workloops take have one timeline
    for queue in Queue:
        served.setdefault(serves(queue, deployment).tobytes(), []).append(queue)
    for serving, queues in served.items():
        is_limited = bool(np.isin(table.queue[log.changes.runs.subject], queues).any())
        line = timeline(np.frombuffer(serving, np.bool_), is_ideal, log.changes.workloops, is_limited=is_limited)
        for begin in range(0, len(table), _PORTION):
            portion = slice(begin, begin + _PORTION)
            rows = begin + np.flatnonzero((log.inserted_at[portion] != NEVER) & np.isin(table.queue[portion], queues))
            if len(rows):
                _add(spent, rows, _waits(rows, log, log.changes.asked_at), line, log.changes.runs)
                large_arrays.release()
    return Attribution(spent.T)


def _waits(rows: Times, log: RunLog, asked_at: Times) -> _Waits:
    claimed_at, started_at, ended_at, asked = log.claimed_at[rows], log.started_at[rows], log.ended_at[rows], asked_at[rows]
    last_seen = np.where(ended_at != NEVER, ended_at, log.ended_on)
    decided = np.where(claimed_at != NEVER, claimed_at, last_seen)
    # Whoever dispatches without polling asks at the very instant of the claim.
    asked = np.where((claimed_at != NEVER) & (asked != NEVER), asked, decided)
    return _Waits(log.inserted_at[rows], asked, decided, np.where(started_at != NEVER, started_at, last_seen))


def _add(spent: Times, rows: Times, waits: _Waits, line: Timeline, own: Steps) -> None:
    """Of these rows, which ascend: all as if nothing held back a run of its own, and then what did, while a slot was free."""
    begins = np.minimum(waits.begins, waits.asked)
    for cause, micros in line.between(begins, waits.asked):
        spent[cause, rows] = micros
    spent[Cause.CLAIM, rows] = waits.decided - np.maximum(waits.begins, waits.asked)
    spent[Cause.START, rows] = waits.ends - waits.decided

    own = own[slice(*np.searchsorted(own.subject, (rows[0], rows[-1] + 1)))]
    place = np.searchsorted(rows, own.subject)
    mine = rows[place] == own.subject
    own, place = own[mine], place[mine]
    until = np.where(ends_of(own.subject, at_end=True), waits.decided[place], np.roll(own.time, -1))
    held = own.cause != NO_CAUSE
    own, place, until = own[held], place[held], until[held]
    asked = waits.asked[place]
    lasted = until - own.time
    for cause, micros in line.between(np.minimum(own.time, asked), np.minimum(until, asked)):
        if cause in NO_SLOT:
            lasted -= micros
        else:
            np.subtract.at(spent[cause], own.subject, micros)
    np.subtract.at(spent[Cause.CLAIM], own.subject, np.maximum(until, asked) - np.maximum(own.time, asked))
    np.add.at(spent, (own.cause, own.subject), lasted)
