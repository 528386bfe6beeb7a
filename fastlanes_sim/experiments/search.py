"""The cheapest deployment that meets its objectives.

Layouts are played cheapest first. Nothing is assumed of how many slots help: with the worker's real claims one slot more can make a lane
wait longer, so every cheaper layout is discarded on what it did, not on what its neighbours did. Cost alone spares work: once a layout is
shown to meet its objectives, no dearer one is played.

Among layouts of one cost all are screened; then the most promising of those that are left is settled, and only if it fails the next. By
`feasibility.Rule`, with probability `confidence` both hold: what is recommended meets every objective; and the cheapest layout of the
family that meets each by more than the tolerance costs at least as much, unless it is named as undecided.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from fastlanes_sim.core.errors import FastlanesError, ScenarioError
from fastlanes_sim.engines.selection import Engine, make_ready
from fastlanes_sim.experiments.confidence_intervals import LEVEL
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.feasibility import CONFIRMING, MOST, SCREENING, TOLERANCE, Contender, Course, Rule
from fastlanes_sim.experiments.finishing import implied_objectives, left_behind
from fastlanes_sim.experiments.input_sets import input_sets
from fastlanes_sim.experiments.jobs import Progress
from fastlanes_sim.experiments.layout_family import family
from fastlanes_sim.experiments.store import Store
from fastlanes_sim.rules.creation import QUEUES
from fastlanes_sim.scenario.load import LoadedScenario, Origin, load_scenario, load_variants
from fastlanes_sim.scenario.objectives import objectives_of
from fastlanes_sim.scenario.overrides import laid_over, layout_override
from fastlanes_sim.scenario.resource_uses import crowded
from fastlanes_sim.traffic.generate import generate

REPLICAS = "workers.*.replicas"
NEAR = 3
"""Near misses that are shown."""


@dataclass(frozen=True, slots=True)
class Prices:
    slot: float = 1.0
    replica: float = 0.0
    """Of a worker, whatever its slots."""

    def __post_init__(self) -> None:
        if self.slot < 0 or self.replica < 0 or not self.slot + self.replica:
            raise FastlanesError("prices are 0 or more, and not both 0\n    hint: write such as --cost-slot 1 --cost-replica 2")

    def of(self, slots: int, workers: int) -> float:
        return round(self.slot * slots * workers + self.replica * workers, 9)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A deployment that might do: every worker gets the layout."""

    layout: str
    slots: int
    """Of one worker."""
    workers: int
    cost: float
    overrides: Mapping[str, object]

    @property
    def label(self) -> str:
        return self.layout if self.workers == 1 else f"{self.workers} × {self.layout}"


@dataclass
class Trial(Contender):
    """A candidate that was played."""

    candidate: Candidate = field(kw_only=True)
    left: str = ""
    """Of a near miss, what it does not finish."""


@dataclass(repr=False)
class Search:
    """What was played, cheapest first, and what came of it."""

    base: LoadedScenario
    """The scenario as it is, before any layout is laid over it."""
    rule: Rule
    prices: Prices
    candidates: Sequence[Candidate]
    """The whole family, cheapest first."""
    trials: list[Trial] = field(default_factory=list)
    recommended: Trial | None = None
    replications: int = 0
    """Of all layouts together."""
    interrupted: bool = False
    inputs: bool = False
    """What is recommended had to meet the objectives with its inputs as uncertain as they are."""
    reused: int = 0
    """Replications that had been computed before. No part of the result."""
    most_slots: Trial | None = None
    """The plainest of the dearer layouts with the most slots, where it asks for more than there is of what runs share (docs/resources.md):
    simulated to see what more slots do. It is none of `trials`."""

    @property
    def played(self) -> list[Trial]:
        return self.trials

    @property
    def undecided(self) -> list[Trial]:
        """Those that might do as well and cost less, or all that might where nothing is recommended."""
        return [one for one in self.trials if one.fate == "undecided" and self._is_cheaper(one)]

    @property
    def runner_up(self) -> Trial | None:
        """The cheaper layout that came nearest to meeting the objectives; without a cheaper one, the best of as dear ones."""
        others = [one for one in self.trials if one is not self.recommended and one.values]
        cheaper = [one for one in others if self._is_cheaper(one)]
        return min(cheaper or others, key=lambda one: self.rule.strain(one.values), default=None)

    @property
    def near_misses(self) -> list[Trial]:
        """Of those that miss an objective and cost no more than what is recommended, the nearest to meeting them all."""
        missed = [
            one for one in self.trials if one.fate == "discarded" and one.values and (self.recommended is None or self._is_cheaper(one))
        ]
        return sorted(missed, key=lambda one: self.rule.strain(one.values))[:NEAR]

    @property
    def crowded(self) -> list[str]:
        """Where more slots do not help any more, among those that were simulated (docs/resources.md)."""
        trials = self.trials if self.most_slots is None else [self.most_slots]
        largest = max(trials, key=lambda one: one.candidate.slots * one.candidate.workers, default=None)
        return [] if largest is None else crowded(largest.scenario.scenario)

    @property
    def warnings(self) -> dict[str, list[str]]:
        """What there is to warn of in the candidates' scenarios and not in the base: by message, the labels of those that it is about."""
        known = {problem.message for problem in self.base.warnings}
        found: dict[str, list[str]] = {}
        for one in self.trials:
            for message in dict.fromkeys(problem.message for problem in one.scenario.warnings):
                if message not in known:
                    found.setdefault(message, []).append(one.candidate.label)
        return found

    def _is_cheaper(self, one: Trial) -> bool:
        return self.recommended is None or one.candidate.cost < self.recommended.candidate.cost


