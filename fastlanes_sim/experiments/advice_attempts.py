"""One change tried: whether it helps, eases, breaks something or does nothing, and at what price."""

from __future__ import annotations

import math

from fastlanes_sim.core.units import format_duration
from fastlanes_sim.experiments.advice import Change, Effect, Trial
from fastlanes_sim.experiments.advice_needs import Need
from fastlanes_sim.experiments.advice_simulations import Simulation, Simulations
from fastlanes_sim.experiments.finishing import implied_objectives
from fastlanes_sim.experiments.remedy import Kind, Price, Step
from fastlanes_sim.measures.judge import Verdict
from fastlanes_sim.measures.values import ends
from fastlanes_sim.rules.creation import QUEUES

EASED = 0.5
"""Where no objective says what is enough: at most this share of their wait is left to the slowest runs."""
EASES = 0.9
"""A change eases that brings what is missed this much nearer to its bound."""


def attempt(simulations: Simulations, step: Step, kind: Kind, need: Need) -> Trial:
    """Simulate it on the same runs, and hold it against what was there before.

    Where no objective is missed, a change helps if the slowest runs of the need wait at most half as long.
    """
    before, after = simulations.before, simulations.simulate(step)
    if after is None:
        return Trial(step, kind, Effect.NOTHING, Price(), (), {}, (), math.inf, math.inf, "it cannot be set")
    then = {verdict.slo.text: verdict for verdict in after.judged}
    implied = implied_objectives()
    changes = tuple(
        Change(one.slo.text, _shown(one), _shown(then[one.slo.text]), one.verdict, then[one.slo.text].verdict, one.slo in implied)
        for one in before.judged
        if one.slo.text in then
    )
    broken = [one.text for one in changes if one.was == "met" and one.verdict != "met"]
    if after.harmed > before.harmed:
        broken.append(f"{after.harmed - before.harmed:,} more runs are lost or killed")
    mean = after.slowest_wait(need.scope)
    if need.missed:
        mine = {verdict.slo.text for verdict in need.missed}
        is_met = all(one.verdict == "met" for one in changes if one.text in mine)
        measured = ", ".join(str(one) for one in changes if one.text in mine)
        was, strain = (max(_strain(verdicts[text]) for text in mine) for verdicts in ({v.slo.text: v for v in before.judged}, then))
    else:
        waited = need.why.slowest.mean()
        is_met, was, strain = mean <= EASED * waited, 1.0 / EASED, mean / waited / EASED if waited else 0.0
        measured = f"mean wait of the slowest {format_duration(waited)} → {format_duration(mean)}"
    effect = Effect.BREAKS if broken else Effect.HELPS if is_met else Effect.EASES if strain <= EASES * was else Effect.NOTHING
    price = Price.between(before.scenario.scenario, after.scenario.scenario)
    return Trial(step, kind, effect, price, changes, _lanes(before, after), tuple(broken), strain, mean, measured)


def _lanes(before: Simulation, after: Simulation) -> dict[str, tuple[str, str]]:
    found = {}
    for lane in QUEUES:
        then, now = (one.observed.durations(lane, "wait").quantile(0.95) for one in (before, after))
        if then is not None or now is not None:
            found[lane] = (str(then or "–"), str(now or "–"))
    return found


def _shown(verdict: Verdict) -> str:
    return "nothing to measure" if verdict.value is None else str(verdict.value)


def _strain(verdict: Verdict) -> float:
    """How near to its bound it is: below 1 it is met."""
    if verdict.value is None:
        return 0.0
    low, high = ends(verdict.value)
    slo = verdict.slo
    worst = (high if math.isfinite(high) else low * 1.5) if slo.is_upper_bound else low
    if slo.operator.side == "exactly":
        return abs(worst - slo.bound) + (verdict.verdict != "met")
    if slo.is_upper_bound:
        return worst / slo.bound if slo.bound else 1.0 + worst
    return slo.bound / worst if worst else math.inf
