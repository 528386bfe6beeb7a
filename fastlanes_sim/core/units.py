"""Time in whole microseconds, and the spellings people use for it.

Inside the simulator every instant and every duration is an `int` of microseconds, as in Lightning's database, so that
two engines can be equal and not merely close. Milliseconds and seconds exist only at the edges: in scenario files,
in tables and on charts.
"""

from __future__ import annotations

import math
import re

MICROSECOND = 1
MILLISECOND = 1_000
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_UNITS = {
    "us": MICROSECOND,
    "µs": MICROSECOND,
    "ms": MILLISECOND,
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), SECOND),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), MINUTE),
    **dict.fromkeys(("h", "hour", "hours"), HOUR),
    **dict.fromkeys(("d", "day", "days"), DAY),
}
_NUMBER = r"([0-9]{1,40}(?:\.[0-9]{1,40})?)"
"""Without a sign, and of the digits that everybody reads alike; so short that it is finite."""
_TERM = re.compile(rf"{_NUMBER}\s*([a-zµ]+)\s*")
_RATE = re.compile(rf"\s*{_NUMBER}\s*/\s*([a-z]+)\s*")

# The longest time that is accepted: a century, far inside 64 bits even after sums.
LONGEST = 100 * 366 * DAY


def parse_duration(text: str) -> int:
    """Read `"30s"`, `"500ms"`, `"1.5h"`, `"1h30m"` or `"2 hours"` as whole microseconds.

    Raises:
        ValueError: no number with a unit, an unknown unit, units that repeat or rise, a negative or absurdly long time.
    """
    stripped = text.strip()
    if stripped.startswith("-"):
        raise ValueError(f"{text!r} is negative: a duration is 0s or more")
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", stripped) and float(stripped) != 0:
        raise ValueError(f"{text!r} has no unit: write {stripped}s for seconds or {stripped}ms for milliseconds")
    if stripped == "0":
        return 0
    total, end = 0.0, 0
    whole = 0
    smallest = math.inf
    while end < len(stripped):
        term = _TERM.match(stripped, end)
        unit = None if term is None else _UNITS.get(term[2])
        if term is None or unit is None:
            raise ValueError(f"{text!r} is not a duration: write a number and a unit (us, ms, s, m, h, d), such as 30s or 1h30m")
        if unit >= smallest:
            raise ValueError(f"{text!r} is not a duration: write each unit once, the larger ones first, such as 1h30m")
        if "." in term[1]:
            total += float(term[1]) * unit
        else:
            whole += int(term[1]) * unit
        smallest, end = unit, term.end()
    if end == 0:
        raise ValueError("an empty text is not a duration: write a number and a unit, such as 30s")
    result = whole + round(total)
    if result > LONGEST:
        raise ValueError(f"{text!r} is longer than a century: write a shorter one")
    return result


def parse_rate(text: str) -> float:
    """Read `"1/min"`, `"0.5/s"` or `"200/h"` as events a second.

    Raises:
        ValueError: not `NUMBER/UNIT`, or an unknown unit.
    """
    match = _RATE.fullmatch(text)
    if match is None or match[2] not in _UNITS:
        raise ValueError(f"{text!r} is not a rate: write a number and a unit of time, such as 1/min, 0.5/s or 200/h")
    return float(match[1]) * SECOND / _UNITS[match[2]]


_SIZES = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_SIZE = re.compile(rf"\s*{_NUMBER}\s*([A-Za-z]+)\s*")
LARGEST = 10**15
"""Bytes, the largest size that is accepted."""


def parse_size(text: str) -> int:
    """Read `"500MB"`, `"2Gi"` or `"1.5GB"` as whole bytes.

    Raises:
        ValueError: no number with a unit, an unknown unit, or an absurdly large size.
    """
    match = _SIZE.fullmatch(text)
    if match is None or match[2] not in _SIZES:
        raise ValueError(f"{text!r} is not a size: write a number and a unit (MB, GB, Mi, Gi), such as 500MB")
    size = round(float(match[1]) * _SIZES[match[2]])
    if size > LARGEST:
        raise ValueError(f"{text!r} is more than a thousand terabytes: write a smaller size")
    return size


def format_number(value: float, digits: int = 3) -> str:
    """With so many significant digits, in full where it has more before the point: `"0.0125"`, `"12.3"`, `"1,235"`, never `"1.23e+03"`."""
    return f"{value:z,.{digits}g}" if abs(_rounded(value, digits)) < 10**digits else f"{value:,.0f}"


