"""The exponential distribution."""

from __future__ import annotations

import math

import numpy as np

from fastlanes_sim.core.fields import PositiveDuration
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.distributions.family import Family, Fit, Floats, Times, whole


class Exponential(Family):
    mean: PositiveDuration

    def expectation(self) -> float:
        return self.mean

    def cdf(self, times: Floats) -> Floats:
        return -np.expm1(-times / self.mean)

    def quantile(self, probability: float) -> float:
        return -self.mean * math.log1p(-probability)

    def sample(self, size: int, random: np.random.Generator) -> Times:
        return whole(random.standard_exponential(size) * self.mean)

    @classmethod
    def fit(cls, complete: Floats, censored: Floats) -> Fit | None:
        mean = (complete.sum() + censored.sum()) / len(complete)
        return cls.fitted(-len(complete) * (math.log(mean / SECOND) + 1), mean=mean)
