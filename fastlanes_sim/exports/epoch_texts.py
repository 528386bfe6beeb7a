"""Times as a number since 1970: the number of digits in front of the point tells seconds, milliseconds, microseconds or nanoseconds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER

_NUMBER = re.compile(r"(\d{10}|\d{13}|\d{16}|\d{19})(?:[.,](\d+))?")
"""Of 2001 to 2286. Data frames write 1767592800000.0 where a value of the column is missing."""
_SCIENTIFIC = re.compile(r"[1-9](?:\.\d+)?[eE]\+?(?:09|9|12|15|18)")
"""1.7675928e+12, as Arrow and data frames write large numbers that need not be whole."""
_US_DIGITS = 16
_NS_PER_US = 1_000
_DIGITS = (10, 13, _US_DIGITS, 19)


def since_1970(texts: Sequence[str]) -> npt.NDArray[np.int64]:
    """µs since 1970 of each text, rounded, as a data frame may have made 249.999872 of 250; NEVER of one that is no such number."""
    together, digits = "".join(texts), len(texts[0]) if texts else 0
    if together.isascii() and together.isdecimal() and digits in _DIGITS and set(map(len, texts)) == {digits}:
        numbers = np.array(texts, f"S{digits}").astype(np.uint64)
        us = numbers * 10 ** (_US_DIGITS - digits) if digits <= _US_DIGITS else (numbers + _NS_PER_US // 2) // _NS_PER_US
        return us.astype(np.int64)
    return np.fromiter(map(_instant, texts), np.int64, len(texts))


def is_since_1970(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None or _SCIENTIFIC.fullmatch(text) is not None


def _instant(text: str) -> int:
    match = _NUMBER.fullmatch(text)
    if match is None:
        return NEVER if _SCIENTIFIC.fullmatch(text) is None else _instant(f"{Decimal(text):f}")
    whole, part = match.groups()
    if len(whole) > _US_DIGITS:
        return (int(whole) + _NS_PER_US // 2) // _NS_PER_US
    decimals = _US_DIGITS - len(whole) + 1  # and one that tells whether to round up
    return (int(whole + f"{part or '':0<{decimals}}"[:decimals]) + 5) // 10
