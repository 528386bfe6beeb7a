"""Rare events: how often something happens that a plain count would hardly see, by multilevel splitting with fixed effort.

A trajectory is a simulation. Its *age* is how long the oldest run that has not come so far yet has been at it: not started, for a wait. To
see long waits, simulations whose age has crossed a level are cloned: the same table up to that instant, new random numbers afterwards
(`traffic.redraw`). So many are simulated at each level, from crossings picked at random; the share of them that reach the next level
estimates the chance of it, and what those that do not reach it have seen is weighted with the product of the shares so far. Of anything
that is added up over runs, such as the number of late ones, that estimate has no bias (Garvels, The splitting method in rare event
simulation, 2000; Glasserman et al., Operations Research 47:585, 1999; Rubino and Tuffin, Rare Event Simulation, 2009, chapter 3).

Clones of the same crossing are not independent. So everything is repeated, and the interval is that over the repetitions. Levels come from
a pilot that is thrown away. A clone is simulated from the start, because engines are not made to go on from a state that is given to them:
it costs a whole simulation. What is gained is counted with that cost (docs/rare_events.md).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.engines.selection import Engine, make_ready, run_engine
from fastlanes_sim.experiments.confidence_intervals import LEVEL, Estimate, estimate
from fastlanes_sim.experiments.executors import Executor, map_jobs
from fastlanes_sim.experiments.jobs import Progress
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.results.observed import Observed
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.traffic.generate import generate
from fastlanes_sim.traffic.redraw import exchangeable, redrawn, why_not
from fastlanes_sim.traffic.streams import stream

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]

TRAJECTORIES = 50
"""At each level of a repetition."""
PILOTS = 4
"""Times as many in the pilot: levels that hang on a few lucky clones lie too close together."""
REPETITIONS = 20
"""Independent of each other: the interval is that over them."""
REACH = 0.2
"""About so many of the trajectories of a level reach the next one. It hardly matters (Garvels, 2000, section 2.4)."""
MOST_LEVELS = 15
"""What is beyond them is less likely than 0.2¹⁵, one in 30 billion."""
BEYOND = 1 / 4
"""Levels for a quantile go on until so much of the runs beyond it are beyond the last one."""
_TIMES = ("wait", "queue", "response")
"""Those that begin with the run's insertion."""
_KEPT = 5
"""Times as many runs are kept as are beyond the quantile."""
_FIRST, _OF_REPETITION, _OF_LEVEL = 2_000_000, 1_000_000, 10_000
"""Numbers of replications whose random numbers trajectories take: far from those that are measured, and of pilots for the warm-up."""
_SAW_NOTHING = 0.5
"""Of the repetitions: if fewer have seen anything, their interval means nothing."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a scenario: the tail of a time of a scope's runs."""

    scenario: Scenario
    measure: Measure
    """Of a tail: `can_split`."""
    warm_up: int = 0
    """µs, of a steady scenario: runs that are inserted earlier are not asked about."""
    bound: float | None = None
    """Of a quantile, what an objective holds it against (µs): there is no need to look far beyond it."""

    @property
    def threshold(self) -> float | None:
        """µs, beyond which a run is late."""
        return self.bound if self.measure.threshold is None else self.measure.threshold

    @property
    def wanted(self) -> float:
        """The share of runs beyond the quantile; 0 where a share is asked for."""
        return 0.0 if self.measure.part is None else 1 - self.measure.part


def can_split(measure: Measure) -> bool:
    """Whether it is a share of late runs, or a quantile above the median, of a time that begins with the run's insertion."""
    return measure.is_pooled and measure.name in _TIMES and (measure.part is None or measure.part > 0.5)


@dataclass(frozen=True, slots=True)
class Levels:
    """What a pilot has found."""

    ages: tuple[float, ...]
    """µs, rising."""
    floor: float
    """Runs that are not longer than that (µs) need not be kept."""
    simulations: int


