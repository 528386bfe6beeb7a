"""Statistics of durations of which some are only known to be longer than something.

Each statistic is computed twice: as if every censored duration had ended at its age, and as if it never ended. Where both
agree the statistic is exact; otherwise the first is a lower bound and is shown as such.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.units import LONGEST, SECOND, format_duration

CLOSE = 1.05
"""Bounds within this factor count as one value for the reader: one open run moves a median by one place, and that is no news."""


@dataclass(frozen=True, slots=True)
class Quantile:
    """A duration (a quantile, an extreme or a mean) in µs: between `value_us` and `upper_us`, which may be infinite."""

    value_us: float
    upper_us: float

    @property
    def exact(self) -> bool:
        return self.value_us == self.upper_us

    def __str__(self) -> str:
        """`25.8 s`; `≈ 25.8 s` where it is known to within 5 %; `≥ 25.8 s` otherwise."""
        text = format_duration(self.value_us)
        if self.exact or text == format_duration(min(self.upper_us, LONGEST)):
            return text
        return f"≈ {text}" if self.upper_us <= CLOSE * self.value_us else f"≥ {text}"

    def to_json(self) -> dict[str, float | bool | None]:
        """Seconds; `upper_s` is null where nothing is known from above."""
        upper = None if math.isinf(self.upper_us) else self.upper_us / SECOND
        return {"s": self.value_us / SECOND, "upper_s": upper, "exact": self.exact}


@dataclass(frozen=True, slots=True)
class Share:
    """A share of runs, 0 to 1: between `low` and `high`."""

    low: float
    high: float

    @property
    def exact(self) -> bool:
        return self.low == self.high

    def __str__(self) -> str:
        text = f"{100 * self.low:.3g} %"
        return text if self.exact else f"≥ {text}"

    def to_json(self) -> dict[str, float | bool | None]:
        return {"share": self.low, "upper_share": self.high, "exact": self.exact}


@dataclass(frozen=True, slots=True)
class Durations:
    """Durations in µs, both arrays in ascending order."""

    complete: npt.NDArray[np.int64]
    """Those that came to their end."""
    censored: npt.NDArray[np.int64]
    """Ages of those that did not: each is longer than that."""
    ages: npt.NDArray[np.int64]
    """Both together."""

    @classmethod
    def of(cls, complete: npt.NDArray[np.int64], censored: npt.NDArray[np.int64]) -> Durations:
        """From two arrays in any order."""
        whole = np.sort(complete)
        if not len(censored):
            return cls(whole, censored, whole)
        return cls(whole, np.sort(censored), np.sort(np.concatenate([complete, censored])))

    def __len__(self) -> int:
        return len(self.ages)

    def quantile(self, p: float | Fraction) -> Quantile | None:
        """The smallest duration x such that a share p of all is at most x (inverted distribution function); None of nothing.

        `p` counts as the decimal number it is written as: the 0.95-quantile of 20 is the 19th, whatever 0.95 is in binary.
        """
        if not len(self):
            return None
        place = max(1, math.ceil(Fraction(str(p)) * len(self)))
        upper = float(self.complete[place - 1]) if place <= len(self.complete) else math.inf
        return Quantile(float(self.ages[place - 1]), upper)

    def maximum(self) -> Quantile | None:
        return self.quantile(1.0)

    def minimum(self) -> Quantile | None:
        return self.quantile(0.0)

    def mean(self) -> Quantile | None:
        if not len(self):
            return None
        mean = float(self.ages.mean())
        return Quantile(mean, math.inf if len(self.censored) else mean)

    def share_above(self, threshold_us: float) -> Share | None:
        """The share that is longer than the threshold. A censored duration of just that age is longer (`log.ended_on` was played)."""
        if not len(self):
            return None
        longer = len(self.complete) - int(np.searchsorted(self.complete, threshold_us, side="right"))
        surely = len(self.censored) - int(np.searchsorted(self.censored, threshold_us, side="left"))
        return Share((longer + surely) / len(self), (longer + len(self.censored)) / len(self))
