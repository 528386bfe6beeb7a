"""From when to when an export watched arrivals, and which stretches in between it did not watch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.units import DAY, HOUR, MINUTE, SECOND, format_duration
from fastlanes_sim.exports.export import Export
from fastlanes_sim.exports.problems import ExportError
from fastlanes_sim.scenario.schedule import at_epoch, since_epoch

Times = npt.NDArray[np.int64]
Gaps = tuple[tuple[int, int], ...]
"""Stretches (from, to) in µs, ascending and apart, in which nobody looked."""

_LENGTHENED = 0.02
"""Rounding the window to whole hours or days may lengthen it by this share."""
_MISSING = 3.0
"""A round time is not the edge of the window if more arrivals than this are missing before it. Chance leaves out so many once in 20."""
_SHORTEST_GAP = HOUR
_FEWEST_MISSING = 20.0
_GAP_BY_CHANCE = 1e-3
"""Probability that arrivals as varied as those of other days leave a gap like this anywhere in the window."""
_MOST_GAPS = 50
_MOST_EMPTY, _MOST_EMPTY_PART = 366 * DAY, 10
"""A window that somebody names may be a year longer than all runs, and so many times what they take."""
FEWEST_RUNS = 10
"""Fewer runs do not say from when to when they were watched."""


@dataclass(frozen=True, slots=True)
class Watched:
    """When arrivals were watched, and how closely."""

    begin: int
    end: int
    timezone: str
    """In which crons are sought, and hours and weekdays counted."""
    gaps: Gaps = ()
    resolution: int = 1
    """Of the time stamps, µs."""


def window(export: Export) -> tuple[int, int]:
    """(begin, end), µs since 1970: the first and the last insertion, rounded outwards.

    To whole days, hours, ten minutes or minutes, whichever is the coarsest that lengthens the window by less than 2 %: who exports asks
    for round times, and a rate must not profit from beginning with an arrival. An edge is rounded less where arrivals are missing
    before the round time: an export that ends "now" has not watched the rest of the hour.

    Raises:
        ExportError: there is no run, or there are too few to tell.
    """
    if not len(export):
        raise ExportError(f"{export.reading.source}: there is no run to calibrate from", "check the export; see what was dropped")
    if len(export) < FEWEST_RUNS:
        runs = f"{len(export)} run{'s' if len(export) > 1 else ''}"
        message = f"{export.reading.source}: {runs} cannot say how often runs come, because nothing says how long they were watched for"
        raise ExportError(message, "export more runs, or say from when to when the export watched: --from and --until (span=…)")
    times = export.inserted_at
    first, last = int(times[0]), int(times[-1])
    steps = [DAY, HOUR, 10 * MINUTE, MINUTE]
    while len(steps) > 1 and last - last % steps[0] + steps[0] - (first - first % steps[0]) > (1 + _LENGTHENED) * (last - first):
        del steps[0]
    brief = last - first < MINUTE
    begins = [first - first % step for step in (*steps, MINUTE if brief else SECOND)]
    ends = [last - last % step + step for step in steps] + ([last - last % MINUTE + MINUTE] if brief else [])
    hours = _by_hour(times)
    begin = next((at for at in begins if _expected(hours, at, first) <= _MISSING), begins[-1])
    mean_gap = max((last - first) // (len(times) - 1), 1)
    end = next((at for at in ends if _expected(hours, last, at) <= _MISSING), ends[-1] if brief else last + mean_gap)
    return begin, end


def within_reason(span: tuple[int, int], export: Export) -> tuple[int, int]:
    """A window that somebody names, which may be longer than the runs tell, but not by years: each of its hours is looked at.

    Raises:
        ExportError: it is far longer.
    """
    first, last = int(export.inserted_at[0]), int(export.inserted_at[-1])
    empty = (span[1] - span[0]) - (last - first)
    if empty > _MOST_EMPTY + _MOST_EMPTY_PART * (last - first):
        message = (
            f"{export.reading.source}: all runs are of {format_duration(last - first)}, and the window is {format_duration(empty)} longer"
        )
        raise ExportError(message, "say from when to when the export watched: --from and --until (span=…)")
    return span


def unwatched(times: Times, begin: int, end: int) -> Gaps:
    """Stretches of an hour and more without a single arrival, where other days at the same time had many.

    The arrivals of other days at the same time (where no other week was watched: of days of the same kind, Monday to Friday or the
    weekend) give the mean and the variance of what was to be expected. The variance is taken at the upper end of its 95 % interval, and
    as no less than that of clumps as large as arrivals come in all the time. Poisson clumps of the size that explains this variance leave
    out so many with probability exp(-mean² / variance). Without three such days there is no verdict, and none where another day of the
    same weekday is empty as well.

    Args:
        times: all insertions of the export, µs since 1970, ascending.
        begin: from which, and `end` up to which, they were watched.
    """
    if len(times) < 2 * _FEWEST_MISSING:
        return ()
    knots = np.concatenate([[begin], times, [end]])
    lengths = np.diff(knots)
    places = np.flatnonzero(lengths >= _SHORTEST_GAP)
    places = places[np.argsort(lengths[places])[::-1][:_MOST_GAPS]]
    found = [(int(knots[place]), int(knots[place + 1])) for place in sorted(places.tolist())]
    clumps = max(_clumps(times, step, end - begin) for step in (SECOND, MINUTE, 10 * MINUTE))
    return tuple(gap for gap in found if _is_unwatched(times, gap, begin, end, clumps))


def watched_time(begin: int, end: int, gaps: Gaps) -> int:
    """µs of [begin, end) without the gaps."""
    return end - begin - sum(min(until, end) - max(since, begin) for since, until in gaps)


def watched_seconds(starts: Times, ends: Times, gaps: Gaps) -> npt.NDArray[np.float64]:
    """Of each stretch, the seconds in which somebody looked."""
    seen = (ends - starts).astype(np.float64)
    for since, until in gaps:
        seen -= np.maximum(np.minimum(ends, until) - np.maximum(starts, since), 0)
    return seen / SECOND


def sayable(begin: int, timezone: str) -> int:
    """The instant that a scenario means by the local time of `begin`: of a time that the clocks show twice the first, an hour earlier."""
    local = at_epoch(begin).astimezone(ZoneInfo(timezone)).replace(tzinfo=None, fold=0)
    return since_epoch(local, timezone)


def _by_hour(times: Times) -> list[float]:
    """Arrivals per µs at each hour of the day (UTC), between the first and the last."""
    first, last = int(times[0]), int(times[-1])
    counts = np.bincount((times // HOUR) % 24, minlength=24)
    whole, rest = divmod(last - first, DAY)
    exposure = np.full(24, float(whole * HOUR))
    for start in range(first - first % HOUR, first + rest, HOUR):
        exposure[(start // HOUR) % 24] += min(start + HOUR, first + rest) - max(start, first)
    return [float(rate) for rate in counts / np.maximum(exposure, MINUTE)]


def _expected(hours: Sequence[float], since: int, until: int) -> float:
    """Arrivals to be expected between two instants less than a few days apart."""
    expected = 0.0
    for start in range(since - since % HOUR, until, HOUR):
        expected += hours[(start // HOUR) % 24] * (min(start + HOUR, until) - max(start, since))
    return expected


def _clumps(times: Times, step: int, length: int) -> float:
    """Variance to mean of the arrivals in steps of this length: about how many come together; at least 1."""
    counts = np.unique(times // step, return_counts=True)[1].astype(np.float64)
    return max(float((counts**2).sum()) / len(times) - len(times) * step / length, 1.0)


def _is_unwatched(times: Times, gap: tuple[int, int], begin: int, end: int, clumps: float) -> bool:
    from scipy.special import chdtri

    since, until = gap
    days = max(-(-(until - since - HOUR) // DAY), 1)  # arrivals around a day without any may be some minutes apart
    weekdays = _weekdays(gap, 0)
    same, alike, others = [], [], []
    for shift in range(-((since - begin) // DAY), (end - until) // DAY + 1):
        if abs(shift) < days:
            continue
        low, high = np.searchsorted(times, (since + shift * DAY, until + shift * DAY))
        others.append(int(high - low))
        if _kinds(_weekdays(gap, shift)) == _kinds(weekdays):
            alike.append(int(high - low))
        if shift % 7 == 0:
            same.append(int(high - low))
    counts = others if same else alike
    here = np.array([count for count in counts if count], np.float64)
    if len(here) < 3 or len(here) < 0.8 * len(counts) or 0 in same or here.mean() < _FEWEST_MISSING:
        return False
    mean, spread = float(here.mean()), float(here.var(ddof=1))
    spread *= (len(here) - 1) / chdtri(len(here) - 1, 0.95)
    log_chance = -(mean**2) / max(spread, mean * clumps)
    return bool(log_chance + math.log((end - begin) / (until - since)) < math.log(_GAP_BY_CHANCE))


def _weekdays(gap: tuple[int, int], shift: int) -> list[int]:
    """Of the beginning, the middle and the end (UTC), a number of days later. The first of January 1970 was a Thursday.

    Both ends a little inside: a Friday without arrivals begins some minutes before midnight, and ends some minutes into the weekend.
    """
    since, until = gap
    inside = min(HOUR, (until - since) // 4)
    return [((at // DAY) + 3 + shift) % 7 for at in (since + inside, (since + until) // 2, until - 1 - inside)]


def _kinds(weekdays: Sequence[int]) -> list[bool]:
    return [day >= 5 for day in weekdays]