@dataclass(frozen=True, slots=True)
class Tail:
    """What one repetition has seen."""

    lengths: Floats
    """Of the runs that were long enough to be kept, rising; µs."""
    weights: Floats
    """For how many runs of one replication each stands."""
    runs: float
    """In one replication, on average."""
    reached: tuple[float, ...]
    """The share of trajectories that reached each level from the one before."""
    simulations: int
    squares: float = 0.0
    """Of the number of kept runs of one replication, its square on average: says how much a plain count varies."""

    def beyond(self, threshold: float) -> float:
        """Runs of one replication that are longer than that, on average."""
        return float(self.weights[np.searchsorted(self.lengths, threshold, side="right") :].sum())


@dataclass(frozen=True)
class RareEstimate:
    """The tail of a measure by splitting."""

    measure: Measure
    levels: Levels
    tails: Sequence[Tail]
    """One a repetition."""
    trajectories: int = TRAJECTORIES
    """At each level of a repetition."""

    @property
    def simulations(self) -> int:
        """In all."""
        return self.levels.simulations + sum(one.simulations for one in self.tails)

    @property
    def seen(self) -> int:
        """Repetitions that have seen a run beyond the last level."""
        last = self.levels.ages[-1] if self.levels.ages else 0.0
        return sum(bool(len(one.lengths)) and one.lengths[-1] > last for one in self.tails)

    @property
    def means_something(self) -> bool:
        """Whether enough of the repetitions came as far as the last level."""
        return self.seen > _SAW_NOTHING * len(self.tails)

    @cached_property
    def _runs(self) -> float:
        return float(np.mean([one.runs for one in self.tails]))

    def share(self, threshold: float, level: float = LEVEL) -> Estimate:
        """The share of runs that are longer than `threshold` (µs)."""
        shares = np.array([one.beyond(threshold) for one in self.tails]) / self._runs
        return estimate(shares, shares, level, floor=0.0)

    def estimate(self, level: float = LEVEL) -> Estimate:
        """Of the measure, with the interval over the repetitions. Where too few have seen anything its upper end is infinite."""
        if self.measure.threshold is not None:
            found = self.share(self.measure.threshold, level)
        else:
            assert self.measure.part is not None
            found = self._quantile(1 - self.measure.part, level)
        return found if self.means_something else replace(found, low=0.0, high=1.0 if self.measure.threshold is not None else math.inf)

    def _quantile(self, beyond: float, level: float) -> Estimate:
        """Woodruff's: it is at most x where the share beyond x is at most `beyond`."""
        candidates = np.unique(np.concatenate([one.lengths for one in self.tails]))

        def first(holds: str) -> float:
            """The first candidate beyond which that end of the share's interval is at most `beyond`."""
            low, high = -1, len(candidates)
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if getattr(self.share(float(candidates[middle]), level), holds) <= beyond else (middle, high)
            return float(candidates[high]) if high < len(candidates) else math.inf

        middle = first("mean")
        return Estimate(middle, middle, first("low"), first("high"), len(self.tails), level)

    @property
    def plain_replications(self) -> float:
        """How many replications a plain count of a share would need to be as precise; infinite where nothing was seen.

        Of a plain count the variance is that of the number of late runs in one replication, whose square splitting estimates as it does
        their number.
        """
        late = np.array([one.beyond(self.levels.floor) for one in self.tails])
        if self.measure.threshold is None or not late.any() or len(late) < 2:
            return math.inf
        squares = float(np.mean([one.squares for one in self.tails]))
        return max(squares - float(late.mean()) ** 2, 0.0) / (float(late.var(ddof=1)) / len(late))

    @property
    def words(self) -> str:
        """How it was found."""
        each = f"{len(self.tails)} repetitions of {self.trajectories} trajectories at each of {len(self.levels.ages) + 1} levels"
        found = f"{self.measure.text} is by splitting ({each}, {self.simulations:,} simulations in all), not counted in the replications"
        if self.means_something:
            plain = self.plain_replications
            as_precise = f"; as precise a plain count would take about {float(f'{plain:.1g}'):,.0f} replications"
            return found + (as_precise if math.isfinite(plain) else "")
        return f"{found}; only {self.seen} of {len(self.tails)} repetitions came as far as the last level, too few for an interval"


