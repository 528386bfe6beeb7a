"""Durations drawn from the distributions that a scenario names, in whole microseconds."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.units import LONGEST
from fastlanes_sim.scenario.distributions import Distribution
from fastlanes_sim.scenario.expectation import lognormal_parameters

Times = npt.NDArray[np.int64]


def draw(distribution: Distribution, size: int, random: np.random.Generator) -> Times:
    """`size` durations. A longer table begins with the same numbers as a shorter one."""
    if distribution.constant is not None:
        return np.full(size, distribution.constant, np.int64)
    if distribution.exponential is not None:
        return _whole(random.standard_exponential(size) * distribution.exponential.mean)
    if distribution.lognormal is not None:
        mu, sigma = lognormal_parameters(distribution)
        return _whole(np.exp(np.minimum(mu + sigma * random.standard_normal(size), 60.0)))
    if distribution.gamma is not None:
        shape = distribution.gamma.shape
        return _whole(random.standard_gamma(shape, size) * (distribution.gamma.mean / shape))
    if distribution.weibull is not None:
        law = distribution.weibull
        scale = law.mean / math.gamma(1 + 1 / law.shape)
        return _whole(scale * random.standard_exponential(size) ** (1 / law.shape))
    assert distribution.empirical is not None
    values = np.asarray(distribution.empirical.values, np.int64)
    weights = np.asarray(distribution.empirical.weights or np.ones(len(values)), np.float64)
    edges = np.cumsum(weights) / weights.sum()
    return values[np.minimum(np.searchsorted(edges, random.random(size), side="right"), len(values) - 1)]


def _whole(times: npt.NDArray[np.float64]) -> Times:
    """Rounded, and no longer than the units know: a heavy tail must not overflow."""
    return np.rint(np.minimum(times, LONGEST)).astype(np.int64)
