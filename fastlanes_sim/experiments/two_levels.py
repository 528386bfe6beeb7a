"""Chance and inputs told apart: every resample of a scenario's inputs is simulated under the same seeds.

The experiment has two levels (Barton, Lam and Song, "Input uncertainty in stochastic simulation", 2022): resamples of the inputs
(`input_sets`), and replications of each. By the law of total variance the spread of the resamples' numbers is that of the inputs and what
is left of chance. Seeds are crossed with resamples, so that most of chance is the same for all of them; what is not is the residual of a
two-way analysis of variance, and is taken out. What remains are the percentiles of a bootstrap (Barton and Schruben, WSC 1993), relative to
the median.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.units import format_number
from fastlanes_sim.engines.selection import Engine, make_ready
from fastlanes_sim.experiments.confidence_intervals import Estimate, t_quantile
from fastlanes_sim.experiments.days import days_of
from fastlanes_sim.experiments.estimation import number_of, place_of
from fastlanes_sim.experiments.executors import Executor, map_jobs
from fastlanes_sim.experiments.input_sets import InputSets
from fastlanes_sim.experiments.jobs import Progress
from fastlanes_sim.experiments.replication import Values, measure
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.measures.objective import Objective
from fastlanes_sim.scenario.schema import Scenario

Floats = npt.NDArray[np.float64]
INNER = 2
"""Replications of each resample: the fewest that tell how much of the spread is chance."""
_LARGEST_LOGARITHM = 700.0
_LOPSIDED = 1.5
"""One side of an interval is that many times as long as the other: then one number does not describe both."""
WEEK = 7.0
"""Days more, of which is said what they would buy."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How far a number may be off because of the inputs, on either side; both at least 0."""

    down: float
    up: float
    is_relative: bool
    """Distances of logarithms instead of the numbers themselves."""

    def around(self, found: Estimate) -> Estimate:
        """An estimate whose interval is as far off by chance as it is, and by this much in addition: independent, so squares add up."""
        if self.is_relative and not (found.mean > 0 and found.upper_mean > 0):
            return Estimate(found.mean, found.upper_mean, min(found.low, 0.0), math.inf, found.replications, found.level)
        low = self._beyond(found.mean, found.low, -self.down)
        return replace(found, low=low, high=self._beyond(found.upper_mean, found.high, self.up))

    def _beyond(self, middle: float, end: float, off: float) -> float:
        if not off or not math.isfinite(end) or not math.isfinite(middle):
            return end
        if not math.isfinite(off):
            return math.copysign(math.inf, off) if not self.is_relative or off > 0 else 0.0
        if not self.is_relative:
            return middle + math.copysign(math.hypot(end - middle, off), off)
        if end <= 0:
            return end
        return middle * math.exp(min(math.copysign(math.hypot(math.log(end / middle), off), off), _LARGEST_LOGARITHM))

    def sides(self, middle: float) -> tuple[float, float]:
        """How far off the inputs alone leave the number, downwards and upwards, in its unit."""
        if not self.is_relative:
            return self.down, self.up
        return middle * -math.expm1(-self.down), middle * math.expm1(self.up) if self.up < _LARGEST_LOGARITHM else math.inf

    def half_width(self, middle: float) -> float:
        """Half of that interval."""
        return sum(self.sides(middle)) / 2


