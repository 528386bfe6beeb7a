"""Days drawn without a simulator: waits for one server by Lindley's recursion (Proc. Camb. Phil. Soc. 48:277, 1952), or independent ones.

What is counted is statistics alone: how often intervals hold what ten or thirty such days are drawn from. A day is drawn in microseconds of
computing, so its truth is known from hundreds of thousands of days, and a thousand experiments take seconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.units import SECOND
from fastlanes_sim.experiments.estimation import estimate_of
from fastlanes_sim.experiments.replicate import BUDGET, FIRST_LOOK, next_aim
from fastlanes_sim.experiments.replication import Values
from fastlanes_sim.measures.evidence import Evidence
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.measures.objective import Objective
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


def values_of(number: int, wait: Floats, measures: Sequence[Measure], gives_up: float = math.inf) -> Values:
    """As a replication measures them; counts are of the runs that wait longer than `gives_up` seconds."""
    sample = Durations.of(wait * SECOND, np.empty(0))
    numbers, kept = [], []
    for one in measures:
        if not one.statistic:
            numbers.append(_count(wait, gives_up))
            kept.append(Evidence(len(wait)))
            continue
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
    gives_up: float = math.inf
    """Seconds that a caller waits, for counts."""

    def values(self, measures: Sequence[Measure], number: int) -> list[Values]:
        """Of one experiment, as `replicate` makes it."""
        random, values = np.random.default_rng([7, number]), list[Values]()

        def more(aim: int) -> None:
            values.extend(values_of(place, self.draw(random), measures, self.gives_up) for place in range(len(values), aim))

        if self.until is None:
            more(self.replications)
            return values
        aim = FIRST_LOOK
        while len(values) < aim:
            more(aim)
            aim = next_aim(lambda count: estimate_of(measures[0], measures, values[:count]), self.until, len(values), BUDGET)
        return values

    def truths(self, asked: Sequence[Objective | Measure], runs: int = 30_000_000, most: int = 60_000) -> list[float]:
        """What days with so many runs together come to, and no more days than that; of an objective, the share of days that meet it."""
        drawn, whole = _many(self.draw, runs, most)
        return [self._truth(one, whole, drawn) for one in asked]

    def _truth(self, one: Objective | Measure, whole: Floats, drawn: Sequence[Floats]) -> float:
        if isinstance(one, Objective):
            found = self._of_days(one.measure, drawn)
            return float(np.mean([one.operator.holds(value, one.bound) for value in found]))
        if one.is_pooled and one.threshold is not None:
            return float(np.mean(whole > one.threshold))
        if one.is_pooled:
            assert one.part is not None
            return float(np.quantile(whole, one.part, method="inverted_cdf"))
        return float(np.mean(self._of_days(one, drawn)))

    def _of_days(self, one: Measure, drawn: Sequence[Floats]) -> list[float]:
        """The days' own numbers, of those that have something to measure."""
        if not one.statistic:
            return [_count(day, self.gives_up) for day in drawn]
        statistic, _, part = read_statistic(one.statistic)
        at = one.threshold if statistic.has_threshold else part
        found = [statistic.compute(Durations.of(day * SECOND, np.empty(0)), at) for day in drawn if len(day)]
        return [value.low for value in found if value is not None and not isinstance(value, int)]


@lru_cache(maxsize=2)
def _many(draw: Draw, runs: int, most: int) -> tuple[Sequence[Floats], Floats]:
    """Days with so many runs together, and all their waits in µs, sorted."""
    random = np.random.default_rng([8, 0])
    drawn = [draw(random) for _ in range(min(most, max(2, runs // max(1, len(draw(random))))))]
    return drawn, np.sort(np.concatenate(drawn)) * SECOND


def _count(wait: Floats, gives_up: float) -> float:
    return float(np.count_nonzero(wait > gives_up))
