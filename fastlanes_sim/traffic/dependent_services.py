"""Service times that depend: on the run before, on the hour, on a regular instant, on the load."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.units import DAY
from fastlanes_sim.distributions.distribution import Distribution
from fastlanes_sim.distributions.empirical import Empirical
from fastlanes_sim.distributions.family import Family, whole
from fastlanes_sim.scenario.dependence import LEAST_OF_LOAD, Load, ServiceFactors, Tick
from fastlanes_sim.scenario.schedule import EPOCH, microseconds, week_segments

Times = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_GRID = np.concatenate([np.logspace(-7, -2, 200), np.linspace(0.0101, 0.9899, 1_600), 1 - np.logspace(-2, -7, 200)])
"""Probabilities at which a distribution's quantiles are looked up; in between they are interpolated."""


def dependent_services(
    service: Distribution, factors: ServiceFactors, requested: Times, timezone: str, begin: datetime, random: np.random.Generator
) -> Times:
    """The services of a source's runs, in order of their requests.

    Args:
        requested: µs since `begin` (UTC), ascending.
        random: of the services. A larger sample begins with the same numbers.
    """
    size = len(requested)
    lengths = correlated(service.family, factors.previous, size, random) if factors.previous else service.sample(size, random)
    scale = np.ones(size)
    if factors.hours is not None and size:
        segments = week_segments(factors.hours, timezone, begin, int(requested[-1]) + 1)
        place = np.searchsorted([at for at, _ in segments], requested, side="right") - 1
        scale *= np.array([factor for _, factor in segments])[place]
    if factors.tick is not None:
        scale *= tick_factors(factors.tick, requested + microseconds(EPOCH, begin))
    if factors.load is not None:
        scale *= load_factors(factors.load, requested)
    return whole(np.maximum(lengths * scale, 0.0)) if (scale != 1).any() else lengths


def correlated(family: Family, correlation: float, size: int, random: np.random.Generator) -> Times:
    """Services whose normal scores are an AR(1) process with this correlation (Cario and Nelson, INFORMS J. Computing 10, 1998)."""
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
