"""What is said of systems that were tried against objectives: shared by the search for a layout and the capacity search."""

from __future__ import annotations

from fastlanes_sim.experiments.estimation import estimate_of
from fastlanes_sim.experiments.feasibility import Contender, Rule
from fastlanes_sim.experiments.verdicts import interval_text
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.measures.objective import Objective


def limits(rule: Rule, trial: Contender) -> list[str]:
    """What no interval vouches for."""
    always = ", ".join(slo.text for slo in rule.unproven(trial.values))
    held = f"; {always} held in all of them, which is all that is known of it" if always else ""
    rare, count = f"what happens in fewer than {100 * rule.unseen(trial.values):.2g} % of replications", len(trial.values)
    return [f"{rare} may not be among the {count}{held}"]


def drawn(rule: Rule) -> tuple[Objective | None, Measure]:
    """The first objective with an upper bound and what it speaks of; else what was measured first."""
    slo = next((slo for slo in rule.slos if slo.is_upper_bound), None)
    return slo, rule.measures[0] if slo is None else slo.measure


def measure_cells(rule: Rule, trial: Contender) -> list[str]:
    """One a measure: its mean and interval."""
    found = ((one, estimate_of(one, rule.measures, trial.values, rule.confidence)) for one in rule.measures)
    return [interval_text(one, estimate) if trial.values else "–" for one, estimate in found]


def estimated_rows(rule: Rule, trial: Contender) -> list[dict[str, object]]:
    """One a measure, as numbers."""
    rows: list[dict[str, object]] = []
    for one in rule.measures:
        found = estimate_of(one, rule.measures, trial.values, rule.confidence)
        ends = {name: getattr(found, name) / one.scale for name in ("mean", "upper_mean", "low", "high")}
        rows.append({"statistic": one.text, "unit": one.unit.name, **ends, "level": found.level, "replications": found.replications})
    return rows


def estimates(rule: Rule, trial: Contender) -> dict[str, object]:
    """By measure."""
    found = {one.text: estimate_of(one, rule.measures, trial.values, rule.confidence).to_json(one.scale) for one in rule.measures}
    return {"statistics": found}


def asked(rule: Rule) -> dict[str, object]:
    """What the answer was to be like."""
    return {"confidence": rule.confidence, "tolerance": rule.tolerance, "most_replications": rule.most}
