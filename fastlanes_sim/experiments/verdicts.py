"""What the values of replications say together: estimates, and verdicts on objectives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.experiments.confidence_intervals import LEVEL, Estimate, estimate
from fastlanes_sim.experiments.metric import Statistic, parse_statistic, statistic_of
from fastlanes_sim.experiments.replication import Values
from fastlanes_sim.results.durations import CLOSE
from fastlanes_sim.results.slo import Outcome, outcome_between
from fastlanes_sim.scenario.slo import Slo


@dataclass(frozen=True, slots=True)
class Judged:
    slo: Slo
    verdict: Outcome
    text: str


def enough(replications: int | None) -> None:
    """Refuse a number of replications that no interval can be had of.

    Raises:
        FastlanesError: there is just one, or none.
    """
    if replications is not None and replications < 2:
        raise FastlanesError("an interval needs at least 2 replications")


def estimate_of(statistic: Statistic | str, statistics: Sequence[Statistic], values: Sequence[Values], level: float = LEVEL) -> Estimate:
    """Over the replications in `values`, which measured `statistics`. A statistic that was not measured is a KeyError."""
    place = place_of(statistic, statistics)
    return estimate([one.low[place] for one in values], [one.high[place] for one in values], level, floor=0.0)


def place_of(statistic: Statistic | str, statistics: Sequence[Statistic]) -> int:
    """Where among `statistics` it stands, however it is spelt; a KeyError if it does not."""
    name = (parse_statistic(statistic) if isinstance(statistic, str) else statistic).text
    return {one.text: place for place, one in enumerate(statistics)}[name]


def judge_values(slo: Slo, statistics: Sequence[Statistic], values: Sequence[Values], level: float = LEVEL) -> Judged:
    """The verdict on one objective: undecided where the interval straddles the bound."""
    if not values:
        return Judged(slo, "undecided", "nothing was played")
    statistic = statistic_of(slo)
    found = estimate_of(statistic, statistics, values, level)
    if not found.replications:
        return Judged(slo, "met", f"no run came that far in {slo.lane}: nothing to measure")
    if slo.operator == "==":  # counts: the expected number is exactly that only if it always is
        place = place_of(statistic, statistics)
        other = sum(one.low[place] != slo.bound for one in values)
        text = f"{other} of {len(values)} replications differ" if other else f"in each of {len(values)} replications"
        return Judged(slo, "missed" if other else "met", text)
    return Judged(slo, outcome_between(slo, found.low, found.high), interval_text(statistic, found))


def mean_text(statistic: Statistic, found: Estimate) -> str:
    """`12.3 s`; `–` where there was nothing to measure. Where runs were still open `≈` within 5 %, else `≥`; of a share both ends."""
    shown, upper = statistic.show(found.mean), statistic.show(found.upper_mean)
    if not found.replications or shown == upper:
        return shown
    if statistic.unit == "share":
        return f"{shown} to {upper}"
    return f"{'≈' if found.upper_mean <= CLOSE * found.mean else '≥'} {shown}"


def interval_text(statistic: Statistic, found: Estimate) -> str:
    """`12.3 s [11.0 s, 13.6 s]`; see `mean_text`."""
    if not found.replications:
        return "nothing to measure"
    return f"{mean_text(statistic, found)} [{statistic.show(found.low)}, {statistic.show(found.high)}]"
