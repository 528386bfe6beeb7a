"""On how many days an objective holds, each day for itself. A day is a replication; days are independent, so this is exact."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fastlanes_sim.experiments.replication import Values
from fastlanes_sim.experiments.shares import binomial_interval
from fastlanes_sim.measures.objective import Objective
from fastlanes_sim.measures.outcome import Outcome, outcome_between


@dataclass(frozen=True, slots=True)
class Days:
    """The days that have something to measure."""

    met: int
    missed: int
    undecided: int
    """Runs that were open at the end could tip them."""
    what: str = "days"
    """What they are: `batches` where one simulation was cut."""

    @property
    def count(self) -> int:
        return self.met + self.missed + self.undecided

    def share(self, level: float) -> tuple[float, float]:
        """The interval of the share of days that meet it."""
        return binomial_interval(self.met, self.met + self.undecided, self.count, level)

    def __str__(self) -> str:
        """`9 of 10 days`, `8 to 9 of 10 batches`"""
        most = f" to {self.met + self.undecided}" if self.undecided else ""
        return f"{self.met}{most} of {self.count} {self.what}"


def days_of(objective: Objective, place: int, values: Sequence[Values]) -> Days:
    """How the days did whose values stand at that place."""
    ends = [(one.low[place], one.high[place]) for one in values if not math.isnan(one.low[place])]
    outcomes = [outcome_between(objective, low, high) for low, high in ends]
    what = "batches" if any(one.is_batch for one in values) else "days"
    return Days(outcomes.count("met"), outcomes.count("missed"), outcomes.count("undecided"), what)


def outcome_of(wanted: float, days: Days, level: float) -> Outcome:
    """Whether at least so large a share of days meets it."""
    return outcome_between_shares(wanted, *days.share(level))


def outcome_between_shares(wanted: float, low: float, high: float) -> Outcome:
    """The same of a share that lies between two others."""
    return "met" if low >= wanted else "missed" if high < wanted else "undecided"


def needed(share: float, level: float) -> int:
    """How many days, all of which meet it, show that this share of days does."""
    return math.ceil(math.log((1 - level) / 2) / math.log(share))


def tolerance_bound(objective: Objective, place: int, values: Sequence[Values], share: float, level: float) -> float | None:
    """What this share of days stays within, with confidence `level`: the tolerance limit of Wilks (Ann. Math. Stat. 12:91, 1941).

    The day's value of which so many of the others are beyond that chance does not explain it. None: there are too few days.
    """
    from scipy.special import betainc

    at_most = objective.is_upper_bound
    numbers = np.sort([getattr(one, "high" if at_most else "low")[place] for one in values])
    numbers = numbers[~np.isnan(numbers)]
    count = len(numbers)
    # The k-th smallest of n is above a share p of all days with probability P(Binomial(n, p) < k) = I(1 - p; n - k + 1, k).
    enough = [k for k in range(1, count + 1) if float(betainc(count - k + 1, k, 1 - share)) >= level]
    if not enough:
        return None
    return float(numbers[enough[0] - 1] if at_most else numbers[count - enough[0]])
