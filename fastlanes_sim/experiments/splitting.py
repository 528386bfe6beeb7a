"""The simulations of multilevel splitting: whole ones, and clones of their episodes (`rare_events`).

A repetition begins with some whole simulations; the beginnings of their episodes (`episodes`) are where the first level is reached. Of
those that reach a level as many as there are trajectories are picked at random. Each is cloned: the same up to that instant, other random
numbers afterwards, simulated until the episode is over or has reached the next level. A clone costs a copy of the state and what is left of
its episode, not a whole simulation (`engines.resumable`).

With E episodes in a simulation on average, and shares p₁, p₂, … of clones that reach the next level, E · p₁ · p₂ · … episodes come so far.
What a clone has seen that does not reach the next level is weighted with that. It is an expectation over the clones of one level after
another, each given those before, so the estimate has no bias, whatever the levels are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.engines.resumable import Simulation, begin
from fastlanes_sim.engines.selection import Engine, run_engine
from fastlanes_sim.experiments.episodes import OPEN, Course, Known, worth_of_a_run
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.results.observed import Observed
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.traffic.generate import generate
from fastlanes_sim.traffic.redraw import exchangeable, redrawn
from fastlanes_sim.traffic.streams import stream

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]

PILOTS = 2
"""Times as many trajectories in the pilot: levels that hang on a few lucky clones lie too close together."""
FIRST_REACH = 0.9
"""About so many of the whole simulations have an episode: they are what costs most, and clones should come from many of them."""
REACH = 0.2
"""About so many of the trajectories of a level reach the next one. It hardly matters (Garvels, 2000, section 2.4)."""
MOST_LEVELS = 15
"""What is beyond them is less likely than 0.2¹⁵, one in 30 billion."""
CALM = 0.5
"""Of the first level: an episode lasts until the age has fallen to that. While it is above, it may soon rise again."""
_KEPT = 5
"""Times as many runs are kept as are beyond the quantile."""
_FIRST_STEP = 4 * SECOND
"""Until one looks for the first time whether an episode is over; from then on twice as long each time."""
_FIRST, _OF_REPETITION, _OF_LEVEL = 2_000_000, 1_000_000, 10_000
"""Numbers of replications whose random numbers trajectories take: far from those that are measured, and of pilots for the warm-up."""
_PILOT = 0
"""The number of its repetition."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a scenario: the tail of a time of a scope's runs."""

    scenario: Scenario
    measure: Measure
    """Of a tail: `rare_events.can_split`."""
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


@dataclass(frozen=True, slots=True)
class Levels:
    """What a pilot has found."""

    heights: tuple[float, ...]
    """Of the importance (`episodes`), rising. Without any, simulations are counted as they are."""
    floor: float
    """Runs that are not longer than that (µs) need not be kept; not below the first level."""
    simulations: int
    clones: int = 0
    each: float = 0.0
    """µs that each waiting run counts in the importance."""


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
    """Episodes in a simulation, then the share of clones of each level that reached the next one."""
    simulations: int
    """Whole ones."""
    clones: int = 0
    squares: float = 0.0
    """Of the number of kept runs of one episode, its square, added up over the episodes of one replication on average. Episodes hardly
    depend on one another, so it says how much a plain count varies."""

    def beyond(self, threshold: float) -> float:
        """Runs of one replication that are longer than that, on average."""
        return float(self.weights[np.searchsorted(self.lengths, threshold, side="right") :].sum())


@dataclass(frozen=True, slots=True)
class _Whole:
    table: RunTable
    known: Known


@dataclass(frozen=True, slots=True)
class _Reached:
    """A simulation that stands where its importance reaches a level."""

    simulation: Simulation
    start: int
    """When its episode began (µs)."""


