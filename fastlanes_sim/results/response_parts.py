"""What the response of a run was made of: every microsecond between its insertion and its end belongs to exactly one part.

The wait has causes of its own (`attribution`). Then comes the service, in which the run's own work stands still while it waits for a run
that it has called (K-5), the cause `child`, or stands still or is slowed down at what runs share (docs/resources.md), the cause `resource`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER, RunLog, arrived
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Resource
from fastlanes_sim.results.called_runs import Standstills, left_engine
from fastlanes_sim.results.held_up import held_up

Times = npt.NDArray[np.int64]


class Part(IntEnum):
    WAIT = 0
    """Inserted → started; the causes of the attribution say what for."""
    OWN = 1
    """In its engine, at its own work, also at resources, as long as that takes at full speed. Of a run that did not do all of its work, and
    of one that is still under way, also what would be `resource`: the log does not say how much of its work it has done."""
    RESOURCE = 2
    """In its engine, waiting for resources (R-1, R-3), or slowed down at them or by what else its worker runs (R-2, R-4)."""
    CHILD = 3
    """In its engine and in its slot, waiting for a run that it has called (K-5)."""
    ENDING = 4
    """Over on its worker; Lightning does not know that yet (L-20), or finds it lost (L-18)."""

    @property
    def label(self) -> str:
        return ("wait", "own work", "resource", "child", "ending")[self]


PART_MEANINGS = {
    Part.WAIT: "inserted → started",
    Part.OWN: "in its slot, at its own work or at resources",
    Part.RESOURCE: "in its slot, waiting at resources or slowed down by sharing (R-1 to R-4)",
    Part.CHILD: "in its slot, waiting for a run that it has called (K-5)",
    Part.ENDING: "over on its worker, and Lightning does not know it yet (L-20)",
}


@dataclass(frozen=True, slots=True)
class ResponseParts:
    """Of every run."""

    micros: Times
    """µs by run of the table and part, shape (runs, len(Part)). A row's sum is the run's response: from insertion to its end or, if it has
    not ended, to the end of the log. Rows of runs that were never inserted are 0."""

    def of(self, part: Part) -> Times:
        """µs of each run."""
        column: Times = self.micros[:, part]
        return column


def response_parts(table: RunTable, log: RunLog, still: Standstills, resources: Sequence[Resource] = ()) -> ResponseParts:
    """From the log of a whole simulation, and when its runs waited for those that they had called."""
    micros = np.zeros((len(log.ended_at), len(Part)), np.int64)
    rows = np.flatnonzero(arrived(log))
    inserted, started = log.inserted_at[rows], log.started_at[rows]
    over = np.where(log.ended_at[rows] != NEVER, log.ended_at[rows], log.ended_on)
    starts = np.where(started != NEVER, np.minimum(started, over), over)
    left = np.where(log.received_at[rows] != NEVER, left_engine(log, rows), NEVER)
    stops = np.maximum(starts, np.where(left != NEVER, np.minimum(left, over), over))
    micros[rows, Part.WAIT] = starts - inserted
    micros[rows, Part.ENDING] = over - stops
    ended = np.where(log.ended_at != NEVER, log.ended_at, log.ended_on)[still.caller]
    child = np.minimum(still.ends, ended) - np.minimum(still.begins, ended)
    np.add.at(micros[:, Part.CHILD], still.caller, child)
    micros[:, Part.RESOURCE] = held_up(table, log, still, resources)
    micros[rows, Part.OWN] = stops - starts - micros[rows, Part.CHILD] - micros[rows, Part.RESOURCE]
    return ResponseParts(micros)
