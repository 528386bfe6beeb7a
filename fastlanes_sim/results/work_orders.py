"""Work orders as a whole: one request from outside with its further attempts, and all runs that these cause by calls (docs/chains.md).

A work order belongs to where its first request does: its lane, project, workflow and trigger.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER, RunLog, arrived
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.measures.samples import Durations
from fastlanes_sim.results.called_runs import left_engine
from fastlanes_sim.rules.lifecycle import State

Mask = npt.NDArray[np.bool_]
Times = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int64]


class WorkOrders:
    """Those of a table. Every array has one entry a row of it; what is said of a work order stands at its first request."""

    def __init__(self, table: RunTable, log: RunLog, asks_again: Mask) -> None:
        """`asks_again`: rows whose caller is about to ask again."""
        self._table = table
        self._log = log
        self._asks_again = asks_again

    @cached_property
    def root(self) -> Rows:
        """Of each row, the first request that it goes back to."""
        root = np.arange(len(self._table))
        cause = self.cause
        root[cause != NEVER] = cause[cause != NEVER]
        while not np.array_equal(farther := root[root], root):
            root = farther
        return root

    @cached_property
    def cause(self) -> Rows:
        """Of each row, the run that calls it, or the attempt before it; NEVER of a first request."""
        cause = self._table.called_by
        if self._table.has_attempts:
            before = np.flatnonzero(self._table.next_attempt != NEVER)
            cause[self._table.next_attempt[before]] = before
        return cause

    @cached_property
    def runs(self) -> npt.NDArray[np.int64]:
        """How many runs were created for it."""
        return np.bincount(self.root[arrived(self._log)], minlength=len(self._table))

    @cached_property
    def begins(self) -> Times:
        """The first insertion, or NEVER: none of its runs was created."""
        first = np.full(len(self._table), np.iinfo(np.int64).max)
        rows = np.flatnonzero(arrived(self._log))
        np.minimum.at(first, self.root[rows], self._log.inserted_at[rows])
        return np.where(self.runs > 0, first, NEVER)

    @cached_property
    def is_open(self) -> Mask:
        """One of its runs has not ended, or one may still come: somebody is about to ask again, or a run that Lightning has given up is
        still with its worker and will call others (K-7)."""
        still = np.zeros(len(self._table), np.bool_)
        waits = (arrived(self._log) & (self._log.ended_at == NEVER)) | self._asks_again
        still[self.root[waits]] = True
        still[self.root[self._lost_and_about_to_call]] = True
        return still

    @cached_property
    def ends(self) -> Times:
        """The last end of a run that has ended, or NEVER; of one that is open the end of the log."""
        last = np.full(len(self._table), NEVER, np.int64)
        np.maximum.at(last, self.root, self._log.ended_at)
        return np.where(self.is_open, self._log.ended_on, last)

    def durations(self, rows: Mask) -> Durations:
        """From the first insertion to the last end, of those whose first request is among these rows; censored for those that are open."""
        mine = rows & (self.begins != NEVER)
        length = self.ends - self.begins
        return Durations.of(length[mine & ~self.is_open], length[mine & self.is_open])

    def number(self, rows: Mask) -> int:
        """Those whose first request is among these rows, and of which any run was created."""
        return int(np.count_nonzero(rows & (self.begins != NEVER)))

    def members(self, root: int) -> Rows:
        """The created runs of one."""
        return np.flatnonzero((self.root == root) & arrived(self._log))

    @property
    def _lost_and_about_to_call(self) -> Rows:
        """L-18, K-7"""
        table, log = self._table, self._log
        lost = np.flatnonzero((log.state == State.LOST) & (table.first_call != NEVER) & (log.received_at != NEVER))
        never_starts = (log.leaked_at[lost] != NEVER) & (log.started_at[lost] == NEVER)
        lost = lost[~never_starts & (left_engine(log, lost) == NEVER)]
        not_yet = np.flatnonzero((log.inserted_at == NEVER) & (log.refused_at == NEVER))
        callers = self.cause[not_yet]
        return np.intersect1d(lost, callers[callers != NEVER])
