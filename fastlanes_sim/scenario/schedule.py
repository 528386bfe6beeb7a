"""When something is due: time zones, cron expressions, and the rates of a week.

Local times of the scenario become microseconds since its start here, daylight saving included, and nowhere else.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from functools import cache, lru_cache
from itertools import groupby
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.fields import wrong
from fastlanes_sim.core.quoting import show, suggest
from fastlanes_sim.core.units import DAY, MINUTE
from fastlanes_sim.rules.cron_expressions import FIELDS, SPECIAL, Cron, CronError, parse_cron

Times = npt.NDArray[np.int64]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"(?:(?P<days>[a-z,\-]+)\s+)?(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})")
_WEEK_TIME_HINT = 'write "08:00", "mon-fri 08:00" or "sat,sun 10:30"'


@cache
def _zones() -> frozenset[str]:
    """Without `localtime`, which is another zone on every machine."""
    return frozenset(available_timezones() - {"localtime"})


def is_timezone(value: object) -> bool:
    """It is the name of a time zone of the IANA database."""
    return isinstance(value, str) and value in _zones()


def check_timezone(name: str) -> str:
    """The name of a time zone of the IANA database."""
    if not is_timezone(name):
        hint = suggest(name, sorted(_zones())) or "write a name of the IANA database, such as UTC or Africa/Addis_Ababa"
        raise wrong(f"unknown time zone {show(name)}", hint)
    return name


def check_cron(expression: str) -> str:
    """A cron expression that Lightning can read (`rules.cron_expressions`), and one that fires at all (L-21)."""
    fields = expression.split()
    if len(fields) == 6 and (fields[5] == "*" or fields[5].lower() in DAYS or len(fields[5]) < 4):
        raise wrong(
            f"{show(expression)} has 6 fields, and the last is no year",
            f'leave the seconds out: Lightning looks once a minute (L-21); write "{" ".join(fields[1:])}"',
        )
    if len(fields) not in (5, 6) and expression.strip().lower() not in SPECIAL:
        raise wrong(
            f"{show(expression)} has {len(fields)} fields", 'a cron expression has 5: minute hour day month weekday, such as "*/5 * * * *"'
        )
    try:
        cron = known_cron(expression)
    except CronError as error:
        raise wrong(f"{show(expression)} is not a cron expression: {error}", f"check the fields: {', '.join(FIELDS[:5])}") from None
    if not cron.is_ever_due:
        raise wrong(
            f"{show(expression)} never fires", "name a day that exists; a day of the month and one of the week must both match (L-21)"
        )
    return expression


known_cron = lru_cache(maxsize=1_024)(parse_cron)


def instant(local: datetime, timezone: str) -> datetime:
    """A local time as an instant in UTC. Of a time that the clocks show twice, the first; of one that they skip, when they skip it."""
    early, late = sorted(local.replace(tzinfo=ZoneInfo(timezone), fold=fold).astimezone(UTC) for fold in (0, 1))
    if early.astimezone(ZoneInfo(timezone)).replace(tzinfo=None) == local.replace(tzinfo=None):
        return early
    return _change_between(early, late, ZoneInfo(timezone))


def _change_between(early: datetime, late: datetime, zone: ZoneInfo) -> datetime:
    """When the clocks are changed, of two instants around that: to the second, as the IANA database has it."""
    before = early.astimezone(zone).utcoffset()
    seconds = range(1, math.ceil((late - early).total_seconds()) + 1)
    whole = early.replace(microsecond=0)
    return whole + timedelta(seconds=seconds[bisect_left(seconds, True, key=lambda s: _offset(whole, s, zone) != before)])


def _offset(begin: datetime, seconds: int, zone: ZoneInfo) -> timedelta | None:
    return (begin + timedelta(seconds=seconds)).astimezone(zone).utcoffset()


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def at_epoch(us: int) -> datetime:
    """The instant that many microseconds after the beginning of 1970 (UTC), as exports count."""
    return EPOCH + timedelta(microseconds=us)


def microseconds(begin: datetime, then: datetime) -> int:
    """From `begin` to `then`, exactly."""
    return (then - begin) // timedelta(microseconds=1)


def since_epoch(start: datetime, timezone: str) -> int:
    """A local time as microseconds since the beginning of 1970 (UTC); see `instant`."""
    return microseconds(EPOCH, instant(start, timezone))


@lru_cache(maxsize=64)
def cron_ticks(expression: str, timezone: str, begin: datetime, horizon: int) -> Times:
    """Microseconds since `begin` (UTC) of each tick within [0, horizon), rising; not to be written to.

    Lightning reads cron expressions in UTC, where no clock is changed. Elsewhere daylight saving is as in Debian's cron: what falls into
    the skipped hour is made up for right after it, what falls into the repeated hour happens once; expressions whose minute or hour begins
    with a star go by elapsed time.
    """
    zone, cron = ZoneInfo(timezone), known_cron(expression)
    parts = []
    for first, last, is_steady in _steady_parts(zone, begin, horizon):
        find = _ticks_by_day if is_steady else _ticks_by_minute if cron.starts_with_star else _ticks_by_clock
        parts.append(first + find(cron, (begin + _span(first)).astimezone(zone), last - first))
    ticks = np.concatenate(parts)
    ticks.setflags(write=False)
    return ticks


def _span(us: int) -> timedelta:
    return timedelta(microseconds=us)


def _steady_parts(zone: ZoneInfo, begin: datetime, horizon: int) -> Iterator[tuple[int, int, bool]]:
    """[0, horizon) in parts that begin at midnight (UTC) or at `begin`, each with whether no clock is changed in it or near it."""
    midnight = begin.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first = microseconds(begin, midnight)
    days = -(-(horizon - first) // DAY)
    offsets = [(midnight + timedelta(days=day)).astimezone(zone).utcoffset() for day in range(-1, days + 2)]
    steady = [len(set(offsets[day : day + 4])) == 1 for day in range(days)]
    for is_steady, group in groupby(range(days), key=lambda day: steady[day]):
        of_part = list(group)
        yield max(first + of_part[0] * DAY, 0), min(first + (of_part[-1] + 1) * DAY, horizon), is_steady


def _ticks_by_day(cron: Cron, begin: datetime, horizon: int) -> Times:
    """Where no clock is changed: every day that is due has the same ticks."""
    midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    first = microseconds(begin, midnight)
    of_day = np.array([(hour * 60 + minute) * MINUTE for hour in cron.hours for minute in cron.minutes], np.int64)
    days = range(-(-(horizon - first) // DAY))
    due = np.array([first + day * DAY for day in days if cron.is_due_on((midnight + timedelta(days=day)).date())], np.int64)
    ticks: Times = (due[:, None] + of_day).ravel()
    return ticks[(ticks >= 0) & (ticks < horizon)]


def _ticks_by_minute(cron: Cron, begin: datetime, horizon: int) -> Times:
    """Where clocks are changed, by elapsed time: every minute that a clock shows, and each time that it does."""
    zone, at_once = begin.tzinfo, begin.astimezone(UTC)
    first = -microseconds(begin.replace(second=0, microsecond=0), begin) % MINUTE
    minutes = ((at, (at_once + _span(at)).astimezone(zone)) for at in range(first, horizon, MINUTE))
    return np.array(
        [at for at, clock in minutes if clock.minute in cron.minutes and clock.hour in cron.hours and cron.is_due_on(clock.date())],
        np.int64,
    )


def _ticks_by_clock(cron: Cron, begin: datetime, horizon: int) -> Times:
    """Where clocks are changed, by the time that they show."""
    zone, days = str(begin.tzinfo), range(-1, horizon // DAY + 2)
    due = (day for day in (begin.date() + timedelta(days=number) for number in days) if cron.is_due_on(day))
    shown = (datetime.combine(day, clock_time(hour, minute)) for day in due for hour in cron.hours for minute in cron.minutes)
    ticks = {microseconds(begin, instant(local, zone)) for local in shown}
    return np.array(sorted(at for at in ticks if 0 <= at < horizon), np.int64)


def check_week_time(text: str) -> str:
    """A key of `piecewise`: a local time of every day, or of the named days."""
    parse_week_time(text)
    return text


def parse_week_time(text: str) -> tuple[tuple[int, ...], int, int]:
    """`"mon-fri 08:00"` as (days counted from Monday, hour, minute)."""
    match = _TIME.fullmatch(text.strip().lower())
    if match is None:
        raise wrong(f"{show(text)} is not a time of the week", _WEEK_TIME_HINT)
    hour, minute = int(match["hour"]), int(match["minute"])
    if hour > 23 or minute > 59:
        raise wrong(f"{show(text)} is not a time of the day", "hours go from 00 to 23, minutes from 00 to 59")
    days: set[int] = set()
    for part in (match["days"] or "mon-sun").split(","):
        first, _, last = part.partition("-")
        for name in (first, last or first):
            if name not in DAYS:
                raise wrong(f"unknown day {show(name)}", suggest(name, DAYS))
        begin, end = DAYS.index(first), DAYS.index(last or first)
        days.update((begin + step) % 7 for step in range((end - begin) % 7 + 1))
    return tuple(sorted(days)), hour, minute


def check_week(rates: Mapping[str, float]) -> None:
    """No minute of the week may be named twice."""
    seen: dict[tuple[int, int, int], str] = {}
    for text in rates:
        days, hour, minute = parse_week_time(text)
        for day in days:
            other = seen.setdefault((day, hour, minute), text)
            if other != text:
                raise wrong(
                    f"{show(text)} and {show(other)} both name {DAYS[day]} {hour:02d}:{minute:02d}",
                    "give each entry days of its own",
                )


def week_segments(rates: Mapping[str, float], timezone: str, begin: datetime, horizon: int) -> list[tuple[int, float]]:
    """(microseconds since `begin`, events a second) of each change of rate within [0, horizon); the first at 0."""
    zone = ZoneInfo(timezone)
    named = [(parse_week_time(text), rate) for text, rate in rates.items()]
    first = begin.astimezone(zone).date() - timedelta(days=8)
    days = 10 + horizon // DAY
    changes: list[tuple[int, datetime, float]] = []
    for offset in range(days + 1):
        day: date = first + timedelta(days=offset)
        for (weekdays, hour, minute), rate in named:
            if day.weekday() in weekdays:
                local = datetime.combine(day, clock_time(hour, minute))
                changes.append((microseconds(begin, instant(local, timezone)), local, rate))
    rate_from = {at: rate for at, _, rate in sorted(changes)}  # of several at the instant of a skip, the one that the clocks show last
    before = [rate for at, rate in rate_from.items() if at <= 0]
    return [(0, before[-1]), *((at, rate) for at, rate in rate_from.items() if 0 < at <= horizon)]