def split(
    question: Question,
    *,
    trajectories: int = TRAJECTORIES,
    repetitions: int = REPETITIONS,
    engine: Engine = "auto",
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> RareEstimate:
    """Estimate a tail.

    Args:
        trajectories: at each level of a repetition; below 20 levels would hardly be reached.
        repetitions: 10 or more, for the interval.
        progress: called with (repetitions done, of how many).

    Raises:
        FastlanesError: the measure is no tail, or the scenario's future depends on more of its past than a clone knows.
    """
    check(question.scenario, question.measure)
    make_ready(engine)
    levels = find_levels(question, trajectories, engine)
    job = partial(repetition, question, levels, trajectories, engine)
    tails = map_jobs(job, range(1, repetitions + 1), executor=executor, ready=partial(make_ready, engine), progress=progress)
    if len(tails) < repetitions:
        raise KeyboardInterrupt
    return RareEstimate(question.measure, levels, tails, trajectories)


def check(scenario: Scenario, measure: Measure) -> None:
    """Refuse what splitting cannot answer.

    Raises:
        FastlanesError: it cannot.
    """
    if not can_split(measure):
        times = " or ".join(_TIMES)
        raise FastlanesError(
            f"{measure.text} cannot be split", f"write a percentile or a share of a {times}, such as p99.99(fast_lane.wait)"
        )
    if why := why_not(scenario):
        raise FastlanesError(f"{measure.text} cannot be split: {why}", "replicate it: --replications with a larger number")


@dataclass(frozen=True, slots=True)
class _Trajectory:
    table: RunTable
    log: RunLog
    begins: Times
    """Of the runs that are asked about: when they were inserted."""
    lengths: Times
    """How long they took, or have been at it by the end."""

    @property
    def oldest(self) -> float:
        """The largest age that there ever was."""
        return float(self.lengths.max(initial=0))

    def crossing(self, level: float) -> int:
        """The first instant at which the age is that of the level, and goes on growing."""
        return int((self.begins[self.lengths > level] + int(level)).min())


@dataclass(frozen=True)
class _System:
    question: Question
    engine: Engine

    @cached_property
    def deployed(self) -> Deployment:
        """Runs that are open at the horizon are followed until it is known whether they are late, or for twice the longest timeout."""
        found, question = deployment(self.question.scenario), self.question
        later = 2 * question.scenario.lightning.run_timeout if question.threshold is None else int(question.threshold) + 1
        return replace(found, horizon=found.horizon + min(later, found.horizon))

    @cached_property
    def may_swap(self) -> npt.NDArray[np.bool_]:
        return exchangeable(self.question.scenario)

    def drawn(self, number: int) -> RunTable:
        return generate(self.question.scenario, replication=number)

    def cloned(self, parent: _Trajectory, level: float, number: int) -> RunTable:
        return redrawn(parent.table, parent.log, self.drawn(number), parent.crossing(level), self.may_swap)

    def simulated(self, table: RunTable) -> _Trajectory:
        question = self.question
        log = run_engine(self.deployed, table, engine=self.engine)
        if log.interrupted:
            raise KeyboardInterrupt
        observed = Observed(table, log, self.deployed)
        interval = observed.interval(question.measure.name)  # type: ignore[arg-type]  # `can_split`
        asked = observed.members(question.measure.scope) & interval.begun & (log.inserted_at >= question.warm_up)
        return _Trajectory(table, log, log.inserted_at[asked], interval.length[asked])


def _number(repetition: int, stage: int, trajectory: int) -> int:
    return _FIRST + repetition * _OF_REPETITION + stage * _OF_LEVEL + trajectory


def _stage(
    system: _System, repetition: int, stage: int, parents: Sequence[_Trajectory], level: float, trajectories: int
) -> list[_Trajectory]:
    """Simulations from the start, or clones of parents that have crossed the level, each parent as likely as another."""
    numbers = [_number(repetition, stage, one) for one in range(trajectories)]
    if not stage:
        return [system.simulated(system.drawn(number)) for number in numbers]
    random = stream(system.question.scenario.seed, _number(repetition, stage, 0), "rare events", "parents")
    chosen = random.integers(len(parents), size=trajectories)
    return [system.simulated(system.cloned(parents[place], level, number)) for place, number in zip(chosen.tolist(), numbers, strict=True)]


def find_levels(question: Question, trajectories: int = TRAJECTORIES, engine: Engine = "auto") -> Levels:
    """Ages that about `REACH` of the trajectories from the one before reach, until enough of them have what is asked for."""
    system = _System(question, engine)
    levels: list[float] = []
    many = PILOTS * trajectories
    found = _stage(system, 0, 0, [], 0.0, many)
    runs, weight, simulations = float(np.mean([len(one.lengths) for one in found])), 1.0, many
    floor = _floor(question, found)
    while len(levels) < MOST_LEVELS and not _is_far_enough(question, levels, found, weight, runs):
        oldest = np.sort([one.oldest for one in found])
        level = float(int(oldest[min(math.ceil((1 - REACH) * len(oldest)), len(oldest) - 1) - 1]))
        parents = [one for one in found if one.oldest > level]
        if not parents or level <= (levels[-1] if levels else 0.0):
            break
        levels.append(level)
        weight *= len(parents) / len(found)
        found = _stage(system, 0, len(levels), parents, level, many)
        simulations += many
    if question.wanted and levels:
        floor = min(floor, levels[0] / 2)
    return Levels(tuple(levels), floor, simulations)


def _floor(question: Question, found: Sequence[_Trajectory]) -> float:
    """Of a quantile, what a few times as many runs exceed as exceed the quantile."""
    if question.measure.threshold is not None:
        return question.measure.threshold
    lengths = np.concatenate([one.lengths for one in found])
    return float(np.quantile(lengths, max(0.0, 1 - _KEPT * question.wanted))) - 1 if len(lengths) else 0.0


def _is_far_enough(question: Question, levels: Sequence[float], found: Sequence[_Trajectory], weight: float, runs: float) -> bool:
    if question.threshold is not None and np.mean([one.oldest > question.threshold for one in found]) >= REACH:
        return True
    if not question.wanted or not levels:
        return False
    beyond = float(np.mean([(one.lengths > levels[-1]).sum() for one in found])) * weight
    return beyond < BEYOND * question.wanted * runs


def repetition(question: Question, levels: Levels, trajectories: int, engine: Engine, number: int) -> Tail:
    """Everything once. A pure function of its arguments, so that it can be computed anywhere.

    Args:
        number: from 1; 0 is the pilot.
    """
    system, weight, runs = _System(question, engine), 1.0, 0.0
    ages = levels.ages
    lengths, weights, reached, squares = list[Times](), list[float](), list[float](), 0.0
    parents: list[_Trajectory] = []
    simulations = 0
    for stage in range(len(ages) + 1):
        found = _stage(system, number, stage, parents, ages[stage - 1] if stage else 0.0, trajectories)
        simulations += len(found)
        if not stage:
            runs = float(np.mean([len(one.lengths) for one in found]))
        goal = ages[stage] if stage < len(ages) else math.inf
        parents = [one for one in found if one.oldest > goal]
        for one in found:
            if one.oldest <= goal:
                lengths.append(one.lengths[one.lengths > levels.floor])
                weights.append(weight / trajectories)
                squares += weights[-1] * len(lengths[-1]) ** 2
        if stage < len(ages):
            reached.append(len(parents) / trajectories)
            weight *= reached[-1]
        if not parents:
            break
    joined = np.concatenate([np.empty(0, np.int64), *lengths]).astype(np.float64)
    order = np.argsort(joined, kind="stable")
    each = np.repeat(np.array(weights, np.float64), [len(one) for one in lengths])
    return Tail(joined[order], each[order], runs, tuple(reached), simulations, squares)
