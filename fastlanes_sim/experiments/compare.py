"""Deployments compared on the same traffic: each replication's runs meet every one of them, and differences are taken run table by run
table (common random numbers)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.quoting import show, suggest
from fastlanes_sim.core.units import format_share
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.engines.selection import Engine, make_ready
from fastlanes_sim.experiments.analytic import sanity
from fastlanes_sim.experiments.confidence_intervals import LEVEL, Estimate, estimate, student, unpaired_half_width
from fastlanes_sim.experiments.executors import Executor, map_jobs
from fastlanes_sim.experiments.finishing import implied_objectives, left_behind
from fastlanes_sim.experiments.input_sets import InputSets, input_sets
from fastlanes_sim.experiments.jobs import Progress
from fastlanes_sim.experiments.replicate import PILOT, Replicated, chosen_measures, find_warm_ups, usual_replications
from fastlanes_sim.experiments.replication import Values, measure
from fastlanes_sim.experiments.two_levels import play_sets, simulations
from fastlanes_sim.experiments.verdicts import Judged, enough, judge_values
from fastlanes_sim.experiments.warmup import WarmUp
from fastlanes_sim.measures.measure import Measure, each_once
from fastlanes_sim.measures.objective import Objective
from fastlanes_sim.measures.outcome import Outcome, worst
from fastlanes_sim.scenario.load import LoadedScenario
from fastlanes_sim.traffic.generate import generate

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Difference:
    """`b` less `a` in one measure, paired."""

    a: str
    b: str
    measure: Measure
    estimate: Estimate
    """Of the paired differences, at the level corrected for the number of pairs."""
    paired: float
    """Half-width by Student's t; NaN where runs were open."""
    unpaired: float
    """The same values' as independent samples."""

    @property
    def narrower(self) -> float:
        """How many times narrower pairing made the interval; infinite where there is no difference in any replication."""
        return math.inf if self.paired == 0 else self.unpaired / self.paired

    @property
    def unpaired_replications(self) -> float:
        """Replications that independent samples would have needed for as narrow an interval."""
        return self.estimate.replications * self.narrower**2

    @property
    def is_told_apart(self) -> bool:
        """Whether one of the two is surely above the other. That no difference is shown does not say that they are alike."""
        return bool(self.estimate.replications) and not self.estimate.low <= 0 <= self.estimate.high

    @property
    def why_open(self) -> str:
        """Why nothing bounds a difference that may be none; empty where something does."""
        found = self.estimate
        if self.is_told_apart or (math.isfinite(found.low) and math.isfinite(found.high)):
            return ""
        if found.replications < 2:
            return "one replication alone has both"
        is_known = math.isfinite(found.mean) and math.isfinite(found.upper_mean)
        return "the inputs leave any difference open" if is_known else "runs are still open at the end"

    @property
    def least(self) -> float:
        """The mean difference, or what it is at least where runs are open."""
        return self.estimate.mean if self.estimate.low > 0 else self.estimate.upper_mean

    @property
    def at_least(self) -> str:
        return "" if self.estimate.mean == self.estimate.upper_mean else "at least "

    @property
    def words(self) -> str:
        """`B is 12.3 s [11.0 s, 13.6 s] faster at p99(fast_lane.response)`"""
        found, show, name = self.estimate, self.measure.show, self.measure.text
        level = format_share(found.level, 4)
        if not found.replications:
            return f"{name}: nothing to compare"
        if self.why_open:
            return f"{name}: undecided, {self.why_open}"
        if found.low == found.high == 0:
            return f"{name}: exactly the same in every replication"
        if not self.is_told_apart:
            return f"{name}: no difference shown at {level} [{self.changed(found.low)} to {self.changed(found.high)}]"
        up = found.low > 0
        word = self.measure.unit.more if up else self.measure.unit.less
        ends = (found.low, found.high) if up else (-found.high, -found.low)
        return f"{name}: {self.b} is {self.at_least}{show(abs(self.least))} [{show(ends[0])}, {show(ends[1])}] {word}"

    def changed(self, by: float) -> str:
        """`12.3 s shorter`: a difference without a sign."""
        if math.isnan(by):
            return "–"
        return f"{self.measure.show(abs(by))} {self.measure.unit.more if by > 0 else self.measure.unit.less}" if by else "the same"


