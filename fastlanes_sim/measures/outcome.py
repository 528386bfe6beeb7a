"""Whether something is met, missed, or neither can be said."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal

from fastlanes_sim.measures.objective import Objective

Outcome = Literal["met", "missed", "undecided"]


def worst(several: Iterable[Outcome]) -> Outcome:
    """Missed before undecided before met."""
    outcomes = set(several)
    return "missed" if "missed" in outcomes else "undecided" if "undecided" in outcomes else "met"


def outcome_between(objective: Objective, low: float, high: float) -> Outcome:
    """The verdict on a value between `low` and `high`. All objectives are monotone, so the two ends of what is possible decide."""
    # A share's bound was divided by 100: without rounding, 7 of 1000 would exceed 0.7 %.
    bound, low, high = (round(x, 12) if math.isfinite(x) else x for x in (objective.bound, low, high))
    holds = {objective.operator.holds(low, bound), objective.operator.holds(high, bound)}
    return "undecided" if len(holds) == 2 else "met" if holds == {True} else "missed"