def search(
    origin: Origin,
    slots: Sequence[int],
    replicas: Sequence[int] | None = None,
    *,
    prices: Prices | None = None,
    overrides: Mapping[str, object] | None = None,
    confidence: float = LEVEL,
    tolerance: float = TOLERANCE,
    confirming: int = CONFIRMING,
    most: int = MOST,
    implied: bool = True,
    inputs: bool = False,
    store: Store | None = None,
    engine: Engine = "auto",
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> Search:
    """Find the cheapest deployment of the family (`layout_family.family`) whose objectives hold.

    Args:
        slots: how many every worker may have.
        replicas: how many workers every group of the scenario may have; by default as many as it has.
        confidence, tolerance, confirming, most: see `feasibility.Rule`.
        implied: whatever the objectives say, what is recommended finishes what arrives (`finishing`).
        inputs: what meets the objectives must also do so with its calibrated inputs as uncertain as they are.
        store: where replications are looked up and kept.
        progress: called with (replications played, 0): how many it will be nobody knows.

    Raises:
        ScenarioError: the scenario, or what is laid over it, is not valid.
        FastlanesError: what was asked for makes no sense.
    """
    base = load_scenario(origin, overrides or {})
    prices = prices or Prices()
    candidates = _candidates(base, slots, replicas, prices)
    more = implied_objectives() if implied else ()
    if inputs:
        input_sets(base)  # refuses a scenario that does not say how sure its inputs are
    rule = Rule([*objectives_of(base.scenario), *more], confidence, tolerance, most, confirming, implied=len(more))
    make_ready(engine)
    found = Search(base, rule, prices, candidates, inputs=inputs)
    course = Course(rule, store=store, engine=engine, executor=executor, progress=progress)
    try:
        for _, level in groupby(candidates, lambda one: one.cost):
            trials = list(_trials(origin, base.overrides, list(level)))
            found.trials += trials
            found.recommended = _race(course, trials, inputs=inputs)
            if found.recommended is not None:
                break
    except KeyboardInterrupt:
        found.interrupted = True
        if not course.played:
            raise
    if found.recommended is not None and not found.interrupted:
        found.most_slots = _with_most_slots(course, origin, found)
    found.trials = [one for one in found.trials if one.values or one.failure is not None]
    found.replications, found.reused = course.played, course.reused
    for one in found.near_misses if implied and not found.interrupted else []:
        one.left = left_behind(one.scenario, engine=engine)
    return found


def _with_most_slots(course: Course, origin: Origin, found: Search) -> Trial | None:
    """See `Search.most_slots`."""
    most = max(found.candidates, key=lambda one: one.slots * one.workers)
    (trial,) = _trials(origin, found.base.overrides, [most])
    if most in [one.candidate for one in found.trials] or not crowded(trial.scenario.scenario):
        return None
    try:
        for look in SCREENING:
            course.advance([trial], look)
    except KeyboardInterrupt:
        found.interrupted = True  # what is recommended is known all the same
        return None
    return trial if trial.values else None


def _candidates(base: LoadedScenario, slots: Sequence[int], replicas: Sequence[int] | None, prices: Prices) -> list[Candidate]:
    """Cheapest first; of one cost, fewer workers and plainer layouts first."""
    if not slots or min(slots) < 1:
        raise FastlanesError("a worker needs slots\n    hint: write such as --slots 1..12")
    groups = base.scenario.workers
    numbers = [(sum(group.replicas for group in groups), None)] if replicas is None else [(many * len(groups), many) for many in replicas]
    queues = generate(base.scenario).queue
    lanes = {name for queue, name in enumerate(QUEUES) if np.any(queues == queue)} if base.scenario.lightning.ruleset.has_queues else set()
    found = []
    for workers, each in numbers:
        laid = {} if each is None else {REPLICAS: each}
        for count in sorted(slots):
            cost = prices.of(count, workers)
            found += [Candidate(text, count, workers, cost, {**layout_override(text), **laid}) for text in family(lanes, count)]
    return sorted(found, key=lambda one: (one.cost, one.workers))


def _trials(origin: Origin, overrides: Mapping[str, object], candidates: Sequence[Candidate]) -> Iterator[Trial]:
    variants = load_variants(origin, (laid_over(overrides, one.overrides) for one in candidates))
    for candidate, loaded in zip(candidates, variants, strict=True):
        if isinstance(loaded, ScenarioError):
            raise loaded
        yield Trial(loaded, candidate=candidate)


def _race(course: Course, trials: Sequence[Trial], *, inputs: bool) -> Trial | None:
    """The first of these, all of one cost, that is shown to meet the objectives; with `inputs` also with those as uncertain as they are."""
    for look in SCREENING:
        course.advance(trials, look)
    alive = [one for one in trials if one.fate == "undecided" and one.failure is None and not course.rule.hopeless(one.values)]
    alive.sort(key=lambda one: course.rule.strain(one.values))
    for place, one in enumerate(alive):
        course.settle(one)
        if one.fate == "met" and inputs:
            course.settle_inputs(one)
        if one.fate == "met":
            for other in alive[place + 1 :]:
                other.fate = "not needed"
            return one
    return None
