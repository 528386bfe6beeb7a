"""The Weibull distribution."""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
from pydantic import Field

from fastlanes_sim.core.fields import PositiveDuration
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.distributions.family import Family, Fit, Floats, Times, whole

_SHAPES = (0.05, 1_000.0)


class Weibull(Family):
    """A shape below 1 has a heavier tail than an exponential, above 1 a lighter one."""

    mean: PositiveDuration
    shape: Annotated[float, Field(ge=0.05, le=1000)]

    @property
    def scale(self) -> float:
        """The time that 63 % of the durations do not exceed."""
        return self.mean / math.gamma(1 + 1 / self.shape)

    def expectation(self) -> float:
        return self.mean

    def cdf(self, times: Floats) -> Floats:
        return -np.expm1(-((times / self.scale) ** self.shape))

    def quantile(self, probability: float) -> float:
        return float(self.scale * (-math.log1p(-probability)) ** (1 / self.shape))

    def sample(self, size: int, random: np.random.Generator) -> Times:
        return whole(self.scale * random.standard_exponential(size) ** (1 / self.shape))

    @classmethod
    def fit(cls, complete: Floats, censored: Floats) -> Fit | None:
        from scipy.optimize import brentq

        x, c = complete / SECOND, censored / SECOND
        logs, all_logs = np.log(x), np.log(np.concatenate([x, c]))
        # Scaled by the largest, no power overflows.
        top = float(all_logs.max())

        def slope(shape: float) -> float:
            powers = np.exp(shape * (all_logs - top))
            return float(powers @ all_logs / powers.sum() - 1 / shape - logs.mean())

        low, high = _SHAPES
        if not slope(low) < 0 < slope(high):
            return None
        shape = float(brentq(slope, low, high))
        log_scale = top + math.log(float(np.exp(shape * (all_logs - top)).sum()) / len(x)) / shape
        likelihood = len(x) * (math.log(shape) - shape * log_scale) + (shape - 1) * float(logs.sum()) - len(x)
        return cls.fitted(likelihood, mean=math.exp(log_scale) * math.gamma(1 + 1 / shape) * SECOND, shape=shape)