def spread_of(numbers: Floats, own: Floats, level: float, *, days: float, at_most: Floats | None = None, is_signed: bool = False) -> Spread:
    """How much of the spread of the resamples' numbers is due to the inputs.

    No percentile of N resamples is rarer than the lowest, 1 in N + 1. What a level asks for beyond that, as that of several pairs does, is
    as much farther out as Student's t says: deviations of the inputs follow it (`calibration.resampling`).

    Args:
        numbers: of each resample, of all its replications together.
        own: of each resample and replication; NaN where there was nothing to measure.
        level: between which percentiles.
        days: of data that the inputs were calibrated from.
        at_most: the numbers where runs are still open, if these never ended.
        is_signed: differences, of which no logarithm can be taken.
    """
    highs = numbers if at_most is None else at_most
    own = own[:, ~np.isnan(own).any(axis=0)]
    part = max((1 - level) / 2, 1 / (len(numbers) + 1))
    is_relative = not is_signed and float(np.median(numbers)) > 0
    has_logs = is_relative and bool((numbers > 0).all() and (own > 0).all())
    kept = _share_of_inputs(np.log(numbers), np.log(own)) if has_logs else _share_of_inputs(numbers, own)
    kept *= _farther(part, level, days)
    middles = _percentile(numbers, 0.5), _percentile(highs, 0.5)
    ends = _percentile(numbers, part), _percentile(highs, 1 - part)
    if not is_relative:
        return Spread(_distance(middles[0] - ends[0], kept), _distance(ends[1] - middles[1], kept), is_relative=False)
    down = math.log(middles[0] / ends[0]) if ends[0] > 0 else math.inf
    up = math.log(ends[1] / middles[1]) if math.isfinite(ends[1]) else math.inf
    return Spread(_distance(down, kept), _distance(up, kept), is_relative=True)


def _farther(part: float, level: float, days: float) -> float:
    """How many times farther out than the percentile of `part` the one of a level is."""
    degrees = max(1.0, days - 1)
    return t_quantile(degrees, level) / t_quantile(degrees, 1 - 2 * part)


def _distance(off: float, kept: float) -> float:
    return max(0.0, off) * kept if math.isfinite(off) else math.inf


def _percentile(numbers: Floats, part: float) -> float:
    """That the next number is below it with just this probability (the definition of Weibull)."""
    ordered = np.sort(numbers)
    place = min(max(part * (len(ordered) + 1) - 1, 0.0), len(ordered) - 1.0)
    below, above = float(ordered[math.floor(place)]), float(ordered[math.ceil(place)])
    return below if below == above else below + (above - below) * (place - math.floor(place))


def _share_of_inputs(numbers: Floats, own: Floats) -> float:
    """By how much deviations shrink without what is left of chance in them: the root of a share of the variance."""
    sets, replications = own.shape
    if replications < 2 or not np.isfinite(numbers).all() or not np.isfinite(own).all():
        return 1.0
    variance = float(numbers.var(ddof=1))
    if not variance:
        return 1.0
    residual = own - own.mean(axis=1, keepdims=True) - own.mean(axis=0, keepdims=True) + own.mean()
    chance = float((residual**2).sum()) / ((sets - 1) * (replications - 1)) / replications
    return math.sqrt(max(0.0, 1 - chance / variance))


