"""Durations of runs of an export: those that ended, and those of which only a lower bound is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.run_timeouts import ENDED, longest_life
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.exports.export import Export
from fastlanes_sim.rules.lifecycle import State

Times = npt.NDArray[np.int64]
Indices = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Durations:
    """One entry a run that says anything."""

    runs: Indices
    """Of the export."""
    lengths: Times
    """µs."""
    censored: Mask
    """Whether it lasted longer than that."""

    @property
    def parts(self) -> tuple[Times, Times]:
        """(complete, censored) µs."""
        return self.lengths[~self.censored], self.lengths[self.censored]

    def some(self, most: int) -> Durations:
        """About so many of them at most, drawn at random."""
        if len(self.runs) <= most:
            return self
        kept = np.random.Generator(np.random.PCG64(0)).random(len(self.runs)) < most / len(self.runs)
        return Durations(self.runs[kept], self.lengths[kept], self.censored[kept])


def services(export: Export, runs: Indices) -> Durations:
    """From start to end. Lost and forgotten runs say nothing; times that run backwards are left out."""
    started, finished, state = export.started_at[runs], export.finished_at[runs], export.state[runs]
    has_started = (started != NEVER) & (state != State.LOST)
    has_finished = finished != NEVER
    complete = np.flatnonzero(has_started & has_finished & np.isin(state, ENDED) & (finished >= started))
    cut = has_started & has_finished & np.isin(state, (State.KILLED, State.CANCELLED)) & (finished > started)
    running = has_started & ~has_finished & (state == State.STARTED) & (started < export.last_seen)
    running &= export.last_seen - started <= longest_life(export)
    open_ones = np.concatenate([np.flatnonzero(cut), np.flatnonzero(running)])
    until = np.where(has_finished, finished, export.last_seen)
    which = np.concatenate([complete, open_ones])
    return Durations(runs[which], (until - started)[which], np.arange(len(which)) >= len(complete))
