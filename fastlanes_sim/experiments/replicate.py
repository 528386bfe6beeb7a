"""Replications of one scenario: as many as asked for, or until an interval is narrow enough."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from fastlanes_sim.core.counting import counted
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import format_duration, format_number
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.engines.selection import Engine, make_ready
from fastlanes_sim.experiments.analytic import Sanity, sanity
from fastlanes_sim.experiments.confidence_intervals import LEVEL, Estimate
from fastlanes_sim.experiments.estimation import estimate_of, has_no_mean, place_of, why_no_mean
from fastlanes_sim.experiments.executors import Executor, map_jobs
from fastlanes_sim.experiments.few_runs import few_runs
from fastlanes_sim.experiments.input_sets import input_sets
from fastlanes_sim.experiments.jobs import Progress
from fastlanes_sim.experiments.rare_events import RareEstimate, split
from fastlanes_sim.experiments.rare_tails import judge_split, rare_tails
from fastlanes_sim.experiments.rare_tails import notes as notes_on_rare_tails
from fastlanes_sim.experiments.replication import Values, measure, measure_batches, play_replication
from fastlanes_sim.experiments.run_out import MOST, needs_run_out
from fastlanes_sim.experiments.shares import binomial_interval
from fastlanes_sim.experiments.splitting import Question
from fastlanes_sim.experiments.two_levels import InputEffects, notes_on_inputs, play_sets, simulations
from fastlanes_sim.experiments.verdicts import Judged, enough, judge_values, whole_estimate
from fastlanes_sim.experiments.warmup import BINS, Floats, WarmUp, is_growing, mser5, queue_lengths
from fastlanes_sim.measures.grammar import parse_measure
from fastlanes_sim.measures.measure import Measure, each_once
from fastlanes_sim.measures.stopped_workloops import PREDICTS_NOTHING
from fastlanes_sim.rules.creation import QUEUES, Queue
from fastlanes_sim.scenario.load import LoadedScenario
from fastlanes_sim.scenario.objectives import measures_of, objectives_of
from fastlanes_sim.traffic.generate import generate

if TYPE_CHECKING:
    import pandas as pd

PILOT = 10
"""Replications whose mean queue length tells the warm-up."""
FIRST_PILOT = 1_000_000
"""Pilots are no replications that are measured. Cut by what it finds in the very runs that it measures, MSER-5 takes off bursts that chance
put near the beginning, and so makes waits shorter than they are: by 1 % in an hour of M/M/5 at 80 % (docs/coverage.md)."""
FIRST_LOOK = 25
"""The least replications that `until` looks at."""
CONFIRMED = 4 / 5
"""So many of the replications, the first, must have come to as narrow an interval as all of them before `until` stops. What stops at the
first narrow interval stops where chance has made it narrow, and then it is also too low (docs/coverage.md)."""
BUDGET = 500
"""Most replications that `until` plays unless told otherwise."""
_RUNS_IN_SECONDS = 200_000
STOPPED = parse_measure("stopped_workloops")


@dataclass(frozen=True, slots=True)
class Until:
    """Go on until the half-width of this measure's interval is at most this share of its mean."""

    measure: Measure
    relative: float


