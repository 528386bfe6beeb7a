"""The operators of objectives. A new one is a line in `OPERATORS`."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Side = Literal["at most", "at least", "exactly"]


@dataclass(frozen=True, slots=True)
class Operator:
    """How a value is held against a bound."""

    symbol: str
    holds: Callable[[float, float], bool]
    """Of a value and the bound."""
    side: Side
    """`at most`: what holds for a value holds for every smaller one, and `at least` the other way round. `exactly`: neither; it makes sense
    of counts only, and over replications it must hold in each of them."""

    def __str__(self) -> str:
        return self.symbol


OPERATORS: dict[str, Operator] = {
    one.symbol: one
    for one in (
        Operator("<", operator.lt, "at most"),
        Operator("<=", operator.le, "at most"),
        Operator(">", operator.gt, "at least"),
        Operator(">=", operator.ge, "at least"),
        Operator("==", operator.eq, "exactly"),
    )
}