@dataclass(frozen=True, repr=False)
class InputEffects:
    """What the measures came to in every resample of the inputs."""

    days: float
    """Of data."""
    measures: Sequence[Measure]
    sets: Sequence[Sequence[Values]]
    """By resample, then by replication."""
    known: Sequence[str]
    """Paths of values that were changed since the calibration: they count as known."""
    values: int
    """How many values are uncertain."""
    _found: dict[tuple[Measure, float], Spread | None] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, sets: InputSets, measures: Sequence[Measure], values: Sequence[Sequence[Values]]) -> InputEffects:
        """Of resamples that were simulated."""
        return cls(sets.days, measures, values, sets.known, sets.values)

    def spread(self, one: Measure, level: float) -> Spread | None:
        """Of one measure; None where a resample had nothing to measure."""
        if (one, level) not in self._found:
            self._found[one, level] = self._spread(one, level)
        return self._found[one, level]

    def _spread(self, one: Measure, level: float) -> Spread | None:
        place = place_of(one, self.measures)
        numbers = np.array([number_of(one, self.measures, values) for values in self.sets])
        if np.isnan(numbers).any():
            return None
        own, _ = self._numbers(place)
        is_open = any(each.high[place] != each.low[place] for values in self.sets for each in values if not math.isnan(each.low[place]))
        highs = np.array([number_of(one, self.measures, values, at_most=True) for values in self.sets]) if is_open else None
        return spread_of(numbers, own, level, days=self.days, at_most=highs)

    def around(self, one: Measure, found: Estimate, level: float | None = None) -> Estimate:
        """The estimate of a measure with an interval for chance and inputs together; without an upper end where nobody knows it.

        `level`: of the part of the inputs; by default that of chance.
        """
        if not found.replications:
            return found
        spread = self.spread(one, found.level if level is None else level)
        wide = replace(found, low=min(found.low, 0.0), high=math.inf) if spread is None else spread.around(found)
        return replace(wide, high=min(wide.high, one.row.ceiling))

    def not_met_in(self, slo: Objective) -> int:
        """In how many resamples something happened that must never happen, or may have happened to runs that are open."""
        place = place_of(slo.measure, self.measures)
        found = (days_of(slo, place, values) for values in self.sets)
        return sum(one.missed + one.undecided > 0 for one in found)

    def share_of_days(self, slo: Objective, low: float, high: float, level: float) -> tuple[float, float]:
        """The interval of the share of days that meet an objective each for itself, widened by what the inputs leave open."""
        place, middle = place_of(slo.measure, self.measures), (low + high) / 2
        found = [[days_of(slo, place, [each]) for each in values] for values in self.sets]
        if not all(any(one.count for one in each) for each in found):  # some resamples have nothing to measure on any day
            return 0.0, 1.0
        met = np.array([[one.met if one.count else math.nan for one in each] for each in found])
        may_be = np.array([[one.met + one.undecided if one.count else math.nan for one in each] for each in found])
        at_least, at_most = (np.nanmean(one, axis=1) for one in (met, may_be))
        spread = spread_of(at_least, met, level, days=self.days, at_most=at_most, is_signed=True)
        wide = spread.around(Estimate(middle, middle, low, high, 1, level))
        return max(0.0, wide.low), min(1.0, wide.high)

    def difference_spread(self, other: InputEffects, place: int, level: float) -> Spread | None:
        """Of what another deployment came to less what this one did, each resample for itself; None where there was nothing to measure."""
        (low, high), (other_low, other_high) = self._numbers(place), other._numbers(place)
        own = other_low - low
        there = ~np.isnan(own).any(axis=0)
        if not there.any():
            return None
        at_least, at_most = ((one[:, there]).mean(axis=1) for one in (other_low - high, other_high - low))
        return spread_of(at_least, own[:, there], level, days=self.days, at_most=at_most, is_signed=True)

    def _numbers(self, place: int) -> tuple[Floats, Floats]:
        """(lower, upper) of each resample and replication; both are the same where nothing was open."""
        low, high = (
            np.array([[getattr(each, end)[place] for each in values] for values in self.sets], np.float64) for end in ("low", "high")
        )
        return low, high


def data_of(days: float) -> str:
    """`3 days of data`"""
    about = f"{days:,.0f}" if days >= 10 else f"{days:.2g}"
    return f"{about} day{'' if about == '1' else 's'} of data"


def with_more_days(days: float, more: float, level: float) -> float:
    """What part of a half-width would be left with more days of data: variances are as 1 / days, and Student's t gets narrower."""
    if days <= 2:
        return math.nan
    return math.sqrt(days / (days + more)) * t_quantile(days + more - 1, level) / t_quantile(days - 1, level)


def notes_on_inputs(found: InputEffects) -> list[str]:
    """What the reader must know of them beside the numbers."""
    values, them = ("1 value", "it") if found.values == 1 else (f"{found.values:,} values", "them")
    what = f"inputs: {values} as uncertain as {data_of(found.days)} leave {them}"
    notes = [f"{what} ({len(found.sets)} resamples, {INNER} replications each)"]
    if found.known:
        some = ", ".join(found.known[:3]) + (f" and {len(found.known) - 3} more" if len(found.known) > 3 else "")
        notes.append(f"inputs: changed since the calibration, and so taken as known: {some}")
    return notes


