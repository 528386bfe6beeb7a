"""Does a deployment meet its objectives? Decided with as few replications as that takes, and with a bounded chance of a wrong answer.

The procedure is feasibility determination by repeated confidence intervals (Jennison and Turnbull, J. R. Statist. Soc. B 51:305, 1989),
Bonferroni over looks and objectives; what it decides is that of Andradóttir and Kim's feasibility check (Naval Research Logistics 57:403,
2010), with the indifference zone on the safe side of the bound. With an error probability a = 1 - confidence, each kind of error gets half.

*Discarded* is a system after 5, 10, 20 (the screening), 40, 80, 120, 220, 420 replications, as soon as the interval of one objective lies
beyond its bound less the tolerance. One particular system that meets all M objectives by more than that is discarded with probability at
most a / 2: at each of L looks each of its M intervals is one-sided at a / 2ML.

*Met* are the objectives of a system once the intervals of all of them lie within their bounds, in the replications after the screening
alone: 100, 200, 400. Whoever misses one passes only if that one's interval has missed the truth. The n-th system to come so far gets
a / 2n(n + 1) of the error for its looks, which adds up to a / 2 over all systems, however many there are. Their order must hang on
nothing but screenings: then it is independent of the replications that decide. (Or each has replications of its own: `Contender.first`.)

The intervals are `intervals.one_sided`: exact for normal values, else as good as Hall's correction makes them from 100 replications on.
They speak of days like those that were played. A catastrophe too rare to be among them, such as a worker that stops for good, is not in
them; and an objective that came out the same every time, as `lost == 0` does, has no interval but counts as met if it always held. How
rare that must be is known, and whoever tells the result must say so (`Rule.unseen`, `Rule.unproven`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.engines.selection import Engine
from fastlanes_sim.experiments.confidence_intervals import LEVEL, one_sided
from fastlanes_sim.experiments.design_points import play_points
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.jobs import Failure, Progress
from fastlanes_sim.experiments.replication import Values
from fastlanes_sim.experiments.store import Store
from fastlanes_sim.experiments.verdicts import estimate_of, place_of
from fastlanes_sim.measures.measure import Measure, each_once
from fastlanes_sim.measures.objective import Objective
from fastlanes_sim.measures.outcome import Outcome, outcome_between, worst
from fastlanes_sim.scenario.load import LoadedScenario

SCREENING = (5, 10, 20)
SCREENED = SCREENING[-1]
"""Replications that tell which systems are worth more, and which of them first."""
CONFIRMING = 100
"""Replications after these before a system is taken for met: their mean is nearly normal, and nothing that happens often is missing."""
MOST = 420
"""Replications of one system unless told otherwise."""
TOLERANCE = 0.01
_CAUTION = 2.0
"""Looks and objectives share the error probability, so their intervals are wider than the one that a number of replications is reckoned
from: by a third to a half."""


@dataclass(frozen=True)
class Rule:
    """When a system counts as met or missed."""

    slos: Sequence[Objective]
    """All that must hold."""
    confidence: float = LEVEL
    tolerance: float = TOLERANCE
    """As a part of each bound: how near to it a system that meets it may be discarded nevertheless."""
    most: int = MOST
    """Replications of one system after which it stays undecided."""
    confirming: int = CONFIRMING
    """Replications after the screening before a system is taken for met."""
    tests: int | None = None
    """So many systems at most are decided about, one after the other, and each error counts: equal parts of the error probability for each.
    None: any number of systems, of which only one must not be discarded wrongly."""
    implied: int = 0
    """So many of the last objectives nobody wrote down: they hold for every deployment that is recommended (`finishing`)."""

    def __post_init__(self) -> None:
        if not self.written:
            raise FastlanesError("nothing says what must hold\n    hint: write `slos:` into the scenario, or --set 'slos=[lost == 0]'")
        if not 0.5 <= self.confidence < 1:
            raise FastlanesError(f"a confidence of {100 * self.confidence:g} % makes no sense\n    hint: write such as 95%")
        if not 0 <= self.tolerance < 1:
            raise FastlanesError(f"a tolerance of {100 * self.tolerance:g} % makes no sense\n    hint: write such as 5%")
        least = SCREENED + self.confirming
        if self.most < least or self.confirming < 2:
            few = f"{self.most} replications, {self.confirming} of them to confirm, decide nothing"
            raise FastlanesError(f"{few}\n    hint: allow {least} or more, better {MOST}")

    @property
    def written(self) -> Sequence[Objective]:
        """The objectives of the scenario."""
        return self.slos[: len(self.slos) - self.implied]

    @cached_property
    def measures(self) -> list[Measure]:
        return each_once(slo.measure for slo in self.slos)

    @cached_property
    def looks(self) -> list[int]:
        """After how many replications."""
        looks = [SCREENING[0]]
        while 2 * looks[-1] < self.accepting[0]:
            looks.append(2 * looks[-1])
        return [*looks, *self.accepting]

    @cached_property
    def accepting(self) -> list[int]:
        looks, fresh = [], self.confirming
        while SCREENED + fresh < self.most:
            looks.append(SCREENED + fresh)
            fresh *= 2
        return [*looks, self.most]

    def met_error(self, nth: int) -> float:
        """Probability with which one interval of those that take the n-th system for met may miss the truth."""
        share = 1 / self.tests if self.tests is not None else 1 / (nth * (nth + 1))
        return (1 - self.confidence) / 2 * share / len(self.accepting)

    @property
    def missed_error(self) -> float:
        """The same of those that discard a system."""
        return (1 - self.confidence) / 2 / (self.tests or 1) / (len(self.slos) * len(self.looks))

    def decide(self, values: Sequence[Values], nth: int = 0) -> Outcome:
        """After these replications; `nth` counts the systems that came through the screening, 0 is of one that is still in it."""
        return worst(self._decide(slo, values, nth) for slo in self.slos)

    def _decide(self, slo: Objective, values: Sequence[Values], nth: int) -> Outcome:
        place, confirmed = place_of(slo.measure, self.measures), nth > 0 and len(values) in self.accepting
        lows, highs = ([getattr(one, end)[place] for one in values] for end in ("low", "high"))
        if slo.operator.side == "exactly":
            return "missed" if any(not slo.operator.holds(low, slo.bound) for low in lows) else "met" if confirmed else "undecided"
        if all(map(math.isnan, lows)):  # nothing breaks what nobody comes to
            return "met" if confirmed else "undecided"
        at_most = slo.is_upper_bound
        best = one_sided(lows, highs, self.missed_error)[0 if at_most else 1]
        eased = replace(slo, bound=slo.bound * (1 - self.tolerance if at_most else 1 + self.tolerance))
        if outcome_between(eased, best, best) == "missed":
            return "missed"
        if not confirmed:
            return "undecided"
        worst = one_sided(lows[SCREENED:], highs[SCREENED:], self.met_error(nth))[1 if at_most else 0]
        return "met" if outcome_between(slo, worst, worst) == "met" else "undecided"

    def unproven(self, values: Sequence[Values]) -> list[Objective]:
        """Objectives that came out the same in every replication: of them there is no interval."""
        return [slo for slo in self.slos if len({one.high[place_of(slo.measure, self.measures)] for one in values}) == 1]

    def unseen(self, values: Sequence[Values]) -> float:
        """Whatever happens in a larger share of replications than this is among these, with probability `confidence`."""
        return 1 - math.pow(1 - self.confidence, 1 / len(values))

    def hopeless(self, values: Sequence[Values]) -> list[Objective]:
        """Objectives that no number of replications can show to be met: a run open at the end leaves a mean without an upper end."""
        bounded = [slo for slo in self.slos if slo.is_upper_bound]
        return [slo for slo in bounded if any(one.high[place_of(slo.measure, self.measures)] == math.inf for one in values)]

    def strain(self, values: Sequence[Values]) -> float:
        """How near the worst objective's mean is to its bound: below 1 it meets it."""
        return max(self._strain(slo, values) for slo in self.slos)

    def _strain(self, slo: Objective, values: Sequence[Values]) -> float:
        found = estimate_of(slo.measure, self.measures, values)
        if not found.replications:
            return 0.0
        if slo.operator.side == "at most":
            return found.upper_mean / slo.bound if slo.bound else 0.0 if found.upper_mean == 0 else math.inf
        if slo.operator.side == "at least":
            return slo.bound / found.mean if found.mean else math.inf
        return 0.0 if found.mean == found.upper_mean and slo.operator.holds(found.mean, slo.bound) else math.inf

    def to_decide(self, values: Sequence[Values]) -> int | None:
        """About how many replications would tell whether the objectives hold, were means and spreads to stay; None where none would."""
        need = len(values)
        for slo in self.slos:
            found = estimate_of(slo.measure, self.measures, values, self.confidence)
            if slo.operator.side == "exactly" or not found.replications or found.low == found.high:
                continue
            away = abs((found.upper_mean if slo.is_upper_bound else found.mean) - slo.bound)
            half = (found.high - found.low) / 2
            if not math.isfinite(half) or not math.isfinite(away) or away == 0:
                return None
            need = max(need, math.ceil(len(values) * (half / away) ** 2 * _CAUTION))
        return need

    def by_strain(self, values: Sequence[Values]) -> list[Objective]:
        """The objectives, first the one that is nearest to its bound, or furthest beyond."""
        return sorted(self.slos, key=lambda slo: self._strain(slo, values), reverse=True)


