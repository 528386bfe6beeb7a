"""Cron triggers among arrivals: runs created right after the minute (L-21), at minutes that an expression of five fields names."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.cron_spelling import spell_field, spell_weekdays
from fastlanes_sim.calibration.local_time import local_times
from fastlanes_sim.calibration.window import Gaps, watched_time
from fastlanes_sim.core.units import MILLISECOND, MINUTE

Times = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_WINDOWS = tuple(ms * MILLISECOND for ms in (100, 250, 500, 1_000, 2_000, 5_000, 10_000, 20_000))
"""How long after the minute a cron's runs may be created: the narrowest window that stands out is taken."""
_BY_CHANCE = 1e-4
"""Probability that arrivals at any time put so many into one of the windows."""
_EXPRESSIONS = 1e3
_EXPRESSION_BY_CHANCE = 1e-3
"""Probability that such arrivals come at the ticks of any of so many simple expressions as reliably as of the one found."""
_KEPT = 0.9
"""Share of its ticks at which an expression must have fired."""
_MOST_CRONS = 5
_SAME = 0.8
"""Share of ticks with the same number of runs for that number to be the rule."""


@dataclass(frozen=True, slots=True)
class FoundCron:
    expression: str
    runs_per_tick: int
    members: Mask
    """Which of the arrivals are its runs."""
    ticks: int
    """Ticks of the expression while it was watched."""
    missed: int
    """Of these, without a run."""
    steady: bool
    """(Nearly) every tick had as many runs."""
    certain_days: bool
    """The days were seen often enough to tell a day of the week from a day of the month."""


def find_crons(times: Times, begin: int, end: int, timezone: str = "UTC", *, gaps: Gaps = (), resolution: int = 1) -> list[FoundCron]:
    """The cron triggers in arrivals of one workflow.

    Args:
        times: µs since 1970, ascending, of runs of the default lane with normal priority (L-3).
        begin: µs since 1970 from which, and `end` up to which, arrivals would have been seen.
        timezone: in which the expressions are written; Lightning's crons go by UTC.
        gaps: stretches in between that were not watched.
        resolution: of the time stamps, µs. With whole seconds, every 60th arrival seems to come on the minute.
    """
    found: list[FoundCron] = []
    left = np.ones(len(times), np.bool_)
    while len(found) < _MOST_CRONS:
        one = _find_one(times, left, (begin, end, gaps), ZoneInfo(timezone), resolution)
        if one is None:
            break
        found.append(one)
        left = left & ~one.members
    return found


@dataclass(frozen=True, slots=True)
class _Grid:
    """Minutes by (local day, hour, minute)."""

    days: list[date]
    possible: Mask
    seen: Mask


