"""Verdicts on objectives from the values of replications: met only with evidence, undecided where neither is sure.

One rule: *missed* if the interval that is printed (95 %) is beyond the bound, *met* if that of 99.5 % (`MET`) is within it. Days that meet
an objective each for itself are independent and their interval is exact, so there the printed one decides both.

Where the inputs are uncertain too (`two_levels`) both intervals are wider by that. What has no interval, such as `lost == 0`, is decided
only if nearly all resamples of the inputs say the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.experiments import days as of_days
from fastlanes_sim.experiments.confidence_intervals import LEVEL, Estimate
from fastlanes_sim.experiments.estimation import estimate_of, place_of, runs_of
from fastlanes_sim.experiments.replication import Values
from fastlanes_sim.experiments.shares import at_most_with
from fastlanes_sim.experiments.two_levels import InputEffects, data_of
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.measures.objective import Objective
from fastlanes_sim.measures.outcome import Outcome, outcome_between
from fastlanes_sim.measures.quantities import SHARE
from fastlanes_sim.measures.values import CLOSE

MET = 0.995
"""Confidence of the interval that must lie within the bound for met. How uncertain an estimate is must itself be estimated, and days are
skewed: the upper end of the interval of 95 % lies below the truth up to three times as often as it says (`studies.coverage`)."""


MOST_RESAMPLES_APART = 0.025
"""Of the resamples of the inputs so many may come to another verdict: as many as lie beyond either end of an interval."""


@dataclass(frozen=True, slots=True)
class Judged:
    slo: Objective
    verdict: Outcome
    text: str


MOST_REPLICATIONS = 1_000_000


def enough(replications: int | None) -> None:
    """Refuse a number of replications that no interval can be had of, or no machine could come to.

    Raises:
        FastlanesError: there is just one, or none, or there are more than `MOST_REPLICATIONS`.
    """
    if replications is not None and replications > MOST_REPLICATIONS:
        raise FastlanesError(f"{replications:,} replications are too many", f"ask for at most {MOST_REPLICATIONS:,}")
    if replications is not None and replications < 2:
        raise FastlanesError("an interval needs at least 2 replications", "ask for 2 or more, better 20")


def judge_values(
    slo: Objective, measures: Sequence[Measure], values: Sequence[Values], level: float = LEVEL, inputs: InputEffects | None = None
) -> Judged:
    """The verdict on one objective: undecided where neither is sure, or where there was nothing to measure.

    `inputs`: what the measures came to in resamples of the inputs, where these are uncertain.
    """
    if not values:
        return Judged(slo, "undecided", "nothing was simulated")
    place, runs = place_of(slo.measure, measures), runs_of(slo.measure, measures, values)
    judged = _judged(slo, place, runs, measures, values, level, inputs)
    if judged.verdict != "met" or runs or not slo.measure.row.has_scope:
        return judged
    return Judged(slo, "undecided", f"no {_whose(slo.measure)[:-1]} in {slo.measure.scope}: nothing to judge by")


def _judged(
    slo: Objective,
    place: int,
    runs: int,
    measures: Sequence[Measure],
    values: Sequence[Values],
    level: float,
    inputs: InputEffects | None,
) -> Judged:
    if slo.measure.statistic and not runs:
        return Judged(slo, "undecided", f"no run came that far in {slo.measure.scope}: nothing to measure")
    if slo.days is not None:
        return _judge_days(slo, slo.days, place, values, level, inputs)
    if is_exact(slo) or none_seen(slo, place, values):
        return _in_resamples(_judge_exactly(slo, place, runs, values, level), inputs)
    found = estimate_of(slo.measure, measures, values, level)
    days = of_days.days_of(slo, place, values)
    sterner = estimate_of(slo.measure, measures, values, max(level, MET))
    known = outcome_of(slo, found, sterner)
    if inputs is not None:
        found, sterner = inputs.around(slo.measure, found), inputs.around(slo.measure, sterner)
    outcome, text = outcome_of(slo, found, sterner), interval_text(slo.measure, found) + why_not_met(slo, found, sterner)
    if inputs is not None and outcome != known:
        text += f"; {known} if the inputs were known, which {data_of(inputs.days)} leave open"
    return Judged(slo, outcome, f"{text}; holds on {days}" if days.count > 1 else text)


def _in_resamples(judged: Judged, inputs: InputEffects | None) -> Judged:
    """A verdict without an interval stands only if nearly all resamples of the inputs come to it."""
    if inputs is None or judged.verdict == "undecided":
        return judged
    slo, differ = judged.slo, inputs.missed_in(judged.slo)
    if judged.verdict == "missed":
        differ = len(inputs.sets) - differ
    if differ <= MOST_RESAMPLES_APART * len(inputs.sets):
        return judged
    other = "not missed" if judged.verdict == "missed" else "missed"
    return Judged(slo, "undecided", f"{judged.text}; {other} in {differ} of {len(inputs.sets)} resamples of the inputs")


def outcome_of(slo: Objective, printed: Estimate, sterner: Estimate) -> Outcome:
    """Missed if the printed interval is beyond the bound, met only if the sterner one (`MET`) is within it as well."""
    outcome = outcome_between(slo, printed.low, printed.high)
    if outcome != "met":
        return outcome
    return "met" if outcome_between(slo, sterner.low, sterner.high) == "met" else "undecided"


def why_not_met(slo: Objective, printed: Estimate, sterner: Estimate) -> str:
    """What is said where the printed interval is within the bound, and the sterner one (`MET`) is not; empty elsewhere."""
    if outcome_between(slo, printed.low, printed.high) != "met" or outcome_of(slo, printed, sterner) == "met":
        return ""
    farthest = slo.measure.show(sterner.high if slo.is_upper_bound else sterner.low)
    reach = "up" if slo.is_upper_bound else "down"
    return f"; not sure enough to be met: {reach} to {farthest} with {100 * sterner.level:g} % confidence"


def is_exact(slo: Objective) -> bool:
    """Whether it must hold in every replication: `== 3`, and what says that there is none, such as `<= 0` or `share(…) >= 100%`.

    No interval ever ends at that bound: that there is none can only be held against what was seen.
    """
    symbol, bound = slo.operator.symbol, slo.bound
    if slo.operator.side == "exactly" or (slo.measure.unit.is_counted and (symbol, bound) == ("<", 1)):
        return True
    is_share = slo.measure.is_pooled and slo.measure.threshold is not None
    return ((symbol, bound) == ("<=", 0) and (is_share or slo.measure.unit.is_counted)) or (is_share and (symbol, bound) == (">=", 1))


def none_seen(slo: Objective, place: int, values: Sequence[Values]) -> bool:
    """Whether it counts what was not seen at all. No interval tells how many would come together.

    What allows some, as `lost <= 5` does, is then answered as `lost == 0` would be: it cannot be less met than that.
    """
    return slo.measure.unit.is_counted and not any(one.high[place] for one in values)


def _judge_exactly(slo: Objective, place: int, runs: int, values: Sequence[Values], level: float) -> Judged:
    """Counts: the expected number is exactly that only if it always is. That it always was says how rarely it may not be."""
    days, many = of_days.days_of(slo, place, values), len(values)
    if days.missed:
        differ = (
            f"{days.missed} of {many} replications differ" if slo.operator.side != "at least" else f"none in any of {many} replications"
        )
        return Judged(slo, "missed", differ)
    if days.undecided:
        return Judged(slo, "undecided", f"runs that were open at the end may differ in {days.undecided} of {many} replications")
    sure = f"{100 * level:g} %"
    of_replications = f"at most {SHARE.show(at_most_with(level, many))} of replications (with {sure})"
    if (slo.operator.holds(0.0, slo.bound) or slo.measure.threshold is not None) and slo.measure.row.has_scope:
        whose = _whose(slo.measure)
        of_runs = f"at most {SHARE.show(at_most_with(level, runs))} of {whose} if they are independent"
        if not slo.operator.holds(0.0, slo.bound):
            return Judged(slo, "met", f"all of {runs:,} {whose} of {many} replications; other are {of_runs}, {of_replications}")
        return Judged(slo, "met", f"none in {runs:,} {whose} of {many} replications; {of_runs}, {of_replications}")
    return Judged(slo, "met", f"in each of {many} replications; it may differ in {of_replications}")


def _judge_days(slo: Objective, wanted: float, place: int, values: Sequence[Values], level: float, inputs: InputEffects | None) -> Judged:
    """Days that meet it for themselves."""
    days = of_days.days_of(slo, place, values)
    if not days.count:
        return Judged(slo, "undecided", "nothing to measure on any day")
    low, high = days.share(level)
    if inputs is not None:
        low, high = inputs.share_of_days(slo, low, high, level)
    text = f"{days}: {SHARE.show(low)} to {SHARE.show(high)} of all days"
    limit = None if is_exact(slo) or inputs is not None else of_days.tolerance_bound(slo, place, values, wanted, level)
    if limit is not None:
        side = "at most" if slo.is_upper_bound else "at least"
        text += f"; {SHARE.show(wanted)} of days come to {side} {slo.measure.show(limit)} (with {100 * level:g} %)"
    outcome = of_days.outcome_between_shares(wanted, low, high)
    if outcome == "undecided" and not days.missed and inputs is None:
        text += f"; {of_days.needed(wanted, level)} days without a miss would show it"
    return Judged(slo, outcome, text)


def _whose(measure: Measure) -> str:
    return f"{measure.row.whose}s"


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
