"""What arrivals at a rate have beyond a Poisson process: batches, clumped or regular gaps, a trend, days that differ.

Each is written only where chance would show as much in less than one of 10,000 samples, and where it is large enough to matter.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.window import Watched, watched_seconds, watched_time
from fastlanes_sim.core.units import DAY, HOUR, MILLISECOND, SECOND, spell_exact_duration, spell_number

Times = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_LEVEL = 1e-4
_TOGETHER = 10 * MILLISECOND
"""Lightning creates runs of one request some milliseconds apart."""
_SPREAD, _EDGE, _CLEAR_BATCH = 5 * SECOND, 4, 1.5
_FEWEST_BATCHES = 30
_SMALLEST_BATCH = 1.15
_FEWEST_GAPS = 200
_SHAPES = (0.8, 1.25)
"""A renewal process with a shape in between is as good as a Poisson process."""
_FEWEST_DAYS = 5
_SMALLEST_TREND = 0.1
_SMALLEST_VARIATION = 0.05
_MOST_SIZES = 20


@dataclass(frozen=True, slots=True)
class Batches:
    starts: Times
    sizes: Times
    text: str
    """As a scenario writes them."""
    lasts: int = 0
    """µs from the first to the last of most of them, where that is more than a moment: a scenario has them at once."""


def find_batches(times: Times, watched: Watched) -> Batches | None:
    """Arrivals that come together, far more often than chance puts them there: within 10 ms or one step of the time stamps. Or within
    more, up to seconds, where it is clear where one batch ends: hardly any two arrivals are some such times apart. (Clumped gaps have no
    such edge.)
    """
    if len(times) < 2 * _FEWEST_BATCHES:
        return None
    least = max(_TOGETHER, watched.resolution)
    return next(filter(None, (_batches_within(times, watched, within, within > least) for within in _windows(least))), None)


def _windows(least: int) -> Iterator[int]:
    """Doubled from one to the next."""
    yield least
    while (least := 2 * least) <= _SPREAD:
        yield least


def _batches_within(times: Times, watched: Watched, within: int, needs_edge: bool) -> Batches | None:
    from scipy.special import bdtrc

    gaps = np.diff(times)
    together = gaps < within
    rate = len(times) / max(watched_time(watched.begin, watched.end, watched.gaps), 1)
    # Of a rate that varies, the busiest hours bring more neighbours than the mean does.
    busiest = float(np.unique(times // HOUR, return_counts=True)[1].max()) / HOUR
    chance = -math.expm1(-max(rate, busiest) * within)
    if bdtrc(int(together.sum()) - 1, len(gaps), chance) > _LEVEL:
        return None
    firsts = np.concatenate([[0], np.flatnonzero(~together) + 1])
    sizes = np.diff(np.append(firsts, len(times)))
    if len(sizes) < _FEWEST_BATCHES or sizes.mean() < _SMALLEST_BATCH or sizes.max() > 100_000 or _regular(times[firsts], within):
        return None
    if needs_edge and not _has_edge(gaps[~together], sizes, within, len(sizes) / len(times) * rate):
        return None
    return Batches(times[firsts], sizes, _spell_sizes(sizes), int(np.quantile(_lengths(times, firsts, sizes), 0.95)) if needs_edge else 0)


def _lengths(times: Times, firsts: Times, sizes: Times) -> Times:
    """From the first to the last of each batch."""
    return np.asarray(times[firsts + sizes - 1] - times[firsts])


def _has_edge(apart: Times, sizes: Times, within: int, rate: float) -> bool:
    """Whether no more of the gaps between batches are shorter than some windows than those between batches at random."""
    from scipy.special import bdtrc

    near = int((apart < _EDGE * within).sum())
    return float(sizes.mean()) >= _CLEAR_BATCH and bool(
        bdtrc(near - 1, len(apart), -math.expm1(-rate * _EDGE * within)) > 0.01 if near else True
    )


def _regular(starts: Times, within: int) -> bool:
    """Batches at a fixed period are bursts."""
    gaps = np.diff(starts)
    return bool(len(gaps) and np.abs(gaps - np.median(gaps)).max() <= 2 * within)


def _spell_sizes(sizes: Times) -> str:
    """Fixed, geometric where that fits (chi-square at 1 %), or a list."""
    values, counts = np.unique(sizes, return_counts=True)
    if counts.max() >= 0.98 * len(sizes):
        return f"{{fixed: {int(values[np.argmax(counts)])}}}"
    if _is_geometric(sizes):
        return f"{{geometric: {spell_number(float(sizes.mean()))}}}"
    if len(values) > _MOST_SIZES:
        sizes = np.sort(sizes)
        parts = np.array_split(sizes, _MOST_SIZES)
        values, counts = np.unique([round(float(part.mean())) for part in parts], return_counts=True)
    weights = ", ".join(spell_number(float(count) / counts.sum()) for count in counts)
    return f"{{sizes: {{values: [{', '.join(str(int(value)) for value in values)}], weights: [{weights}]}}}}"


def _is_geometric(sizes: Times) -> bool:
    from scipy.special import chdtrc

    more = 1 - 1 / float(sizes.mean())
    # Classes with five or more expected, the last one open.
    edges = [1]
    while len(edges) < 30 and len(sizes) * more ** (edges[-1] - 1) >= 10:
        width = 1
        while len(sizes) * more ** (edges[-1] - 1) * (1 - more**width) < 5:
            width += 1
        edges.append(edges[-1] + width)
    if len(edges) < 3:
        return True
    expected = len(sizes) * np.diff(-(more ** (np.array([*edges, np.inf]) - 1)))
    observed = np.histogram(sizes, [*edges, np.inf])[0]
    return bool(chdtrc(len(edges) - 2, float(((observed - expected) ** 2 / expected).sum())) > 0.01)


def renewal_gaps(scaled: Floats, spread: float) -> str | None:
    """Clumped or regular gaps, where they explain how much the arrivals of an hour vary.

    Args:
        scaled: times between arrivals in the order of arrival, on the scale of the integrated rate, with mean 1.
        spread: variance to mean of the arrivals of an hour.
    """
    if len(scaled) < _FEWEST_GAPS:
        return None
    gaps = np.maximum(scaled / scaled.mean(), 1e-9)
    logs = np.log(gaps)
    found = [("gamma", *_gamma(gaps, logs)), ("weibull", *_weibull(gaps, logs))]
    kind, shape, gain = max(found, key=lambda entry: entry[2])
    if gain < -math.log(_LEVEL) + math.log(len(gaps)) / 2 or _SHAPES[0] <= shape <= _SHAPES[1]:
        return None
    variance = 1 / shape if kind == "gamma" else math.gamma(1 + 2 / shape) / math.gamma(1 + 1 / shape) ** 2 - 1
    if not 0.5 * variance <= spread <= 2.0 * variance:
        return None  # arrivals vary over longer times than their gaps
    return f"{{kind: {kind}, shape: {spell_number(shape)}}}"


def _gamma(gaps: Floats, logs: Floats) -> tuple[float, float]:
    """(shape, gain of log likelihood over the exponential) with mean 1."""
    from scipy.optimize import minimize_scalar
    from scipy.special import gammaln

    def loss(log_shape: float) -> float:
        shape = math.exp(log_shape)
        return -float(len(gaps) * (shape * log_shape - gammaln(shape)) + (shape - 1) * logs.sum() - shape * gaps.sum())

    best = minimize_scalar(loss, bounds=(math.log(0.05), math.log(100)), method="bounded")
    return math.exp(float(best.x)), -float(best.fun) + float(gaps.sum())


def _weibull(gaps: Floats, logs: Floats) -> tuple[float, float]:
    from scipy.optimize import minimize_scalar

    def loss(log_shape: float) -> float:
        shape = math.exp(log_shape)
        scale = 1 / math.gamma(1 + 1 / shape)
        return -float(len(gaps) * (log_shape - shape * math.log(scale)) + (shape - 1) * logs.sum() - ((gaps / scale) ** shape).sum())

    best = minimize_scalar(loss, bounds=(math.log(0.2), math.log(50)), method="bounded")
    return math.exp(float(best.x)), -float(best.fun) + float(gaps.sum())


def spread_of_hours(places: Floats, per_hour: float) -> float:
    """Variance to mean of the arrivals of an average hour, on the scale of the integrated rate (arrivals in steps of `per_hour`)."""
    step = max(per_hour, 5.0)
    counts = np.bincount((places / step).astype(np.int64))[:-1].astype(np.float64)
    return float(counts.var() / counts.mean()) if len(counts) >= 20 and counts.mean() else math.nan


def spread_within_days(times: Times, watched: Watched, expected_share: Floats, starts: Times) -> float:
    """Variance to mean of the arrivals of an hour, each day's number being what it is. Arguments as of `slow_changes`."""
    first = int(starts[0])
    hour = (starts - first) // HOUR
    expected = np.bincount(hour, expected_share)
    counts = np.bincount((times - first) // HOUR, minlength=len(expected))[: len(expected)].astype(np.float64)
    day = (np.arange(len(expected)) * HOUR + first - watched.begin) // DAY
    day = np.maximum(day, 0)
    level = np.bincount(day, counts) / np.maximum(np.bincount(day, expected), 1e-9)
    scaled = expected * level[day]
    told = scaled >= 1
    free = int(told.sum()) - len(level)
    return float(((counts - scaled)[told] ** 2 / scaled[told]).sum()) / free if free > 0 else math.nan


@dataclass(frozen=True, slots=True)
class SlowChanges:
    """As a scenario writes them."""

    trend: str | None = None
    days: str | None = None
    left: float = 1.0
    """Variance to mean of the arrivals of a day, the trend taken away."""


def slow_changes(times: Times, watched: Watched, expected_share: Floats, starts: Times) -> SlowChanges:
    """A trend, and days that differ, from the arrivals of whole days.

    Args:
        expected_share: of each quarter of an hour of `starts`, the arrivals that the fitted rates expect.
        starts: µs since 1970.
    """
    from scipy.special import chdtrc

    day = np.maximum(starts - watched.begin, 0) // DAY  # the first quarter may begin before the window
    days = int(-(-(watched.end - watched.begin) // DAY))
    if days < _FEWEST_DAYS or len(times) < 10 * days:
        return SlowChanges()
    expected = np.bincount(day, expected_share, minlength=days)[:days]
    counts = np.bincount((times - watched.begin) // DAY, minlength=days)[:days].astype(np.float64)
    told = expected >= 5
    if told.sum() < _FEWEST_DAYS:
        return SlowChanges()
    expected, counts = expected[told] * (counts[told].sum() / expected[told].sum()), counts[told]
    at = (np.flatnonzero(told) + 0.5) * DAY / (watched.end - watched.begin)
    clumps = max(1.0, _dispersion(counts, expected))
    slope = float(((at - 0.5) * (counts - expected)).sum() / ((at - 0.5) ** 2 * expected).sum())
    straight = np.maximum(1 + slope * (at - 0.5), 0.02)
    after = _dispersion(counts, expected * straight * (counts.sum() / (expected * straight).sum()))
    gain = (counts * np.log(straight)).sum() - (expected * (straight - 1)).sum()
    trend = None
    if 2 * gain / max(after, 1.0) > 15.1 and abs(slope) >= _SMALLEST_TREND:  # chi-square with one degree at 1 in 10,000
        begin, end = max(1 - slope / 2, 0.0), max(1 + slope / 2, 0.0)
        over = spell_exact_duration(watched.end - watched.begin)
        trend = f"{{begin: {spell_number(begin)}, end: {spell_number(end)}, over: {over}}}"
        expected, clumps = expected * straight * (counts.sum() / (expected * straight).sum()), max(after, 1.0)
    free = len(counts) - (2 if trend else 1)
    if chdtrc(free, clumps * free) > _LEVEL:
        return SlowChanges(trend, None, clumps)
    variation = math.sqrt(max(float((((counts - expected) ** 2 - expected) / expected**2).mean()), 0.0))
    return SlowChanges(trend, spell_number(variation, 3) if variation >= _SMALLEST_VARIATION else None, clumps)


def _dispersion(counts: Floats, expected: Floats) -> float:
    return float(((counts - expected) ** 2 / expected).sum()) / max(len(counts) - 1, 1)


def quarters(watched: Watched) -> tuple[Times, Floats]:
    """(starts, seconds watched) of the quarters of an hour of the window."""
    step = HOUR // 4
    starts = np.arange(watched.begin - watched.begin % step, watched.end, step)
    return starts, watched_seconds(np.maximum(starts, watched.begin), np.minimum(starts + step, watched.end), watched.gaps)
