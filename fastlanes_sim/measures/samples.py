"""Statistics of numbers of which some are only known to be larger than something, such as the waits of runs that are still waiting.

Each statistic is computed twice: as if every censored number were just what is known of it, and as if it were infinite. Where both
agree the statistic is exact; otherwise the first is a lower bound and is shown as such.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, Generic, Self, TypeVar

import numpy as np
import numpy.typing as npt

from fastlanes_sim.measures.quantities import RATIO
from fastlanes_sim.measures.values import Amount, Quantile, Share

V = TypeVar("V", Quantile, Amount)


@lru_cache(1_000)
def _as_written(number: float | Fraction) -> Fraction:
    return Fraction(str(number))


@dataclass(frozen=True, slots=True)
class Sample(ABC, Generic[V]):
    """Numbers, all three arrays in ascending order."""

    complete: npt.NDArray[Any]
    """Those that are known: of durations, those that came to their end."""
    censored: npt.NDArray[Any]
    """Of the others what they have reached, such as their ages: each is larger than that."""
    ages: npt.NDArray[Any]
    """Both together."""

    @classmethod
    def of(cls, complete: npt.NDArray[Any], censored: npt.NDArray[Any]) -> Self:
        """From two arrays in any order."""
        whole = np.sort(complete)
        if not len(censored):
            return cls(whole, censored, whole)
        return cls(whole, np.sort(censored), np.sort(np.concatenate([complete, censored])))

    @staticmethod
    @abstractmethod
    def _value(low: float, high: float) -> V: ...

    def __len__(self) -> int:
        return len(self.ages)

    def quantile(self, p: float | Fraction) -> V | None:
        """The smallest number x such that a share p of all is at most x (inverted distribution function); None of nothing.

        `p` counts as the decimal number it is written as: the 0.95-quantile of 20 is the 19th, whatever 0.95 is in binary.
        """
        if not len(self):
            return None
        share = _as_written(p)
        place = max(1, -(-share.numerator * len(self) // share.denominator))  # rounded up
        upper = float(self.complete[place - 1]) if place <= len(self.complete) else math.inf
        return self._value(float(self.ages[place - 1]), upper)

    def maximum(self) -> V | None:
        return self.quantile(1.0)

    def minimum(self) -> V | None:
        return self.quantile(0.0)

    def mean(self) -> V | None:
        if not len(self):
            return None
        mean = float(self.ages.mean())
        return self._value(mean, math.inf if len(self.censored) else mean)

    def share_above(self, threshold: float) -> Share | None:
        """The share that is larger than the threshold. What has reached just that is larger (`log.ended_on` was simulated)."""
        if not len(self):
            return None
        larger = len(self.complete) - int(np.searchsorted(self.complete, threshold, side="right"))
        surely = len(self.censored) - int(np.searchsorted(self.censored, threshold, side="left"))
        return Share((larger + surely) / len(self), (larger + len(self.censored)) / len(self))


class Durations(Sample[Quantile]):
    """Durations in µs."""

    __slots__ = ()

    @staticmethod
    def _value(low: float, high: float) -> Quantile:
        return Quantile(low, high)


class Ratios(Sample[Amount]):
    """Ratios of two durations."""

    __slots__ = ()

    @staticmethod
    def _value(low: float, high: float) -> Amount:
        return Amount(low, high, RATIO)
