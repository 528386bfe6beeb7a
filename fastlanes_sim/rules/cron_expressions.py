"""When a cron expression is due (L-21), as Lightning reads it: with Elixir's library crontab (https://hexdocs.pm/crontab), version 1.2.

It is not Debian's cron. All fields must match, both of the days too: `0 0 1 * 1` is a first of the month that is a Monday. A step behind a
star counts from 0: `*/2` are the even days. A range may go round: `22-4`, `fri-mon`. A sixth field is the year.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain

FIELDS = ("minute", "hour", "day of the month", "month", "day of the week", "year")
FIVE = 5
SPECIAL = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
    "@minutely": "* * * * *",
}
_MINUTE, _HOUR, _DAY, _MONTH, _WEEKDAY, _YEAR = range(len(FIELDS))
_LIMITS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7), (1, 9_999))
_LARGEST = (59, 23, 31, 12, 7, 3_000)
"""Where a step ends that begins at a number: `5/15`."""
_NAMES = {
    _MONTH: {"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12},
    _WEEKDAY: {"mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 7},
}
_SATURDAY, _SUNDAY = 6, 7
_CYCLE = 28
"""Years after which the days of the week come again as they were, leap years included."""

Condition = Callable[[int], bool]
OfDate = Callable[[date], bool]


class CronError(ValueError):
    """What cannot be read, in words."""


@dataclass(frozen=True)
class Cron:
    """A cron expression that can be read. Days count in whatever time zone the clock has that shows them."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    months: frozenset[int]
    days: tuple[OfDate, ...]
    weekdays: tuple[OfDate, ...]
    years: tuple[Condition, ...] | None
    """None: every year."""
    starts_with_star: bool
    """Its minute or hour does: people mean a span of time by that, not a time of the day."""

    def is_due_on(self, day: date) -> bool:
        """Whether it is due at its hours and minutes of this day."""
        return (
            day.month in self.months
            and (self.years is None or any(fits(day.year) for fits in self.years))
            and any(fits(day) for fits in self.days)
            and any(fits(day) for fits in self.weekdays)
        )

    @property
    def is_ever_due(self) -> bool:
        """Whether there is a day that it names."""
        if self.years is None:
            some_years: Iterator[int] = iter(range(2_000, 2_000 + _CYCLE))
        else:
            some_years = (year for year in range(*_LIMITS[_YEAR]) if any(fits(year) for fits in self.years))
        return any(self.is_due_on(day) for day in chain.from_iterable(map(_days_of, some_years)))


def parse_cron(expression: str) -> Cron:
    """Read an expression of five fields, of six with the year, or a name such as `@daily`.

    Raises:
        CronError: a field that cannot be read.
    """
    fields = SPECIAL.get(expression.strip().lower(), expression).split()
    if not FIVE <= len(fields) <= len(FIELDS):
        raise CronError(f"{len(fields)} fields instead of {FIVE}")
    minutes, hours, months = (
        tuple(value for value in range(low, high + 1) if any(fits(value) for fits in _conditions(field, fields[field])))
        for field in (_MINUTE, _HOUR, _MONTH)
        for low, high in [_LIMITS[field]]
    )
    return Cron(
        minutes=minutes,
        hours=hours,
        months=frozenset(months),
        days=tuple(_of_day(text) for text in fields[_DAY].split(",")),
        weekdays=tuple(_of_weekday(text) for text in fields[_WEEKDAY].split(",")),
        years=tuple(_conditions(_YEAR, fields[_YEAR])) if len(fields) > FIVE and fields[_YEAR] != "*" else None,
        starts_with_star=fields[_MINUTE].startswith("*") or fields[_HOUR].startswith("*"),
    )


# --- conditions of a number ---


def _conditions(field: int, text: str) -> list[Condition]:
    return [_condition(field, part) for part in text.split(",")]


def _condition(field: int, text: str) -> Condition:
    """One part of a field: `*`, `*/5`, `8-17`, `8-17/2`, `5/15`, `7`."""
    base, slash, step = text.partition("/")
    if slash:
        return _every(field, base, _step(step, text))
    if base == "*":
        return lambda _: True
    if "-" in base:
        return _within(*_ends(field, base))
    only = _number(field, base)
    return lambda value: value == only


def _every(field: int, base: str, step: int) -> Condition:
    if base == "*":
        return lambda value: value % step == 0
    first, last = _ends(field, base) if "-" in base else (_number(field, base), _LARGEST[field])
    is_within = _within(first, last)
    return lambda value: is_within(value) and (value - first) % step == 0


def _within(first: int, last: int) -> Condition:
    """A range, which goes round where it ends before it begins."""
    if first > last:
        return lambda value: value >= first or value <= last
    return lambda value: first <= value <= last


def _ends(field: int, text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    return _number(field, first), _number(field, last)


def _step(text: str, whole: str) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) == 0:
        raise CronError(f"`{whole}`: the step is a whole number from 1 on")
    return int(text)


def _number(field: int, text: str) -> int:
    low, high = _LIMITS[field]
    named = _NAMES.get(field, {}).get(text.lower())
    if named is not None:
        return named
    if text == "L" and field in (_MONTH, _WEEKDAY):
        return _LARGEST[field]
    if text.isascii() and text.isdigit() and low <= int(text) <= high:
        return int(text)
    raise CronError(f"`{text}` is no {FIELDS[field]}: {low} to {high}" + (f", or {', '.join(_NAMES[field])}" if field in _NAMES else ""))


# --- conditions of a date ---


def _of_day(text: str) -> OfDate:
    """One part of the days of the month. Beside numbers: `L` the last, `15W` the working day nearest to the 15th, `LW` the last of them."""
    if text == "L":
        return lambda day: day == _last(day)
    if text == "LW":
        return lambda day: day == _last_working_day(day)
    if text.endswith("W"):
        number = _number(_DAY, text[:-1])
        return lambda day: day.day == _nearest_working_day(day.replace(day=min(number, _last(day).day)))
    fits = _condition(_DAY, text)
    return lambda day: fits(day.day)


def _of_weekday(text: str) -> OfDate:
    """One part of the days of the week. Beside numbers: `5L` the last Friday of the month, `5#2` the second. Sunday is 0 and 7, where steps
    are counted only 7."""
    if text != "L" and text.endswith("L"):
        of = _number(_WEEKDAY, text[:-1])
        return lambda day: _is(day, of) and day.day > _last(day).day - 7
    if "#" in text:
        name, _, place = text.partition("#")
        of, nth = _number(_WEEKDAY, name), _step(place, text)
        return lambda day: _is(day, of) and (day.day - 1) // 7 + 1 == nth
    fits, also = _condition(_WEEKDAY, text), "/" not in text
    return lambda day: fits(day.isoweekday()) or (also and day.isoweekday() == _SUNDAY and fits(0))


def _is(day: date, weekday: int) -> bool:
    return day.isoweekday() % 7 == weekday % 7


def _last(day: date) -> date:
    """Of its month."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _last_working_day(day: date) -> date:
    last = _last(day)
    return last - timedelta(days=max(0, last.isoweekday() - _SATURDAY + 1))


def _nearest_working_day(day: date) -> int:
    """The number of the one nearest to this day, in the same month."""
    if day.isoweekday() == _SUNDAY:
        return day.day - 2 if day == _last(day) else day.day + 1
    if day.isoweekday() == _SATURDAY:
        return day.day + 2 if day.day == 1 else day.day - 1
    return day.day


def _days_of(year: int) -> Iterator[date]:
    first = date(year, 1, 1)
    return (first + timedelta(days=number) for number in range(date(year, 12, 31).timetuple().tm_yday))
