"""The change points of a simulation: from when on what held back a workloop, and from when on what held back a run.

Engines write them on request. Only what is still true at the end of an instant counts, so the order of events within one is not in them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Steps:
    """From `time` (µs) on, `cause` (`rules.causes.Cause`, or NO_CAUSE) is that of `subject`. One entry a change."""

    time: npt.NDArray[np.int64]
    subject: npt.NDArray[np.int32]
    cause: npt.NDArray[np.int8]

    @classmethod
    def of(cls, rows: Sequence[tuple[int, int, int]]) -> Steps:
        """From (time, subject, cause) rows."""
        columns: Any = tuple(zip(*rows, strict=True)) or ((), (), ())
        time, subject, cause = columns
        return cls(np.array(time, np.int64), np.array(subject, np.int32), np.array(cause, np.int8))

    def settled(self, before: int) -> Steps:
        """By subject and time, without what did not outlast its instant or changed nothing. Entries must come in order of time; `before` is
        the cause of every subject before its first."""
        order = np.argsort(self.subject, kind="stable")
        time, subject, cause = self.time[order], self.subject[order], self.cause[order]
        same = subject[1:] == subject[:-1]
        lasting = np.append(~(same & (time[1:] == time[:-1])), np.ones(min(len(time), 1), np.bool_))
        time, subject, cause = time[lasting], subject[lasting], cause[lasting]
        first = np.append(np.ones(min(len(time), 1), np.bool_), subject[1:] != subject[:-1])
        new = cause != np.where(first, before, np.roll(cause, 1))
        return Steps(time[new], subject[new], cause[new])

    def __len__(self) -> int:
        return len(self.time)


@dataclass(frozen=True, slots=True)
class Changes:
    """All of one simulation."""

    workloops: Steps
    """By workloop, counted over all workers. Before its first entry a workloop is not connected."""
    runs: Steps
    """By row of the run table. Before its first entry nothing holds back a run in particular; after its claim nothing is said of it."""
    asked_at: npt.NDArray[np.int64]
    """One entry a row of the run table: when the claim that won the run was sent (W-16), or NEVER."""
