"""Workloops that have stopped asking for good, with room for runs (W-6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.core.units import MINUTE
from fastlanes_sim.rules.causes import Cause

STOPPED_FOR_GOOD = MINUTE
"""A workloop that has had room and asked nobody for so long at the end has stopped for good."""
_PORTION = 1 << 20
"""Change points looked at at a time."""
PREDICTS_NOTHING = "one simulation of such a deployment predicts nothing"


@dataclass(frozen=True, slots=True)
class Stopped:
    workloop: int
    """Counted over all workers."""
    since: int
    """µs."""


def stopped_workloops(log: RunLog) -> list[Stopped]:
    """Those that stand still at the end of a log, whose change points were recorded."""
    assert log.changes is not None
    steps = log.changes.workloops
    places: dict[int, int] = {}  # of each workloop's last
    for begin in range(0, len(steps), _PORTION):
        subjects, from_end = np.unique(steps.subject[begin : begin + _PORTION][::-1], return_index=True)
        end = min(begin + _PORTION, len(steps))
        places |= zip(subjects.tolist(), (end - 1 - from_end).tolist(), strict=True)
    last = steps[np.array([places[subject] for subject in sorted(places)], np.int64)]
    still = (last.cause == Cause.STOPPED) & (log.ended_on - last.time >= STOPPED_FOR_GOOD)
    return [Stopped(int(one), int(since)) for one, since in zip(last.subject[still], last.time[still], strict=True)]
