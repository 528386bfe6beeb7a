"""Poisson arrivals: one rate, or a rate for each part of the day and kind of day, as few as the data support."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.local_time import local_hours
from fastlanes_sim.calibration.window import Gaps, watched_seconds, watched_time
from fastlanes_sim.core.units import DAY, HOUR, MINUTE, SECOND, spell_rate
from fastlanes_sim.scenario.schedule import DAYS

Times = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
_WEEKS: tuple[tuple[tuple[str, tuple[int, ...]], ...], ...] = (
    (("", (0, 1, 2, 3, 4, 5, 6)),),
    (("mon-fri ", (0, 1, 2, 3, 4)), ("sat,sun ", (5, 6))),
    tuple((f"{day} ", (number,)) for number, day in enumerate(DAYS)),
)
"""The ways in which days may be alike, from the simplest."""


_LEAST_PENALTY = 8.0
"""Nats that an edge must gain at least: few arrivals come close together in some hour by chance."""
_KIND_OF_WEEK = 3.0
"""Nats that telling days apart must gain in addition."""
_FEWEST_FOR_A_PROFILE = 20
_FEWEST_FOR_VARIATION = 50
_FEWEST_IN_A_CELL = 0.5
_FEWEST_CELLS = 8
_VARIED = 1.5
"""A smaller ratio may be chance."""
_MOST_HOURS = 100_000
_DAYS_BY_CHANCE = 0.01
_FEW = 30
_FEWEST_WEEKS = 13 * DAY


@dataclass(frozen=True, slots=True)
class Rates:
    """A fitted Poisson process."""

    text: str
    """As a scenario writes it."""
    pieces: int
    distance: float
    """Kolmogorov's distance of the gaps, on the scale of the integrated rate, to those of a Poisson process."""
    p_value: float
    """Of that distance; small where arrivals are clumped or regular."""
    rate: Floats
    """A second, by weekday and hour."""
    tells_days_apart: bool
    scaled: Floats
    """The arrivals on the scale of the integrated rate."""
    range: str = ""
    """Where there are few arrivals: between which rates the true one lies."""


def fit_rates(times: Times, begin: int, end: int, timezone: str, gaps: Gaps = (), resolution: int = 1, *, alike: bool = False) -> Rates:
    """The simplest Poisson process that the Schwarz criterion allows (BIC: Schwarz, Annals of Statistics 6, 1978).

    Args:
        times: arrivals, µs since 1970, ascending; `begin` and `end` say when they were watched.
        timezone: in which hours and weekdays are counted.
        gaps: stretches in between that were not watched.
        resolution: of the time stamps, µs.
        alike: do not tell days apart.
    """
    counts, exposure = _by_week_hour(times, begin, end, timezone, gaps)
    total, length = len(times), watched_time(begin, end, gaps) / SECOND
    seen = (gaps, resolution)
    varied = _variation(times, begin, end, timezone, gaps)
    penalty = max(math.log(max(total, 2)), _LEAST_PENALTY) * varied
    best_score = _likelihood(total, length) - penalty / 2
    best: list[tuple[tuple[str, tuple[int, ...]], list[tuple[int, float]]]] = []
    for place, week in enumerate(_WEEKS if total >= _FEWEST_FOR_A_PROFILE else ()):
        if any(exposure[list(days)].sum() == 0 for _, days in week) or end - begin < 2 * HOUR:
            continue
        if (len(week) == 7 and end - begin < _FEWEST_WEEKS) or (place and alike):
            continue  # of days seen once nobody knows whether the weekday made them so
        if place and not _told_apart(times, begin, end, timezone, gaps, [days for _, days in week]):
            continue
        parts = [(days, *_segments(counts[list(days[1])].sum(0), exposure[list(days[1])].sum(0), penalty)) for days in week]
        score = sum(part[2] for part in parts) - (_KIND_OF_WEEK * varied if place else 0.0)
        pieces = sum(len(part[1]) for part in parts)
        if pieces > 1 and score > best_score + 1e-9:
            best_score, best = score, [(part[0], part[1]) for part in parts]
    if not best:
        rate = np.full((7, 24), total / length)
        scaled = _scaled(times, begin, rate, timezone, *seen)
        return Rates(f"{{poisson: {spell_rate(total / length)}}}", 1, *_goodness(scaled), rate, False, scaled, _range(total, length))
    rate = np.zeros((7, 24))
    entries = []
    for (label, days), segments in best:
        for number, (hour, value) in enumerate(segments):
            until = segments[number + 1][0] if number + 1 < len(segments) else 24
            rate[np.ix_(days, range(hour, until))] = value
            entries.append(f'"{label}{hour:02d}:00": {spell_rate(value) if value else "0/s"}')
    scaled = _scaled(times, begin, rate, timezone, *seen)
    return Rates(f"{{piecewise: {{{', '.join(entries)}}}}}", len(entries), *_goodness(scaled), rate, len(best) > 1, scaled)