def _find_one(
    times: Times, left: Mask, span: tuple[int, int, Gaps], zone: ZoneInfo, resolution: int, split: bool = True
) -> FoundCron | None:
    places = np.flatnonzero(left)
    from scipy.special import bdtrc

    found = _prompt(times[places], resolution)
    if found is None:
        return None
    prompt, share = found
    begin, end, gaps = span
    chance = -math.expm1(-len(places) * share * MINUTE / max(watched_time(begin, end, gaps), MINUTE))
    places = places[prompt]
    minute_of = times[places] // MINUTE
    minutes, counts = np.unique(minute_of, return_counts=True)
    first, last = -(-begin // MINUTE), -(-end // MINUTE)
    grid, (day, hour, minute) = _grid(minutes, first, last, gaps, zone)
    fields = _fields(grid)
    if fields is None:
        return None
    hours, clock, days, expression, certain = fields
    hit = np.isin(day, list(days)) & np.isin(hour, list(hours)) & np.isin(minute, list(clock))
    ticks = _expected(grid, hours, clock, days)
    if not hit.any() or _EXPRESSIONS * bdtrc(min(int(hit.sum()), ticks) - 1, ticks, chance) > _EXPRESSION_BY_CHANCE:
        return None
    mine = counts[hit]
    values, frequency = np.unique(mine, return_counts=True)
    usual = int(values[np.argmax(frequency)])
    steady = bool(frequency.max() >= _SAME * len(mine))
    rank = np.arange(len(places)) - np.searchsorted(minute_of, minute_of, side="left")
    on_tick = np.isin(minute_of, minutes[hit])
    runs = usual
    if not steady:
        # Either another cron fires at some of these ticks as well, or the number of runs varies.
        least = max(1, int(np.quantile(mine, 0.1, method="lower")))
        rest = np.zeros(len(times), np.bool_)
        rest[places[on_tick & (rank >= least)]] = True
        other = _find_one(times, rest, span, zone, resolution, split=False) if split else None
        if other is not None and other.expression != expression and other.steady:
            runs, steady = least, True
        else:
            runs = max(1, round(float(mine.mean())))
    members = np.zeros(len(times), np.bool_)
    members[places[on_tick & (rank < runs)] if steady else places[on_tick]] = True
    return FoundCron(expression, runs, members, ticks, ticks - int(hit.sum()), steady, certain)


def _prompt(times: Times, resolution: int) -> tuple[Mask, float] | None:
    """Which arrivals came right after the minute, if more of them did than by chance; and the share that chance would put there."""
    from scipy.special import bdtrc

    offset = times % MINUTE
    best, chosen = 0.0, None
    for window in _WINDOWS:
        share = min(-(-window // resolution) * resolution / MINUTE, 1.0)
        inside = offset < window
        hits, expected = int(inside.sum()), len(times) * share
        score = (hits - expected) / np.sqrt(max(expected * (1 - share), 1e-12))
        if hits >= 2 and score > best * (1 + 1e-9) and len(_WINDOWS) * bdtrc(hits - 1, len(times), share) < _BY_CHANCE:
            best, chosen = float(score), (inside, share)
    return chosen


def _grid(minutes: Times, first: int, last: int, gaps: Gaps, zone: ZoneInfo) -> tuple[_Grid, tuple[Times, Times, Times]]:
    """The watched minutes by local day, hour and minute, and where each of `minutes` lies."""
    begins, possible = _watched_minutes(first, last, gaps, zone)
    day, hour, minute = _local(minutes, zone)
    day -= begins
    seen = np.zeros_like(possible)
    inside = (day >= 0) & (day < len(possible))
    seen[day[inside], hour[inside], minute[inside]] = True
    days = [date(1970, 1, 1) + timedelta(days=begins + place) for place in range(len(possible))]
    return _Grid(days, possible, seen & possible), (day, hour, minute)


@lru_cache(maxsize=2)
def _watched_minutes(first: int, last: int, gaps: Gaps, zone: ZoneInfo) -> tuple[int, Mask]:
    """(the first local day, since 1970; by day, hour and minute, whether it was watched): the same for all workflows of an export.

    Offsets of time zones are whole quarters; a quarter that was watched in part counts as not watched.
    """
    (begins, ends), _, _ = _local(np.array([first, max(last - 1, first)]), zone)
    possible = np.zeros((int(ends - begins) + 1, 24, 60), np.bool_)
    quarters = np.arange(first - first % 15, last, 15)
    for since, until in gaps:
        quarters = quarters[(since >= (quarters + 15) * MINUTE) | (quarters * MINUTE >= until)]
    day, hour, minute = _local(quarters, zone)
    for place in range(15):
        here = (quarters + place >= first) & (quarters + place < last)
        possible[day[here] - begins, hour[here], minute[here] + place] = True
    possible.flags.writeable = False
    return int(begins), possible


def _local(minutes: Times, zone: ZoneInfo) -> tuple[Times, Times, Times]:
    """(day since 1970, hour, minute) on the clocks of a time zone, of minutes since 1970."""
    shown = local_times(minutes * MINUTE, zone.key) // MINUTE
    return shown // 1_440, shown % 1_440 // 60, shown % 60


_Fields = tuple[set[int], set[int], set[int], str, bool]


def _fields(grid: _Grid) -> _Fields | None:
    """(hours, minutes, days by their place, expression, whether the days are certain), or None where no expression fits.

    First all minutes and hours that fired are taken together; where that names too many ticks (two crons, say), the busiest minute of the
    hour alone, then the busiest minute of the day.
    """
    for restrict in (0, 1, 2):
        seen = grid.seen.copy()
        if restrict >= 1:
            keep = int(seen.sum((0, 1)).argmax())
            seen[:, :, np.arange(60) != keep] = False
        if restrict == 2:
            keep = int(seen.sum((0, 2)).argmax())
            seen[:, np.arange(24) != keep, :] = False
        fields = _product(_Grid(grid.days, grid.possible, seen))
        if fields is not None:
            return fields
    return None


def _product(grid: _Grid) -> _Fields | None:
    """Hours × minutes × days at which (nearly) all ticks fired."""
    days, hours, minutes = (np.ones(size, np.bool_) for size in grid.possible.shape)
    for _ in range(3):
        minutes = _often(grid, days[:, None, None] & hours[None, :, None], (0, 1))
        hours = _often(grid, days[:, None, None] & minutes[None, None, :], (0, 2))
        days = _often(grid, hours[None, :, None] & minutes[None, None, :], (1, 2))
    inside = hours[None, :, None] & minutes[None, None, :]
    watched: Mask = np.asarray((grid.possible & inside).any((1, 2)))
    spelled = _spell_days(grid, days & watched, watched)
    if spelled is None:
        return None
    chosen, day_fields, certain = spelled
    expected = grid.possible & inside & chosen[:, None, None]
    hits = int((grid.seen & expected).sum())
    if hits < 2 or hits < _KEPT * int(expected.sum()):
        return None
    watched_hours = set(np.flatnonzero(grid.possible.any((0, 2))).tolist())
    watched_minutes = set(np.flatnonzero(grid.possible.any((0, 1))).tolist())
    hour_set, minute_set = set(np.flatnonzero(hours).tolist()), set(np.flatnonzero(minutes).tolist())
    expression = f"{spell_field(minute_set, watched_minutes, 0, 59)} {spell_field(hour_set, watched_hours, 0, 23)} {day_fields}"
    return hour_set, minute_set, set(np.flatnonzero(chosen).tolist()), expression, certain


def _often(grid: _Grid, inside: Mask, axes: tuple[int, int]) -> Mask:
    """Where along the remaining axis it fired at least half as reliably as at the best place."""
    possible = (grid.possible & inside).sum(axes)
    rate = (grid.seen & inside).sum(axes) / np.maximum(possible, 1)
    often: Mask = np.asarray(rate >= max(rate.max() / 2, 1e-9))
    return often


def _spell_days(grid: _Grid, fired: Mask, watched: Mask) -> tuple[Mask, str, bool] | None:
    """(days on which it fires, the fields day, month and weekday, whether that is certain)."""
    places = np.flatnonzero(watched)
    days = [grid.days[place] for place in places.tolist()]
    on = fired[places]
    if not on.any():
        return None
    tolerance = 1 - _KEPT

    def fits(chosen: list[bool]) -> bool:
        flags = np.asarray(chosen, np.bool_)
        return bool((flags & ~on).sum() <= tolerance * flags.sum()) and bool((on & ~flags).sum() <= tolerance * on.sum())

    def spread(chosen: list[bool]) -> Mask:
        whole = np.zeros(len(grid.days), np.bool_)
        whole[places[np.asarray(chosen, np.bool_)]] = True
        return whole

    def mostly(value_of: list[int]) -> set[int]:
        values = np.asarray(value_of)
        return {int(v) for v in np.unique(values) if on[values == v].mean() >= 0.5}

    if fits([True] * len(days)):
        return spread([True] * len(days)), "* * *", True
    weekdays, numbers, months = [d.weekday() for d in days], [d.day for d in days], [d.month for d in days]
    some = mostly(weekdays)
    chosen = [day in some for day in weekdays]
    if some and fits(chosen):
        return spread(chosen), f"* * {spell_weekdays(some)}", bool(np.bincount(weekdays).max() >= 2)
    some = mostly(numbers)
    chosen = [day in some for day in numbers]
    if some and fits(chosen):
        return spread(chosen), f"{spell_field(some, set(numbers), 1, 31)} * *", len(set(months)) >= 2
    some, in_months = {d for d, f in zip(numbers, on, strict=True) if f}, {m for m, f in zip(months, on, strict=True) if f}
    chosen = [day in some and month in in_months for day, month in zip(numbers, months, strict=True)]
    if fits(chosen):
        return spread(chosen), f"{spell_field(some, set(numbers), 1, 31)} {spell_field(in_months, set(months), 1, 12)} *", False
    return None


def _expected(grid: _Grid, hours: set[int], minutes: set[int], days: set[int]) -> int:
    inside = grid.possible[np.ix_(sorted(days), sorted(hours), sorted(minutes))]
    return int(inside.sum())