@dataclass(repr=False)
class Replicated:
    """Values of every replication, and what they say together."""

    scenario: LoadedScenario
    measures: list[Measure]
    values: list[Values]
    """In the order of replications (of batches, where one long run was cut)."""
    warm_up: WarmUp
    sanity: Sanity
    level: float = LEVEL
    until: Until | None = None
    interrupted: bool = False
    batches: bool = False
    inputs: InputEffects | None = None
    """What resamples of the inputs came to; None where nobody asked how uncertain these are."""
    rare: list[RareEstimate] = field(default_factory=list)
    """Measures that were not counted in the replications, but estimated by splitting."""

    def estimate(self, measure: Measure | str) -> Estimate:
        """Over the replications, with an interval for chance, and for the inputs if they count as uncertain. What was not measured is a
        KeyError. Where a backlog grows without end there is no mean: NaN."""
        one = self.measures[place_of(measure, self.measures)]
        by_splitting = self._by_splitting(one)
        if by_splitting is not None:
            return by_splitting.estimate(self.level)
        return whole_estimate(one, self.measures, self.values, self.level, self.inputs)

    def by_chance(self, measure: Measure | str) -> Estimate:
        """The same, with an interval for chance alone."""
        by_splitting = self._by_splitting(self.measures[place_of(measure, self.measures)])
        return self.estimate_of_first(measure, len(self.values)) if by_splitting is None else by_splitting.estimate(self.level)

    def _by_splitting(self, measure: Measure) -> RareEstimate | None:
        return next((one for one in self.rare if one.measure == measure), None)

    def estimate_of_first(self, measure: Measure | str, count: int) -> Estimate:
        """Over the first replications."""
        return estimate_of(measure, self.measures, self.values[:count], self.level)

    @property
    def verdicts(self) -> list[Judged]:
        """One for each objective (`verdicts`)."""
        slos = objectives_of(self.scenario.scenario)
        return [self._with_splitting(judge_values(one, self.measures, self.values, self.level, self.inputs)) for one in slos]

    def _with_splitting(self, judged: Judged) -> Judged:
        """Where a rare tail was split that decides (`rare_tails.judge_split`)."""
        by_splitting, measure = self._by_splitting(judged.slo.measure), judged.slo.measure
        if by_splitting is None:
            return judged
        return judge_split(judged, estimate_of(measure, self.measures, self.values, self.level), by_splitting, self.level)

    @property
    def _never_end(self) -> list[str]:
        """Means and maxima of a terminating question whose runs were simulated to their end, and did not come to it."""
        if self.scenario.scenario.kind != "terminating" or not self.values:
            return []
        return [one.text for place, one in enumerate(self.measures) if any(needs_run_out(one, each.high[place]) for each in self.values)]

    @property
    def notes(self) -> list[str]:
        """What the reader must know beside the numbers."""
        scenario, notes = self.scenario.scenario, []
        horizon = format_duration(scenario.horizon)
        if self.interrupted:
            notes.append(f"interrupted: of {len(self.values)} replications alone")
        if self.sanity.utilisation >= 1:
            notes.append(f"offered load {self.sanity.utilisation:.2f}: no steady state; what follows is of the first {horizon}")
        elif self.warm_up.growing:
            notes.append(f"the queue grows to the end: no steady state in sight; what follows is of the first {horizon}")
        if self.warm_up.how == "mser-5" and not (self.warm_up.settled or self.warm_up.growing):
            notes.append("MSER-5 wants to leave out half of the horizon: it has not settled; simulate longer")
        if scenario.kind == "steady":
            how = {"mser-5": "MSER-5 on the queue's length", "set": "as the scenario says", "none": "none asked for"}[self.warm_up.how]
            notes.append(f"warm-up: {format_duration(self.warm_up.cut)} of {horizon} left out ({how})")
        refused = [one.text for one in self.measures if has_no_mean(one, self.values)]
        if refused:
            notes.append(f"no {' and no '.join(refused)}: {why_no_mean(self.values)}, and each would be another one for every horizon")
        if self._never_end:
            how_long = format_duration(MOST * scenario.horizon)
            notes.append(f"{' and '.join(self._never_end)}: runs had not ended {how_long} after the last arrival, so there is none")
        split_up = [one.measure for one in self.rare]
        counted = [one for one in self.measures if one not in split_up]
        notes += [note for one in counted if (note := few_runs(one, self.measures, self.values))]
        notes += [one.words for one in self.rare]
        if not self.batches:
            notes += self._how_rare(counted)
        if self.until is not None:
            notes.append(self._how_far())
        notes += self._how_often_stopped()
        return notes + ([] if self.inputs is None else notes_on_inputs(self.inputs))

    def _how_rare(self, counted: Sequence[Measure]) -> list[str]:
        """What a plain count of rare tails that objectives ask for would take."""
        objectives = [one for one in objectives_of(self.scenario.scenario) if one.measure in counted]
        return notes_on_rare_tails(self.scenario.scenario, self.measures, self.values, objectives)

    def _how_often_stopped(self) -> list[str]:
        """W-6: in how many replications a workloop stopped for good, where that was counted, with the interval of Clopper and Pearson."""
        if STOPPED not in self.measures or self.batches or not self.values:
            return []
        place, count = self.measures.index(STOPPED), len(self.values)
        stopped = sum(values.high[place] > 0 for values in self.values)
        if not stopped:
            return []
        low, high = binomial_interval(stopped, stopped, count, self.level)
        share = f"{100 * stopped / count:.0f} %, between {100 * low:.0f} % and {100 * high:.0f} %"
        certain = "" if stopped == count else f": {PREDICTS_NOTHING}"
        return [f"in {stopped} of {count} replications ({share}) a workloop stopped asking for good (W-6){certain}"]

    def _how_far(self) -> str:
        assert self.until is not None
        found, wanted, name = self.by_chance(self.until.measure), self.until.relative, self.until.measure.text
        if not found.half_width:
            return f"{name} came to the same in every replication: that says nothing of how near to the truth it is"
        if found.relative <= wanted:
            return f"{name} is known to ±{format_number(100 * found.relative, 2)} %, as asked (±{100 * wanted:g} %)"
        if not found.mean:
            return f"{name}: none was seen in {found.replications:,} replications, so it is not known to ±{100 * wanted:g} %"
        need = needed(found, wanted)
        about = f"it would take about {counted(need, 'replication')}" if need else _why_none(found)
        return f"{name} is known to ±{format_number(100 * found.relative, 2)} % only, not to ±{100 * wanted:g} %: {about}"

    @property
    def frame(self) -> pd.DataFrame:
        """One row a replication and measure: replication, statistic, unit, low, high (seconds, shares or runs)."""
        import pandas as pd

        rows = [
            (values.replication, one.text, one.unit.name, values.low[place] / one.scale, values.high[place] / one.scale)
            for values in self.values
            for place, one in enumerate(self.measures)
        ]
        return pd.DataFrame(rows, columns=["replication", "statistic", "unit", "low", "high"])