@dataclass(frozen=True, slots=True)
class _Clone:
    parent: _Reached
    table: RunTable
    course: Course
    """From the instant on at which it was cloned, as far as it was followed."""
    end: int
    """Of its episode, or of what was followed of it (µs)."""

    def reaches(self, level: float) -> bool:
        """Within its episode."""
        at = self.course.reached(level)
        return at is not None and at <= self.end

    def past(self, age: float) -> Times:
        """The lengths of its episode's runs that got older than that."""
        return self.course.known.past(age, self.parent.start, self.end)


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

    def whole(self, number: int) -> _Whole:
        """A simulation from the start to the horizon."""
        table = self.drawn(number)
        log = run_engine(self.deployed, table, engine=self.engine)
        return _Whole(table, self.known(table, log))

    def known(self, table: RunTable, log: RunLog) -> Known:
        """What the log says so far."""
        observed, question = Observed(table, log, self.deployed), self.question
        interval = observed.interval(question.measure.name)  # type: ignore[arg-type]  # `can_split`
        asked = np.flatnonzero(observed.members(question.measure.scope) & interval.begun & (log.inserted_at >= question.warm_up))
        if table.first_requests < len(table):  # rows behind come when they are asked for
            asked = asked[np.argsort(log.inserted_at[asked], kind="stable")]
        begins = log.inserted_at[asked]
        is_open = ~interval.complete[asked] & (log.ended_at[asked] == NEVER)
        return Known(begins, np.where(is_open, OPEN, begins + interval.length[asked]), log.ended_on)

    def entered(self, wholes: Sequence[_Whole], episodes: Sequence[tuple[int, int]]) -> list[_Reached]:
        """These episodes (of which simulation, from when on) where they begin; in order."""
        found, going_on, number = [], None, -1
        for one, start in episodes:
            if going_on is None or one != number:
                going_on, number = begin(self.deployed, wholes[one].table, self.engine), one
            going_on.advance(start)
            found.append(_Reached(going_on.on(wholes[one].table), start))
        return found

    def cloned(self, parent: _Reached, number: int, levels: Levels, goal: float | None) -> _Clone:
        """One that has the same past, followed until its episode is over or has reached the goal."""
        before = parent.simulation
        table = redrawn(before.table, before.log, self.drawn(number), before.instant, self.may_swap)
        simulation, step = before.on(table), _FIRST_STEP
        while True:
            simulation.advance(min(simulation.instant + step, self.deployed.horizon))
            course = Course(self.known(table, simulation.log), levels.each, before.instant)
            end = course.calm(CALM * levels.heights[0])
            at = None if goal is None else course.reached(goal)
            if at is not None and (end is None or at < end):
                return _Clone(parent, table, course, at)
            if end is not None or simulation.instant == self.deployed.horizon:
                return _Clone(parent, table, course, simulation.instant if end is None else end)
            step *= 2

    def reached(self, clone: _Clone, level: float) -> _Reached | None:
        """The clone where it reaches the level, if it does within its episode."""
        if not clone.reaches(level):
            return None
        simulation = clone.parent.simulation.on(clone.table)
        simulation.advance(clone.course.reached(level) or 0)
        return _Reached(simulation, clone.parent.start)


@dataclass(frozen=True, slots=True)
class _Repetition:
    system: _System
    number: int
    trajectories: int

    def wholes(self) -> list[_Whole]:
        return [self.system.whole(self._number(0, one)) for one in range(self.trajectories)]

    def entered(self, wholes: Sequence[_Whole], levels: Levels) -> tuple[float, list[_Reached]]:
        """How many episodes there are in a simulation, and as many of them as there are trajectories, picked at random."""
        level = levels.heights[0]
        courses = [Course(one.known, levels.each) for one in wholes]
        episodes = [(place, start) for place, one in enumerate(courses) for start in one.starts(level, CALM * level)]
        if not episodes:
            return 0.0, []
        picked, times = np.unique(self._picked(0, len(episodes)), return_counts=True)
        entered = self.system.entered(wholes, [episodes[place] for place in picked.tolist()])
        return len(episodes) / len(wholes), [one for one, many in zip(entered, times.tolist(), strict=True) for _ in range(many)]

    def clones(self, stage: int, parents: Sequence[_Reached], levels: Levels, goal: float | None) -> list[_Clone]:
        """One of each."""
        return [self.system.cloned(one, self._number(stage, place), levels, goal) for place, one in enumerate(parents)]

    def reached(self, stage: int, clones: Sequence[_Clone], level: float) -> tuple[float, list[_Reached]]:
        """The share of clones that reach the level, and as many of these as there are trajectories, picked at random."""
        found = [reached for one in clones if (reached := self.system.reached(one, level)) is not None]
        return len(found) / len(clones), [found[place] for place in self._picked(stage, len(found)).tolist()] if found else []

    def _picked(self, stage: int, many: int) -> npt.NDArray[np.int64]:
        random = stream(self.system.question.scenario.seed, self._number(stage, 0), "rare events", "parents")
        return random.integers(many, size=self.trajectories)

    def _number(self, stage: int, trajectory: int) -> int:
        return _FIRST + self.number * _OF_REPETITION + stage * _OF_LEVEL + trajectory


