"""What a measure comes to: a number, or the two numbers between which it lies where runs are still open."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

from fastlanes_sim.core.units import SECOND
from fastlanes_sim.measures.quantities import SHARE, TIME, Unit

CLOSE = 1.05
"""Bounds within this factor count as one value for the reader: one open run moves a median by one place, and that is no news."""


def spelled(low: float, high: float, unit: Unit) -> str:
    """`25.8 s`; `≈ 25.8 s` where it is known to within 5 %; `≥ 25.8 s` otherwise."""
    text = unit.show(low)
    if low == high or text == unit.show(high):
        return text
    return f"≈ {text}" if high <= CLOSE * low else f"≥ {text}"


@dataclass(frozen=True, slots=True)
class Quantile:
    """A duration (a quantile, an extreme or a mean) in µs: between `value_us` and `upper_us`, which may be infinite."""

    value_us: float
    upper_us: float

    @property
    def low(self) -> float:
        return self.value_us

    @property
    def high(self) -> float:
        return self.upper_us

    @property
    def exact(self) -> bool:
        return self.value_us == self.upper_us

    def __str__(self) -> str:
        """`25.8 s`; `≈ 25.8 s` where it is known to within 5 %; `≥ 25.8 s` otherwise."""
        return spelled(self.value_us, self.upper_us, TIME)

    def to_json(self) -> dict[str, float | bool | str | None]:
        """Seconds; `upper_s` is null where nothing is known from above."""
        upper = None if math.isinf(self.upper_us) else self.upper_us / SECOND
        return {"s": self.value_us / SECOND, "upper_s": upper, "exact": self.exact}


@dataclass(frozen=True, slots=True)
class Share:
    """A share, 0 to 1, of runs or of time: between `low` and `high`."""

    low: float
    high: float

    @property
    def exact(self) -> bool:
        return self.low == self.high

    def __str__(self) -> str:
        text = SHARE.show(self.low)
        return text if self.exact else f"≥ {text}"

    def to_json(self) -> dict[str, float | bool | str | None]:
        return {"share": self.low, "upper_share": self.high, "exact": self.exact}


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of any other unit: between `low` and `high`, which may be infinite."""

    low: float
    high: float
    unit: Unit

    @property
    def exact(self) -> bool:
        return self.low == self.high

    def __str__(self) -> str:
        """`3.2`, `≈ 3.2` or `≥ 3.2`, as a duration is."""
        return spelled(self.low, self.high, self.unit)

    def to_json(self) -> dict[str, float | bool | str | None]:
        """`upper` is null where nothing is known from above."""
        return {"value": self.low, "upper": None if math.isinf(self.high) else self.high, "unit": self.unit.name, "exact": self.exact}


Value: TypeAlias = Quantile | Share | Amount | int
"""Counts are plain numbers."""


def ends(value: Value | None) -> tuple[float, float]:
    """The ends of what is possible: µs, a share or a number. The upper one may be infinite. Two NaN of nothing."""
    if value is None:
        return math.nan, math.nan
    return (float(value), float(value)) if isinstance(value, int) else (value.low, value.high)
