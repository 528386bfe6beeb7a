"""Whether one simulation meets an objective."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from fastlanes_sim.measures.objective import Objective
from fastlanes_sim.measures.observations import Observations
from fastlanes_sim.measures.outcome import Outcome, outcome_between, worst
from fastlanes_sim.measures.values import Value, ends


@dataclass(frozen=True, slots=True)
class Verdict:
    slo: Objective
    verdict: Outcome
    value: Value | None
    """What was measured; None if there was nothing to measure."""
    text: str
    """The value for people, with the reason where the verdict is not plain."""

    def to_json(self) -> dict[str, object]:
        value = self.value if isinstance(self.value, int | None) else self.value.to_json()
        return {"slo": self.slo.text, "verdict": self.verdict, "value": value, "text": self.text}


def judge(objective: Objective, observations: Observations) -> Verdict:
    """The verdict on one objective.

    `undecided` if runs that were still under way when the simulation ended could tip it either way, and where there is nothing to measure:
    what nobody tried is not known to work. `met` is of this one sample; replications say how sure that is.
    """
    measure = objective.measure
    row, scope = measure.row, measure.scope
    value = measure.of(observations)
    if value is None:
        where = f" in {scope}" if row.has_scope else ""
        return Verdict(objective, "undecided", None, f"{row.nothing(observations, scope)}{where}: nothing to measure")
    low, high = ends(value)
    outcome = outcome_between(objective, low, high)
    text = str(value)
    if outcome == "met" and row.has_scope and not measure.evidence(observations).runs:
        return Verdict(objective, "undecided", value, f"{text}: no {row.whose} in {scope}, nothing to judge by")
    if measure.part is not None and 0 < (many := measure.evidence(observations).runs) * (1 - measure.part) < 1:
        text += f", the largest of {many:,}"
    if outcome == "undecided":
        if not math.isinf(high):
            text = f"between {measure.show(low)} and {measure.show(high)}"
        text += f": {row.unsettled(observations, scope)}"
    return Verdict(objective, outcome, value, text)


def overall(verdicts: Iterable[Verdict]) -> Outcome:
    """Missed if any is missed, else undecided if any is undecided, else met."""
    return worst(verdict.verdict for verdict in verdicts)