@dataclass(repr=False)
class Comparison:
    """Replicated results by label, in the order given, and every pair's differences."""

    results: dict[str, Replicated]
    level: float
    interrupted: bool = False
    same_traffic: bool = True
    implied: tuple[Objective, ...] = ()
    """What every deployment must do beside its objectives (`finishing`)."""
    asked: int | None = None
    """How many of the measures of the results were asked for, beside those that `implied` needs; None: all."""
    left: dict[str, str] = field(default_factory=dict)
    """By label, what a deployment does not finish; only of those that miss one of `implied`."""
    gate: str | None = None
    """The label of the deployment whose objectives decide whether all is well; a comparison alone decides nothing."""

    @property
    def outcome(self) -> Outcome | None:
        """Of the gate's objectives, and of what is implied."""
        if self.gate is None:
            return None
        return worst(one.verdict for one in (*self.results[self.gate].verdicts, *self.finishes(self.gate)))

    def finishes(self, label: str) -> list[Judged]:
        """Whether a deployment does what is implied."""
        one = self.results[label]
        return [judge_values(slo, one.measures, one.values, one.level, one.inputs) for slo in self.implied]

    @property
    def warnings(self) -> dict[str, list[str]]:
        """What there is to warn of: by message, the labels of the deployments that it is about."""
        found: dict[str, list[str]] = {}
        for label, one in self.results.items():
            for message in dict.fromkeys(problem.message for problem in one.scenario.warnings):
                found.setdefault(message, []).append(label)
        return found

    @property
    def measures(self) -> list[Measure]:
        """What was asked for, and what the objectives need."""
        return next(iter(self.results.values())).measures[: self.asked]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        return list(combinations(self.results, 2))

    @property
    def pair_level(self) -> float:
        """Bonferroni: with k pairs each interval is at 1 - (1 - level) / k, so that all pairs of a measure hold together at `level`."""
        return 1 - (1 - self.level) / len(self.pairs)

    @property
    def differences(self) -> list[Difference]:
        """Pair by pair, measure by measure."""
        return [one for a, b in self.pairs for one in self.of_pair(a, b)]

    def difference(self, a: str, b: str, place: int) -> Difference:
        one, two = self.results[a], self.results[b]
        low_a, low_b = (np.array([values.low[place] for values in result.values]) for result in (one, two))
        high_a, high_b = (np.array([values.high[place] for values in result.values]) for result in (one, two))
        if deployment(one.scenario.scenario) == deployment(two.scenario.scenario) and self.same_traffic:
            low, high = low_b - low_a, low_b - low_a  # the same system met the same runs: what is open is open in both
        else:
            low, high = low_b - high_a, high_b - low_a
        there = ~np.isnan(low)
        exact = bool(there.sum() > 1 and np.array_equal(low[there], high[there]))
        paired = student(low, low, self.pair_level).half_width if exact else math.nan
        unpaired = unpaired_half_width(low_a[there], low_b[there], self.pair_level) if exact else math.nan
        found = self._around(one, two, place, estimate(low, high, self.pair_level))
        return Difference(a, b, self.measures[place], found, paired, unpaired)

    def _around(self, one: Replicated, two: Replicated, place: int, by_chance: Estimate) -> Estimate:
        """With what the inputs leave open: each resample of them meets both deployments."""
        if one.inputs is None or two.inputs is None or by_chance.low == by_chance.high == 0:
            return by_chance
        spread = one.inputs.difference_spread(two.inputs, place, self.pair_level)
        return replace(by_chance, low=-math.inf, high=math.inf) if spread is None else spread.around(by_chance)

    def of_pair(self, a: str, b: str) -> list[Difference]:
        """The differences of one pair, a measure each."""
        return [self.difference(a, b, place) for place in range(len(self.measures))]

    @property
    def frame(self) -> pd.DataFrame:
        """One row a pair and measure, in seconds, shares or runs."""
        import pandas as pd

        return pd.DataFrame([_row(one) for one in self.differences])

    @property
    def values(self) -> pd.DataFrame:
        """One row a deployment, replication and measure."""
        import pandas as pd

        return pd.concat([result.frame.assign(deployment=label) for label, result in self.results.items()], ignore_index=True)


def _row(one: Difference) -> dict[str, object]:
    found, scale = one.estimate, one.measure.scale
    return {
        "a": one.a,
        "b": one.b,
        "statistic": one.measure.text,
        "unit": one.measure.unit.name,
        "difference": found.mean / scale,
        "low": found.low / scale,
        "high": found.high / scale,
        "level": found.level,
        "replications": found.replications,
        "unpaired_half_width": one.unpaired / scale,
        "times_narrower": one.narrower,
        "words": one.words,
    }