def replicate(
    scenario: LoadedScenario,
    replications: int | None = None,
    *,
    measures: Sequence[str] | None = None,
    until: Until | None = None,
    batches: int | None = None,
    level: float = LEVEL,
    inputs: bool = False,
    rare: bool = False,
    engine: Engine = "auto",
    executor: Executor | None = None,
    progress: Progress | None = None,
    looks: Sequence[int] = (),
    seen: Callable[[Replicated], object] | None = None,
) -> Replicated:
    """Play replications 0, 1, 2, … of a scenario.

    Args:
        replications: how many; with `until` the most. By default as many as take some seconds, see `usual_replications`.
        measures: what to measure, as `p99(fast_lane.response)`, beside what the objectives need; by default the usual.
        batches: instead of replications cut one long run of a steady scenario into that many batches.
        level: of the intervals.
        inputs: simulate every resample of its inputs too, and carry their uncertainty into the intervals.
        rare: estimate rare tails that the replications hardly saw by splitting (`rare_tails`, `rare_events`).
        looks: after how many replications `seen` is called with what there is until then, for who watches; the result is the same.

    Raises:
        FastlanesError: `rare`, and what comes after an instant depends on more than a clone knows (`traffic.redraw.why_not`), or `inputs`
            as well.
    """
    if rare and inputs:
        raise FastlanesError("rare tails are estimated for the inputs as they are", "ask for rare tails and for uncertain inputs apart")
    if not batches:
        enough(replications)
    if batches and inputs:
        raise FastlanesError("batches are of one long run, inputs need several", "leave one of them out")
    sets = input_sets(scenario) if inputs else None
    if batches is not None and (batches < 2 or scenario.scenario.kind != "steady"):
        raise FastlanesError(
            "batches are of one long run of a steady scenario, 2 or more\n    hint: write `kind: steady` into the scenario"
        )
    make_ready(engine)
    table = generate(scenario.scenario)
    wanted = chosen_measures(scenario, table, measures, until)
    warm_up = find_warm_up(scenario, PILOT, engine)
    result = Replicated(scenario, wanted, [], warm_up, sanity(deployment(scenario.scenario), table), level, until, batches=bool(batches))
    if batches:
        result.values = list(measure_batches(scenario, batches, wanted, engine=engine, warm_up=warm_up.cut, growing=warm_up.growing_lanes))
        return result
    most = replications or (BUDGET if until else usual_replications(len(table)))
    last = min(most, FIRST_LOOK) if until else most
    stops = sorted({one for one in looks if 0 < one < last})
    aim = stops.pop(0) if stops else last
    job = partial(measure, scenario, measures=wanted, engine=engine, warm_up=warm_up.cut, growing=warm_up.growing_lanes)
    while len(result.values) < aim:
        before = len(result.values)
        tell = None if progress is None else (lambda done, _total, before=before: progress(before + done, most))
        result.values += map_jobs(job, range(before, aim), executor=executor, ready=partial(make_ready, engine), progress=tell)
        if len(result.values) < aim:
            result.interrupted = True
            break
        if aim < last:
            if seen is not None:
                seen(result)
            aim = stops.pop(0) if stops else last
        elif until is not None:
            aim = last = next_aim(partial(result.estimate_of_first, until.measure), until.relative, aim, most)
    if result.interrupted and len(result.values) < 2:
        raise KeyboardInterrupt
    if sets is not None and not result.interrupted:
        done, whole = len(result.values), len(result.values) + simulations([sets])
        on = None if progress is None else (lambda more, _total: progress(done + more, whole))
        played = play_sets([sets], wanted, engine=engine, warm_up=warm_up.cut, executor=executor, progress=on)
        result.inputs, result.interrupted = (None, True) if played is None else (played[0], False)
    if rare and not result.interrupted:
        try:
            result.rare = _split(result, engine, executor, progress)
        except KeyboardInterrupt:
            result.interrupted = True
    return result


