"""What a measure comes to over replications: the number that is printed, what it estimates, and its interval.

Quantiles and shares are those of all runs of the replications together (`pooled`). Everything else, and what ends in `/day`, is the mean of
the replications' own numbers (`confidence_intervals`), never surer than what was seen allows: the spread of a few numbers says little where
they count what is rare (`shares`), and nothing where all are equal. Only replications that have the same runs must be equal.

Two numbers say less than they seem to. Of a lane whose backlog grows to the end there is no mean: every horizon would have another. And the
batches of one simulation share its number of the whole system.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fastlanes_sim.experiments.confidence_intervals import LEVEL, TELL_SPREAD, Estimate, estimate, without_mean
from fastlanes_sim.experiments.pooled import Pool
from fastlanes_sim.experiments.replication import Values
from fastlanes_sim.experiments.run_out import NEEDS_ALL
from fastlanes_sim.experiments.shares import Floats, count_interval
from fastlanes_sim.measures.evidence import Evidence
from fastlanes_sim.measures.grammar import parse_measure
from fastlanes_sim.measures.measure import Measure


def estimate_of(measure: Measure | str, measures: Sequence[Measure], values: Sequence[Values], level: float = LEVEL) -> Estimate:
    """Over the replications in `values`, which hold `measures`; its mean is NaN where there is none (`has_no_mean`).

    Raises:
        KeyError: it was not measured.
    """
    found = estimate_so_far(measure, measures, values, level)
    return without_mean(found) if has_no_mean(measures[place_of(measure, measures)], values) else found


def estimate_so_far(measure: Measure | str, measures: Sequence[Measure], values: Sequence[Values], level: float = LEVEL) -> Estimate:
    """The same of this horizon, whether or not another one would have another mean.

    Raises:
        KeyError: it was not measured.
    """
    place = place_of(measure, measures)
    one = measures[place]
    values = own_values(one, values)
    lows, highs = _sides(place, values)
    if one.is_pooled:
        return _pooled(one, lows, highs, [each.evidence[place] for each in values], level)
    found = estimate(lows, highs, level, floor=0.0)
    low, high = (found.low, found.high) if _are_copies(values) else _at_least(one, place, values, level)
    return replace(found, low=max(0.0, min(found.low, low)), high=min(one.row.ceiling, max(found.high, high)))


def _sides(place: int, values: Sequence[Values]) -> tuple[Floats, Floats]:
    low, high = (np.array([getattr(each, end)[place] for each in values], np.float64) for end in ("low", "high"))
    return low, high


def _are_copies(values: Sequence[Values]) -> bool:
    """Whether all have the same runs, as those of a scenario in which nothing is drawn: then what is equal is so of necessity."""
    return len(values) > 1 and len({each.traffic for each in values}) == 1 and values[0].traffic is not None


def _at_least(one: Measure, place: int, values: Sequence[Values], level: float) -> tuple[float, float]:
    """What the interval of a mean must reach to, whatever the spread of the replications' numbers says; (inf, -inf): nothing more."""
    lows, highs = _sides(place, values)
    if one.threshold is not None:
        found = _pooled(one, lows, highs, [each.evidence[place] for each in values], level)
        return found.low, found.high
    if one.unit.is_counted:
        most = max((each.evidence[place].runs for each in values), default=0) if one.row.has_scope else math.inf
        there = lows[~np.isnan(lows)]
        return count_interval(there, level, most) if len(there) else (math.inf, -math.inf)
    if one.row.of_many:
        return math.inf, -math.inf
    return 0.0 if _agree_by_chance(lows) else math.inf, math.inf if _agree_by_chance(highs) else -math.inf


def _agree_by_chance(numbers: Floats) -> bool:
    """Whether they are all equal, and too few for that to say anything."""
    there = numbers[np.isfinite(numbers)]  # what runs that are open leave without an end has none already
    return 0 < len(there) < TELL_SPREAD and bool((there == there[0]).all())


def tell_no_spread(measure: Measure, measures: Sequence[Measure], values: Sequence[Values]) -> bool:
    """Whether its interval is without ends because two or more replications came to the same number, and fewer than `TELL_SPREAD`."""
    tells = measure.is_pooled or measure.unit.is_counted or measure.threshold is not None or measure.row.of_many or _are_copies(values)
    return not tells and len(values) > 1 and any(map(_agree_by_chance, _sides(place_of(measure, measures), own_values(measure, values))))


def number_of(measure: Measure | str, measures: Sequence[Measure], values: Sequence[Values], *, at_most: bool = False) -> float:
    """The number that `estimate_of` prints, without its interval, which takes most of the time; NaN of nothing.

    Runs that were open count with their lower bounds; with `at_most` as if they never ended.
    """
    one = measures[place_of(measure, measures)]
    return math.nan if has_no_mean(one, values) else number_so_far(measure, measures, values, at_most=at_most)


def number_so_far(measure: Measure | str, measures: Sequence[Measure], values: Sequence[Values], *, at_most: bool = False) -> float:
    """The same of this horizon, whether or not another one would have another mean."""
    place = place_of(measure, measures)
    one = measures[place]
    values = own_values(one, values)
    numbers = np.array([(each.high if at_most else each.low)[place] for each in values], np.float64)
    if not one.is_pooled:
        return float(numbers[~np.isnan(numbers)].mean()) if not np.isnan(numbers).all() else math.nan
    there = [number for number, each in enumerate(values) if each.evidence[place].runs]
    if not there:
        return math.nan
    return _number(one, numbers[there], Pool.of([values[number].evidence[place] for number in there], one.part, at_most=at_most))


def own_values(one: Measure, values: Sequence[Values]) -> Sequence[Values]:
    """Those that have a number of their own: of what is no matter of runs, batches have one together."""
    return values[:1] if values and values[0].is_batch and not one.row.has_scope else values


def has_no_mean(one: Measure, values: Sequence[Values]) -> bool:
    """Whether it would be another one for every horizon: a mean or a maximum of runs whose backlog grows to the end."""
    growing = values[0].growing if values else ()
    if not growing or one.statistic not in NEEDS_ALL or one.name in ("startup", "service"):
        return False
    return one.scope.lane in (None, "all", *growing)


def why_no_mean(values: Sequence[Values]) -> str:
    """`the backlog of default grows to the end`"""
    return f"the backlog of {' and '.join(values[0].growing)} grows to the end"


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