def _range(total: int, length: float) -> str:
    """The 95 % interval of a rate of which few arrivals were seen (Garwood, Biometrika 28, 1936)."""
    from scipy.special import chdtri

    if total >= _FEW:
        return ""
    low, high = chdtri(2 * total, 0.975) / 2, chdtri(2 * total + 2, 0.025) / 2
    return f"few arrivals: the rate lies between {spell_rate(low / length)} and {spell_rate(high / length)} (95 %)"


def _variation(times: Times, begin: int, end: int, timezone: str, gaps: Gaps) -> float:
    """How many times the variance of a Poisson process the arrivals of an hour have, from one day to the next of the same kind; at least 1.

    Clumps would look like busy hours otherwise: likelihood ratios are divided by this (quasi-likelihood: McCullagh and Nelder, Generalized
    Linear Models, 1989, section 4.5).
    """
    from scipy.special import chdtri

    if len(times) < _FEWEST_FOR_VARIATION or end - begin > _MOST_HOURS * HOUR:
        return 1.0
    counts, weekday, hour = _whole_hours(times, begin, end, timezone, gaps)
    cell = (weekday >= 5) * 24 + hour
    seen, sums = np.bincount(cell, minlength=48), np.bincount(cell, counts, minlength=48)
    mean = sums / np.maximum(seen, 1)
    squares = np.bincount(cell, np.square(counts - mean[cell]), minlength=48)
    told = (seen >= 3) & (mean >= _FEWEST_IN_A_CELL)
    if told.sum() < _FEWEST_CELLS:
        # Few arrivals an hour: no cell has a median that tells anything, but all of them together have a mean.
        often = seen >= 3
        usual = float((mean * (seen - 1))[often].sum())
        ratio = float(squares[often].sum()) / usual if usual else 1.0
        return ratio if ratio > _VARIED else 1.0
    free = seen[told] - 1
    # The median, because a cell that an edge of the profile cuts says nothing of clumps.
    ratio = float(np.median(squares[told] / mean[told] / chdtri(free, 0.5)))
    return ratio if ratio > _VARIED else 1.0


def _told_apart(times: Times, begin: int, end: int, timezone: str, gaps: Gaps, groups: list[tuple[int, ...]]) -> bool:
    """Whether kinds of days differ by more than days of one kind do (F-test of the roots of their arrivals).

    Days that differ at random would otherwise look like weekdays, each seen a few times. Days that vary as those of a Poisson process pass:
    the criterion of `fit_rates` is made for them.
    """
    from scipy.special import chdtrc, fdtrc

    if len(times) < _FEWEST_FOR_VARIATION or end - begin > _MOST_HOURS * HOUR:
        return True
    counts, weekday, _ = _whole_hours(times, begin, end, timezone, gaps)
    day = np.concatenate([[0], np.cumsum(np.diff(weekday) != 0)])
    hours, sums = np.bincount(day), np.bincount(day, counts)
    kind_of = np.array([next(place for place, days in enumerate(groups) if number in days) for number in range(7)])
    kind = kind_of[weekday[np.concatenate([[True], np.diff(day) > 0])]]
    roots, kind = np.sqrt(sums / hours * 24)[hours >= 20], kind[hours >= 20]  # of days that were watched, but for a few hours
    seen = np.bincount(kind, minlength=len(groups))
    free = len(roots) - int((seen > 0).sum())
    if free < 3 or (seen > 0).sum() < 2:
        return True
    means = np.bincount(kind, roots, minlength=len(groups)) / np.maximum(seen, 1)
    within = float(((roots - means[kind]) ** 2).sum())
    if chdtrc(free, 4 * within) > _DAYS_BY_CHANCE:  # the root of a Poisson number has a variance of a quarter
        return True
    between = float((seen * (means - roots.mean()) ** 2).sum()) / ((seen > 0).sum() - 1)
    return bool(
        fdtrc((seen > 0).sum() - 1, free, between / (within / free)) <= _DAYS_BY_CHANCE / len(_WEEKS)
    )  # each week is one more chance


