"""What is said of systems that were tried against objectives: shared by the search for a layout and the capacity search."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from fastlanes_sim.core.units import format_number
from fastlanes_sim.experiments.alike_warnings import merged, some
from fastlanes_sim.experiments.confidence_intervals import Estimate
from fastlanes_sim.experiments.estimation import estimate_of
from fastlanes_sim.experiments.feasibility import Contender, Rule
from fastlanes_sim.experiments.rare_tails import notes as notes_on_rare_tails
from fastlanes_sim.experiments.verdicts import Judged, interval_text
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.measures.objective import Objective


def limits(rule: Rule, trial: Contender) -> list[str]:
    """What no interval vouches for."""
    always = ", ".join(slo.text for slo in rule.unproven(trial.values))
    held = f"; {always} held in all of them, which is all that is known of it" if always else ""
    rare, count = f"what happens in fewer than {100 * rule.unseen(trial.values):.2g} % of replications", len(trial.values)
    takes = notes_on_rare_tails(trial.scenario.scenario, rule.measures, trial.values, rule.slos)
    return [f"{rare} may not be among the {count}{held}", *takes]


def margin(rule: Rule) -> str:
    """How far a bound must be met; stated wherever it makes a difference."""
    return f" by more than {100 * rule.tolerance:g} % of its bound (--tolerance)" if rule.tolerance else ""


def what_holds(rule: Rule) -> str:
    """What is asked of every system."""
    return "meets every objective and finishes what arrives" if rule.implied else "meets every objective"


def misses(rule: Rule, trial: Contender) -> list[str]:
    """Each objective that the means miss, with what it is missed by."""
    found = []
    for slo in rule.by_strain(trial.values):
        judged = rule.judged(slo, trial)
        mean = estimate_of(slo.measure, rule.measures, trial.values, rule.confidence)
        value = mean.upper_mean if slo.is_upper_bound else mean.mean
        by = abs(value - slo.bound) / slo.bound if slo.bound else math.inf
        if judged.verdict != "met" and not slo.operator.holds(value, slo.bound):
            beyond = f", {_percent(by)} % beyond its bound" if 0 < by < 10 else ""
            found.append(f"{slo.text}: {judged.text}{beyond}")
    return found


def _percent(share: float) -> str:
    """With two digits, and without the sign."""
    return format_number(100 * share, 2)


def another_budget(rule: Rule, trial: Contender) -> str:
    """What more replications would decide of a system that is undecided."""
    if trial.inputs is not None:
        return "more days of data would decide it, more replications would not"
    need = rule.to_decide(trial.values)
    if need is None or rule.hopeless(trial.values):
        return "no number of replications would decide it"
    likely = "probably met" if rule.strain(trial.values) < 1 else "probably missed"
    least = max(need, 2 * len(trial.values))
    return f"{likely}; about {least:,} replications would decide it (--replications {least})"


def judged_implied(rule: Rule, trial: Contender) -> list[Judged]:
    """What is asked of every system, beside the objectives of the scenario."""
    return [rule.judged(slo, trial) for slo in rule.slos[len(rule.written) :]]


def warned(warnings: Mapping[str, Sequence[str]], about: Callable[[Sequence[str]], str] = some) -> list[str]:
    """Each warning once, with whom it is about; those that differ in their numbers alone as one."""
    return [f"warning: {message} ({about(labels)})" for message, labels in merged(warnings).items()]


def drawn(rule: Rule, trials: Sequence[Contender]) -> tuple[Objective | None, Measure]:
    """The objective with an upper bound that binds, and what it speaks of; else what was measured first. Of the objectives that systems are
    discarded for, it is the one that is so most often worst; where none is discarded, the one that is nearest to its bound."""
    simulated = [one for one in trials if one.values]
    told = [one for one in simulated if one.fate == "discarded"] or simulated
    bounds = [slo for slo in rule.slos if slo.is_upper_bound]
    if not bounds:
        return None, rule.measures[0]
    first = Counter(next(slo for slo in rule.by_strain(one.values) if slo.is_upper_bound) for one in told)
    slo = max(bounds, key=lambda slo: first[slo])
    return slo, slo.measure


def binding_text(rule: Rule, trial: Contender) -> str:
    """`p99(fast_lane.wait) < 5s: 4.1 s [3.9 s, 4.3 s]`: the objective that is nearest to its bound, or furthest beyond."""
    slo = rule.by_strain(trial.values)[0]
    return f"{slo.text}: {rule.judged(slo, trial).text}"


def estimate_in(rule: Rule, trial: Contender, one: Measure) -> Estimate:
    """Of one measure, with an interval for what is uncertain of the inputs too, where that was simulated."""
    found = estimate_of(one, rule.measures, trial.values, rule.confidence)
    return found if trial.inputs is None else trial.inputs.around(one, found)


def measure_cells(rule: Rule, trial: Contender) -> list[str]:
    """One a measure: its mean and interval."""
    found = ((one, estimate_in(rule, trial, one)) for one in rule.measures)
    return [interval_text(one, estimate) if trial.values else "–" for one, estimate in found]


def estimated_rows(rule: Rule, trial: Contender) -> list[dict[str, object]]:
    """One a measure, as numbers."""
    rows: list[dict[str, object]] = []
    for one in rule.measures:
        found = estimate_in(rule, trial, one)
        ends = {name: getattr(found, name) / one.scale for name in ("mean", "upper_mean", "low", "high")}
        rows.append({"statistic": one.text, "unit": one.unit.name, **ends, "level": found.level, "replications": found.replications})
    return rows


def estimates(rule: Rule, trial: Contender) -> dict[str, object]:
    """By measure."""
    found = {one.text: estimate_in(rule, trial, one).to_json(one.scale) for one in rule.measures}
    return {"statistics": found}


def asked(rule: Rule) -> dict[str, object]:
    """What the answer was to be like."""
    implied = [slo.text for slo in rule.slos[len(rule.written) :]]
    return {"confidence": rule.confidence, "tolerance": rule.tolerance, "most_replications": rule.most, "implied": implied}
