"""Which measures are so rare that replications hardly see them, how many it would take, and what may be done instead."""

from __future__ import annotations

import math
from collections.abc import Sequence

from fastlanes_sim.experiments.confidence_intervals import Estimate
from fastlanes_sim.experiments.estimation import place_of
from fastlanes_sim.experiments.rare_events import RareEstimate, can_split
from fastlanes_sim.experiments.replication import Values
from fastlanes_sim.experiments.verdicts import Judged, interval_text, is_exact, outcome_of, why_not_met
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.measures.objective import Objective
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.traffic.redraw import why_not

RARE = 0.001
"""Of the runs: what no more of them exceed is a rare tail."""
HARDLY = 100
"""Runs beyond, all replications together, from which on a plain count does: it is known to a fifth or better unless runs wait together."""


def rare_tails(measures: Sequence[Measure], values: Sequence[Values], objectives: Sequence[Objective]) -> dict[Measure, float | None]:
    """The measures whose tail is rare and was hardly seen, each with what an objective holds its quantile against (µs), if any."""
    bounds = {one.measure: one.bound for one in objectives if one.days is None}
    found: dict[Measure, float | None] = {}
    for place, one in enumerate(measures):
        runs = sum(each.evidence[place].runs for each in values)
        if can_split(one) and runs and _beyond(one, place, values, bounds.get(one)) <= (RARE if one.part is None else RARE * 1.001):
            seen = runs * (1 - one.part) if one.part is not None else _late(place, values)
            if seen < HARDLY:
                found[one] = bounds.get(one) if one.part is not None else None
    return found


def _late(place: int, values: Sequence[Values]) -> float:
    return sum(each.low[place] * each.evidence[place].runs for each in values if each.evidence[place].runs)


def _beyond(one: Measure, place: int, values: Sequence[Values], bound: float | None) -> float:
    """The share of runs that are beyond: of a share that an objective bounds, the bound."""
    if one.part is not None:
        return 1 - one.part
    runs = sum(each.evidence[place].runs for each in values)
    return bound if bound is not None else _late(place, values) / runs


MET_BY_SPLITTING = 0.9995
"""Level of the interval that must be within the bound. Repetitions of splitting are so skewed that with this level as many upper ends are
too low (0.1 to 0.4 %, docs/rare_events.md) as there should be with that of other measures (`verdicts.MET`)."""


def judge_split(counted: Judged, plain: Estimate, found: RareEstimate, level: float) -> Judged:
    """The verdict by splitting; that of the replications where an objective asks for days, or for none at all.

    Missed by the printed interval, met by the sterner one as well (`MET_BY_SPLITTING`). If it and what was counted lie apart, they
    contradict each other, and neither decides.

    Args:
        counted: the verdict by the replications.
        plain: what was counted in these.
        level: of the printed interval.
    """
    slo = counted.slo
    if slo.days is not None or is_exact(slo):
        return counted
    printed, sterner = found.estimate(level), found.estimate(max(level, MET_BY_SPLITTING))
    text = f"{interval_text(slo.measure, printed)} by splitting"
    if printed.low > plain.high or printed.high < plain.low:
        return Judged(slo, "undecided", f"{text}; that contradicts what was counted: {counted.text}")
    outcome = outcome_of(slo, printed, sterner)
    return Judged(slo, outcome, f"{text}{why_not_met(slo, printed, sterner)}; counted: {counted.text}")


def replications_for(one: Measure, measures: Sequence[Measure], values: Sequence[Values], bound: float | None = None) -> int | None:
    """Replications with `HARDLY` runs beyond, were runs independent; None where none was seen and nothing says how many there may be."""
    place = place_of(one, measures)
    each = sum(kept.evidence[place].runs for kept in values) / max(len(values), 1)
    beyond = _beyond(one, place, values, bound) * each
    return math.ceil(HARDLY / beyond) if beyond > 0 else None


def note(one: Measure, scenario: Scenario, measures: Sequence[Measure], values: Sequence[Values], bound: float | None) -> str:
    """What a plain count of a rare tail would take, and whether splitting may be asked for instead."""
    many = replications_for(one, measures, values, bound)
    takes = f"a plain count of {one.text} takes about {many:,} replications" if many else f"{one.text} was not seen"
    if why := why_not(scenario):
        return f"{takes}; it cannot be split: {why}"
    return f"{takes}, and more where runs wait together; run --rare estimates it by splitting"


def notes(scenario: Scenario, measures: Sequence[Measure], values: Sequence[Values], objectives: Sequence[Objective]) -> list[str]:
    """Of each rare tail that an objective asks for and that was hardly seen."""
    bounds = {one.measure: one.bound for one in objectives if one.days is None}
    tails = [one for one in rare_tails(measures, values, objectives) if one in bounds]
    return [note(one, scenario, measures, values, bounds[one]) for one in tails]