def find_levels(question: Question, trajectories: int, engine: Engine = "auto") -> Levels:
    """Heights that about `REACH` of the clones of the one before reach, until enough of them have what is asked for."""
    pilot = _Repetition(_System(question, engine), _PILOT, PILOTS * trajectories)
    wholes = pilot.wholes()
    knowns = [one.known for one in wholes]
    each, floor = worth_of_a_run(knowns), _floor(question, knowns)
    first = _first_level([Course(one, each).highest for one in knowns], floor)
    levels = Levels((), max(floor, first or 0.0), len(wholes), 0, each)
    runs, weight, followed = float(np.mean([len(one.begins) for one in knowns])), 1.0, list[_Clone]()
    if first is None or _is_far_enough(question, [one.lengths for one in knowns], 1.0, runs):
        return levels
    level = first
    while len(levels.heights) < MOST_LEVELS:
        grown = replace(levels, heights=(*levels.heights, level))
        share, parents = pilot.reached(len(levels.heights), followed, level) if followed else pilot.entered(wholes, grown)
        if not parents:
            break
        weight *= share
        followed = pilot.clones(len(grown.heights), parents, grown, None)
        levels = replace(grown, clones=grown.clones + len(followed))
        lengths = [one.past(levels.floor) for one in followed]
        level = _exceeded_by([one.course.highest for one in followed], REACH)
        if _is_far_enough(question, lengths, weight, runs) or level <= levels.heights[-1]:
            break
    return levels


def _exceeded_by(highest: Sequence[float], share: float) -> float:
    """What about this share of them exceed."""
    rising = np.sort(highest)
    return float(int(rising[min(math.ceil((1 - share) * len(rising)), len(rising) - 1) - 1]))


def _first_level(highest: Sequence[float], floor: float) -> float | None:
    """Not above the floor: who gets older than that must do so in an episode."""
    level = next((found for share in (FIRST_REACH, REACH, 0.0) if (found := _exceeded_by(highest, share)) >= 1), None)
    return min(level, floor) if level is not None and floor >= 1 else level


def _floor(question: Question, knowns: Sequence[Known]) -> float:
    """Of a quantile, what a few times as many runs exceed as exceed the quantile."""
    if question.measure.threshold is not None:
        return question.measure.threshold
    lengths = np.concatenate([one.lengths for one in knowns])
    return float(np.quantile(lengths, max(0.0, 1 - _KEPT * question.wanted))) - 1 if len(lengths) else 0.0


def _is_far_enough(question: Question, lengths: Sequence[Times], weight: float, runs: float) -> bool:
    """Whether many of the simulations or clones have a late run; or, of a quantile, one that is beyond it.

    Args:
        lengths: of each simulation or clone, those of its runs that are kept.
        weight: for how many simulations or episodes of one replication they stand.
        runs: in one replication.
    """
    if question.threshold is not None and _share_beyond(lengths, question.threshold) >= REACH:
        return True
    rising, beyond = np.sort(np.concatenate(lengths)), int(question.wanted * runs / weight * len(lengths))
    if not question.wanted or not len(rising):
        return False
    return beyond >= len(rising) or _share_beyond(lengths, float(rising[-1 - beyond])) >= REACH


def _share_beyond(lengths: Sequence[Times], threshold: float) -> float:
    """Of the simulations or clones, those with a run that is longer."""
    return float(np.mean([bool((one > threshold).any()) for one in lengths]))


def repetition(question: Question, levels: Levels, trajectories: int, engine: Engine, number: int) -> Tail:
    """Everything once. A pure function of its arguments, so that it can be computed anywhere.

    Args:
        number: from 1; 0 is the pilot.
    """
    one = _Repetition(_System(question, engine), number, trajectories)
    wholes = one.wholes()
    runs = float(np.mean([len(whole.known.begins) for whole in wholes]))
    if not levels.heights:
        each = [(whole.known.lengths, 1 / trajectories) for whole in wholes]
        return _tail(each, levels.floor, runs, (), trajectories, 0)
    share, parents = one.entered(wholes, levels)
    reached, weight, clones, each = [share], share, 0, []
    for stage, goal in enumerate([*levels.heights[1:], None], start=1):
        if not parents:
            break
        followed = one.clones(stage, parents, levels, goal)
        clones += len(followed)
        share, parents = (0.0, []) if goal is None else one.reached(stage, followed, goal)
        those = [clone for clone in followed if goal is None or not clone.reaches(goal)]
        each += [(clone.past(levels.floor), weight / len(followed)) for clone in those]
        if goal is not None:
            reached.append(share)
            weight *= share
    return _tail(each, levels.floor, runs, tuple(reached), trajectories, clones)


def _tail(
    each: Sequence[tuple[Times, float]], floor: float, runs: float, reached: tuple[float, ...], simulations: int, clones: int
) -> Tail:
    kept = [(lengths[lengths > floor], weight) for lengths, weight in each]
    joined = np.concatenate([np.empty(0, np.int64), *(lengths for lengths, _ in kept)]).astype(np.float64)
    weights = np.concatenate([np.empty(0), *(np.full(len(lengths), weight) for lengths, weight in kept)])
    order = np.argsort(joined, kind="stable")
    squares = float(sum(weight * len(lengths) ** 2 for lengths, weight in kept))
    return Tail(joined[order], weights[order], runs, reached, simulations, clones, squares)