def _split(found: Replicated, engine: Engine, executor: Executor | None, progress: Progress | None) -> list[RareEstimate]:
    scenario = found.scenario.scenario
    tails = rare_tails(found.measures, found.values, objectives_of(scenario))
    questions = [Question(scenario, one, found.warm_up.cut, bound) for one, bound in tails.items()]
    return [split(one, engine=engine, executor=executor, progress=progress) for one in questions]


def next_aim(estimate_of_first: Callable[[int], Estimate], relative: float, reached: int, most: int) -> int:
    """How many replications to look at next: at most twice as many; `reached` where it is known, or where the budget is hopeless.

    A sequential rule holds its level only if it is asked for many replications (Chow and Robbins, Ann. Math. Stat. 36:457, 1965). Of few
    it stops too early, which a least number and a second narrow interval in a row mend (Singham and Schruben, INFORMS J. Comput. 24:624,
    2012, measure how much is lost).

    Args:
        estimate_of_first: of so many of the `reached` replications.
        relative: the half-width that is asked for, as a share of the mean.
    """
    found = estimate_of_first(reached)
    if is_narrow(found, relative):
        if is_narrow(estimate_of_first(math.floor(CONFIRMED * reached)), relative):
            return reached
        return min(most, math.ceil(reached / CONFIRMED))
    if not found.half_width:  # as many again would say the same
        return reached
    if _has_seen_too_little(found):
        return min(most, 2 * reached)
    need = needed(found, relative)
    if need is None or need > 4 * most:
        return reached
    return min(most, max(math.ceil(reached / CONFIRMED), min(math.ceil(need / CONFIRMED), 2 * reached)))


def is_narrow(found: Estimate, relative: float) -> bool:
    """Whether the interval is as narrow as that. One without any width is no interval: nothing tells how far off it is."""
    return 0 < found.relative <= relative


def _has_seen_too_little(found: Estimate) -> bool:
    """Nothing of what is counted, or too few runs for an interval that has an end: more replications may see more."""
    return math.isfinite(found.upper_mean) and (math.isinf(found.half_width) or not found.mean)


def needed(found: Estimate, relative: float) -> int | None:
    """Replications that would bring the relative half-width down, were the spread to stay; None where none would."""
    if not math.isfinite(found.relative):
        return None
    return math.ceil(found.replications * (found.relative / relative) ** 2)


def _why_none(found: Estimate) -> str:
    """Why its interval has no end."""
    return "too few runs for an interval" if _has_seen_too_little(found) else "no number of replications gives it an interval"


