"""Which of the values that a planner guessed decides the answer.

Four steps, each of design points that meet the same runs (common random numbers), so what differs between them is what the values do:

1. *Alone*: the scenario as it is, and each value at either end of its range.
2. *Screening*, where there are more values than are worth a closer look: elementary effects (Morris).
3. *Together*: shares of the variance of each measure (Sobol), of the values that are left; the others stay as they are.
4. *Thresholds*: where an objective holds at one end of a range and not at the other, the range is halved to find where that turns.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise

import numpy as np

from fastlanes_sim.core.errors import FastlanesError, ScenarioError
from fastlanes_sim.engines.selection import Engine
from fastlanes_sim.experiments.confidence_intervals import LEVEL
from fastlanes_sim.experiments.estimation import estimate_so_far, has_no_mean, number_so_far
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.factors import Vary
from fastlanes_sim.experiments.jobs import Progress
from fastlanes_sim.experiments.replicate import chosen_measures
from fastlanes_sim.experiments.sensitivity_indices import Effect, Floats, Index, effects, indices, sampling_design, screening_design
from fastlanes_sim.experiments.store import Store
from fastlanes_sim.experiments.sweep import Plan, Point, Sweep, sweep
from fastlanes_sim.experiments.uncertain_values import SPREAD, Uncertain, overrides_of, uncertain_values
from fastlanes_sim.experiments.verdicts import enough
from fastlanes_sim.measures.measure import Measure, each_once
from fastlanes_sim.measures.objective import Objective
from fastlanes_sim.measures.outcome import Outcome, outcome_between
from fastlanes_sim.scenario.load import LoadedScenario, load_variants
from fastlanes_sim.scenario.objectives import objectives_of
from fastlanes_sim.scenario.overrides import laid_over
from fastlanes_sim.traffic.generate import generate

REPLICATIONS = 3
"""Of every design point. All meet the same runs: more replications make each answer surer, and tell no more of what differs."""
TRAJECTORIES = 8
"""Of the screening; the literature takes 4 to 10."""
SAMPLES = 64
KEEP = 4
"""Values that are looked at closely."""
SMALL = 0.1
"""A value whose effect is surely smaller than this share of the largest is left out by the screening."""
ROUNDS = 6
"""A range is halved so often to find a threshold."""
MOST_MEASURES = 4
NORMAL = 1.96
"""Standard errors that an interval of 95 % reaches to either side, of many replications."""

Setting = Mapping[int, float]
"""Values by the number of the uncertain value; what is not named stays as the scenario says."""


@dataclass(frozen=True)
class Threshold:
    """Where in the range of one value an objective turns, the other values being as the scenario says."""

    objective: Objective
    value: Uncertain
    holds: float
    """The nearest value at which it was seen to hold."""
    fails: float
    """The nearest at which it was seen not to."""

    @property
    def above(self) -> bool:
        """Whether it fails above, and not below."""
        return self.fails > self.holds


@dataclass(frozen=True, slots=True)
class Holding:
    """At how many points an objective holds."""

    met: int
    open: int
    """Points of which runs that are open leave it undecided."""
    points: int
    """Those with something to measure."""

    def __str__(self) -> str:
        """`19 of 32 points`, `19 to 21 of 32 points`"""
        most = f" to {self.met + self.open}" if self.open else ""
        return f"{self.met}{most} of {self.points} points"


@dataclass(frozen=True)
class Questions:
    """What is to be simulated, checked before anything is."""

    scenario: LoadedScenario
    values: Sequence[Uncertain]
    alone: Plan
    """The scenario as it is, then each value at its low end and at its high end."""


@dataclass(repr=False)
class Sensitivity:
    """What each value does, alone and together with the others."""

    scenario: LoadedScenario
    values: Sequence[Uncertain]
    measures: Sequence[Measure]
    replications: int
    trajectories: int
    samples: int
    level: float
    alone: Sweep
    screening: Sweep | None = None
    screened: Floats | None = None
    """Points x values: where in its range each value was."""
    kept: Sequence[int] = ()
    """The values that were looked at together, the most important first where they were screened."""
    together: Sweep | None = None
    effects: Mapping[str, Sequence[Effect]] = field(default_factory=dict)
    """Of each value, by the text of the measure."""
    indices: Mapping[str, Sequence[Index]] = field(default_factory=dict)
    """Of each value that was kept, by the text of the measure."""
    thresholds: Sequence[Threshold] = ()
    interrupted: bool = False
    reused: int = 0
    """Replications that had been computed before. No part of the result."""

    @property
    def asked(self) -> list[Measure]:
        """What the objectives bound, or the first that were measured."""
        bounded = each_once(one.measure for one in self.objectives)
        return (bounded or list(self.measures))[:MOST_MEASURES]

    @property
    def objectives(self) -> list[Objective]:
        """Those that a value can come nearer to by degrees."""
        return bounds_of(self.scenario)

    @property
    def base(self) -> Point:
        """The scenario as it is."""
        return self.alone.points[0]

    @property
    def points(self) -> int:
        """Design points that were simulated, but for those of thresholds."""
        return sum(len(one.points) for one in (self.alone, self.screening, self.together) if one is not None)

    def ends(self, number: int) -> tuple[Point, Point]:
        """One value at the low and at the high end of its range, the others as the scenario says."""
        return self.alone.points[1 + 2 * number], self.alone.points[2 + 2 * number]

    def swing(self, number: int, measure: Measure) -> float:
        """How far the measure is apart at the two ends; NaN where it is not known."""
        low, high = (mean_of(point, measure) for point in self.ends(number))
        return abs(high - low)

    def effect(self, number: int, measure: Measure) -> Effect | None:
        """By the screening; None where there was none."""
        found = self.effects.get(measure.text)
        return found[number] if found else None

    def index(self, number: int, measure: Measure) -> Index | None:
        """None of a value that was not looked at together with others, or where nothing varies."""
        found = self.indices.get(measure.text)
        return found[self.kept.index(number)] if found and number in self.kept else None

    def ranked(self, measure: Measure) -> list[int]:
        """All values, the one that decides the measure first: by total index, then by effect, then by swing."""

        def rank(number: int) -> tuple[float, float, float]:
            index, effect = self.index(number, measure), self.effect(number, measure)
            swing = self.swing(number, measure)
            return (-index.total if index else 0.0, -effect.size if effect else 0.0, -swing if math.isfinite(swing) else 0.0)

        return sorted(range(len(self.values)), key=rank)

    def left_out(self) -> list[int]:
        """The values that the screening left out."""
        return [number for number in range(len(self.values)) if self.together is not None and number not in self.kept]

    def holding(self, objective: Objective) -> Holding | None:
        """Of points drawn at random from the ranges that are looked at together."""
        if self.together is None:
            return None
        size = len(self.kept) + 2
        drawn = [point for place, point in enumerate(self.together.points) if place % size in (0, size - 1)]
        return holding_at(objective, drawn)

    def holding_alone(self, objective: Objective) -> Holding | None:
        """Of the scenario as it is, and of the ends of the ranges that were looked at closely."""
        return holding_at(objective, [self.base, *(end for number in self.kept for end in self.ends(number))])

    def chance(self, measure: Measure) -> float | None:
        """About how much of the variance over the ranges may be chance, at most: the squared standard error of a design point beside it.

        Common random numbers take away some of that, but not where a value moves every arrival, as a rate does. None where nothing was
        looked at together.
        """
        if self.together is None:
            return None
        points = [point.estimate(measure) for point in self.alone.points if point.values]
        errors = np.array([(one.high - one.low) / 2 / NORMAL for one in points], np.float64)
        means = means_of(self.together, measure)
        variance = float(np.var(means[np.isfinite(means)])) if np.isfinite(means).any() else 0.0
        if not variance:
            return None
        return min(float((errors**2).mean()) / variance, 1.0) if np.isfinite(errors).all() else 1.0

    @property
    def failed(self) -> list[Point]:
        """Design points that could not be simulated."""
        sweeps = [one for one in (self.alone, self.screening, self.together) if one is not None]
        return [point for one in sweeps for point in one.points if point.failure is not None]

    def missing(self, measure: Measure) -> int:
        """Design points of which the measure is not known."""
        sweeps = [one for one in (self.screening, self.together) if one is not None]
        return sum(int((~np.isfinite(means_of(one, measure))).sum()) for one in sweeps)


def bounds_of(loaded: LoadedScenario) -> list[Objective]:
    """The objectives that bound a measure, not each day for itself."""
    return [one for one in objectives_of(loaded.scenario) if one.operator.side != "exactly" and one.days is None]


def mean_of(point: Point, measure: Measure) -> float:
    """What was measured, up to this horizon where a backlog grows; NaN: nothing. Runs that were open count with what they had waited."""
    return math.nan if not point.values else number_so_far(measure, point.measures, point.values)


def outcome_at(point: Point, objective: Objective) -> Outcome | None:
    """Whether an objective holds at a design point, as far as runs that are open tell; None where there was nothing to measure."""
    one = objective.measure
    if has_no_mean(one, point.values):
        return outcome_between(objective, estimate_so_far(one, point.measures, point.values).mean, math.inf)
    if not math.isfinite(low := mean_of(point, one)):
        return None
    return outcome_between(objective, low, number_so_far(one, point.measures, point.values, at_most=True))


def holding_at(objective: Objective, points: Sequence[Point]) -> Holding | None:
    """None where no point has something to measure."""
    outcomes = [outcome for point in points if (outcome := outcome_at(point, objective)) is not None]
    return Holding(outcomes.count("met"), outcomes.count("undecided"), len(outcomes)) if outcomes else None


def means_of(found: Sweep, measure: Measure) -> Floats:
    """Of every point."""
    return np.array([mean_of(point, measure) for point in found.points], np.float64)


def questions(loaded: LoadedScenario, over: Sequence[str] = (), spread: float = SPREAD) -> Questions:
    """Check every value at both ends of its range.

    Raises:
        FastlanesError: `over` makes no sense, or there is nothing to vary.
        ScenarioError: the scenario is not valid at an end of a range.
    """
    values = uncertain_values(loaded, over, spread)
    settings: list[Setting] = [{}, *({number: end} for number, one in enumerate(values) for end in (one.at(0), one.at(1)))]
    alone = planned(loaded, values, settings)
    for one in alone.scenarios:
        if isinstance(one, ScenarioError):
            raise one
    return Questions(loaded, values, alone)


def most_simulations(
    asked: Questions, replications: int = REPLICATIONS, *, trajectories: int = TRAJECTORIES, samples: int = SAMPLES, keep: int = KEEP
) -> int:
    """How many simulations `sensitivity` takes at most, but for thresholds of several objectives."""
    return replications * sum(_points(len(asked.values), trajectories, samples, keep))


def _points(values: int, trajectories: int, samples: int, keep: int) -> tuple[int, int, int, int]:
    """Of each step."""
    kept = min(values, keep)
    return 1 + 2 * values, trajectories * (values + 1) if values > keep else 0, samples * (kept + 2), ROUNDS * kept


def check_sizes(replications: int, trajectories: int, samples: int, keep: int) -> None:
    """
    Raises:
        FastlanesError: too few of something, or a number of samples that spoils the sequence.
    """
    enough(replications)
    if trajectories < 2 or keep < 1:
        raise FastlanesError("the screening needs 2 paths or more, and must keep a value", "write such as --trajectories 8 --keep 4")
    if samples < 2 or samples & (samples - 1):
        raise FastlanesError(f"{samples} samples: a Sobol sequence is balanced at powers of two only", "write such as 64, 128 or 256")


def sensitivity(
    asked: Questions,
    replications: int = REPLICATIONS,
    *,
    trajectories: int = TRAJECTORIES,
    samples: int = SAMPLES,
    keep: int = KEEP,
    measures: Sequence[str] | None = None,
    level: float = LEVEL,
    store: Store | None = None,
    engine: Engine = "auto",
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Sensitivity:
    """Simulate all steps. Interrupted, the steps that are complete stay, and of the one under way the points that are.

    Args:
        replications: of every design point: the same runs for all.
        trajectories: paths of the screening; each takes a design point more than there are values.
        samples: of the Sobol sequence, a power of two; each takes two design points more than values are kept.
        keep: so many values are looked at together, at most.
        measures: what to measure beside what the objectives speak of; by default the usual.
        store: where replications are looked up and kept.

    Raises:
        FastlanesError: what was asked for makes no sense, or SALib is not installed.
        KeyboardInterrupt: interrupted before anything was simulated.
    """
    check_sizes(replications, trajectories, samples, keep)
    loaded, values = asked.scenario, asked.values
    wanted = chosen_measures(loaded, generate(loaded.scenario), measures)
    sampling_design(1, 2)  # before anything is simulated: is SALib there?
    texts = [one.text for one in wanted]
    play = partial(sweep, replications=replications, measures=texts, level=level, store=store, engine=engine, executor=executor)
    course = _Course(play, progress, replications * np.array(_points(len(values), trajectories, samples, keep)))
    found = Sensitivity(loaded, values, wanted, replications, trajectories, samples, level, course.simulate(asked.alone))
    steps = (partial(_screen, trajectories=trajectories, keep=keep), partial(_look_together, samples=samples), _find_thresholds)
    try:
        for step in steps:
            if found.alone.interrupted or course.interrupted:
                break
            step(found, course)
    except KeyboardInterrupt:  # before the first point of a step
        course.interrupted = True
    found.interrupted, found.reused = course.interrupted, course.reused
    return found


@dataclass
class _Course:
    """Simulates one step after another, and knows how far it is."""

    play: Callable[..., Sweep]
    progress: Progress | None
    expected: np.ndarray
    """Replications of the steps that are to come, this one first."""
    done: int = 0
    reused: int = 0
    interrupted: bool = False

    def simulate(self, planned: Plan, *, last: bool = True) -> Sweep:
        """The points of a plan. `last`: of a step."""
        rest = int(self.expected[1:].sum())
        report = None if self.progress is None else (lambda done, total: self._tell(done, total + rest))
        found = self.play(planned, progress=report)
        self.done += sum(len(point.values) for point in found.points) - found.reused
        self.reused += found.reused
        self.interrupted = found.interrupted
        self.expected = self.expected[1:] if last else self.expected
        return of_equal_replications(found) if found.interrupted else found

    def skip(self) -> None:
        self.expected = self.expected[1:]

    def _tell(self, done: int, total: int) -> None:
        assert self.progress is not None
        self.progress(self.done + done, self.done + total)


def of_equal_replications(found: Sweep) -> Sweep:
    """An interrupted sweep, with as many replications of every point as the fewest have: further ones are of runs that these did not meet.
    Points that have none are left out of everything anyway."""
    fewest = min((len(point.values) for point in found.points if point.values), default=0)
    return replace(found, points=[replace(point, values=point.values[:fewest]) for point in found.points])


def planned(loaded: LoadedScenario, values: Sequence[Uncertain], settings: Sequence[Setting]) -> Plan:
    """A design point for each setting."""
    several = (overrides_of([(values[number], one) for number, one in setting.items()]) for setting in settings)
    scenarios = list(load_variants(loaded.origin, (laid_over(loaded.overrides, one) for one in several)))
    named = [{one.name: _shown(one, setting.get(number, one.base)) for number, one in enumerate(values)} for setting in settings]
    dimensions = [Vary(one.name, tuple(dict.fromkeys(setting[one.name] for setting in named))) for one in values]
    return Plan(dimensions, named, scenarios)


def _shown(one: Uncertain, value: float | None) -> float:
    """A value as tables have it: durations in seconds, rates a second; NaN where the scenario says nothing."""
    if value is None:
        return math.nan
    return value / 1e6 if one.kind == "duration" else value


def _screen(found: Sensitivity, course: _Course, *, trajectories: int, keep: int) -> None:
    """Leave out what matters little. Where an effect is not known, nothing is."""
    many = len(found.values)
    if many <= keep:
        course.skip()
        found.kept = range(many)
        return
    found.screened = screening_design(many, trajectories)
    found.screening = course.simulate(planned(found.scenario, found.values, _settings(found.values, found.screened, range(many))))
    found.effects = {one.text: effects(found.screened, means_of(found.screening, one), found.level) for one in found.asked}
    weight = np.zeros(many)
    for measure in found.asked:
        of_measure = [found.effect(number, measure) for number in range(many)]
        largest = max((one.size for one in of_measure if one is not None), default=0.0)
        if largest > 0:
            surely = [one.size + one.half_width if one is not None else 0.0 for one in of_measure]
            sizes = [one.size if one is not None else 0.0 for one in of_measure]
            weight = np.maximum(weight, np.where(np.array(surely) >= SMALL * largest, np.array(sizes) / largest, 0.0))
    order = [int(number) for number in np.argsort(-weight, kind="stable")]
    found.kept = [number for number in order if weight[number] > 0][:keep] or order[:keep]


def _look_together(found: Sensitivity, course: _Course, *, samples: int) -> None:
    design = sampling_design(len(found.kept), samples)
    found.together = course.simulate(planned(found.scenario, found.values, _settings(found.values, design, found.kept)))
    found.indices = {one.text: indices(len(found.kept), means_of(found.together, one), found.level) for one in found.asked}


def _settings(values: Sequence[Uncertain], design: Floats, numbers: Sequence[int]) -> list[Setting]:
    return [{number: values[number].at(place) for number, place in zip(numbers, row, strict=True)} for row in design.tolist()]


@dataclass
class _Bracket:
    """An objective holds at one value and fails at another."""

    objective: Objective
    number: int
    holds: float
    fails: float
    settled: bool = False

    def middle(self, value: Uncertain) -> float | None:
        """The value between, if there is one."""
        middle = (self.holds + self.fails) / 2
        if value.kind == "count":
            middle = float(math.floor(middle))
        return None if middle in (self.holds, self.fails) or self.settled else middle

    def see(self, middle: float, outcome: Outcome | None) -> None:
        """Half of the range is left; all of it, where nothing was measured, or runs that are open leave it undecided."""
        if outcome == "met":
            self.holds = middle
        elif outcome == "missed":
            self.fails = middle
        else:
            self.settled = True


def _find_thresholds(found: Sensitivity, course: _Course) -> None:
    """All ranges are halved side by side: what is asked of the same value at the same time is simulated once."""
    brackets = [one for objective in found.objectives for number in found.kept if (one := _bracket(found, objective, number)) is not None]
    for _ in range(ROUNDS):
        open_ones = [(one, middle) for one in brackets if (middle := one.middle(found.values[one.number])) is not None]
        points = list(dict.fromkeys((one.number, middle) for one, middle in open_ones))
        if not points or course.interrupted:
            break
        played = course.simulate(planned(found.scenario, found.values, [{number: middle} for number, middle in points]), last=False)
        for one, middle in open_ones:
            one.see(middle, outcome_at(played.points[points.index((one.number, middle))], one.objective))
    found.thresholds = [Threshold(one.objective, found.values[one.number], one.holds, one.fails) for one in brackets]


def _bracket(found: Sensitivity, objective: Objective, number: int) -> _Bracket | None:
    """Neighbours among the low end, the scenario's value and the high end of which one holds and one does not."""
    value, (low, high) = found.values[number], found.ends(number)
    seen = [(value.at(0), low), *([(value.base, found.base)] if value.base is not None else []), (value.at(1), high)]
    outcomes = [(at, outcome_at(point, objective)) for at, point in sorted(seen, key=lambda one: one[0])]
    known = [(at, outcome) for at, outcome in outcomes if outcome in ("met", "missed")]
    for (at, outcome), (then, outcome_then) in pairwise(known):
        if outcome != outcome_then:
            return _Bracket(objective, number, *((at, then) if outcome == "met" else (then, at)))
    return None
