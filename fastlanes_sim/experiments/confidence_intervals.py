"""Confidence intervals over replications.

Replications are independent, so the mean of one number over them has Student's t interval (Law, Simulation Modeling and Analysis, 5th
ed., eq. 4.12 and 9.4.1). Where the numbers are skewed, as the p99s of a busy lane are, it holds too little: then that of Hall's transformed
t is taken (J. R. Statist. Soc. B 54:221, 1992), end by end the one that reaches farther. docs/coverage.md has the counts.

This is for numbers of which a replication has one: means, extremes, counts, and `p99/day`, the expected p99 of one replication. Quantiles
and shares of all runs together are in `pooled`.

Each number may itself be known between two bounds only (runs still open). The interval then reaches from the lower end over the
lower bounds to the upper end over the upper bounds: wider than needed, never too narrow.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
LEVEL = 0.95
_TELL_SKEWNESS = 5
"""Fewer numbers say nothing of it."""
TELL_SPREAD = 5
"""Fewer random numbers that are all equal do not tell that others would be: two or three agree by chance."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """An expectation with its confidence interval, in the values' unit."""

    mean: float
    """Of the lower bounds; NaN of nothing."""
    upper_mean: float
    """Of the upper bounds; the same where no run was open."""
    low: float
    high: float
    replications: int
    """That had something to measure."""
    level: float

    @property
    def half_width(self) -> float:
        """Half of the interval's length; infinite or NaN where it has no end."""
        return (self.high - self.low) / 2 if math.isfinite(self.low) else math.inf

    @property
    def relative(self) -> float:
        """Half-width as a share of the mean; 0 if there is no width, infinite of a mean of 0."""
        half = self.half_width
        return 0.0 if half == 0 else half / abs(self.mean) if self.mean else math.inf

    def to_json(self, scale: float = 1.0) -> dict[str, float | int | None]:
        """In units of `scale`; null where there is no number."""
        ends = {"mean": self.mean, "upper_mean": self.upper_mean, "low": self.low, "high": self.high}
        numbers = {name: value / scale if math.isfinite(value) else None for name, value in ends.items()}
        return {**numbers, "replications": self.replications, "level": self.level}


def estimate(low: npt.ArrayLike, high: npt.ArrayLike, level: float = LEVEL, *, floor: float = -math.inf) -> Estimate:
    """Of numbers known to lie between `low` and `high` (arrays of one length; NaN counts as absent).

    `floor`: what the expectation cannot be below. Fewer than two numbers leave the interval without ends.
    """
    return _estimate(low, high, level, floor, hall)


def without_mean(found: Estimate) -> Estimate:
    """What is left where there is none: a number that it would be above."""
    return Estimate(math.nan, math.nan, found.low, math.inf, found.replications, found.level)


def student(low: npt.ArrayLike, high: npt.ArrayLike, level: float = LEVEL) -> Estimate:
    """`estimate` by Student's t alone, to *test* whether paired differences are zero.

    Where two systems are alike their differences are as often far above as far below, however skewed the numbers themselves are: then
    Student's t errs as often as it says, and Hall's would need more replications to notice a change.
    """
    return _estimate(low, high, level, -math.inf, _student)


def one_sided(low: npt.ArrayLike, high: npt.ArrayLike, error: float) -> tuple[float, float]:
    """A lower and an upper bound, each beyond the expectation with probability `error`; of numbers as `estimate` takes them."""
    found = estimate(low, high, 1 - 2 * error)
    return found.low, found.high


Bound = Callable[[Floats, float], float]
"""Of values, a number that is below their expectation with a probability of at most so much."""


def _estimate(low: npt.ArrayLike, high: npt.ArrayLike, level: float, floor: float, bound: Bound) -> Estimate:
    lows, highs = np.asarray(low, np.float64), np.asarray(high, np.float64)
    there = ~np.isnan(lows)
    lows, highs = lows[there], highs[there]
    if not len(lows):
        return Estimate(math.nan, math.nan, floor, math.inf, 0, level)
    error = (1 - level) / 2
    return Estimate(float(lows.mean()), float(highs.mean()), max(floor, -bound(-lows, error)), bound(highs, error), len(lows), level)


def _student(values: Floats, error: float) -> float:
    if len(values) < 2 or not np.isfinite(values).all():
        return math.inf
    return float(values.mean()) + t_quantile(len(values) - 1, 1 - 2 * error) * float(values.std(ddof=1)) / math.sqrt(len(values))


def hall(values: Floats, error: float) -> float:
    """Student's, or that of Hall's transformed t where it is farther out."""
    plain = _student(values, error)
    if len(values) < _TELL_SKEWNESS or not math.isfinite(plain) or not values.std():
        return plain
    count, mean, spread = len(values), float(values.mean()), float(values.std(ddof=1))
    skew = float(((values - mean) ** 3).mean()) / spread**3 * (count / (count - 1)) ** 1.5
    if abs(skew) < 1e-6:
        return plain
    t = t_quantile(count - 1, 1 - 2 * error) / math.sqrt(count)
    least = 3 / skew * (np.cbrt(1 - skew * (t + skew / (6 * count))) - 1)
    return max(plain, mean - spread * float(least))


def t_quantile(degrees: float, level: float) -> float:
    """Student's t that is exceeded on either side with probability (1 - level) / 2."""
    from scipy.special import stdtrit  # scipy.stats would take a second to import

    return float(stdtrit(degrees, (1 + level) / 2))


def unpaired_half_width(a: npt.ArrayLike, b: npt.ArrayLike, level: float = LEVEL) -> float:
    """Of a difference of means had the two been measured independently (Welch 1947)."""
    one, two = (np.asarray(values, np.float64) for values in (a, b))
    parts = [values.var(ddof=1) / len(values) for values in (one, two)]
    if not sum(parts):
        return 0.0
    degrees = sum(parts) ** 2 / sum(part**2 / (len(values) - 1) for part, values in zip(parts, (one, two), strict=True))
    return t_quantile(float(degrees), level) * math.sqrt(float(sum(parts)))
