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
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from cronsim import CronSim, CronSimError

from fastlanes_sim.core.fields import wrong
from fastlanes_sim.core.quoting import show, suggest
from fastlanes_sim.core.units import SECOND

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FIELDS = ("minute", "hour", "day of the month", "month", "day of the week")
_TIME = re.compile(r"(?:(?P<days>[a-z,\-]+)\s+)?(?P<hour>\d{1,2}):(?P<minute>\d{2})")
_WEEK_TIME_HINT = 'write "08:00", "mon-fri 08:00" or "sat,sun 10:30"'


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def check_timezone(name: str) -> str:
    """The name of a time zone of the IANA database."""
    if name not in _zones():
        hint = suggest(name, sorted(_zones())) or "write a name of the IANA database, such as UTC or Africa/Addis_Ababa"
        raise wrong(f"unknown time zone {show(name)}", hint)
    return name


def check_cron(expression: str) -> str:
    """A cron expression of five fields, and one that fires at all (L-21)."""
    fields = expression.split()
    if len(fields) == 6:
        raise wrong(
            f"{show(expression)} has 6 fields",
            f'leave the seconds out: Lightning looks once a minute (L-21); write "{" ".join(fields[1:])}"',
        )
    if len(fields) != 5:
        raise wrong(
            f"{show(expression)} has {len(fields)} fields", 'a cron expression has 5: minute hour day month weekday, such as "*/5 * * * *"'
        )
    try:
        next(CronSim(expression, datetime(2026, 1, 1, tzinfo=UTC)))
    except (CronSimError, ValueError, AssertionError, RecursionError, TypeError) as error:
        raise wrong(f"{show(expression)} is not a cron expression: {error}", f"check the fields: {', '.join(_FIELDS)}") from None
    except (StopIteration, OverflowError):
        raise wrong(f"{show(expression)} never fires", "name a day that exists") from None
    return expression


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


def cron_ticks(expression: str, timezone: str, begin: datetime, horizon: int) -> Iterator[int]:
    """Microseconds since `begin` (UTC) of each tick within [0, horizon).

    Daylight saving as in Debian's cron: what falls into the skipped hour is made up for right after it, what falls into the
    repeated hour happens once; expressions whose minute or hour begins with a star go by elapsed time.
    """
    zone = ZoneInfo(timezone)
    if _keeps_its_offset(zone, begin, horizon):
        yield from _ticks_by_day(expression, begin.astimezone(zone), horizon)
        return
    ticks = CronSim(expression, (begin - timedelta(seconds=1)).astimezone(zone))
    last = -1
    for tick in ticks:
        offset = microseconds(begin, tick.astimezone(UTC))
        if offset >= horizon:
            return
        if offset > last and offset >= 0:
            last = offset
            yield offset


def _keeps_its_offset(zone: ZoneInfo, begin: datetime, horizon: int) -> bool:
    """Whether no clock is changed from the day before `begin` to the day after the horizon."""
    days = range(-1, horizon // (86_400 * SECOND) + 3)
    return len({(begin + timedelta(days=day)).astimezone(zone).utcoffset() for day in days}) == 1


def _ticks_by_day(expression: str, begin: datetime, horizon: int) -> Iterator[int]:
    """Where no clock is changed every due day has the same ticks: cronsim finds the days, and need not step through the minutes."""
    midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    every = CronSim(expression, midnight)
    of_day = sorted((hour * 60 + minute) * 60 * SECOND for hour in every.hours for minute in every.minutes)
    days = CronSim(" ".join(["0 0", *expression.split()[2:]]), midnight - timedelta(seconds=1))
    for day in days:
        offset = microseconds(begin, day)
        if offset >= horizon:
            return
        yield from (offset + tick for tick in of_day if 0 <= offset + tick < horizon)


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
    days = 10 + horizon // (86_400 * SECOND)
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
