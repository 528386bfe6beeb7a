"""When runs stood still because they waited for runs that they had called (K-5), from the run table and the run log alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.results.replies import goes_down
from fastlanes_sim.results.slot_occupancy import ends_of_processes

Times = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Standstills:
    """One entry a run that its caller has waited for, by caller and then by time. Those of one caller do not overlap."""

    called: Rows
    """Row of the run table."""
    caller: Rows
    begins: Times
    """The call, in µs."""
    ends: Times
    """Until the caller's own work goes on or is over: the answer, the end of its patience, its own end; `log.ended_on` at the latest."""

    def of(self, run: int) -> slice:
        """Those of this caller."""
        return slice(*np.searchsorted(self.caller, (run, run + 1)).tolist())


def standstills(table: RunTable, log: RunLog, webhook_timeout: int, down: Sequence[tuple[int, int]] = ()) -> Standstills:
    """All of them.

    Args:
        webhook_timeout: µs (L-20).
        down: when there was no Lightning, as in `Deployment.incidents`.
    """
    caller = table.called_by
    called = np.flatnonzero((caller != NEVER) & (table.patience != NEVER) & (log.inserted_at != NEVER))
    begins = log.inserted_at[called]
    until = np.minimum(begins + np.minimum(table.patience[called], webhook_timeout), goes_down(begins, down))
    ended = log.ended_at[called]
    answered = np.where(ended != NEVER, np.minimum(ended, until), until)
    left = left_engine(log, caller[called])
    ends = np.minimum(answered, np.where(left != NEVER, left, log.ended_on))
    order = np.lexsort((begins, caller[called]))
    return Standstills(called[order], caller[called][order], begins[order], ends[order])


def left_engine(log: RunLog, rows: Rows) -> Times:
    """Of runs that a worker received: when the engine was done with each of these, or its worker's process was gone; else NEVER."""
    finished = log.finished_at[rows]
    gone = ends_of_processes(log, log.worker[rows], log.received_at[rows])
    return np.where(finished != NEVER, finished, gone)