UNSEEN = "too small to be seen"
"""Said of the inputs where resamples differ by no more than chance. That is no proof that they do not matter, as `±0 %` would be."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What an interval is made of, for people."""

    chance: str
    """`±8 %`"""
    inputs: str
    """`±31 %`, or that chance leaves nothing of it to be seen."""
    more: str
    """What would be left of that of the inputs with `WEEK` more days; empty where nobody knows."""
    days: str
    """`3 days of data`"""

    @property
    def words(self) -> str:
        """`±8 % by chance, ±31 % because you have 3 days of data; 7 more days would make that about ±14 %`"""
        if self.inputs == UNSEEN:
            return f"{self.chance} by chance; the part of {self.days} is {UNSEEN} beside it"
        text = f"{self.chance} by chance, {self.inputs} because you have {self.days}"
        return f"{text}; {WEEK:g} more days would make that about {self.more}" if self.more else text


def parts_of(one: Measure, by_chance: Estimate, inputs: InputEffects) -> Parts | None:
    """Half-widths of an interval by their causes; None where there was nothing to measure."""
    spread, middle = inputs.spread(one, by_chance.level), by_chance.mean
    if spread is None or not by_chance.replications:
        return None
    left = with_more_days(inputs.days, WEEK, by_chance.level)
    less = Spread(spread.down * left, spread.up * left, spread.is_relative)
    later = "" if math.isnan(left) or not (spread.down or spread.up) else _off(one, less.sides(middle), middle)
    chance = (middle - by_chance.low, by_chance.high - by_chance.upper_mean)
    part = _off(one, spread.sides(middle), middle) if spread.down or spread.up else UNSEEN
    return Parts(_off(one, chance, middle), part, later, data_of(inputs.days))


def _off(one: Measure, sides: tuple[float, float], middle: float) -> str:
    """`±8 %`; `-24 % to +250 %` where the sides differ by more than a half; in the measure's unit where there is no percentage of it."""
    down, up = sides
    if not math.isfinite(up) or not math.isfinite(down):
        return "without an end"
    is_share = middle > 0 and up < 9.95 * middle
    low, high = (_percent(side / middle) if is_share else one.show(side) for side in sides)
    if max(sides) > _LOPSIDED * min(sides):
        return f"-{low} to +{high}"
    half = (down + up) / 2
    return f"±{_percent(half / middle) if is_share else one.show(half)}"


def _percent(share: float) -> str:
    """With two digits."""
    return f"{format_number(100 * share, 2)} %"


def simulations(sets: Sequence[InputSets]) -> int:
    """How many replications all resamples of several deployments take."""
    return sum(len(one.scenarios) for one in sets) * INNER


def play_sets(
    sets: Sequence[InputSets],
    measures: Sequence[Measure],
    *,
    engine: Engine = "auto",
    warm_up: int = 0,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> list[InputEffects] | None:
    """Simulate every resample of every deployment, each under the seeds of replications 0, …, `INNER` - 1. None: interrupted.

    Args:
        sets: one of each deployment that is compared.
        warm_up: µs that are left out, of all alike.
        progress: called with (replications done, in all).
    """
    scenarios = [[one.scenario for one in each.scenarios] for each in sets]
    jobs = [
        (place, number, replication)
        for number in range(len(scenarios[0]))
        for replication in range(INNER)
        for place in range(len(scenarios))
    ]
    items = [(scenarios[place][number], replication) for place, number, replication in jobs]
    done = map_jobs(
        partial(_measure, list(measures), engine, warm_up), items, executor=executor, ready=partial(make_ready, engine), progress=progress
    )
    if len(done) < len(jobs):
        return None
    by_job = dict(zip(jobs, done, strict=True))
    return [
        InputEffects.of(
            each,
            measures,
            [[by_job[place, number, replication] for replication in range(INNER)] for number in range(len(each.scenarios))],
        )
        for place, each in enumerate(sets)
    ]


def _measure(measures: list[Measure], engine: Engine, warm_up: int, job: tuple[Scenario, int]) -> Values:
    scenario, replication = job
    return measure(scenario, replication, measures, engine=engine, warm_up=warm_up)