def _whole_hours(times: Times, begin: int, end: int, timezone: str, gaps: Gaps) -> tuple[Times, Times, Times]:
    """(arrivals, weekday, hour) of each hour that was watched from its start to its end."""
    first, hours = begin - begin % HOUR, -(-(end - begin) // HOUR) + 1
    starts = first + np.arange(hours) * HOUR
    whole = watched_seconds(np.maximum(starts, begin), np.minimum(starts + HOUR, end), gaps) >= 3_599
    counts = np.bincount((times - first) // HOUR, minlength=hours)[:hours][whole]
    return counts, *local_hours(starts[whole], timezone)


def _likelihood(count: float, exposure: float) -> float:
    return count * math.log(count / exposure) - count if count else 0.0


def _segments(counts: Floats, exposure: Floats, penalty: float) -> tuple[list[tuple[int, float]], float]:
    """The best cut of a day into stretches of one rate: ((hour, events a second) of each, penalised log likelihood)."""
    total_count, total_exposure = [0.0, *counts.cumsum().tolist()], [0.0, *exposure.cumsum().tolist()]
    best = [0.0] + [-math.inf] * 24
    came_from = [0] * 25
    for until in range(1, 25):
        for since in range(until):
            span = total_exposure[until] - total_exposure[since]
            # A stretch costs its rate and the place of its edge.
            gain = best[since] - penalty * (0.5 if since == 0 else 1.0)
            gain += _likelihood(total_count[until] - total_count[since], span) if span else 0.0
            if gain > best[until] + 1e-9:
                best[until], came_from[until] = gain, since
    edges, at = [], 24
    while at:
        edges.append((came_from[at], at))
        at = came_from[at]
    segments = []
    for since, until in reversed(edges):
        span = total_exposure[until] - total_exposure[since]
        segments.append((since, float((total_count[until] - total_count[since]) / span) if span else 0.0))
    return segments, best[24]


def _by_week_hour(times: Times, begin: int, end: int, timezone: str, gaps: Gaps = ()) -> tuple[Floats, Floats]:
    """Arrivals, and seconds watched, of each (weekday, hour)."""
    counts, exposure = np.zeros((7, 24)), np.zeros((7, 24))
    np.add.at(counts, local_hours(times, timezone), 1.0)
    # Offsets of time zones are whole quarters of an hour.
    step = 15 * MINUTE
    starts = np.arange(begin - begin % step, end, step)
    watched = watched_seconds(np.maximum(starts, begin), np.minimum(starts + step, end), gaps)
    np.add.at(exposure, local_hours(starts, timezone), watched)
    return counts, exposure


def _scaled(times: Times, begin: int, rate: Floats, timezone: str, gaps: Gaps, resolution: int) -> Floats:
    """Arrivals on the scale of the integrated rate, ascending.

    Their gaps are exponential if the process is Poisson (time change: Papangelou, 1972). A time stamp stands for all instants up to the
    next possible one: within it, arrivals are spread at random.
    """
    step = 15 * MINUTE
    starts = np.arange(begin - begin % step, int(times[-1]) + step, step)
    integrated = np.concatenate([[0.0], np.cumsum(rate[local_hours(starts, timezone)] * (step / SECOND))])
    knots = np.append(starts, starts[-1] + step)
    spread = np.random.Generator(np.random.PCG64(0)).random(len(times)) * resolution
    places = np.sort(times + spread)
    scaled = np.interp(places, knots, integrated)
    for since, until in gaps:
        a, b = np.interp([since, until], knots, integrated)
        scaled -= np.where(places >= until - 1, b - a, 0.0)
    return np.asarray(scaled)


def _goodness(scaled: Floats) -> tuple[float, float]:
    """Kolmogorov's distance of the gaps to those of a Poisson process, and its p-value."""
    from scipy.special import kolmogorov

    if len(scaled) < 5:
        return 0.0, 1.0
    gaps = np.sort(np.diff(scaled))
    model = -np.expm1(-gaps)
    size = len(gaps)
    above = (np.arange(1, size + 1) / size - model).max()
    below = (model - np.arange(size) / size).max()
    distance = float(max(above, below))
    return distance, float(kolmogorov(math.sqrt(size) * distance))
