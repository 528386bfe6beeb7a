"""Rare events: how often something happens that a plain count would hardly see, by multilevel splitting with fixed effort.

To see long waits, episodes in which somebody has waited long, or is going to, are cloned: the same past, new random numbers afterwards
(`splitting`, `traffic.redraw`). So many are simulated at each level, from crossings picked at random; the share of them that reach the next
level estimates the chance of it, and what those that do not reach it have seen is weighted with the product of the shares so far. Of
anything that is added up over runs, such as the number of late ones, that estimate has no bias (Garvels, The splitting method in rare event
simulation, 2000; Glasserman et al., Operations Research 47:585, 1999; Rubino and Tuffin, Rare Event Simulation, 2009, chapter 3).

Clones of the same crossing are not independent. So everything is repeated, and the interval is that over the repetitions. Levels come from
a pilot that is thrown away. What is gained, and how often the intervals hold, is in docs/rare_events.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.engines.selection import Engine, make_ready
from fastlanes_sim.experiments.confidence_intervals import LEVEL, Estimate, estimate
from fastlanes_sim.experiments.executors import Executor, map_jobs
from fastlanes_sim.experiments.jobs import Progress
from fastlanes_sim.experiments.splitting import Levels, Question, Tail, find_levels, repetition
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.traffic.redraw import why_not

TRAJECTORIES = 50
"""Whole simulations of a repetition, and clones at each of its levels."""
REPETITIONS = 20
"""Independent of each other: the interval is that over them."""
_TIMES = ("wait", "queue", "response")
"""Those that begin with the run's insertion."""
_SAW_NOTHING = 0.5
"""Of the repetitions: if fewer have seen anything, their interval means nothing."""


def can_split(measure: Measure) -> bool:
    """Whether it is a share of late runs, or a quantile above the median, of a time that begins with the run's insertion."""
    return measure.is_pooled and measure.name in _TIMES and (measure.part is None or measure.part > 0.5)


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
        """Whole ones, in all."""
        return self.levels.simulations + sum(one.simulations for one in self.tails)

    @property
    def clones(self) -> int:
        """In all."""
        return self.levels.clones + sum(one.clones for one in self.tails)

    @property
    def seen(self) -> int:
        """Repetitions that came as far as the last level; of a share, those that have seen a late run."""
        if self.measure.threshold is not None:
            return sum(one.beyond(self.measure.threshold) > 0 for one in self.tails)
        return sum(len(one.reached) == len(self.levels.heights) and all(one.reached) for one in self.tails)

    @property
    def means_something(self) -> bool:
        """Whether enough of the repetitions came that far."""
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
        each = f"{len(self.tails)} repetitions, {self.trajectories} clones at each of {len(self.levels.heights)} levels"
        cost = f"{self.simulations:,} simulations and {self.clones:,} clones of parts of them in all"
        found = f"{self.measure.text} is by splitting ({each}, {cost}), not counted in the replications"
        if self.means_something:
            plain = self.plain_replications
            as_precise = f"; as precise a plain count would take about {float(f'{plain:.1g}'):,.0f} replications"
            return found + (as_precise if math.isfinite(plain) else "")
        far = "came as far as the last level" if self.measure.threshold is None else "have seen a late run"
        return f"{found}; only {self.seen} of {len(self.tails)} repetitions {far}, too few for an interval"


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
        trajectories: whole simulations of a repetition, and clones at each level; below 20 levels would hardly be reached.
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
