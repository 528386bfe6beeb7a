"""The few behaviours of JavaScript that the worker leans on when it reads its options (W-17, W-18).

Python differs from JavaScript in all of them: in what white space is, in which texts are numbers, and in how a number
is spelled. Numbers here are JavaScript's: float64, spelled `int` where they are whole.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from enum import Enum
from typing import Final

WHITE_SPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""What `\\s` matches and `trim` removes: U+0085 and U+200B are not of it, U+FEFF is."""

_SEPARATOR = re.compile(f"[{WHITE_SPACE}]+")
_LEADING_DIGITS = re.compile(r"([+-]?)(?:0[xX]([0-9a-fA-F]+)|(?!0[xX])([0-9]+))")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_INFINITY = re.compile(r"[+-]?Infinity")
_INFINITIES = {"Infinity": math.inf, "+Infinity": math.inf, "-Infinity": -math.inf}
_RADIX = re.compile(r"0(?:[xX]([0-9a-fA-F]+)|[oO]([0-7]+)|[bB]([01]+))")
_LARGEST_PLAIN = 21
"""`String` writes numbers of more digits than this with an exponent."""
_SMALLEST_PLAIN = -6
"""... and fractions whose first digit comes later than the sixth place."""

Number = int | float


class Undefined(Enum):
    """JavaScript's `undefined`, which differs from `null` (here `None`) in what it is spelled as and what it defaults to."""

    UNDEFINED = "undefined"


UNDEFINED: Final = Undefined.UNDEFINED


def trim(text: str) -> str:
    """`text.trim()`."""
    return text.strip(WHITE_SPACE)


def split_white_space(text: str) -> list[str]:
    """`text.split(/\\s+/)`: white space at an end yields an empty text there."""
    return _SEPARATOR.split(text)


def parse_int(text: str) -> Number:
    """`parseInt(text)`: leading white space, a sign, digits (hexadecimal ones after `0x`), then anything; NaN without digits."""
    match = _LEADING_DIGITS.match(text.lstrip(WHITE_SPACE))
    if match is None:
        return math.nan
    size = _float(int(match[2], 16)) if match[2] else float(match[3])
    return whole(-size if match[1] == "-" else size)


def parse_float(text: str) -> Number:
    """`parseFloat(text)`: leading white space, a decimal number or `Infinity`, then anything; NaN without one."""
    stripped = text.lstrip(WHITE_SPACE)
    match = _DECIMAL.match(stripped)
    if match:
        return whole(float(match[0]))
    infinite = _INFINITY.match(stripped)
    return _INFINITIES[infinite[0]] if infinite else math.nan


def number(text: str) -> Number:
    """`Number(text)`: the whole text is one number, an empty one is 0; otherwise NaN."""
    stripped = trim(text)
    if not stripped:
        return 0
    if _DECIMAL.fullmatch(stripped):
        return whole(float(stripped))
    radix = _RADIX.fullmatch(stripped)
    if radix:
        return whole(_float(next(int(digits, base) for digits, base in zip(radix.groups(), (16, 8, 2), strict=True) if digits)))
    return _INFINITIES.get(stripped, math.nan)


def number_text(value: Number) -> str:
    """`String(value)`: the shortest decimal that reads back as the same float64; an exponent from 1e21 up and below 1e-6."""
    size = _float(value)
    if math.isnan(size):
        return "NaN"
    if math.isinf(size):
        return "Infinity" if size > 0 else "-Infinity"
    if size == 0:
        return "0"  # -0 too
    sign = "-" if size < 0 else ""
    # Python's repr and JavaScript choose the same digits; only the layout differs. 0.DIGITS × 10^point:
    mantissa, _, exponent = f"{abs(size)!r}".partition("e")
    before, _, after = mantissa.partition(".")
    digits = (before + after).lstrip("0")
    point = len(before) + int(exponent or 0) - (len(before + after) - len(digits))
    digits = digits.rstrip("0")
    if len(digits) <= point <= _LARGEST_PLAIN:
        return sign + digits.ljust(point, "0")
    if 0 < point <= _LARGEST_PLAIN:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if _SMALLEST_PLAIN < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{fraction}e{point - 1:+d}"


def text(value: object) -> str:
    """`String(value)` of the kinds of value that a command line can yield."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, Sequence):
        return ",".join("" if item is None or item is UNDEFINED else text(item) for item in value)
    return "null" if value is None else "undefined"


def truthy(value: object) -> bool:
    """`Boolean(value)`: as Python's, but for NaN, which is false, and for lists, which are true even if empty."""
    if isinstance(value, list | tuple):
        return True
    return value is not UNDEFINED and bool(value) and not is_nan(value)


def whole(value: float) -> Number:
    """`value` as an `int` where it is whole; -0, infinities and NaN stay `float`, they have no `int`."""
    if not math.isfinite(value) or not value.is_integer() or (value == 0 and math.copysign(1, value) < 0):
        return value
    return int(value)


def is_nan(value: object) -> bool:
    """Whether `value` is the number NaN."""
    return isinstance(value, float) and math.isnan(value)


def _float(value: Number) -> float:
    """`value` as float64, infinite where it is too large: Python would raise."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
