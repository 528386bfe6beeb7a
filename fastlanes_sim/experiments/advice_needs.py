"""Whom a change is to help: those whose objectives a simulation misses, and those who wait although everything is met."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fastlanes_sim.experiments.advice_simulations import Simulation
from fastlanes_sim.measures.judge import Verdict
from fastlanes_sim.measures.scopes import ALL, Scope
from fastlanes_sim.results.explanation import Explanation
from fastlanes_sim.rules.creation import QUEUES

_ADVISED = 3
"""Lanes, projects or workflows that get advice."""


@dataclass(frozen=True, slots=True)
class Need:
    """Why runs wait, and the objectives that are missed because of it; none where all are met."""

    why: Explanation
    missed: tuple[Verdict, ...]

    @property
    def scope(self) -> Scope:
        return self.why.scope


def needs_of(before: Simulation) -> list[Need]:
    """By scope, the one whose slowest runs waited longest first."""
    of_scope = dict[Scope, list[Verdict]]()
    for verdict in before.judged:
        if verdict.verdict != "met" and has_runs(before, verdict):
            of_scope.setdefault(_scope_of(before, verdict), []).append(verdict)
    whys = ((before.explained(scope), missed) for scope, missed in of_scope.items())
    found = [Need(why, tuple(missed)) for why, missed in whys if why is not None]
    return sorted(found, key=lambda need: -need.why.slowest.mean())[:_ADVISED]


def hidden(before: Simulation) -> list[Need]:
    """Who starves, or waits far longer than its lane, while every objective is met: the worst."""
    whys = (before.explained(scope) for scope in before.remarked)
    return [Need(why, ()) for why in whys if why is not None][:1]


def all_met(before: Simulation) -> bool:
    """Everything that runs were there for, in this one sample."""
    return all(one.verdict == "met" or not has_runs(before, one) for one in before.judged)


def has_runs(before: Simulation, verdict: Verdict) -> bool:
    """Whether an objective is about runs that there were."""
    measure = verdict.slo.measure
    return verdict.value is not None and (not measure.row.has_scope or len(before.members(measure.scope)) > 0)


def _scope_of(before: Simulation, verdict: Verdict) -> Scope:
    """Whose runs an objective is about: of all runs, or of the whole system, those that starve, or the lane that waits longest."""
    scope = verdict.slo.measure.scope
    if verdict.slo.measure.row.has_scope and scope != ALL:
        return scope
    if verdict.slo.measure.row.of_callers and before.table.sync.any():
        queue = np.bincount(before.table.queue[before.table.sync], minlength=len(QUEUES)).argmax()
        return Scope("lane", (QUEUES[queue],))
    starving = before.observed.backlog.starving
    if not verdict.slo.measure.row.has_scope and starving:
        return starving[0].scope
    return max(before.explanations, key=lambda why: why.slowest.mean()).scope


def matters(before: Simulation, why: Explanation) -> tuple[bool, float]:
    """Where nothing is asked for: a lane whose callers get a 504, then the one whose slowest runs waited longest."""
    return before.observed.counts(why.lane).gateway_timeouts > 0, why.slowest.mean()
