"""Verdicts on objectives from the values of replications: met only with evidence, undecided where neither is sure.

One rule: *missed* if the interval that is printed (95 %) is beyond the bound, *met* if that of 99.5 % (`MET`) is within it. Days that meet
an objective each for itself are independent and their interval is exact, so there the printed one decides both.

Of a lane whose backlog grows to the end there is no mean, and nothing that it is below. Batches are parts of one simulation: their common
number of the whole system has no interval, and they do not say in how many simulations something happens.

Where the inputs are uncertain too (`two_levels`) both intervals are wider by that. What has no interval, such as `lost == 0`, is met only
if nearly all resamples of the inputs say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.experiments import days as of_days
from fastlanes_sim.experiments.confidence_intervals import LEVEL, TELL_SPREAD, Estimate, without_mean
from fastlanes_sim.experiments.estimation import (
    estimate_so_far,
    has_no_mean,
    own_values,
    place_of,
    runs_of,
    tell_no_spread,
    why_no_mean,
)
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
    if len(own_values(slo.measure, values)) < len(values):
        return _judge_one_number(slo, measures, values)
    if slo.days is not None:
        return _judge_days(slo, slo.days, place, values, level, inputs)
    if is_exact(slo) or none_seen(slo, place, values):
        return _in_resamples(_judge_exactly(slo, place, runs, values, level), inputs)
    return _judge_by_interval(slo, place, measures, values, level, inputs)


def _judge_by_interval(
    slo: Objective, place: int, measures: Sequence[Measure], values: Sequence[Values], level: float, inputs: InputEffects | None
) -> Judged:
    found, sterner = (whole_estimate(slo.measure, measures, values, sure, inputs, level) for sure in (level, max(level, MET)))
    outcome = outcome_of(slo, found, sterner)
    if has_no_mean(slo.measure, values):
        so_far = f"{slo.measure.show(found.low)} or more so far"
        return Judged(slo, outcome, f"no {slo.measure.statistic}: {why_no_mean(values)}; {so_far}")
    text, days = interval_text(slo.measure, found) + why_not_met(slo, found, sterner), of_days.days_of(slo, place, values)
    if inputs is not None:
        known = outcome_of(slo, *(whole_estimate(slo.measure, measures, values, sure) for sure in (level, max(level, MET))))
        text += f"; {known} if the inputs were known, which {data_of(inputs.days)} leave open" if outcome != known else ""
    if tell_no_spread(slo.measure, measures, values):
        text += f"; the same in {days.count} {_parts(values)}, which tells no interval: ask for {TELL_SPREAD} or more"
    return Judged(slo, outcome, f"{text}; holds on {days}" if days.count > 1 else text)


def whole_estimate(
    measure: Measure,
    measures: Sequence[Measure],
    values: Sequence[Values],
    level: float = LEVEL,
    inputs: InputEffects | None = None,
    of_inputs: float | None = None,
) -> Estimate:
    """The estimate with an interval for chance, and for the inputs where these are uncertain; its mean is NaN where there is none.

    `of_inputs`: the level of the inputs' part; by default that of chance.
    """
    found = estimate_so_far(measure, measures, values, level)
    found = found if inputs is None else inputs.around(measure, found, of_inputs)
    return without_mean(found) if has_no_mean(measure, values) else found


def _judge_one_number(slo: Objective, measures: Sequence[Measure], values: Sequence[Values]) -> Judged:
    """Of the simulation that was cut into batches: another one would come to another number, and nobody knows how far off."""
    found = estimate_so_far(slo.measure, measures, values)
    if not found.replications:
        return Judged(slo, "undecided", "nothing to measure")
    text = f"{mean_text(slo.measure, found)} in the one simulation that was cut into batches"
    if is_exact(slo) and slo.days is None and outcome_between(slo, found.mean, found.upper_mean) == "missed":
        return Judged(slo, "missed", text)
    return Judged(slo, "undecided", f"{text}, which tells no interval: ask for replications")


def _parts(values: Sequence[Values]) -> str:
    return "batches" if values[0].is_batch else "replications"


def _in_resamples(judged: Judged, inputs: InputEffects | None) -> Judged:
    """A verdict of met without an interval stands only if nearly all resamples of the inputs come to it.

    One of missed does anyway: what must never happen was seen to. That the few replications of a resample do not see it is chance.
    """
    if inputs is None or judged.verdict != "met":
        return judged
    differ, many = inputs.not_met_in(judged.slo), len(inputs.sets)
    if differ <= MOST_RESAMPLES_APART * many:
        return judged
    return Judged(judged.slo, "undecided", f"{judged.text}; not met in {differ} of {many} resamples of the inputs")


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
    is_share = slo.measure.threshold is not None
    return ((symbol, bound) == ("<=", 0) and (is_share or slo.measure.unit.is_counted)) or (is_share and (symbol, bound) == (">=", 1))


def none_seen(slo: Objective, place: int, values: Sequence[Values]) -> bool:
    """Whether it bounds from above what was not seen at all. No interval tells how many would come together.

    What allows some, as `lost <= 5` does, is then answered as `lost == 0` would be: it cannot be less met than that. What asks for some, as
    `refused >= 1` does, is left to the interval: there may be some.
    """
    return slo.measure.unit.is_counted and slo.is_upper_bound and not any(one.high[place] for one in values)


def _judge_exactly(slo: Objective, place: int, runs: int, values: Sequence[Values], level: float) -> Judged:
    """Counts: the expected number is exactly that only if it always is. That it always was says how rarely it may not be."""
    days, many = of_days.days_of(slo, place, values), f"{len(values)} {_parts(values)}"
    if days.missed:
        return Judged(slo, "missed", f"{days.missed} of {many} differ")
    if days.undecided:
        return Judged(slo, "undecided", f"runs that were open at the end may differ in {days.undecided} of {many}")
    sure = f"(with {100 * level:g} %)"
    # Batches of one simulation say nothing of how many simulations may differ.
    of_replications = "" if values[0].is_batch else f"at most {SHARE.show(at_most_with(level, len(values)))} of replications {sure}"
    if (slo.operator.holds(0.0, slo.bound) or slo.measure.threshold is not None) and slo.measure.row.has_scope:
        whose = _whose(slo.measure)
        of_runs = f"at most {SHARE.show(at_most_with(level, runs))} of {whose} if they are independent"
        of_runs += f", {of_replications}" if of_replications else f" {sure}"
        if not slo.operator.holds(0.0, slo.bound):
            return Judged(slo, "met", f"all of {runs:,} {whose} of {many}; other are {of_runs}")
        return Judged(slo, "met", f"none in {runs:,} {whose} of {many}; {of_runs}")
    return Judged(slo, "met", f"in each of {many}" + (f"; it may differ in {of_replications}" if of_replications else ""))


def _judge_days(slo: Objective, wanted: float, place: int, values: Sequence[Values], level: float, inputs: InputEffects | None) -> Judged:
    """Days that meet it for themselves."""
    days = of_days.days_of(slo, place, values)
    if not days.count:
        return Judged(slo, "undecided", f"nothing to measure in any of the {days.what}")
    low, high = days.share(level)
    if inputs is not None:
        low, high = inputs.share_of_days(slo, low, high, level)
    text = f"{days}: {SHARE.show(low)} to {SHARE.show(high)} of all {days.what}"
    limit = None if is_exact(slo) or inputs is not None else of_days.tolerance_bound(slo, place, values, wanted, level)
    if limit is not None:
        side = "at most" if slo.is_upper_bound else "at least"
        text += f"; {SHARE.show(wanted)} of {days.what} come to {side} {slo.measure.show(limit)} (with {100 * level:g} %)"
    outcome = of_days.outcome_between_shares(wanted, low, high)
    if outcome == "undecided" and not days.missed and inputs is None:
        text += f"; {of_days.needed(wanted, level)} {days.what} without a miss would show it"
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
