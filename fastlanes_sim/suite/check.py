"""Checking baselines: what has changed since, and is it noise?

The same seed, model and deployment give the same numbers, so what differs has a reason. What differs is compared on the same runs
(common random numbers): a paired interval, corrected for the number of comparisons, tells a real change from noise.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.engines.selection import Engine, make_ready
from fastlanes_sim.experiments.confidence_intervals import LEVEL, Estimate, estimate, student
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.jobs import Progress
from fastlanes_sim.experiments.replicate import PILOT, find_warm_up
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.suite.baseline import Baseline
from fastlanes_sim.suite.comparable import NotComparable, Present, present
from fastlanes_sim.suite.record import inputs_of, play

Floats = npt.NDArray[np.float64]


class Kind(StrEnum):
    """What became of a measure."""

    IDENTICAL = "identical"
    NOISE = "within noise"
    OPEN = "undecided"
    """It may have changed by any amount: runs are open, or too few replications have runs of both."""
    SMALL = "too small to matter"
    """Changed for real, but surely by less than was asked for."""
    BETTER = "better"
    WORSE = "worse"
    OTHER = "other"
    """Changed for real, and neither better nor worse in itself."""


REAL = frozenset({Kind.BETTER, Kind.WORSE, Kind.OTHER})


@dataclass(frozen=True)
class Change:
    """One measure then and now."""

    measure: Measure
    kind: Kind
    was: Estimate
    now: Estimate
    difference: Estimate
    """Now less then, paired, at the level corrected for the number of comparisons."""

    @property
    def words(self) -> str:
        """`p99(fast_lane.response): 41 s → 52 s, 11 s [9 s, 13 s] worse`"""
        show, found = self.measure.show, self.difference
        text = f"{self.measure.text}: {show(self.was.mean)} → {show(self.now.mean)}"
        if self.kind is Kind.IDENTICAL:
            return f"{self.measure.text}: identical"
        if not found.replications:
            return f"{text}, no run of both to compare"
        if self.kind is Kind.OPEN:
            why = "runs are still open at the end" if found.replications > 1 else "one replication alone has runs of both"
            return f"{text}, undecided: {why}"
        sign = -1 if found.high < 0 else 1
        ends = sorted((sign * found.low, sign * found.high))
        interval = f"[{show(ends[0])}, {show(ends[1])}]"
        if self.kind in (Kind.NOISE, Kind.SMALL):
            return f"{text}, {self.kind}: {show(sign * found.mean)} {interval}"
        at_least = "" if found.mean == found.upper_mean else "at least "
        least = found.mean if sign > 0 else -found.upper_mean
        which = "" if self.kind is Kind.OTHER else f": {self.kind}"
        return f"{text}, {at_least}{show(least)} {interval} {'more' if sign > 0 else 'less'}{which}"


@dataclass(frozen=True)
class Checked:
    """A baseline held against the present."""

    baseline: Baseline
    changes: Sequence[Change]
    since: Sequence[str]
    """Inputs that have changed."""
    level: float
    """Of each comparison."""
    why_not: NotComparable | None = None
    """Why nothing was compared; None where it was."""
    moved_to: str = ""
    """Where the scenario's file was found, if no longer where it was recorded."""

    def of(self, *kinds: Kind) -> list[Change]:
        return [one for one in self.changes if one.kind in kinds]


def check(
    baselines: Sequence[Baseline],
    changes: Mapping[str, object] | None = None,
    *,
    at_least: float = 0.0,
    engine: Engine = "auto",
    executor: Executor | None = None,
    force: bool = False,
    progress: Progress | None = None,
) -> list[Checked]:
    """Simulate each baseline's scenario as it is now, and compare. One that cannot be compared does not keep the others from it.

    Args:
        changes: further values by dotted path, laid over each scenario: a layout or a setting to try.
        at_least: a difference that is surely smaller than this share of what it was is too small to matter. A change from 0 never is.
        force: compare what takes too long as well.

    Raises:
        FastlanesError: `at_least` is no share.
    """
    if not 0 <= at_least < math.inf:
        raise FastlanesError(f"{100 * at_least:g} % is no least change\n    hint: write such as 5%")
    make_ready(engine)
    loaded = [present(one, changes or {}, engine=engine, force=force) for one in baselines]
    compared_ones = [one for one, now in zip(baselines, loaded, strict=True) if isinstance(now, Present)]
    level = 1 - (1 - LEVEL) / max(1, sum(len(one.values) for one in compared_ones))
    total, found = sum(one.replications for one in compared_ones), list[Checked]()
    for baseline, now in zip(baselines, loaded, strict=True):
        if isinstance(now, NotComparable):
            found.append(Checked(baseline, (), (), level, now))
            continue
        scenario, before = now.scenario, sum(one.baseline.replications for one in found if one.why_not is None)
        tell = None if progress is None else (lambda done, _, before=before: progress(before + done, total))
        # Of the same runs: what is deployed now may have settled at another time.
        warm_up = baseline.warm_up if baseline.warm_up is not None else find_warm_up(scenario, PILOT, engine).cut
        values = play(scenario, baseline.measures, baseline.replications, warm_up, engine, executor, tell)
        compared = [_change(one, baseline.values[one.text], values[one.text], level, at_least) for one in baseline.measures]
        found.append(Checked(baseline, compared, baseline.inputs.changed_to(inputs_of(scenario)), level, moved_to=now.moved_to))
    return found


def _change(
    one: Measure,
    was: tuple[Sequence[float], Sequence[float]],
    now: tuple[Sequence[float], Sequence[float]],
    level: float,
    at_least: float = 0.0,
) -> Change:
    (was_low, was_high), (now_low, now_high) = (tuple(np.asarray(ends, np.float64) for ends in both) for both in (was, now))
    with np.errstate(invalid="ignore"):
        difference = student(now_low - was_high, now_high - was_low, level)
    before, after = estimate(was_low, was_high, floor=0.0), estimate(now_low, now_high, floor=0.0)
    if _same(was_low, now_low) and _same(was_high, now_high):
        kind = Kind.IDENTICAL
    elif difference.replications and difference.low <= 0 <= difference.high:
        kind = Kind.NOISE if math.isfinite(difference.low) and math.isfinite(difference.high) else Kind.OPEN
    elif difference.replications and _is_small(difference, before, at_least):
        kind = Kind.SMALL
    elif not difference.replications or one.better is None:
        kind = Kind.OTHER
    else:
        kind = Kind.WORSE if (difference.low > 0) == (one.better == "less") else Kind.BETTER
    return Change(one, kind, before, after, difference)


def _is_small(difference: Estimate, before: Estimate, at_least: float) -> bool:
    """Whether the difference is less than that share of what it was, wherever in its interval it lies."""
    return max(abs(difference.low), abs(difference.high)) < at_least * before.mean


def _same(one: Floats, other: Floats) -> bool:
    return bool(np.array_equal(one, other, equal_nan=True))
