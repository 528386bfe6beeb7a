"""When a trigger's runs are created, apart from cron: Poisson streams, fixed times, bursts."""

from __future__ import annotations

import math
from datetime import datetime

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.units import SECOND
from fastlanes_sim.scenario.dependence import Batch, Gaps
from fastlanes_sim.scenario.schedule import week_segments
from fastlanes_sim.scenario.triggers import Arrivals, Burst
from fastlanes_sim.traffic import rate_factors

Times = npt.NDArray[np.int64]
_CHUNK = 4_096


def arrival_times(
    arrivals: Arrivals, timezone: str, begin: datetime, horizon: int, random: np.random.Generator, traffic: float = 1.0
) -> Times:
    """µs since `begin` (UTC), rising, all within [0, horizon): a run created at the horizon has no future to measure.

    A longer horizon begins with the same arrivals. `traffic` multiplies rates, see `is_random`; set times it leaves as they are.
    """
    if arrivals.has_rate:
        return _at_a_rate(arrivals, timezone, begin, horizon, random, traffic)
    if arrivals.every is not None:
        return np.arange(0, horizon, arrivals.every, dtype=np.int64)
    if arrivals.at is not None:
        return _within(np.asarray(arrivals.at, np.int64), horizon)
    assert arrivals.burst is not None
    return _bursts(arrivals.burst, horizon)


def is_random(arrivals: Arrivals) -> bool:
    """Whether the arrivals have a rate. The others come at set times."""
    return arrivals.has_rate


def _at_a_rate(arrivals: Arrivals, timezone: str, begin: datetime, horizon: int, random: np.random.Generator, traffic: float) -> Times:
    """What modifies a rate draws from generators of its own: without modifiers the numbers are those of a plain Poisson process."""
    if arrivals.poisson is not None:
        segments = [(0, arrivals.poisson)]
    else:
        segments = week_segments(arrivals.piecewise or {}, timezone, begin, horizon)
    plain = arrivals.days is None and arrivals.modulated is None and arrivals.batch is None
    of_days, of_states, of_sizes = (random,) * 3 if plain else random.spawn(3)
    if arrivals.trend is not None:
        segments = rate_factors.times(segments, rate_factors.trend_factors(arrivals.trend, horizon))
    if arrivals.days is not None:
        segments = rate_factors.times(segments, rate_factors.day_factors(arrivals.days, timezone, begin, horizon, of_days))
    if arrivals.modulated is not None:
        segments = rate_factors.times(segments, rate_factors.modulated_factors(arrivals.modulated, horizon, of_states))
    times = poisson([(at, rate * traffic) for at, rate in segments], horizon, random, arrivals.gaps)
    return times if arrivals.batch is None else np.repeat(times, batch_sizes(arrivals.batch, len(times), of_sizes))


def batch_sizes(batch: Batch, size: int, random: np.random.Generator) -> Times:
    """How many runs each arrival brings."""
    if batch.geometric is not None:
        return np.asarray(random.geometric(1 / batch.geometric, size), np.int64)
    if batch.sizes is not None:
        weights = np.asarray(batch.sizes.weights or np.ones(len(batch.sizes.values)), np.float64)
        place = np.searchsorted(np.cumsum(weights) / weights.sum(), random.random(size), side="right")
        return np.asarray(batch.sizes.values, np.int64)[np.minimum(place, len(weights) - 1)]
    return np.full(size, batch.fixed or 1, np.int64)


def as_often(times: Times, factor: float, random: np.random.Generator) -> Times:
    """Each of these set times `factor` times on average: ⌊factor⌋ times, or once more. What comes at one factor comes at any larger."""
    return np.repeat(times, np.floor(factor + random.random(len(times))).astype(np.int64))


def poisson(segments: list[tuple[int, float]], horizon: int, random: np.random.Generator, gaps: Gaps | None = None) -> Times:
    """A Poisson process (with `gaps`: a renewal process) whose rate is constant in each segment (from µs on, events a second).

    Unit-rate arrivals on the scale of the integrated rate, carried back to time: exact, and vectorised.
    """
    begins = np.asarray([at for at, _ in segments], np.float64)
    rates = np.asarray([rate for _, rate in segments], np.float64) / SECOND
    lengths = np.diff(np.append(begins, float(horizon)))
    integrated = np.concatenate([[0.0], np.cumsum(rates * lengths)])
    marks = _unit_arrivals(float(integrated[-1]), random, gaps)
    segment = np.minimum(np.searchsorted(integrated, marks, side="right") - 1, len(rates) - 1)
    safe = np.where(rates[segment] > 0, rates[segment], 1.0)
    times = np.rint(begins[segment] + (marks - integrated[segment]) / safe).astype(np.int64)
    return _within(times, horizon)


def _unit_gaps(gaps: Gaps | None, size: int, random: np.random.Generator) -> npt.NDArray[np.float64]:
    """Times between arrivals, with mean 1."""
    if gaps is None:
        return random.standard_exponential(size)
    if gaps.kind == "gamma":
        return random.standard_gamma(gaps.shape, size) / gaps.shape
    return random.standard_exponential(size) ** (1 / gaps.shape) / math.gamma(1 + 1 / gaps.shape)


def _unit_arrivals(end: float, random: np.random.Generator, gaps_of: Gaps | None = None) -> npt.NDArray[np.float64]:
    """Arrivals of rate 1 before `end`. Added up in order, so that chunks of any size give the same sums."""
    chunks: list[npt.NDArray[np.float64]] = []
    reached = 0.0
    while reached < end:
        size = int(min(max(end - reached, 0.0) * 1.05 + 100, 1_000_000)) + _CHUNK * (not chunks)
        gaps = _unit_gaps(gaps_of, size, random)
        gaps[0] += reached
        sums = np.cumsum(gaps)
        chunks.append(sums)
        reached = float(sums[-1])
    marks = np.concatenate(chunks) if chunks else np.empty(0)
    return marks[marks < end]


def _bursts(burst: Burst, horizon: int) -> Times:
    begins = np.asarray(burst.at or [], np.int64)
    if burst.every is not None:
        begins = np.arange(burst.first, horizon, burst.every, dtype=np.int64)
    spread = np.arange(burst.size, dtype=np.int64) * burst.over // burst.size
    return _within((begins[:, None] + spread[None, :]).ravel(), horizon)


def _within(times: Times, horizon: int) -> Times:
    return np.sort(times[times < horizon], kind="stable")
