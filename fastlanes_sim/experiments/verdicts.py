"""What the values of replications say together: estimates, and verdicts on objectives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.experiments.confidence_intervals import LEVEL, Estimate, estimate
from fastlanes_sim.experiments.replication import Values
from fastlanes_sim.measures.grammar import parse_measure
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.measures.objective import Objective
from fastlanes_sim.measures.outcome import Outcome, outcome_between
from fastlanes_sim.measures.quantities import SHARE
from fastlanes_sim.measures.values import CLOSE


@dataclass(frozen=True, slots=True)
class Judged:
    slo: Objective
    verdict: Outcome
    text: str


def enough(replications: int | None) -> None:
    """Refuse a number of replications that no interval can be had of.

    Raises:
        FastlanesError: there is just one, or none.
    """
    if replications is not None and replications < 2:
        raise FastlanesError("an interval needs at least 2 replications")


def estimate_of(measure: Measure | str, measures: Sequence[Measure], values: Sequence[Values], level: float = LEVEL) -> Estimate:
    """Over the replications in `values`, which hold `measures`. What was not measured is a KeyError."""
    place = place_of(measure, measures)
    return estimate([one.low[place] for one in values], [one.high[place] for one in values], level, floor=0.0)


def place_of(measure: Measure | str, measures: Sequence[Measure]) -> int:
    """Where among `measures` it stands, however it is spelt; a KeyError if it does not."""
    wanted = parse_measure(measure) if isinstance(measure, str) else measure
    return {one: place for place, one in enumerate(measures)}[wanted]


def judge_values(slo: Objective, measures: Sequence[Measure], values: Sequence[Values], level: float = LEVEL) -> Judged:
    """The verdict on one objective: undecided where the interval straddles the bound."""
    if not values:
        return Judged(slo, "undecided", "nothing was played")
    found = estimate_of(slo.measure, measures, values, level)
    if not found.replications:
        return Judged(slo, "met", f"no run came that far in {slo.measure.scope}: nothing to measure")
    if slo.operator.side == "exactly":  # counts: the expected number is exactly that only if it always is
        place = place_of(slo.measure, measures)
        other = sum(not slo.operator.holds(one.low[place], slo.bound) for one in values)
        text = f"{other} of {len(values)} replications differ" if other else f"in each of {len(values)} replications"
        return Judged(slo, "missed" if other else "met", text)
    return Judged(slo, outcome_between(slo, found.low, found.high), interval_text(slo.measure, found))


def mean_text(measure: Measure, found: Estimate) -> str:
    """`12.3 s`; `–` where there was nothing to measure. Where runs were still open `≈` within 5 %, else `≥`; of a share both ends."""
    shown, upper = measure.show(found.mean), measure.show(found.upper_mean)
    if not found.replications or shown == upper:
        return shown
    if measure.unit is SHARE:
        return f"{shown} to {upper}"
    return f"{'≈' if found.upper_mean <= CLOSE * found.mean else '≥'} {shown}"


def interval_text(measure: Measure, found: Estimate) -> str:
    """`12.3 s [11.0 s, 13.6 s]`; see `mean_text`."""
    if not found.replications:
        return "nothing to measure"
    return f"{mean_text(measure, found)} [{measure.show(found.low)}, {measure.show(found.high)}]"
