"""The days of an export, drawn again: other exports that the same source might have given.

A block bootstrap with days as blocks (Künsch, Annals of Statistics 17, 1989): runs of one day that depend on one another stay together.
Where the fit tells kinds of days apart, as many of each kind are drawn as there were. Barton, Lam and Song ("Input uncertainty in
stochastic simulation", 2022) describe what it is for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.local_time import local_hours
from fastlanes_sim.calibration.window import Watched, watched_seconds
from fastlanes_sim.core.units import DAY, MINUTE

Times = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
FEWEST_DAYS = 3
"""Two days differ by one number, which tells next to nothing of how days differ."""
_STEP = 15 * MINUTE
"""Offsets of time zones are whole quarters of an hour."""
_WHOLE = 0.5
"""What is left at the end is a day of its own from this part of a day on."""


@dataclass(frozen=True)
class Days:
    """The blocks: days of 24 hours from the beginning of what was watched; what is left at the end is one, or belongs to the last."""

    watched: Watched
    count: int
    exposure: Floats
    """Seconds watched of each (block, weekday, hour)."""

    @classmethod
    def of(cls, watched: Watched) -> Days:
        length = watched.end - watched.begin
        count = max(1, math.floor(length / DAY + 1 - _WHOLE))
        starts = np.arange(watched.begin - watched.begin % _STEP, watched.end, _STEP)
        seconds = watched_seconds(np.maximum(starts, watched.begin), np.minimum(starts + _STEP, watched.end), watched.gaps)
        exposure = np.zeros((count, 7, 24))
        of_step = np.clip((starts - watched.begin) // DAY, 0, count - 1)
        np.add.at(exposure, (of_step, *local_hours(starts, watched.timezone)), seconds)
        return cls(watched, count, exposure)

    def blocks(self, times: Times) -> Counts:
        """Of each instant, its block."""
        return np.minimum((times - self.watched.begin) // DAY, self.count - 1)

    def strata(self, kinds: tuple[tuple[int, ...], ...]) -> Counts:
        """Of each block its kind of day, the one that most of it belongs to. Kinds that were seen once are one kind together; a single day
        of its kind tells nothing of how days of its kind differ."""
        of_kind = np.stack([self.exposure[:, list(days)].sum(axis=(1, 2)) for days in kinds], axis=1)
        stratum = of_kind.argmax(axis=1)
        alone = np.bincount(stratum, minlength=len(kinds))[stratum] == 1
        if alone.sum() == 1 and not alone.all():
            stratum[alone] = np.bincount(stratum[~alone]).argmax()
        else:
            stratum[alone] = len(kinds)
        return np.unique(stratum, return_inverse=True)[1].astype(np.int64)


@dataclass(frozen=True)
class Resamples:
    """Which days each resample has, and how far it is stretched."""

    weights: Counts
    """How often each block is in each resample: (resamples, blocks)."""
    stretch: Floats
    """What the deviation of a resample is multiplied by.

    From n days drawn n times the variance of a mean comes out too small by (n - 1) / n, and how much days differ is itself known from n
    numbers only. With the root of n over a draw of chi-square with n - 1 degrees the deviations follow Student's t.
    """

    @classmethod
    def draw(cls, strata: Counts, count: int, seed: int = 0) -> Resamples:
        """`count` resamples of the blocks; as many of each stratum as there are. Chi-squares are drawn evenly over their probabilities."""
        from scipy.special import chdtri

        random = np.random.Generator(np.random.PCG64(seed))
        weights = np.zeros((count, len(strata)), np.int64)
        for stratum in range(int(strata.max()) + 1):
            mine = np.flatnonzero(strata == stratum)
            chosen = mine[random.integers(0, len(mine), (count, len(mine)))]
            np.add.at(weights, (np.arange(count)[:, None], chosen), 1)
        free = len(strata) - (int(strata.max()) + 1)
        chances = (random.permutation(count) + 0.5) / count
        return cls(weights, np.sqrt(len(strata) / chdtri(free, chances)))
