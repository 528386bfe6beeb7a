"""Whether what happened meets the scenario's objectives."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, cast

from fastlanes_sim.core.units import format_duration
from fastlanes_sim.results.durations import Durations, Quantile, Share
from fastlanes_sim.results.metrics import Metrics
from fastlanes_sim.results.run_times import Metric
from fastlanes_sim.scenario.slo import Slo

Outcome = Literal["met", "missed", "undecided"]
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}
_NOT_REACHED = {
    "wait": "had not started",
    "queue": "had not been claimed",
    "startup": "had not started",
    "service": "had not ended",
    "response": "had not ended",
    "caller_response": "had neither a reply nor given up",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    slo: Slo
    verdict: Outcome
    value: Quantile | Share | int | None
    """What was measured; None if there was nothing to measure."""
    text: str
    """The value for people, with the reason where the verdict is not plain."""

    def to_json(self) -> dict[str, object]:
        value = self.value if isinstance(self.value, int | None) else self.value.to_json()
        return {"slo": self.slo.text, "verdict": self.verdict, "value": value, "text": self.text}


def judge(slo: Slo, metrics: Metrics) -> Verdict:
    """The verdict on one objective.

    `undecided` only if runs that were still under way when the simulation ended could tip it either way. An objective for the times
    of runs of which there are none is met: nothing broke it, and the text says so.
    """
    value = measured(slo, metrics)
    if isinstance(value, int):
        return Verdict(slo, outcome_between(slo, value, value), value, str(value))
    spans = metrics.durations(slo.lane, cast(Metric, slo.metric))
    if value is None:
        whose = "nobody waits" if slo.metric == "caller_response" else "no run came that far" if metrics.counts(slo.lane).runs else "no run"
        return Verdict(slo, "met", None, f"{whose} in {slo.lane}: nothing to measure")
    low, high = ends(value)
    outcome = outcome_between(slo, low, high)
    text = str(value)
    if outcome == "undecided":
        if not math.isinf(high):
            text = f"between {_show(slo, low)} and {_show(slo, high)}"
        who = "caller" if slo.metric == "caller_response" else "run"
        runs = who if len(spans.censored) == 1 else f"{who}s"
        text += f": {len(spans.censored)} {runs} {_NOT_REACHED[slo.metric]} by the end"
    return Verdict(slo, outcome, value, text)


def overall(verdicts: Iterable[Verdict]) -> Outcome:
    """Missed if any is missed, else undecided if any is undecided, else met."""
    return worst(verdict.verdict for verdict in verdicts)


def worst(several: Iterable[Outcome]) -> Outcome:
    """Missed before undecided before met."""
    outcomes = set(several)
    return "missed" if "missed" in outcomes else "undecided" if "undecided" in outcomes else "met"


def measured(slo: Slo, metrics: Metrics) -> Quantile | Share | int | None:
    """What an objective speaks of, whatever its bound; None if there is nothing to measure."""
    if slo.statistic == "count":
        count: int = getattr(metrics.counts(slo.lane), slo.metric)
        return count
    return _measure(slo, metrics.durations(slo.lane, cast(Metric, slo.metric)))


def ends(value: Quantile | Share | int) -> tuple[float, float]:
    """The ends of what is possible: µs, a share or a number of runs. The upper one of a time may be infinite."""
    if isinstance(value, int):
        return float(value), float(value)
    return (value.value_us, value.upper_us) if isinstance(value, Quantile) else (value.low, value.high)


def _measure(slo: Slo, spans: Durations) -> Quantile | Share | None:
    if slo.statistic == "share":
        return spans.share_above(slo.threshold or 0)
    if slo.statistic == "mean":
        return spans.mean()
    if slo.statistic == "max":
        return spans.maximum()
    if slo.statistic == "min":
        return spans.minimum()
    return spans.quantile(Fraction(slo.statistic.removeprefix("p")) / 100)


def outcome_between(slo: Slo, low: float, high: float) -> Outcome:
    """The verdict on a value between `low` and `high`. All objectives are monotone, so the two ends of what is possible decide."""
    # A share's bound was divided by 100: without rounding, 7 of 1000 would exceed 0.7 %.
    bound, low, high = (round(x, 12) if math.isfinite(x) else x for x in (slo.bound, low, high))
    holds = {_COMPARE[slo.operator](low, bound), _COMPARE[slo.operator](high, bound)}
    return "undecided" if len(holds) == 2 else "met" if holds == {True} else "missed"


def _show(slo: Slo, value: float) -> str:
    return f"{100 * value:.3g} %" if slo.statistic == "share" else format_duration(value)