def compare(
    scenarios: Mapping[str, LoadedScenario],
    replications: int | None = None,
    *,
    measures: Sequence[str] | None = None,
    level: float = LEVEL,
    gate: str | None = None,
    implied: bool = True,
    inputs: bool = False,
    engine: Engine = "auto",
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Play the same replications of each scenario; they should differ in what is deployed, and have one seed.

    Args:
        implied: tell which of them do not finish what arrives, and let the gate be missed if it does not.
        inputs: simulate every resample of their inputs too, the same ones for all, and carry their uncertainty into the intervals.
    """
    if gate is not None and gate not in scenarios:
        raise FastlanesError(f"{show(gate)} is not compared: it cannot be the gate\n    hint: {suggest(gate, scenarios)}")
    if gate is not None and not scenarios[gate].scenario.slos:
        raise FastlanesError(f"{show(gate)} has no objectives to be the gate\n    hint: write `slos:` into the scenario")
    loaded = list(scenarios.values())
    if len(loaded) < 2:
        raise FastlanesError("a comparison needs two or more", "name several --layout, or several scenario files")
    if len({(one.scenario.kind, one.scenario.horizon, one.scenario.warm_up) for one in loaded}) > 1:
        raise FastlanesError("what is compared must have one kind, horizon and warm_up\n    hint: set them with --horizon or --set")
    if len({one.scenario.seed for one in loaded}) > 1:
        raise FastlanesError("what is compared must have one seed: else the runs are not the same\n    hint: add --seed 1")
    enough(replications)
    sets = _alike([input_sets(one) for one in loaded]) if inputs else []
    make_ready(engine)
    tables = [generate(one.scenario) for one in loaded]
    wanted = each_once(wished for one, table in zip(loaded, tables, strict=True) for wished in chosen_measures(one, table, measures))
    more = implied_objectives() if implied else ()
    asked, wanted = len(wanted), each_once([*wanted, *(slo.measure for slo in more)])
    count = replications or usual_replications(sum(map(len, tables)))
    warm_ups = find_warm_ups(loaded, PILOT, engine)
    jobs = [(place, replication) for replication in range(count) for place in range(len(loaded))]
    more_jobs = simulations(sets)
    done = map_jobs(
        partial(_measure, loaded, wanted, engine, warm_ups),
        jobs,
        executor=executor,
        ready=partial(make_ready, engine),
        progress=None if progress is None else (lambda done, _total: progress(done, len(jobs) + more_jobs)),
    )
    complete = len(done) // len(loaded)
    if complete < 2:
        raise KeyboardInterrupt
    results = {}
    for place, (label, one) in enumerate(scenarios.items()):
        values = [done[replication * len(loaded) + place] for replication in range(complete)]
        formulas = sanity(deployment(one.scenario), tables[place])
        results[label] = Replicated(one, wanted, values, warm_ups[place], formulas, level, interrupted=complete < count)
    if sets and complete == count:
        tell = None if progress is None else (lambda more, _total: progress(len(jobs) + more, len(jobs) + more_jobs))
        effects = play_sets(sets, wanted, engine=engine, warm_up=warm_ups[0].cut, executor=executor, progress=tell)
        for place, result in enumerate(results.values()):
            result.inputs, result.interrupted = (None, True) if effects is None else (effects[place], False)
    same = all(
        np.array_equal(table.inserted_at, tables[0].inserted_at) and np.array_equal(table.service_time, tables[0].service_time)
        for table in tables
    )
    interrupted = any(one.interrupted for one in results.values())
    found = Comparison(results, level, interrupted, same, more, asked, gate=gate)
    try:
        for label, one in scenarios.items():
            if any(judged.verdict != "met" for judged in found.finishes(label)):
                found.left[label] = left_behind(one, engine=engine)
    except KeyboardInterrupt:
        found.interrupted = True
    return found


def _alike(sets: list[InputSets]) -> list[InputSets]:
    """What is compared is compared resample by resample."""
    if len({(one.days, len(one.scenarios)) for one in sets}) > 1:
        raise FastlanesError("what is compared must have the same resamples of its inputs", "compare layouts of one calibrated scenario")
    return sets


def _measure(loaded: list[LoadedScenario], measures: list[Measure], engine: Engine, warm_ups: list[WarmUp], job: tuple[int, int]) -> Values:
    place, replication = job
    return measure(loaded[place], replication, measures, engine=engine, warm_up=warm_ups[place].cut, growing=warm_ups[place].growing_lanes)
