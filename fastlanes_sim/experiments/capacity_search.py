"""The highest traffic that a deployment carries within its objectives, found by bisection.

Two things are shown, together with probability `confidence`: that every objective holds at one factor (`carries`), and that one is missed,
or met by less than the tolerance, at a higher one (`fails`).

More traffic may help: workers that only poll answer faster the more there is to do. So that less traffic is never worse is not assumed but
looked at: both ends and the quarters of the range are simulated, and wherever neighbours disagree it is bisected, not only where the
objectives cease to hold. What lies between factors that agree is taken to be like them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from fastlanes_sim.core.errors import FastlanesError, ScenarioError
from fastlanes_sim.engines.selection import Engine, make_ready
from fastlanes_sim.experiments.confidence_intervals import LEVEL
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.feasibility import CONFIRMING, MOST, TOLERANCE, Contender, Course, Rule
from fastlanes_sim.experiments.finishing import implied_objectives, left_behind
from fastlanes_sim.experiments.input_sets import input_sets
from fastlanes_sim.experiments.jobs import Progress
from fastlanes_sim.experiments.store import Store
from fastlanes_sim.scenario.load import LoadedScenario, Origin, load_scenario, load_variants
from fastlanes_sim.scenario.objectives import objectives_of
from fastlanes_sim.scenario.overrides import laid_over

TRAFFIC = "traffic"
QUARTERS = 4
SWITCHES = 4
"""So many changes of fate along the range are bisected at most: two where less traffic is never worse."""


@dataclass(repr=False)
class Carried:
    """What was played, by factor."""

    base: LoadedScenario
    rule: Rule
    factors: Sequence[float]
    """That were to choose from, the smallest first."""
    trials: dict[float, Contender] = field(default_factory=dict)
    replications: int = 0
    interrupted: bool = False
    left: str = ""
    """What is not finished at `fails`."""
    inputs: bool = False
    """Where every objective holds, it had to hold with the inputs as uncertain as they are."""
    reused: int = 0
    """Replications that had been computed before. No part of the result."""

    @property
    def played(self) -> list[Contender]:
        return list(self.trials.values())

    @property
    def carries(self) -> float | None:
        """The highest factor at which every objective was shown to hold."""
        return max((factor for factor, one in self.trials.items() if one.fate == "met"), default=None)

    @property
    def fails(self) -> float | None:
        """The lowest factor above that at which one was shown not to."""
        return min((factor for factor in self.discarded if self.carries is None or factor > self.carries), default=None)

    @property
    def discarded(self) -> list[float]:
        """Every factor at which one was shown not to."""
        return sorted(factor for factor, one in self.trials.items() if one.fate == "discarded")

    @property
    def exceptions(self) -> list[float]:
        """Those below `carries`: there less traffic is worse."""
        return [factor for factor in self.discarded if self.carries is not None and factor < self.carries]

    @property
    def lowest_that_holds(self) -> float | None:
        """The lowest factor from which on nothing but what holds was seen, up to `carries`."""
        below = max(self.exceptions, default=-1.0)
        return min((factor for factor, one in self.trials.items() if one.fate == "met" and factor > below), default=None)

    @property
    def warnings(self) -> dict[str, list[str]]:
        """What there is to warn of at some factors and not in the base: by message, the factors."""
        known = {problem.message for problem in self.base.warnings}
        found: dict[str, list[str]] = {}
        for factor, one in self.trials.items():
            for message in dict.fromkeys(problem.message for problem in one.scenario.warnings):
                if message not in known:
                    found.setdefault(message, []).append(at_factor(factor))
        return found

    @property
    def undecided(self) -> list[float]:
        return sorted(factor for factor, one in self.trials.items() if one.fate == "undecided")


def at_factor(factor: float) -> str:
    """The label of a factor."""
    return f"traffic × {factor:g}"


def highest_traffic(
    origin: Origin,
    factors: Sequence[float],
    *,
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
) -> Carried:
    """Bisect between factors of the scenario's traffic (`traffic`); see `search.search` for the rest.

    With `inputs` a factor at which every objective holds must do so with its calibrated inputs as uncertain as they are; else it is
    undecided, and lower factors are looked at.

    Raises:
        ScenarioError: the scenario is not valid, or not at a factor, such as that of a replayed file.
        FastlanesError: what was asked for makes no sense.
    """
    base = load_scenario(origin, overrides or {})
    ladder = sorted(set(factors))
    if len(ladder) < 2:
        raise FastlanesError("a range of traffic has two ends\n    hint: write such as --traffic 0.5..4:0.1")
    loaded = list(load_variants(origin, (laid_over(base.overrides, {TRAFFIC: factor}) for factor in ladder)))
    for one in loaded:
        if isinstance(one, ScenarioError):
            raise one
    scenarios = [one for one in loaded if isinstance(one, LoadedScenario)]
    if inputs:
        input_sets(base)  # refuses a scenario that does not say how sure its inputs are
    slos = objectives_of(base.scenario)
    tests = min(len(ladder), QUARTERS + 1 + SWITCHES * (len(ladder) // QUARTERS).bit_length())
    more = implied_objectives() if implied else ()
    rule = Rule([*slos, *more], confidence, tolerance, most, confirming, tests, implied=len(more))
    make_ready(engine)
    found = Carried(base, rule, ladder, inputs=inputs)
    course = Course(rule, store=store, engine=engine, executor=executor, progress=progress)

    def fate(place: int) -> str:
        """Each factor has replications of its own: which are played is decided by others."""
        factor = ladder[place]
        if factor not in found.trials:
            found.trials[factor] = Contender(scenarios[place], first=len(found.trials) * most)
            course.settle(found.trials[factor])
            if inputs and found.trials[factor].fate == "met":
                course.settle_inputs(found.trials[factor])
        return found.trials[factor].fate

    try:
        _look_where_neighbours_disagree(len(ladder) - 1, fate, tests)
    except KeyboardInterrupt:
        found.interrupted = True
        if not course.played:
            raise
    found.trials = {factor: found.trials[factor] for factor in sorted(found.trials) if found.trials[factor].values}
    found.replications, found.reused = course.played, course.reused
    if implied and not found.interrupted and found.fails is not None:
        found.left = left_behind(found.trials[found.fails].scenario, engine=engine)
    return found


def _look_where_neighbours_disagree(last: int, fate: Callable[[int], str], most: int) -> None:
    """Both ends, the quarters between them, then halfway between neighbours of different fates until they are next to each other; from the
    highest disagreement down, for that is what is asked for."""
    quarters = [last * quarter // QUARTERS for quarter in range(QUARTERS + 1)]
    known = {place: fate(place) for place in dict.fromkeys([0, last, *quarters])}
    while len(known) < most:
        apart = [(low, high) for low, high in pairwise(sorted(known)) if high - low > 1 and known[low] != known[high]]
        if not apart:
            return
        middle = sum(apart[-1]) // 2
        known[middle] = fate(middle)
