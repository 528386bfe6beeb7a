"""The lognormal distribution."""

from __future__ import annotations

import math

import numpy as np
from pydantic import model_validator

from fastlanes_sim.core.fields import PositiveDuration, wrong
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.distributions.family import Family, Fit, Floats, Times, maximise, whole

NORMAL_P95 = 1.6448536269514722
"""The standard normal's 95th percentile."""
_LARGEST_LOGARITHM = 60.0
"""Of a drawn time in microseconds. It is far beyond the longest time that the units allow."""


class Lognormal(Family):
    """By median and 95th percentile, or by mean and standard deviation."""

    median: PositiveDuration | None = None
    p95: PositiveDuration | None = None
    mean: PositiveDuration | None = None
    sd: PositiveDuration | None = None

    @model_validator(mode="after")
    def names_one_pair_of_parameters(self) -> Lognormal:
        given = {name for name in ("median", "p95", "mean", "sd") if getattr(self, name) is not None}
        if given not in ({"median", "p95"}, {"mean", "sd"}):
            raise wrong("a lognormal needs two parameters", "write either median and p95, or mean and sd")
        if self.median is not None and self.p95 is not None and self.p95 <= self.median:
            raise wrong("the p95 of a lognormal must be above its median", "write a longer p95, or `constant`")
        return self

    @property
    def logarithm(self) -> tuple[float, float]:
        """(mean, standard deviation) of the logarithm of a duration in microseconds."""
        if self.median is not None and self.p95 is not None:
            return math.log(self.median), math.log(self.p95 / self.median) / NORMAL_P95
        assert self.mean is not None
        assert self.sd is not None
        variance = math.log1p((self.sd / self.mean) ** 2)
        return math.log(self.mean) - variance / 2, math.sqrt(variance)

    def expectation(self) -> float:
        mu, sigma = self.logarithm
        return math.exp(min(mu + sigma**2 / 2, 700.0))

    def cdf(self, times: Floats) -> Floats:
        from scipy.special import ndtr

        mu, sigma = self.logarithm
        return np.asarray(ndtr((np.log(np.maximum(times, 1e-6)) - mu) / sigma))

    def quantile(self, probability: float) -> float:
        from scipy.special import ndtri

        mu, sigma = self.logarithm
        return math.exp(min(mu + sigma * float(ndtri(probability)), 700.0))

    def sample(self, size: int, random: np.random.Generator) -> Times:
        mu, sigma = self.logarithm
        return whole(np.exp(np.minimum(mu + sigma * random.standard_normal(size), _LARGEST_LOGARITHM)))

    @classmethod
    def fit(cls, complete: Floats, censored: Floats) -> Fit | None:
        from scipy.special import log_ndtr

        logs, open_logs = np.log(complete / SECOND), np.log(censored / SECOND)
        count, mean, in_all = len(logs), float(logs.mean()), float(logs.sum())
        spread = float(((logs - mean) ** 2).sum())
        start = (mean, math.log(max(math.sqrt(spread / count), 1e-6)))

        def likelihood(at: tuple[float, float]) -> float:
            mu, sigma = at[0], math.exp(at[1])
            squares = (spread + count * (mean - mu) ** 2) / sigma**2  # of (logs - mu) / sigma
            ended = -0.5 * squares - count * (at[1] + 0.5 * math.log(2 * math.pi)) - in_all
            return float(ended + log_ndtr(-(open_logs - mu) / sigma).sum())

        mu, log_sigma = maximise(likelihood, start) if len(open_logs) else start
        p95 = math.exp(mu + NORMAL_P95 * math.exp(log_sigma))
        return cls.fitted(likelihood((mu, log_sigma)), median=math.exp(mu) * SECOND, p95=p95 * SECOND)

    def _spelled(self, digits: int) -> dict[str, str]:
        spelled = super()._spelled(digits)
        # A narrow distribution needs more digits to keep its parameters apart.
        return spelled if spelled.get("median") != spelled.get("p95") or self.median is None else super()._spelled(9)
