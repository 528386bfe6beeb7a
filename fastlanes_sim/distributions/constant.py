"""The distribution that always gives the same duration."""

from __future__ import annotations

import numpy as np

from fastlanes_sim.core.fields import Duration
from fastlanes_sim.core.units import MILLISECOND, spell_duration
from fastlanes_sim.distributions.family import Family, Floats, Times


class Constant(Family):
    """Always the same."""

    value: Duration

    def expectation(self) -> float:
        return self.value

    def cdf(self, times: Floats) -> Floats:
        return (times >= self.value).astype(np.float64)

    def quantile(self, probability: float) -> float:
        return self.value

    def sample(self, size: int, random: np.random.Generator) -> Times:
        return np.full(size, self.value, np.int64)

    @classmethod
    def seen(cls, complete: Times, censored: Times) -> Constant | None:
        """The constant that these durations are, or None where they differ by more than a millisecond and a thousandth."""
        middle = float(np.median(complete))
        if np.ptp(complete) > max(MILLISECOND, middle / 1_000) or (len(censored) and censored.max() > complete.max()):
            return None
        return cls.of(value=middle) if middle else cls.model_validate({"value": 0})

    @property
    def text(self) -> str:
        return spell_duration(self.value, 6)
