"""What no change can shorten: what the objectives would come to if no run ever waited."""

from __future__ import annotations

from dataclasses import replace

from fastlanes_sim.core.units import format_duration
from fastlanes_sim.experiments.advice_needs import Need
from fastlanes_sim.experiments.advice_simulations import Simulation, Simulations
from fastlanes_sim.measures.judge import Verdict, judge
from fastlanes_sim.measures.values import ends

DOMINATED = 0.5
"""Part of a response from which on it is said first what of it is service."""
_RESPONSES = ("response", "caller_response", "work_order_response")
_BY_A_TIMEOUT = ("gateway_timeouts", "gave_up", "killed")
"""What a longer timeout changes, though runs take as long as before."""


def floor_of(simulations: Simulations, need: Need) -> tuple[tuple[str, ...], Need]:
    """What the objectives would come to if no run ever waited, where that is most of what they are; and what is left to cure."""
    asked = [verdict for verdict in need.missed if _is_bounded(verdict) and verdict.slo.measure.row.has_scope]
    if not asked:
        return (), need
    floor = simulations.unhindered
    lines, hopeless = list[str](), list[Verdict]()
    for verdict in asked:
        least, name = judge(verdict.slo, floor.observed), verdict.slo.measure.name
        low, now = ends(least.value)[0], ends(verdict.value)[0]
        if least.verdict == "missed":
            lines.append(
                f"{verdict.slo.text} cannot be met by slots, workers or limits: if no run ever waited, it would be {least.value}. "
                "What runs take themselves must become shorter"
            )
            if name not in _BY_A_TIMEOUT:
                hopeless.append(verdict)
        elif name in _RESPONSES and verdict.slo.measure.threshold is None and now and low >= DOMINATED * now:
            lines.append(
                f"Of {verdict.slo.text}, {verdict.value}, the runs themselves take {least.value}: no change can save more than the rest"
            )
        elif (patience := _patience(simulations.before, verdict)) is not None:
            alone = floor.observed.durations(verdict.slo.measure.scope, "response").quantile(0.95)
            if alone is not None and ends(alone)[0] >= (1 - DOMINATED / 2) * patience:
                lines.append(
                    f"Of the {format_duration(patience)} that {verdict.slo.text} allows, the runs themselves take up to {alone} (p95): "
                    "what is left for waiting is short, whatever is changed"
                )
    return tuple(f"{line}." for line in lines), replace(need, missed=tuple(one for one in need.missed if one not in hopeless))


def _patience(before: Simulation, verdict: Verdict) -> float | None:
    """µs of response from which on a run counts against the objective, where it is about such runs."""
    measure = verdict.slo.measure
    if measure.name in ("gateway_timeouts", "gave_up"):
        return float(before.deployment.lightning.webhook_timeout)
    return measure.threshold if measure.name in ("response", "caller_response") else None


def _is_bounded(verdict: Verdict) -> bool:
    """Whether less is better: `< 30s`, and of counts `== 0`."""
    slo = verdict.slo
    return slo.is_upper_bound or (slo.operator.side == "exactly" and slo.bound == 0)
