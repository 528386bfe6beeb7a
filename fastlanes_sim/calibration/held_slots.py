"""Which runs of an export are known to have held a slot, and until when; and how many of them did at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.run_timeouts import longest_life
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.exports.export import Export
from fastlanes_sim.rules.lifecycle import State

Mask = npt.NDArray[np.bool_]
Times = npt.NDArray[np.int64]


def held_a_slot(export: Export) -> Mask:
    """Runs that a worker claimed and that ended, or may still be running when the export ends.

    Nobody knows until when a lost run held its slot: `finished_at` is when the janitor found it (L-18). The same holds for runs that are
    called started and that nobody runs any more.
    """
    is_open = np.isin(export.state, (State.CLAIMED, State.STARTED)) & (export.last_seen - export.claimed_at <= longest_life(export))
    held: Mask = (export.claimed_at != NEVER) & (export.state != State.LOST) & ((export.finished_at != NEVER) | is_open)
    return held


def most_at_once(claimed: Times, finished: Times) -> int:
    """Runs between claim and end at once, at most, of runs that held a slot; `finished`: or NEVER."""
    finished = finished[finished != NEVER]
    times = np.concatenate([claimed, finished])
    steps = np.concatenate([np.ones(len(claimed), np.int64), -np.ones(len(finished), np.int64)])
    order = np.lexsort((steps, times))  # at the same instant ends come first
    return int(np.cumsum(steps[order]).max(initial=0))
