"""Days drawn without a simulator: waits for one server by Lindley's recursion (Proc. Camb. Phil. Soc. 48:277, 1952), or independent ones.

What is counted is statistics alone: how often intervals hold what ten or thirty such days are drawn from. A day is drawn in microseconds of
computing, so its truth is known from hundreds of thousands of days, and a thousand experiments take seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.units import SECOND
from fastlanes_sim.experiments.confidence_intervals import Estimate
from fastlanes_sim.experiments.estimation import estimate_of
from fastlanes_sim.experiments.replicate import BUDGET, PILOT, Until, is_known, next_aim
from fastlanes_sim.experiments.replication import Values
from fastlanes_sim.measures.evidence import Evidence
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.measures.samples import Durations
from fastlanes_sim.measures.statistics import read_statistic

Floats = npt.NDArray[np.float64]
Draw = Callable[[np.random.Generator], Floats]
"""The waits of one day's runs, in seconds."""
HEAVY = math.sqrt(math.log(5))
"""Of a lognormal distribution with a coefficient of variation of 2."""


def exponential(random: np.random.Generator, count: int) -> Floats:
    """Of mean 1."""
    return random.exponential(size=count)


def heavy(random: np.random.Generator, count: int) -> Floats:
    """Lognormal of mean 1 and a coefficient of variation of 2."""
    return random.lognormal(-(HEAVY**2) / 2, HEAVY, count)


Service = Callable[[np.random.Generator, int], Floats]


def independent(count: int, service: Service = exponential) -> Draw:
    return lambda random: service(random, count)


def a_day(pieces: Sequence[tuple[float, float]], service: Service = exponential) -> Draw:
    """From empty: pieces of (seconds, runs a second), one server with a mean service of 1 s."""

    def draw(random: np.random.Generator) -> Floats:
        begins = np.concatenate([[0.0], np.cumsum([lasts for lasts, _ in pieces])])
        arrivals = np.concatenate(
            [
                np.sort(random.uniform(begin, begin + lasts, random.poisson(rate * lasts)))
                for begin, (lasts, rate) in zip(begins, pieces, strict=False)
            ]
        )
        return waits(arrivals, service(random, len(arrivals)))

    return draw


def waits(arrivals: Floats, service: Floats) -> Floats:
    """Of runs that one server takes in the order of their arrivals."""
    if not len(arrivals):
        return np.empty(0)
    walk = np.concatenate([[0.0], np.cumsum(service[:-1] - np.diff(arrivals))])
    return walk - np.minimum.accumulate(walk)


def values_of(number: int, wait: Floats, measures: Sequence[Measure]) -> Values:
    """As a replication measures them."""
    sample = Durations.of(wait * SECOND, np.empty(0))
    numbers, kept = [], []
    for one in measures:
        statistic, _, part = read_statistic(one.statistic)
        found = statistic.compute(sample, one.threshold if statistic.has_threshold else part)
        numbers.append(math.nan if found is None or isinstance(found, int) else found.low)
        kept.append(Evidence.of(sample, one.part) if statistic.pooled else Evidence(len(sample)))
    return Values(number, tuple(numbers), tuple(numbers), tuple(kept))


@dataclass(frozen=True)
class Days:
    """Days of one kind, and how often they are drawn."""

    draw: Draw
    replications: int = 10
    until: float | None = None
    """Go on until the first measure is known to this share of it."""

    def experiment(self, measures: Sequence[Measure], number: int) -> list[Estimate]:
        """As `replicate` does it."""
        random, values = np.random.default_rng([7, number]), list[Values]()
        aim, most = (PILOT, BUDGET) if self.until is not None else (self.replications, self.replications)
        while len(values) < aim:
            values += [values_of(place, self.draw(random), measures) for place in range(len(values), aim)]
            if self.until is not None:
                found, until = estimate_of(measures[0], measures, values), Until(measures[0], self.until)
                if not is_known(found, until.relative):
                    aim = next_aim(found, until.relative, aim, most)
        return [estimate_of(one, measures, values) for one in measures]

    def truths(self, measures: Sequence[Measure], runs: int = 30_000_000, most: int = 60_000) -> list[float]:
        """What days with so many runs together come to, and no more days than that."""
        random = np.random.default_rng([8, 0])
        days = min(most, max(2, runs // max(1, len(self.draw(random)))))
        drawn = [self.draw(random) * SECOND for _ in range(days)]
        whole = np.sort(np.concatenate(drawn))
        return [_truth(one, whole, drawn) for one in measures]


def _truth(one: Measure, whole: Floats, drawn: Sequence[Floats]) -> float:
    if one.threshold is not None:
        return float(np.mean(whole > one.threshold))
    if one.is_pooled:
        assert one.part is not None
        return float(np.quantile(whole, one.part, method="inverted_cdf"))
    statistic, _, part = read_statistic(one.statistic)
    found = [statistic.compute(Durations.of(day, np.empty(0)), part) for day in drawn if len(day)]
    return float(np.mean([value.low for value in found if value is not None and not isinstance(value, int)]))
