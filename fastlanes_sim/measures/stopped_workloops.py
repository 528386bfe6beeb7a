"""Workloops that have stopped asking for good, with room for runs (W-6)."""

from __future__ import annotations

from dataclasses import dataclass

from fastlanes_sim.core.change_points import ends_of
from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.core.units import MINUTE
from fastlanes_sim.rules.causes import Cause

STOPPED_FOR_GOOD = MINUTE
"""A workloop that has had room and asked nobody for so long at the end has stopped for good."""
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
    steps = log.changes.workloops.by_subject()
    last = steps[ends_of(steps.subject, at_end=True)]
    still = (last.cause == Cause.STOPPED) & (log.ended_on - last.time >= STOPPED_FOR_GOOD)
    return [Stopped(int(one), int(since)) for one, since in zip(last.subject[still], last.time[still], strict=True)]
