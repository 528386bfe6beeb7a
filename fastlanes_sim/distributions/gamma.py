"""The gamma distribution."""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
from pydantic import Field

from fastlanes_sim.core.fields import PositiveDuration
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.distributions.family import Family, Fit, Floats, Times, maximise, whole


class Gamma(Family):
    """With shape 1 an exponential; the larger the shape, the closer to the mean."""

    mean: PositiveDuration
    shape: Annotated[float, Field(gt=0)]

    def expectation(self) -> float:
        return self.mean

    def cdf(self, times: Floats) -> Floats:
        from scipy.special import gammainc

        return np.asarray(gammainc(self.shape, times * (self.shape / self.mean)))

    def quantile(self, probability: float) -> float:
        from scipy.special import gammaincinv

        return float(gammaincinv(self.shape, probability)) * self.mean / self.shape

    def sample(self, size: int, random: np.random.Generator) -> Times:
        return whole(random.standard_gamma(self.shape, size) * (self.mean / self.shape))

    @classmethod
    def fit(cls, complete: Floats, censored: Floats) -> Fit | None:
        from scipy.special import gammaincc, gammaln

        x, c = complete / SECOND, censored / SECOND
        logs = np.log(x)
        of_logs, in_all = float(logs.sum()), float(x.sum())
        gap = max(math.log(x.mean()) - float(logs.mean()), 1e-9)
        # Minka's start for the shape (Estimating a Gamma distribution, 2002).
        guess = (3 - gap + math.sqrt((gap - 3) ** 2 + 24 * gap)) / (12 * gap)

        def likelihood(at: tuple[float, float]) -> float:
            shape, mean = math.exp(min(at[0], 20.0)), math.exp(min(at[1], 50.0))
            scale = mean / shape
            ended = (shape - 1) * of_logs - in_all / scale - len(x) * (gammaln(shape) + shape * math.log(scale))
            return float(ended + np.log(np.maximum(gammaincc(shape, c / scale), 1e-300)).sum())

        log_shape, log_mean = maximise(likelihood, (math.log(guess), math.log(x.mean())))
        return cls.fitted(likelihood((log_shape, log_mean)), mean=math.exp(log_mean) * SECOND, shape=math.exp(log_shape))
