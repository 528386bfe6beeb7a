"""The change points of a simulation: from when on what held back a workloop, and from when on what held back a run.

Engines write them on request. Only what is still true at the end of an instant counts, so the order of events within one is not in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.large_arrays import Appended


@dataclass(frozen=True, slots=True)
class Steps:
    """From `time` (µs) on, `cause` (`rules.causes.Cause`, or NO_CAUSE) is that of `subject`, until then `was` it. One entry a change."""

    time: npt.NDArray[np.int64]
    subject: npt.NDArray[np.int32]
    was: npt.NDArray[np.int8]
    cause: npt.NDArray[np.int8]

    @classmethod
    def of(cls, rows: Sequence[tuple[int, int, int, int]]) -> Steps:
        """From (time, subject, was, cause) rows."""
        columns: Any = tuple(zip(*rows, strict=True)) or ((), (), (), ())
        time, subject, was, cause = columns
        return cls(np.array(time, np.int64), np.array(subject, np.int32), np.array(was, np.int8), np.array(cause, np.int8))

    def __getitem__(self, which: slice | npt.NDArray[Any]) -> Steps:
        return Steps(self.time[which], self.subject[which], self.was[which], self.cause[which])

    def __len__(self) -> int:
        return len(self.time)

    def by_subject(self) -> Steps:
        """By subject and time, without what did not outlast its instant. Entries must come in order of time."""
        steps = self[np.argsort(self.subject, kind="stable")]
        first = ends_of(steps.subject, steps.time, at_end=False)
        was = steps.was[first]
        lasting = steps[ends_of(steps.subject, steps.time, at_end=True)]
        steps = Steps(lasting.time, lasting.subject, was, lasting.cause)
        return steps[steps.was != steps.cause]


class StepsSoFar:
    """Steps that come one after another; many of them do not stay in memory (`large_arrays`)."""

    def __init__(self) -> None:
        self._columns = tuple(Appended(kind) for kind in (np.int64, np.int32, np.int8, np.int8))

    def append(self, steps: Steps) -> None:
        """What follows; its arrays may be views."""
        time, subject, was, cause = self._columns
        time.append(steps.time)
        subject.append(steps.subject)
        was.append(steps.was)
        cause.append(steps.cause)

    def steps(self) -> Steps:
        """All of them; nothing is appended afterwards."""
        return Steps(*(column.array() for column in self._columns))


def ends_of(*columns: npt.NDArray[Any], at_end: bool) -> npt.NDArray[np.bool_]:
    """Which entries are the first (or last) of a group of neighbours that are equal in all columns."""
    differs = np.zeros(max(len(columns[0]) - 1, 0), np.bool_)
    for column in columns:
        differs |= column[1:] != column[:-1]
    edge = np.ones(min(len(columns[0]), 1), np.bool_)
    return np.append(differs, edge) if at_end else np.append(edge, differs)


@dataclass(frozen=True, slots=True)
class Changes:
    """All of one simulation."""

    workloops: Steps
    """By time and workloop, counted over all workers; one entry of a workloop an instant. Before its first it is not connected (OUTAGE)."""
    runs: Steps
    """By row of the run table and time. Before its first entry nothing holds back a run in particular; from its claim on nothing is said of
    it."""
    asked_at: npt.NDArray[np.int64]
    """One entry a row of the run table: when the claim that won the run was sent (W-16), or NEVER."""