Fate = Literal["met", "discarded", "undecided", "not needed"]
"""`discarded`: misses an objective, or meets it by less than the tolerance; `not needed`: as dear as one that is met."""
_FATES: dict[Outcome, Fate] = {"met": "met", "missed": "discarded", "undecided": "undecided"}


@dataclass
class Contender:
    """A system and what became of it."""

    scenario: LoadedScenario
    first: int = 0
    """Number of its first replication."""
    values: list[Values] = field(default_factory=list)
    """In the order of replications."""
    nth: int = 0
    """To come through the screening, counted from 1; 0 as long as it has not."""
    fate: Fate = "undecided"
    failure: Failure | None = None


class Course:
    """Where contenders are played and judged. Those with the same `first` meet the same runs."""

    def __init__(
        self,
        rule: Rule,
        *,
        store: Store | None = None,
        engine: Engine = "auto",
        executor: Executor | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.rule = rule
        self.played = 0
        """Replications, those among them that were in the store."""
        self.reused = 0
        self._confirmed = 0
        self._store, self._engine, self._executor, self._progress = store, engine, executor, progress

    def advance(self, contenders: Sequence[Contender], look: int) -> None:
        """Play those that are still in the race up to a look, and decide about them.

        Raises:
            KeyboardInterrupt: interrupted; nobody's values have changed.
        """
        racing = [one for one in contenders if one.fate == "undecided" and one.failure is None and len(one.values) < look]
        if not racing:
            return
        first, begun = racing[0].first, len(racing[0].values)
        assert all((one.first, len(one.values)) == (first, begun) for one in racing), "all of them are at the same look"
        before = self.played
        tell = None if self._progress is None else (lambda done, _: self._progress(before + done, 0))  # type: ignore[misc]
        done = play_points(
            [one.scenario for one in racing],
            range(first + begun, first + look),
            self.rule.measures,
            store=self._store,
            engine=self._engine,
            executor=self._executor,
            progress=tell,
        )
        self.reused += done.reused
        if done.interrupted:
            raise KeyboardInterrupt
        self.played += len(done.values)
        for place, one in enumerate(racing):
            one.failure = next((failure for (number, _), failure in done.failures.items() if number == place), None)
            if one.failure is None:
                one.values += done.of(place)
                one.fate = _FATES[self.rule.decide(one.values, one.nth)]

    def settle(self, contender: Contender) -> None:
        """Play one until it is decided, or the budget is spent."""
        for look in self.rule.looks:
            if look > SCREENED and self.rule.hopeless(contender.values):
                return
            if contender.fate == "undecided" and look > SCREENED and not contender.nth:
                self._confirmed += 1
                contender.nth = self._confirmed
            self.advance([contender], look)
