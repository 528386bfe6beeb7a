"""The runs of all replications together: their quantiles and shares, with intervals.

The interval of a quantile is made of intervals of shares (Woodruff, JASA 47:635, 1952): q is at most x where at most a share 1 - p of the
runs is beyond x. So a verdict on `p99(…) < 30s` is that on `share(… > 30s)`, and where too few runs were seen for 1 % of them to mean
anything the interval has no upper end. Sections or a jackknife over the replications would always have one: docs/coverage.md compares.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from fastlanes_sim.experiments.shares import ENOUGH, Floats, design_effect, share_interval
from fastlanes_sim.measures.evidence import Evidence, weights

_ROUNDING = 1e-12
_GROWTH = 1.5
"""From one threshold at which the design effect is looked at to the next."""


@dataclass(frozen=True)
class Pool:
    """Weighted numbers of all replications, in ascending order."""

    values: Floats
    weight: Floats
    owner: npt.NDArray[np.int64]
    """The replication of each."""
    runs: Floats
    """Of each replication."""

    @classmethod
    def of(cls, found: Sequence[Evidence], part: float | None, *, at_most: bool = False) -> Pool:
        """Of what replications kept; `at_most`: as if what is open never ended."""
        values = np.concatenate([np.asarray(one.at_most if at_most else one.lows, np.float64) for one in found])
        weight = np.concatenate([weights(one, part) for one in found]).astype(np.float64)
        owner = np.repeat(np.arange(len(found)), [len(one.lows) for one in found])
        order = np.argsort(values, kind="stable")
        return cls(values[order], weight[order], owner[order], np.array([one.runs for one in found], np.float64))

    @cached_property
    def _reached(self) -> Floats:
        """Runs up to and with each number."""
        return np.cumsum(self.weight)

    @property
    def whole(self) -> float:
        return float(self.runs.sum())

    def beyond(self, place: int) -> Floats:
        """Runs of each replication from a place on."""
        return np.bincount(self.owner[place:], self.weight[place:], minlength=len(self.runs)).astype(np.float64)

    def _above(self, place: int) -> int:
        """The place after all numbers that equal the one at a place."""
        return int(np.searchsorted(self.values, self.values[place], side="right"))

    @cached_property
    def tail_effect(self) -> float:
        """The design effect of the longest runs, as few as tell."""
        return self._effect(lambda many: self._above(int(np.searchsorted(self._reached, self.whole - many))))

    @cached_property
    def head_effect(self) -> float:
        """That of the shortest."""
        return self._effect(lambda many: self._above(min(int(np.searchsorted(self._reached, many)), len(self.values) - 1)))

    def _effect(self, place_of: Callable[[float], int]) -> float:
        there = self.runs > 0
        many = float(ENOUGH)
        while True:
            many = min(many, self.whole / 2)
            beyond = self.beyond(place_of(many))
            effect = design_effect(beyond[there], self.runs[there])
            seen = min(float(beyond.sum()), self.whole - float(beyond.sum()))
            if seen >= ENOUGH * max(effect, 1.0) or many >= self.whole / 2:
                return max(effect, 1.0)
            many *= _GROWTH

    def share_ends(self, beyond: Floats, level: float) -> tuple[float, float]:
        """The interval of the share that `beyond` runs of each replication are of all."""
        rare = float(beyond.sum()) <= self.whole / 2
        return share_interval(beyond, self.runs, level, lambda: self.tail_effect if rare else self.head_effect)

    def quantile(self, part: float) -> float:
        """The smallest number that a share `part` of the runs does not exceed."""
        wanted = math.ceil(round(part * self.whole, 6))
        return float(self.values[min(int(np.searchsorted(self._reached, wanted)), len(self.values) - 1)])

    def quantile_ends(self, part: float, level: float) -> tuple[float, float]:
        """Its interval; an end is infinite where there are too few runs for one."""
        last, middle = len(self.values) - 1, int(np.searchsorted(self.values, self.quantile(part)))

        def at_most(place: int) -> bool:
            """Whether the quantile is at most the number there: at most a share 1 - part is above."""
            return self.share_ends(self.beyond(self._above(place)), level)[1] <= 1 - part + _ROUNDING

        def below(place: int) -> bool:
            """Whether it may be less than that: it may be that no more than 1 - part are there or above."""
            return self.share_ends(self.beyond(int(np.searchsorted(self.values, self.values[place]))), level)[0] <= 1 - part + _ROUNDING

        high = float(self.values[_first(middle - 1, last, at_most)]) if at_most(last) else math.inf
        low = -math.inf if below(0) else float(self.values[_first(0, middle + 1, below) - 1])
        return low, high


def _first(low: int, high: int, so: Callable[[int], bool]) -> int:
    """The first place after `low` up to `high` of which something is so that is so of `high`, and not of `low`."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if so(middle) else (middle, high)
    return high
