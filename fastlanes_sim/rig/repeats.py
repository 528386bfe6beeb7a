"""Several sessions of one scenario: how much the live system differs from itself, and whether the prediction lies within that.

The sessions have the same insertions and service times. What differs between them is when the workers connect and poll, and the machine.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import Any

from fastlanes_sim.calibration.validate import FEWEST_RUNS, LaneComparison, Percentile
from fastlanes_sim.core.units import finite_seconds
from fastlanes_sim.experiments.alike_warnings import merged, some
from fastlanes_sim.measures.outcome import Outcome, worst
from fastlanes_sim.measures.times import IntervalName
from fastlanes_sim.rig.conduct_verdict import words_of
from fastlanes_sim.rig.session_result import RigResult

ALLOWED = 0.03
"""A prediction this near to what was seen is as good as one within: two or three sessions say little about the whole spread."""
_INTERVALS: tuple[IntervalName, ...] = ("wait", "response")


@dataclass(frozen=True, slots=True)
class Beside:
    """One percentile of one interval of a lane, µs. Infinite where runs that were open at the end reach it."""

    lane: str
    interval: IntervalName
    p: float
    observed: tuple[float, ...]
    """One a session, in ascending order."""
    predicted: float
    """The median over the sessions of each one's median over replications."""
    low: float
    high: float
    """The least and the most of any replication."""

    @property
    def is_within(self) -> bool:
        """The prediction lies between the sessions, or within `ALLOWED` of them."""
        least, most = self.observed[0], self.observed[-1]
        if not math.isfinite(self.predicted):
            return not math.isfinite(most)
        return least * (1 - ALLOWED) <= self.predicted <= most * (1 + ALLOWED)


@dataclass(frozen=True, eq=False)
class Repeats:
    """One session or more."""

    sessions: Sequence[RigResult]

    @property
    def outcome(self) -> Outcome:
        """The worst of them."""
        return worst([one.verdict.outcome for one in self.sessions])

    @property
    def words(self) -> str:
        """The verdict in one sentence."""
        if len(self.sessions) == 1:
            return self.sessions[0].verdict.words
        alike = sum(one.verdict.outcome == self.outcome for one in self.sessions)
        how_many = f" (in {alike} of {len(self.sessions)} sessions)" if self.outcome != "met" else f" in all {len(self.sessions)} sessions"
        return words_of([one.verdict for one in self.sessions], self.outcome, how_many)

    @cached_property
    def beside(self) -> list[Beside]:
        """What was predicted beside what was seen, of lanes that had runs in every session. A percentile needs a run beyond it: p95 is
        compared from 20 runs on, p99 from 100."""
        validations = [one.validation for one in self.sessions if one.validation is not None]
        if not validations or len(validations) < len(self.sessions):
            return []
        lanes = [{lane.lane: lane for lane in validation.lanes} for validation in validations]
        common = [name for name in lanes[0] if all(name in one for one in lanes)]
        return [row for name in common for row in _of_lane([one[name] for one in lanes])]

    @property
    def spread_words(self) -> str:
        """How many predictions lie within the spread of the sessions; empty for a single session, which has none."""
        if len(self.sessions) < 2 or not self.beside:
            return ""
        within = sum(row.is_within for row in self.beside)
        of_all = f"{within} of {len(self.beside)} predicted percentiles"
        return f"{of_all} lie between the smallest and the largest of {len(self.sessions)} sessions, or within {ALLOWED:.0%} of them."

    @property
    def causes(self) -> list[str]:
        """Why predicted and observed may differ: those that differ in their numbers alone once, with their sessions where not of all."""
        if len(self.sessions) == 1:
            return self.sessions[0].causes
        of: dict[str, list[str]] = {}
        for number, one in enumerate(self.sessions, 1):
            for cause in one.causes:
                of.setdefault(cause, []).append(f"session {number}")
        found = merged(of).items()
        return [cause if len(labels) == len(self.sessions) else f"{cause} ({some(labels)})" for cause, labels in found]

    def summary(self) -> dict[str, Any]:
        """Plain values for JSON; times in seconds, null where infinite."""
        if len(self.sessions) == 1:
            return self.sessions[0].summary()
        return {
            "scenario": self.sessions[0].loaded.scenario.name,
            "scenario_hash": self.sessions[0].loaded.hash,
            "verdict": self.outcome,
            "sessions": [one.summary() for one in self.sessions],
            "beside": [
                {
                    "lane": row.lane,
                    "interval": row.interval,
                    "p": row.p,
                    "observed_s": [finite_seconds(us) for us in row.observed],
                    "predicted_s": finite_seconds(row.predicted),
                    "low_s": finite_seconds(row.low),
                    "high_s": finite_seconds(row.high),
                    "within": row.is_within,
                }
                for row in self.beside
            ],
        }

    def text(self) -> str:
        """The verdict, predicted beside observed, and likely causes."""
        if len(self.sessions) == 1:
            return self.sessions[0].text()
        lines = [self.words, *([self.spread_words] if self.spread_words else [])]
        lines += [f"  session {number}: {one.verdict.words}" for number, one in enumerate(self.sessions, 1)]
        if self.causes:
            lines += ["Likely causes of what differs:", *(f"  {cause}" for cause in self.causes)]
        return "\n".join(lines)


def _of_lane(sessions: Sequence[LaneComparison]) -> Iterator[Beside]:
    runs = min(one.runs for one in sessions)
    for interval in _INTERVALS:
        for alike in zip(*(getattr(one, interval) for one in sessions), strict=True):
            if runs >= FEWEST_RUNS and runs * (1 - alike[0].p) >= 1 - 1e-9:
                yield _row(sessions[0].lane, interval, alike)


def _row(lane: str, interval: IntervalName, alike: Sequence[Percentile]) -> Beside:
    return Beside(
        lane=lane,
        interval=interval,
        p=alike[0].p,
        observed=tuple(sorted(one.observed for one in alike)),
        predicted=median(one.predicted for one in alike),
        low=min(one.low for one in alike),
        high=max(one.high for one in alike),
    )
