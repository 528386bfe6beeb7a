"""What a measure comes to over replications: the number that is printed, what it estimates, and its interval.

Quantiles and shares are those of all runs of the replications together (`pooled`). Everything else, and what ends in `/day`, is the mean of
the replications' own numbers (`confidence_intervals`), for counts never surer than what was seen allows (`shares.count_interval`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from fastlanes_sim.experiments.confidence_intervals import LEVEL, Estimate, estimate
from fastlanes_sim.experiments.pooled import Pool
from fastlanes_sim.experiments.replication import Values
from fastlanes_sim.experiments.shares import Floats, count_interval
from fastlanes_sim.measures.evidence import Evidence
from fastlanes_sim.measures.grammar import parse_measure
from fastlanes_sim.measures.measure import Measure


def estimate_of(measure: Measure | str, measures: Sequence[Measure], values: Sequence[Values], level: float = LEVEL) -> Estimate:
    """Over the replications in `values`, which hold `measures`. What was not measured is a KeyError."""
    place = place_of(measure, measures)
    one = measures[place]
    lows, highs = (np.array([getattr(each, end)[place] for each in values], np.float64) for end in ("low", "high"))
    if one.is_pooled:
        return _pooled(one, lows, highs, [each.evidence[place] for each in values], level)
    found = estimate(lows, highs, level, floor=0.0)
    if not one.unit.is_counted or not found.replications:
        return found
    most = max(each.evidence[place].runs for each in values) if one.row.has_scope else math.inf
    rare = count_interval(lows[~np.isnan(lows)], level, most)
    return Estimate(found.mean, found.upper_mean, min(found.low, rare[0]), max(found.high, rare[1]), found.replications, level)


def number_of(measure: Measure | str, measures: Sequence[Measure], values: Sequence[Values], *, at_most: bool = False) -> float:
    """The number that `estimate_of` prints, without its interval, which takes most of the time; NaN of nothing.

    Runs that were open count with their lower bounds; with `at_most` as if they never ended.
    """
    place = place_of(measure, measures)
    one = measures[place]
    numbers = np.array([(each.high if at_most else each.low)[place] for each in values], np.float64)
    if not one.is_pooled:
        return float(numbers[~np.isnan(numbers)].mean()) if not np.isnan(numbers).all() else math.nan
    there = [number for number, each in enumerate(values) if each.evidence[place].runs]
    if not there:
        return math.nan
    return _number(one, numbers[there], Pool.of([values[number].evidence[place] for number in there], one.part, at_most=at_most))


def _pooled(one: Measure, lows: Floats, highs: Floats, evidence: Sequence[Evidence], level: float) -> Estimate:
    there = [place for place, kept in enumerate(evidence) if kept.runs]
    if not there:
        return Estimate(math.nan, math.nan, 0.0, math.inf, 0, level)
    kept = [evidence[place] for place in there]
    sides = [(lows, False), (highs, True)] if any(one.highs for one in kept) else [(lows, False)]
    found = [_side(one, side[there], Pool.of(kept, one.part, at_most=at_most), level) for side, at_most in sides]
    return Estimate(found[0][1], found[-1][1], max(0.0, found[0][0]), found[-1][2], len(there), level)


def _side(one: Measure, shares: Floats, pool: Pool, level: float) -> tuple[float, float, float]:
    """The low end, the number itself and the high end, of one side of what is possible; `shares` are the replications' own."""
    if one.part is not None:
        low, high = pool.quantile_ends(one.part, level)
    else:
        low, high = pool.share_ends(np.rint(shares * pool.runs), level)
    return low, _number(one, shares, pool), high


def _number(one: Measure, shares: Floats, pool: Pool) -> float:
    """The quantile, or the share that is beyond the threshold."""
    return pool.quantile(one.part) if one.part is not None else float(np.rint(shares * pool.runs).sum()) / pool.whole


def place_of(measure: Measure | str, measures: Sequence[Measure]) -> int:
    """Where among `measures` it stands, however it is spelt; a KeyError if it does not."""
    wanted = parse_measure(measure) if isinstance(measure, str) else measure
    return {one: place for place, one in enumerate(measures)}[wanted]


def runs_of(measure: Measure | str, measures: Sequence[Measure], values: Sequence[Values]) -> int:
    """The runs behind it, of all replications together."""
    place = place_of(measure, measures)
    return sum(each.evidence[place].runs for each in values)
