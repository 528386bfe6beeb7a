"""The answer in one sentence: what became of the objectives, and the one that matters most, with what was measured."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from fastlanes_sim.measures.objective import Objective
from fastlanes_sim.measures.outcome import Outcome, worst
from fastlanes_sim.reports.objectives import Case, Judgement

_NAMED = 2
"""Objectives that are not met and are told one by one."""


def headline(cases: Sequence[Case], caution: str = "", *, interrupted: bool = False) -> str:
    """`1 of 3 objectives is missed; workflow.clinic.import starves`"""
    outcome, many = outcome_of(cases), len(cases)
    beside = f"{', but' if outcome == 'met' else ';'} {caution}" if caution else ""
    part = beside + (" (interrupted: of that part alone)" if interrupted else "")
    if outcome is None:
        return f"No objectives{part}"
    if outcome == "met":
        return (f"All {many} objectives are met" if many > 1 else "The objective is met") + part
    count = sum(case.outcome == outcome for case in cases)
    of_them = f"{count} of {many} objectives {'are' if count > 1 else 'is'}" if many > 1 else "The objective is"
    return f"{of_them} {outcome}{part}"


def outcome_of(cases: Iterable[Case]) -> Outcome | None:
    """The worst; None where there is no objective."""
    outcomes = [case.outcome for case in cases]
    return worst(outcomes) if outcomes else None


def strain(slo: Objective, low: float, high: float) -> float:
    """How near what was measured, between `low` and `high`, is to the bound: below 1 it is met, 0 where nothing is near."""
    if math.isnan(low) or slo.operator.side == "exactly":
        return 0.0
    if slo.is_upper_bound:
        return high / slo.bound if slo.bound else math.inf if high > 0 else 0.0
    return slo.bound / low if low else math.inf


def detail(verdicts: Sequence[Judgement], strains: Sequence[float]) -> str:
    """`p99(fast_lane.wait) < 5s: 41 s` of those that are not met; of objectives that are all met, the one nearest to its bound."""
    worst_outcome = worst(one.verdict for one in verdicts)
    if worst_outcome != "met":
        told = [one for one in verdicts if one.verdict == worst_outcome]
        more = f"; and {len(told) - _NAMED} more" if len(told) > _NAMED else ""
        return "; ".join(f"{one.slo.text}: {one.text}" for one in told[:_NAMED]) + more
    nearest = verdicts[max(range(len(verdicts)), key=lambda place: strains[place])]
    return f"{'nearest to its bound: ' if len(verdicts) > 1 else ''}{nearest.slo.text}: {nearest.text}"


def answer(
    cases: Sequence[Case], verdicts: Sequence[Judgement], strains: Sequence[float], caution: str = "", *, interrupted: bool = False
) -> str:
    """The headline, and what it rests on."""
    said = headline(cases, caution, interrupted=interrupted)
    mark = ";" if len(cases) > 1 and outcome_of(cases) == "met" else ":"
    return f"{said}{mark} {detail(verdicts, strains)}" if verdicts else said