def format_share(share: float, digits: int = 3) -> str:
    """As a percentage, with so many significant digits: `"12.3 %"`. Near 100 % with as many as tell it from that: `"99.97 %"`."""
    percent = 100 * share
    if _rounded(percent, digits) != 100:
        return f"{format_number(percent, digits)} %"
    return f"{100 - _rounded(100 - percent, 2):.12g} %"


def _rounded(value: float, digits: int = 3) -> float:
    """To so many significant digits. A unit is chosen after that: what rounds up to 1,000 ms is 1 s."""
    return float(f"{value:.{digits}g}")


def format_size(size: float) -> str:
    """With about three significant digits: `"512 MB"`, `"1.5 GB"`."""
    unit = next((unit for unit in ("B", "kB", "MB") if _rounded(size / _SIZES[unit]) < 1_000), "GB")
    return f"{format_number(size / _SIZES[unit])} {unit}"


def format_duration(us: int | float) -> str:
    """The shortest readable spelling with about three significant digits: `"1.25 s"`, `"45 ms"`, `"3 m 20 s"`, `"2 h"`, `"1 d 6 h"`.

    A part that is 0 is left out. From a minute on nothing smaller than a second is told, from an hour on a minute, from two days on an
    hour, from a hundred days on a day.
    """
    if round(us) == 0:
        return "0 s"
    if us < 0:
        return "-" + format_duration(-us)
    if round(us) < MILLISECOND:
        return f"{us:.0f} µs"
    if _rounded(us / MILLISECOND) < 1_000:
        return f"{us / MILLISECOND:.3g} ms"
    if us < 99.95 * SECOND:
        return f"{us / SECOND:.3g} s"
    if round(us / SECOND) < HOUR // SECOND:
        minutes, seconds = divmod(round(us / SECOND), 60)
        return _parts((f"{minutes}", "m"), (f"{seconds:02d}", "s"))
    hours, minutes = divmod(round(us / MINUTE), 60)
    if hours < 24:
        return _parts((f"{hours}", "h"), (f"{minutes:02d}", "m"))
    if hours < 48:
        days, hours = divmod(hours, 24)
        return _parts((f"{days}", "d"), (f"{hours}", "h"), (f"{minutes:02d}", "m"))
    days, hours = divmod(round(us / HOUR), 24)
    return _parts((f"{days}", "d"), (f"{hours}", "h")) if days < 100 else f"{us / DAY:,.0f} d"


def _parts(*parts: tuple[str, str]) -> str:
    """The number and the unit of each, without those that are 0."""
    return " ".join(f"{number} {unit}" for number, unit in parts if int(number))


def spell_duration(us: float, digits: int = 4) -> str:
    """`"2.013s"`, as a scenario file spells it: to so many digits, in the largest of µs, ms and s that leaves a digit before the point."""
    rounded = float(f"{us:.{digits}g}")
    if rounded < 1:
        return "0s"
    for unit, name in ((SECOND, "s"), (MILLISECOND, "ms")):
        if rounded >= unit:
            return f"{spell_number(rounded / unit, digits + 2)}{name}"
    return f"{round(rounded)}us"


def spell_exact_duration(us: int) -> str:
    """A whole duration without rounding, as a scenario file spells it: in the largest unit that divides it, or in several.

    Several where one would take more than five digits: `17h7m5.947592s` says when that is, `61625947592us` does not.
    """
    if (us >= 100_000 and us % SECOND and us % MILLISECOND) or (us >= 100_000 * MILLISECOND and us % SECOND):
        terms = ((us // DAY, "d"), (us % DAY // HOUR, "h"), (us % HOUR // MINUTE, "m"))
        whole = "".join(f"{number}{name}" for number, name in terms if number)
        return f"{whole}{us % MINUTE / SECOND:.6f}".rstrip("0") + "s"
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s"), (MILLISECOND, "ms")):
        if us and us % unit == 0:
            return f"{us // unit}{name}"
    return f"{us}us" if us else "0s"


def finite_seconds(us: float) -> float | None:
    """Seconds for JSON, which has no infinity."""
    return us / SECOND if math.isfinite(us) else None


def spell_rate(per_second: float) -> str:
    """`"1.25/min"`, as a scenario file spells it: in the unit of time that leaves a digit before the point."""
    for unit, name in ((1, "s"), (60, "min"), (3_600, "h")):
        if per_second * unit >= 1:
            return f"{spell_number(per_second * unit)}/{name}"
    return f"{spell_number(per_second * 86_400)}/d"


def spell_number(value: float, digits: int = 4) -> str:
    """So many significant digits, never with an exponent."""
    text = f"{float(f'{value:.{digits}g}'):.12f}".rstrip("0").rstrip(".")
    return text or "0"
