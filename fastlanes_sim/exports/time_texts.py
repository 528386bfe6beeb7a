"""From the texts of times to microseconds since 1970: ISO 8601, a number since 1970, day or month first, or a format that was named.

Most columns are written in one way and are read as a whole. What is left is looked at text by text, so that an odd one costs one row.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.units import DAY
from fastlanes_sim.exports.columns import are_missing
from fastlanes_sim.exports.epoch_texts import is_since_1970, since_1970
from fastlanes_sim.exports.local_times import localised
from fastlanes_sim.exports.slashed_dates import as_iso

Times = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
_SECONDS = len("2026-01-05 06:00:00")
_DIGITS = [place for place in range(_SECONDS) if place not in (4, 7, 10, 13, 16)]
_LATEST = 230 * 365 * DAY
_SHORTEST = len("20260105")
"""Of an ISO date. What is shorter is none: pandas would read "now" and "today" as the time of reading."""
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_OFFSET = re.compile(r"(?:Z|z|UTC|GMT|[+-]\d\d(?::?\d\d)?(?: +[A-Z]{2,5})?)$")
_DECIMAL_COMMA = re.compile(r"(:\d\d),(\d)")
_ABBREVIATION = re.compile(r"(?: *([+-]\d\d:?\d\d) +[A-Z]{2,5}| +(?:UTC|GMT))$")
"""`2026-01-05 06:00:00 UTC` of BigQuery and Ruby, `+0000 UTC` and `+0200 CEST` of Go: where there is an offset, it is what counts."""
_LOOKED_AT = 32


class Instants(NamedTuple):
    us: Times
    """µs since 1970, or NEVER; of a local time that the clocks show twice, the first."""
    invalid: Flags
    """What is neither missing nor a time between 1970 and 2199."""
    skipped: Flags
    """Local times that the clocks of the zone leave out as they go forward."""
    again: Times
    """µs until the clocks of the zone show the same time again, 0 of all others."""


def instants(texts: Sequence[str], timezone: str, time_format: str | None = None, day_first: bool | None = None) -> Instants:
    """The times of a column. Texts without an offset are local times of `timezone`.

    Args:
        time_format: of all of them, as `strptime` has it.
        day_first: of slashed dates: whether they begin with the day.
    """
    size = len(texts)
    plain = list(map(str.strip, texts if all(map(str.isascii, texts)) else map(_encodable, texts)))
    absent = are_missing(plain)
    usual = _usual(plain, absent) if time_format is None else None
    if usual is not None:
        us, is_local = usual, ~absent
    elif time_format is None:
        us = _recognised(plain, absent, day_first)
        is_local = np.zeros(size, np.bool_) if timezone == "UTC" else np.array([_is_local(text) for text in plain], np.bool_)
    else:
        us = _parsed(plain, time_format)
        is_local = np.full(size, "%z" not in time_format and "%Z" not in time_format)
    known = ~absent & _is_plausible(us)
    skipped, again = np.zeros(size, np.bool_), np.zeros(size, np.int64)
    if timezone != "UTC":
        local = np.flatnonzero(known & is_local)
        us[local], again[local] = localised(us[local], timezone)
        skipped[local] = us[local] == NEVER
        known &= skipped | _is_plausible(us)
    return Instants(np.where(known, us, NEVER), ~absent & ~known, skipped, again)


def _is_plausible(us: Times) -> Flags:
    return np.asarray((us >= 0) & (us <= _LATEST))


def _is_local(text: str) -> bool:
    """Whether a time does not say how far it is from UTC."""
    return _OFFSET.search(text, _SHORTEST) is None and not is_since_1970(text)


def _recognised(plain: Sequence[str], absent: Flags, day_first: bool | None) -> Times:
    """µs since 1970 of texts of several kinds, local times as if they were UTC; NEVER of what is none."""
    there = np.flatnonzero(~absent)
    some = [plain[place] for place in there[:: max(1, len(there) // _LOOKED_AT)].tolist()]
    if 2 * sum(_DATE.match(text) is not None for text in some) > len(some):
        found = _parsed(plain)
        odd = there[found[there] == NEVER]
    else:
        found, odd = np.full(len(plain), NEVER, np.int64), there
    if len(odd):
        texts = [plain[place] for place in odd.tolist()]
        found[odd] = since_1970(texts)
        rest = np.flatnonzero(found[odd] == NEVER)
        if len(rest):
            found[odd[rest]] = _parsed([_as_iso(texts[place], day_first) for place in rest.tolist()])
    return found


def _as_iso(text: str, day_first: bool | None) -> str:
    """An odd time as ISO 8601 has it; what is none stays none."""
    if day_first is not None:
        text = as_iso(text, day_first)
    return _ABBREVIATION.sub(lambda match: match[1] or "Z", _DECIMAL_COMMA.sub(r"\1.\2", text))


def _parsed(plain: Sequence[str], time_format: str | None = None) -> Times:
    """µs since 1970 of texts in one format (ISO 8601 where none is named), local times as if they were UTC; NEVER of what is none."""
    import pandas as pd

    parsed = pd.to_datetime(pd.Series(plain, dtype="object"), format=time_format or "ISO8601", utc=True, errors="coerce")
    none = parsed.isna().to_numpy()
    if time_format is None:
        none = none | (np.fromiter(map(len, plain), np.int64, len(plain)) < _SHORTEST)
    return np.where(none, NEVER, parsed.dt.tz_localize(None).to_numpy("datetime64[us]").astype(np.int64))


def _usual(plain: Sequence[str], absent: Flags) -> Times | None:
    """µs since 1970 of times that are all written as PostgreSQL does, `2026-01-05 06:00:00.123456`, without an offset; None of others.

    Most exports have no other times. They are read in half the time that pandas takes, and without the 70 MB that it takes.
    """
    texts = np.array(plain, np.bytes_) if all(map(str.isascii, plain)) else np.empty(0, "S1")
    width = texts.dtype.itemsize
    if not len(texts) or not _SECONDS <= width <= _SECONDS + len(".123456"):
        return None
    letters = texts.view(np.uint8).reshape(len(texts), width)
    if np.count_nonzero(letters) < sum(map(len, plain)):
        return None  # a NUL in a text
    texts[absent] = b"1970-01-01 00:00:00"
    digits = (letters >= ord("0")) & (letters <= ord("9"))
    is_usual = digits[:, _DIGITS].all() and (letters[:, [4, 7]] == ord("-")).all() and (letters[:, [13, 16]] == ord(":")).all()
    is_usual = is_usual and bool(((letters[:, 10] == ord(" ")) | (letters[:, 10] == ord("T"))).all())
    if width > _SECONDS:
        fraction, over = digits[:, _SECONDS + 1 :], letters[:, _SECONDS:] == 0
        point = letters[:, _SECONDS] == ord(".")
        is_usual = is_usual and bool((point & fraction[:, :1].any(axis=1) | over.all(axis=1)).all())
        is_usual = is_usual and bool((fraction | over[:, 1:]).all()) and bool((over[:, 1:] >= over[:, :-1]).all())
    try:
        return texts.astype("datetime64[us]").astype(np.int64) if is_usual else None
    except ValueError:  # there is no such day
        return None


def _encodable(text: str) -> str:
    """Without code points that stand for bytes that were not decoded: pandas does not take them."""
    return text.encode("utf-8", "replace").decode()
