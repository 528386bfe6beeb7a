"""Dates whose first number may be the day or the month: 1/5/2026 6:00 PM, 05.01.2026 06:00:00.123, 05-01-2026."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from fastlanes_sim.exports.columns import is_missing
from fastlanes_sim.exports.hints import Hints
from fastlanes_sim.exports.problems import ExportError

_SLASHED = re.compile(
    r"(\d{1,2})([/.\-])(\d{1,2})\2(\d{4})(?:,?[ T]+(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?\s*([AaPp][Mm])?)?\s*(Z|[+-]\d\d:?\d\d)?"
)
_LOOKED_AT = 64


def day_is_first(texts: Iterable[str]) -> bool | None:
    """Whether slashed dates name the day first; None where they do not tell, or where there are none.

    Points (05.01.2026) are written day first wherever they are written.
    """
    first = second = False
    for text in texts:
        match = _SLASHED.fullmatch(text.strip())
        if match is None:
            continue
        if match[2] == ".":
            return True
        first |= int(match[1]) > 12
        second |= int(match[3]) > 12
    return first if first != second else None


def are_slashed(texts: Sequence[str]) -> bool:
    """Whether most times are of this kind, as far as some of them tell, from all over the texts."""
    some = [text for text in texts[:: max(1, len(texts) // _LOOKED_AT)] if not is_missing(text)]
    return 2 * sum(_SLASHED.fullmatch(text.strip()) is not None for text in some) > len(some)


def ambiguous(source: str, texts: Iterable[str], hints: Hints) -> ExportError:
    """For dates that may be read in two ways; the texts show how the rest of them is written."""
    message = f"{source}: the dates may be read day first or month first, and none has a day above 12"
    match = next((match for text in texts if (match := _SLASHED.fullmatch(text.strip()))), None)
    first, second = (_format(match, *order) for order in (("%d", "%m"), ("%m", "%d")))
    return ExportError(message, hints.date.format(first=first, second=second))


def _format(match: re.Match[str] | None, one: str, other: str) -> str:
    """As `strptime` has it."""
    if match is None:
        return f"{one}/{other}/%Y %H:%M:%S"
    separator, hour, second, part, half, offset = (match[place] for place in (2, 5, 7, 8, 9, 10))
    clock = "" if hour is None else f" {'%I' if half else '%H'}:%M{':%S' if second else ''}{'.%f' if part else ''}{' %p' if half else ''}"
    return f"{one}{separator}{other}{separator}%Y{clock}{'%z' if offset else ''}"


def as_iso(text: str, day_first: bool) -> str:
    """A slashed date as ISO 8601 has it; every other text as it is."""
    match = _SLASHED.fullmatch(text)
    if match is None:
        return text
    one, _, other, year, hour, minute, second, part, half, offset = match.groups()
    day, month = (one, other) if day_first else (other, one)
    clock = int(hour or 0)
    if half:
        clock = clock % 12 + (12 if half.lower() == "pm" else 0)
    return f"{year}-{month:0>2}-{day:0>2}T{clock:02d}:{minute or '00'}:{second or '00'}.{part or '0'}{offset or ''}"
