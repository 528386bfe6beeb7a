"""Does a deployment meet its objectives? Decided with as few replications as that takes, and with a bounded chance of a wrong answer.

The procedure is feasibility determination by repeated confidence intervals (Jennison and Turnbull, J. R. Statist. Soc. B 51:305, 1989),
Bonferroni over looks and objectives; what it decides is that of Andradóttir and Kim's feasibility check (Naval Research Logistics 57:403,
2010), with the indifference zone on the safe side of the bound. With an error probability a = 1 - confidence, each kind of error gets half.

*Discarded* is a system after 5, 10, 20 (the screening), 40, 80, 120, 220, 420 replications, as soon as the interval of one objective lies
beyond its bound less the tolerance. One particular system that meets all M objectives by more than that is discarded with probability at
most a / 2: at each of L looks each of its M intervals is one-sided at a / 2ML.

*Met* are the objectives of a system once the intervals of all of them lie within their bounds, in the replications after the screening
alone: 100, 200, 400. Whoever misses one passes only if that one's interval has missed the truth. The n-th system to come so far gets
a / 2n(n + 1) of the error for its looks, which adds up to a / 2 over all systems, however many there are; no interval has more of it than
that of a verdict (`verdicts.MET`). Their order must hang on nothing but screenings: then it is independent of the replications that decide.
(Or each has replications of its own: `Contender.first`.)

The intervals are those of `estimation`, one-sided. They speak of days like those that were played. A catastrophe too rare to be among them,
such as a worker that stops for good, is not in them; and an objective that must hold every time, as `lost == 0` does, has no interval but
counts as met if it always held. How rare that must be is known, and whoever tells the result must say so (`Rule.unseen`, `Rule.unproven`).
An objective for runs of which there are none is neither met nor missed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from fastlanes_sim.core.counting import counted
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.units import format_share
from fastlanes_sim.engines.selection import Engine
from fastlanes_sim.experiments.confidence_intervals import LEVEL, t_quantile
from fastlanes_sim.experiments.days import days_of, outcome_of
from fastlanes_sim.experiments.design_points import Played, play_points
from fastlanes_sim.experiments.estimation import estimate_of, estimate_so_far, has_no_mean, place_of, runs_of
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.input_sets import input_sets
from fastlanes_sim.experiments.jobs import Failure, Progress
from fastlanes_sim.experiments.replication import Values
from fastlanes_sim.experiments.store import Store
from fastlanes_sim.experiments.two_levels import INNER, InputEffects
from fastlanes_sim.experiments.verdicts import MET, Judged, is_exact, judge_values, none_seen
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
LIKELY = 1.28
"""Standard errors that a mean moves to one side with a probability of 10 %."""


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
            few = f"{counted(self.most, 'replication')}, {self.confirming} of them to confirm, decide nothing"
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
        """Probability with which one interval of those that take the n-th system for met may miss the truth; never more than a verdict
        (`verdicts.MET`) has."""
        share = 1 / self.tests if self.tests is not None else 1 / (nth * (nth + 1))
        return min((1 - MET) / 2, (1 - self.confidence) / 2 * share / len(self.accepting))

    @property
    def missed_error(self) -> float:
        """The same of those that discard a system."""
        return (1 - self.confidence) / 2 / (self.tests or 1) / (len(self.slos) * len(self.looks))

    def decide(self, values: Sequence[Values], nth: int = 0) -> Outcome:
        """After these replications; `nth` counts the systems that came through the screening, 0 is of one that is still in it."""
        return worst(self._decide(slo, values, nth) for slo in self.slos)

    def decide_inputs(self, values: Sequence[Values], inputs: InputEffects) -> Outcome:
        """Of one that is met as its inputs are: whether it is with these as uncertain as they are."""
        return worst(judge_values(slo, self.measures, values, self.confidence, inputs).verdict for slo in self.slos)

    def _decide(self, slo: Objective, values: Sequence[Values], nth: int) -> Outcome:
        confirmed = nth > 0 and len(values) in self.accepting
        if slo.measure.statistic and not self._has_runs(slo, values):
            return "undecided"
        confirmed = confirmed and self._has_runs(slo, values)  # nothing says how it would be with runs
        place = place_of(slo.measure, self.measures)
        if slo.days is None and (is_exact(slo) or none_seen(slo, place, values)):
            days = days_of(slo, place, values)
            return "missed" if days.missed else "met" if confirmed and not days.undecided else "undecided"
        if self._outcome(self._eased(slo), values, self.missed_error) == "missed":
            return "missed"
        if not confirmed:
            return "undecided"
        return "met" if self._outcome(slo, self._confirming(slo, values), self.met_error(nth)) == "met" else "undecided"

    def _confirming(self, slo: Objective, values: Sequence[Values]) -> Sequence[Values]:
        """The replications that decide whether it is met: those after the screening."""
        fresh = values[SCREENED:]
        # Where none was seen in these, only the screening tells how many come together.
        return values if none_seen(slo, place_of(slo.measure, self.measures), fresh) else fresh

    def judged(self, slo: Objective, one: Contender) -> Judged:
        """The verdict on a system, in words. Where it is met, by what decided that: the replications that confirmed it, at their level."""
        place = place_of(slo.measure, self.measures)
        is_counted_out = slo.days is None and (is_exact(slo) or none_seen(slo, place, one.values))
        if one.fate != "met" or one.inputs is not None or is_counted_out:
            return judge_values(slo, self.measures, one.values, self.confidence, one.inputs)
        decisive, level = self._confirming(slo, one.values), 1 - 2 * self.met_error(one.nth)
        found = judge_values(slo, self.measures, decisive, level)
        sure = f"with {format_share(level, 4)} confidence"
        return replace(found, text=f"{found.text}; in the {len(decisive)} replications that confirmed it, {sure}")

    def _has_runs(self, slo: Objective, values: Sequence[Values]) -> bool:
        return not slo.measure.row.has_scope or runs_of(slo.measure, self.measures, values) > 0

    def _eased(self, slo: Objective) -> Objective:
        """With a tolerance: who misses this does not meet the objective by more than that."""
        return replace(slo, bound=slo.bound * (1 - self.tolerance if slo.is_upper_bound else 1 + self.tolerance))

    def _outcome(self, slo: Objective, values: Sequence[Values], error: float) -> Outcome:
        """Missed or met wrongly with a probability of at most `error` each."""
        if slo.days is not None:
            days = days_of(slo, place_of(slo.measure, self.measures), values)
            return outcome_of(slo.days, days, 1 - 2 * error) if days.count else "undecided"
        found = estimate_of(slo.measure, self.measures, values, 1 - 2 * error)
        return outcome_between(slo, found.low, found.high)

    def unproven(self, values: Sequence[Values]) -> list[Objective]:
        """Objectives that held in every replication, and of which nothing else is known."""
        return [
            slo
            for slo in self.slos
            if slo.days is None
            and not slo.measure.is_pooled
            and len({one.high[place_of(slo.measure, self.measures)] for one in values}) == 1
        ]

    def unseen(self, values: Sequence[Values]) -> float:
        """Whatever happens in a larger share of replications than this is among these, with probability `confidence`."""
        return 1 - math.pow(1 - self.confidence, 1 / len(values))

    def hopeless(self, values: Sequence[Values]) -> list[Objective]:
        """Objectives that no number of replications can show to be met: of runs that there are not, or where a run that is open at the end,
        or a backlog that grows to it, leaves a mean without an upper end."""
        return [slo for slo in self.slos if not self._has_runs(slo, values) or self._is_open(slo, values)]

    def _is_open(self, slo: Objective, values: Sequence[Values]) -> bool:
        if not slo.is_upper_bound or slo.measure.is_pooled or slo.days is not None:
            return False
        return has_no_mean(slo.measure, values) or any(one.high[place_of(slo.measure, self.measures)] == math.inf for one in values)

    def is_futile(self, values: Sequence[Values], nth: int) -> bool:
        """Whether the replications that are left will most likely decide nothing: an objective is not going to be met, and none missed.

        The interval shrinks with the root of their number, with the number itself as long as nothing was seen, and its middle moves by at
        most LIKELY standard errors of what is still to come. To stop for that decides nothing wrongly.
        """
        fresh = values[SCREENED:]
        if len(fresh) < 2:
            return False
        reach = [self._reach(slo, fresh, self.met_error(max(nth, 1))) for slo in self.slos]
        could_miss = any(outcome_between(self._eased(slo), worst, worst) == "missed" for slo, (_, worst) in self._bounded(reach))
        return not could_miss and any(outcome_between(slo, best, best) != "met" for slo, (best, _) in self._bounded(reach))

    def _bounded(self, reach: Sequence[tuple[float, float] | None]) -> list[tuple[Objective, tuple[float, float]]]:
        return [(slo, ends) for slo, ends in zip(self.slos, reach, strict=True) if ends is not None]

    def _reach(self, slo: Objective, fresh: Sequence[Values], error: float) -> tuple[float, float] | None:
        """The ends that the interval may have when the budget is spent: as good as may be that on the side of the bound, as bad as may be
        the other. None: nothing is known of that."""
        if slo.days is not None or is_exact(slo) or not self._has_runs(slo, fresh):
            return None
        if none_seen(slo, place_of(slo.measure, self.measures), fresh):
            return None
        found = estimate_of(slo.measure, self.measures, fresh, 1 - 2 * error)
        if not (math.isfinite(found.low) and math.isfinite(found.high)) or found.mean != found.upper_mean:
            return None
        part = len(fresh) / (self.most - SCREENED)
        shrinks = part if not found.mean else math.sqrt(part)
        moves = LIKELY * math.sqrt(max(0.0, 1 - part)) / t_quantile(len(fresh) - 1, 1 - 2 * error)
        up, down = found.high - found.mean, found.mean - found.low
        if slo.is_upper_bound:
            return found.mean - moves * up + shrinks * up, found.mean + moves * up - shrinks * down
        return found.mean + moves * down - shrinks * down, found.mean - moves * down + shrinks * up

    def strain(self, values: Sequence[Values]) -> float:
        """How near the worst objective's mean is to its bound: below 1 it meets it."""
        return max(self._strain(slo, values) for slo in self.slos)

    def _strain(self, slo: Objective, values: Sequence[Values]) -> float:
        if slo.is_upper_bound and has_no_mean(slo.measure, values):
            return math.inf
        found = estimate_so_far(slo.measure, self.measures, values)
        if not found.replications:
            return 0.0
        if slo.days is not None:
            days = days_of(slo, place_of(slo.measure, self.measures), values)
            return (1 - days.met / days.count) / (1 - slo.days)
        if slo.operator.side == "at most":
            return found.upper_mean / slo.bound if slo.bound else 0.0 if found.upper_mean == 0 else math.inf
        if slo.operator.side == "at least":
            return slo.bound / found.mean if found.mean else math.inf
        return 0.0 if found.mean == found.upper_mean and slo.operator.holds(found.mean, slo.bound) else math.inf

    def to_decide(self, values: Sequence[Values]) -> int | None:
        """About how many replications would tell whether the objectives hold, were means and spreads to stay; None where none would."""
        need = len(values)
        for slo in self.slos:
            if is_exact(slo) or none_seen(slo, place_of(slo.measure, self.measures), values):
                continue
            found = estimate_of(slo.measure, self.measures, values, self.confidence)
            if not found.replications or found.low == found.high:
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
    inputs: InputEffects | None = None
    """What resamples of its inputs came to, where these are uncertain and it was met without that."""


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
        done = self._played([one.scenario for one in racing], range(first + begun, first + look))
        for place, one in enumerate(racing):
            one.failure = next((failure for (number, _), failure in done.failures.items() if number == place), None)
            if one.failure is None:
                one.values += done.of(place)
                one.fate = _FATES[self.rule.decide(one.values, one.nth)]

    def settle_inputs(self, contender: Contender) -> None:
        """Simulate the resamples of the inputs of one that is met, under the seeds of its first replications. It stays met only if its
        objectives are with intervals that carry these; else it is undecided.

        Raises:
            KeyboardInterrupt: interrupted; it is undecided.
        """
        contender.fate = "undecided"
        sets = input_sets(contender.scenario)
        done = self._played(sets.scenarios, range(contender.first, contender.first + INNER), like=contender.scenario)
        contender.failure = next(iter(done.failures.values()), None)
        if contender.failure is None:
            contender.inputs = InputEffects.of(sets, self.rule.measures, [done.of(number) for number in range(len(sets.scenarios))])
            contender.fate = "met" if self.rule.decide_inputs(contender.values, contender.inputs) == "met" else "undecided"

    def _played(self, scenarios: Sequence[LoadedScenario], replications: range, like: LoadedScenario | None = None) -> Played:
        """
        Raises:
            KeyboardInterrupt: interrupted.
        """
        before = self.played
        tell = None if self._progress is None else (lambda done, _: self._progress(before + done, 0))  # type: ignore[misc]
        done = play_points(
            scenarios,
            replications,
            self.rule.measures,
            like=like,
            store=self._store,
            engine=self._engine,
            executor=self._executor,
            progress=tell,
        )
        self.reused += done.reused
        if done.interrupted:
            raise KeyboardInterrupt
        self.played += len(done.values)
        return done

    def settle(self, contender: Contender) -> None:
        """Play one until it is decided, or the budget is spent."""
        for look in self.rule.looks:
            if look > SCREENED and self.rule.hopeless(contender.values):
                return
            if contender.fate == "undecided" and self.rule.is_futile(contender.values, contender.nth):
                return
            if contender.fate == "undecided" and look > SCREENED and not contender.nth:
                self._confirmed += 1
                contender.nth = self._confirmed
            self.advance([contender], look)
