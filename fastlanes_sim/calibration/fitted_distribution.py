"""Which distribution durations follow: maximum likelihood with right-censoring, chosen by AIC, judged by its distance.

A run that was killed at its timeout, or still ran when the export was made, lasted longer than was seen: it is right-censored.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from fastlanes_sim.distributions.constant import Constant
from fastlanes_sim.distributions.distribution import FAMILIES
from fastlanes_sim.distributions.empirical import Empirical, kaplan_meier
from fastlanes_sim.distributions.family import Family, Floats, Times

_MOST_FITTED = 20_000
"""Durations that a fit looks at. Of more, so many are drawn: the standard error is below 1 % by then."""
_FEWEST_FITTED = 10
_CLOSE_ENOUGH = 0.02
_LILLIEFORS = 1.035
"""Critical distance times √n at 1 % where the parameters are fitted (Lilliefors, JASA 62, 1967; normal, n > 30)."""
_CLEARLY = 6.0
"""A difference of AIC: a likelihood ratio that chance exceeds in one of 200."""
_MOST_ZEROS = 0.05


@dataclass(frozen=True, slots=True)
class FittedDistribution:
    """A distribution, and how well it describes the durations it was fitted to."""

    family: Family
    runs: int = 0
    """Durations it was fitted to, censored ones included."""
    censored: int = 0
    distance: float = 0.0
    """Kolmogorov's distance to the durations (to Kaplan and Meier's estimate where some are censored)."""
    limit: float = 0.0
    """The distribution counts as fitting up to this distance."""
    aic: float = math.nan
    tried: tuple[tuple[str, float, float], ...] = ()
    """(name, AIC, distance) of every family that was tried, the best AIC first."""

    @property
    def words(self) -> str:
        """How well it fits, and what else was tried."""
        text = self.family.name
        if self.tried and isinstance(self.family, Empirical):
            name, _, distance = min(self.tried, key=lambda entry: entry[2])
            text += f": none fits, the closest is {name} (KS {distance:.3f} > {self.limit:.3f})"
        elif self.tried:
            others = [f"{name} {aic - self.aic:+.0f}" for name, aic, _ in self.tried if name != self.family.name][:2]
            text += f" (KS {self.distance:.3f} ≤ {self.limit:.3f}; AIC against it: {', '.join(others)})"
        return text + (f", {self.censored:,} censored" if self.censored else "")


def fit(complete: Times, censored: Times | None = None) -> FittedDistribution | None:
    """The distribution of durations in µs. `censored` ones are only known to be longer. None where there is no complete one.

    Few durations, durations that are all alike, and durations that follow no family are written as what they are.
    """
    censored = np.empty(0, np.int64) if censored is None else censored
    runs, open_runs = len(complete) + len(censored), len(censored)
    if not len(complete):
        return None
    constant = Constant.seen(complete, censored)
    if constant is not None:
        return FittedDistribution(constant, runs, open_runs)
    if len(complete) < _FEWEST_FITTED:
        return FittedDistribution(Empirical.seen(complete, censored), runs, open_runs)
    events, open_ones = _thinned(complete, censored)
    limit = max(_LILLIEFORS / math.sqrt(len(events)), _CLOSE_ENOUGH)
    tried: list[tuple[float, float, Family, int]] = []
    if (events == 0).mean() < _MOST_ZEROS:
        times, survival = kaplan_meier(events, open_ones)
        for kind in FAMILIES:
            # What rounds to no time at all still took some.
            found = kind.fit(np.maximum(events, 0.5), np.maximum(open_ones, 0.5))
            if found is not None:
                tried.append((found.aic, _distance(times, survival, found.family), found.family, found.parameters))
    # The exponential is a gamma and a Weibull of shape 1: two parameters must do clearly better than one, not merely no worse.
    tried.sort(key=lambda entry: entry[0] - (_CLEARLY if entry[3] == 1 else 0))
    ranking = tuple((family.name, aic, distance) for aic, distance, family, _ in tried)
    for aic, distance, family, _ in tried:
        if distance <= limit:
            return FittedDistribution(family, runs, open_runs, distance, limit, aic, ranking)
    return FittedDistribution(Empirical.seen(events, open_ones), runs, open_runs, limit=limit, tried=ranking)


def _thinned(complete: Times, censored: Times) -> tuple[Times, Times]:
    share = _MOST_FITTED / (len(complete) + len(censored))
    if share >= 1:
        return complete, censored
    random = np.random.Generator(np.random.PCG64(0))
    return tuple(part[random.random(len(part)) < share] for part in (complete, censored))  # type: ignore[return-value]


def _distance(times: Times, survival: Floats, family: Family) -> float:
    upper, cdf = 1 - survival, family.cdf(times.astype(np.float64))
    lower = np.concatenate([[0.0], upper[:-1]])
    return float(np.maximum(np.abs(upper - cdf), np.abs(cdf - lower)).max(initial=0.0))