def parse_until(text: str) -> Until:
    """Read `p99(fast_lane.response):5%`.

    Raises:
        FastlanesError: it is not MEASURE:SHARE, or no single measure.
    """
    name, colon, share = text.rpartition(":")
    try:
        relative = float(share.strip().removesuffix("%")) / (100 if share.strip().endswith("%") else 1)
    except ValueError:
        relative = 0.0
    if not colon or not 0 < relative < 1:
        raise FastlanesError(f"{text}: not MEASURE:SHARE", "write such as p99(fast_lane.response):5%")
    measure = parse_measure(name)
    if measure.scope.is_pattern:
        raise FastlanesError(f"{text}: {measure.scope} is more than one scope", "name one, such as all")
    return Until(measure, relative)


def usual_replications(runs: int) -> int:
    """So that a first answer comes within seconds: 30, down to 10 where a replication has many runs. Depends on nothing but the runs."""
    return max(10, min(30, _RUNS_IN_SECONDS // max(1, runs)))


def chosen_measures(scenario: LoadedScenario, table: RunTable, texts: Sequence[str] | None, until: Until | None = None) -> list[Measure]:
    """What the objectives need, and what was asked for or is usual.

    Raises:
        MeasureError: what was asked for cannot be measured of this scenario.
    """
    asked = [one.measure for one in objectives_of(scenario.scenario)]
    if texts is None:
        asked += usual_measures(table)
        if not scenario.scenario.lightning.broadcast_work_available:  # a workloop that has stopped is never woken again
            asked.append(STOPPED)
    else:
        asked += [one for text in texts for one in measures_of(scenario.scenario, text)]
    if until is not None:
        asked += measures_of(scenario.scenario, until.measure.text)
    return each_once(asked)


def usual_measures(table: RunTable) -> list[Measure]:
    """For each lane with runs the mean and p99 of its wait and the p99 of its response."""
    return [
        parse_measure(f"{statistic}({lane}.{time})")
        for queue, lane in enumerate(QUEUES)
        if np.any(table.queue == queue)
        for statistic, time in (("mean", "wait"), ("p99", "wait"), ("p99", "response"))
    ]


def find_warm_up(scenario: LoadedScenario, pilots: int, engine: Engine) -> WarmUp:
    """The warm-up of one scenario."""
    return find_warm_ups([scenario], pilots, engine)[0]


def find_warm_ups(scenarios: Sequence[LoadedScenario], pilots: int, engine: Engine) -> list[WarmUp]:
    """One warm-up for all of them, the longest: who is compared is compared over the same runs. What grows is told of each."""
    first = scenarios[0].scenario
    if first.kind == "terminating":
        return [WarmUp(0, "terminating")] * len(scenarios)
    found, bins = list[WarmUp](), 0
    for scenario in scenarios:
        lengths = _pilots(scenario, pilots, engine)
        grows, lanes = is_growing(lengths[None]), frozenset(QUEUES[queue] for queue in Queue if is_growing(lengths[queue]))
        if isinstance(first.warm_up, int):
            found.append(WarmUp(first.warm_up, "set", growing=grows, growing_lanes=lanes))
        elif first.warm_up == "none":
            found.append(WarmUp(0, "none", growing=grows, growing_lanes=lanes))
        else:
            cut, settled = mser5(np.mean(lengths[None], axis=0))
            bins = max(bins, 0 if grows else cut)  # nothing to wait for where it never settles: then all of it is the answer
            found.append(WarmUp(0, "mser-5", settled, grows, lanes))
    return [replace(one, cut=bins * first.horizon // BINS) if one.how == "mser-5" else one for one in found]


def _pilots(scenario: LoadedScenario, pilots: int, engine: Engine) -> dict[Queue | None, list[Floats]]:
    """The queue lengths of each lane, and of all together, in each pilot."""
    found: dict[Queue | None, list[Floats]] = {queue: [] for queue in (None, *Queue)}
    for replication in range(FIRST_PILOT, FIRST_PILOT + pilots):  # one at a time is kept in memory
        table, log = play_replication(scenario, replication, engine=engine)
        for queue, lengths in found.items():
            lengths.append(queue_lengths(table, log, queue))
    return found
