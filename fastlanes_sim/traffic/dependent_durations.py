"""Services and startups that depend: on the run before, on the hour, on a regular instant, on the load, on the time without runs."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.units import DAY
from fastlanes_sim.distributions.distribution import Distribution
from fastlanes_sim.distributions.empirical import Empirical
from fastlanes_sim.distributions.family import Family, whole
from fastlanes_sim.scenario.dependence import LEAST_OF_LOAD, Factors, Idle, Load, Tick
from fastlanes_sim.scenario.schedule import EPOCH, microseconds, week_segments

Times = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_GRID = np.concatenate([np.logspace(-7, -2, 200), np.linspace(0.0101, 0.9899, 1_600), 1 - np.logspace(-2, -7, 200)])
"""Probabilities at which a distribution's quantiles are looked up; in between they are interpolated."""


def dependent_durations(
    usual: Distribution, factors: Factors, requested: Times, timezone: str, begin: datetime, random: np.random.Generator
) -> Times:
    """The services, or the startups, of a source's runs, in order of their requests.

    Args:
        usual: what the factors are multiplied by.
        requested: µs since `begin` (UTC), ascending.
        random: of these durations. A larger sample begins with the same numbers.
    """
    size = len(requested)
    lengths = correlated(usual.family, factors.previous, size, random) if factors.previous else usual.sample(size, random)
    scale = np.ones(size)
    if factors.hours is not None and size:
        segments = week_segments(factors.hours, timezone, begin, int(requested[-1]) + 1)
        place = np.searchsorted([at for at, _ in segments], requested, side="right") - 1
        scale *= np.array([factor for _, factor in segments])[place]
    if factors.tick is not None:
        scale *= tick_factors(factors.tick, requested + microseconds(EPOCH, begin))
    if factors.load is not None:
        scale *= load_factors(factors.load, requested)
    if factors.idle is not None:
        scale *= idle_factors(factors.idle, requested)
    return whole(np.maximum(lengths * scale, 0.0)) if (scale != 1).any() else lengths


def correlated(family: Family, correlation: float, size: int, random: np.random.Generator) -> Times:
    """Durations whose normal scores are an AR(1) process with this correlation (Cario and Nelson, INFORMS J. Computing 10, 1998)."""
    from scipy.signal import lfilter
    from scipy.special import ndtr

    if not size:
        return np.empty(0, np.int64)
    noise = random.standard_normal(size)
    noise[1:] *= np.sqrt(1 - correlation**2)
    return whole(quantiles(family, ndtr(lfilter([1.0], [1.0, -correlation], noise))))


def quantiles(family: Family, probabilities: Floats) -> Floats:
    """Of many probabilities at once."""
    if isinstance(family, Empirical):
        order = np.argsort(family.values, kind="stable")
        weights = np.asarray(family.weights or np.ones(len(order)), np.float64)[order]
        place = np.searchsorted(np.cumsum(weights) / weights.sum(), probabilities, side="left")
        return np.asarray(family.values, np.float64)[order][np.minimum(place, len(order) - 1)]
    return np.interp(probabilities, _GRID, [family.quantile(float(p)) for p in _GRID])


def tick_factors(tick: Tick, since_1970: Times) -> Floats:
    return np.where(since_1970 % DAY % tick.every < tick.within, tick.factor, 1.0)


def load_factors(load: Load, requested: Times) -> Floats:
    """By the requests in the time before each, those at the same instant not included."""
    before = np.searchsorted(requested, requested, side="left") - np.searchsorted(requested, requested - load.within, side="left")
    return np.maximum(1 + load.slope * (before / load.usual - 1), LEAST_OF_LOAD)


def idle_factors(idle: Idle, requested: Times) -> Floats:
    """By the time since the request before, of which the first has none. Of several at the same instant, only the first may be cold."""
    since = np.diff(requested, prepend=requested[:1] - idle.after) if len(requested) else requested
    return np.where(since >= idle.after, idle.factor, 1.0)
