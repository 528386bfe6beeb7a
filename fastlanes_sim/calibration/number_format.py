"""Numbers as a scenario spells them: three or four digits, a unit, nothing that YAML would read otherwise."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from fastlanes_sim.core.units import DAY, HOUR, MILLISECOND, MINUTE, SECOND

_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_RESERVED = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def duration(us: float, digits: int = 4) -> str:
    """`"2.013s"`: to so many digits, in the largest of µs, ms and s that leaves a digit before the point."""
    rounded = float(f"{us:.{digits}g}")
    if rounded < 1:
        return "0s"
    for unit, name in ((SECOND, "s"), (MILLISECOND, "ms")):
        if rounded >= unit:
            return f"{number(rounded / unit, digits + 2)}{name}"
    return f"{round(rounded)}us"


def exact(us: int) -> str:
    """A whole duration without rounding, in the largest unit that divides it."""
    for unit, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s"), (MILLISECOND, "ms")):
        if us and us % unit == 0:
            return f"{us // unit}{name}"
    return f"{us}us" if us else "0s"


def rate(per_second: float) -> str:
    """`"1.25/min"`: in the unit of time that leaves a digit before the point."""
    for unit, name in ((1, "s"), (60, "min"), (3_600, "h")):
        if per_second * unit >= 1:
            return f"{number(per_second * unit)}/{name}"
    return f"{number(per_second * 86_400)}/d"


def number(value: float, digits: int = 4) -> str:
    """So many significant digits, never with an exponent."""
    text = f"{float(f'{value:.{digits}g}'):.12f}".rstrip("0").rstrip(".")
    return text or "0"


def name(text: str) -> str:
    """A key or a text of YAML, in quotes where it needs them."""
    return text if _BARE.fullmatch(text) and text.lower() not in _RESERVED else json.dumps(text, ensure_ascii=False)


def flow(value: Any) -> str:
    """A plain tree on one line. Texts are always in quotes: `1/10` or `*:4` would mean something else."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name(key) if isinstance(key, str) else key}: {flow(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(flow, value)) + "]"
    return json.dumps(value, ensure_ascii=False, default=str)
