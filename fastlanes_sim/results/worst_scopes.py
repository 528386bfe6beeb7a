"""Whose runs waited longest: projects and workflows, the worst first; and who waits behind a lane's figures that look well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.counting import counted
from fastlanes_sim.core.units import SECOND, format_duration
from fastlanes_sim.measures.judge import Verdict, judge
from fastlanes_sim.measures.scopes import ALL, Scope
from fastlanes_sim.measures.values import Value
from fastlanes_sim.results.observed import Observed
from fastlanes_sim.rules.creation import QUEUES

_LOOKED_AT = 10
"""Workflows and projects that are held against the objectives of their lane: those that waited longest."""
_CONSPICUOUS, _WORTH_A_WORD = 5.0, 10 * SECOND
"""A workflow's or project's p95 wait is worth a word that is so many times its lane's, and so long."""


@dataclass(frozen=True, slots=True)
class ScopeWait:
    """How long the runs of a project or workflow waited. Times in µs; of runs that have not started what they have waited so far."""

    scope: Scope
    lane: str
    """Of most of its runs."""
    runs: int
    p50: float
    p95: float
    longest: float
    waiting: int
    """Not started at the end."""

    @property
    def words(self) -> str:
        """`95 % of its 20 runs up to 3 h`; where some have not started, that is the least it may be."""
        p95 = format_duration(self.p95)
        if self.runs == 1:
            return f"its only run has waited {p95} and not started" if self.waiting else f"its only run {p95}"
        if not self.waiting:
            return f"95 % of its {self.runs:,} runs up to {p95}"
        return f"95 % of its {self.runs:,} runs up to at least {p95}; {self.waiting:,} {'has' if self.waiting == 1 else 'have'} not started"

    def to_json(self) -> dict[str, object]:
        times = {f"wait_{name}_s": getattr(self, name) / SECOND for name in ("p50", "p95", "longest")}
        return {"scope": str(self.scope), "lane": self.lane, "runs": self.runs, **times, "waiting": self.waiting}


@dataclass(frozen=True, slots=True)
class Hidden:
    """A project or workflow that misses what its lane meets."""

    verdict: Verdict
    """Of the lane."""
    wait: ScopeWait
    value: Value
    """The same measure, of its runs alone."""

    @property
    def sentence(self) -> str:
        at_least = "at least " if self.wait.waiting else ""
        whose = f"{counted(self.wait.runs, 'run')}, the longest wait {at_least}{format_duration(self.wait.longest)}"
        return f"{self.verdict.slo.text} is met ({self.verdict.value}), but not for {self.wait.scope} alone: {self.value} ({whose})"


def scope_waits(observed: Observed, lane: str = str(ALL)) -> list[ScopeWait]:
    """Of every project and workflow with runs (in a lane), the one with the longest p95 first; none where there is only one."""
    interval = observed.interval("wait")
    rows = interval.begun & observed.rows(lane)
    places, workflows = observed.places.workflows, observed.deployment.workflows
    of_workflow = observed.table.workflow[rows]
    project_of = np.array([one.project for one in workflows], np.int32)
    names = [project.name for project in observed.deployment.projects]
    waits, waiting, queue = interval.length[rows], ~interval.complete[rows], observed.table.queue[rows]
    kinds = [
        _grouped([Scope("project", (name,)) for name in names], project_of[of_workflow], waits, waiting, queue),
        _grouped([Scope("workflow", place) for place in places], of_workflow, waits, waiting, queue),
    ]
    return sorted((one for kind in kinds if len(kind) > 1 for one in kind), key=lambda one: -one.p95)


def _grouped(
    scopes: Sequence[Scope],
    group: npt.NDArray[np.int32],
    waits: npt.NDArray[np.int64],
    waiting: npt.NDArray[np.bool_],
    queue: npt.NDArray[np.int8],
) -> list[ScopeWait]:
    order = np.argsort(group, kind="stable")
    edges = np.append(0, np.cumsum(np.bincount(group, minlength=len(scopes))))
    found = []
    for place, scope in enumerate(scopes):
        mine = order[edges[place] : edges[place + 1]]
        if len(mine):
            places = [max(0, int(np.ceil(p * len(mine))) - 1) for p in (0.5, 0.95, 1.0)]
            p50, p95, longest = (float(wait) for wait in np.partition(waits[mine], places)[places])
            lane = QUEUES[int(np.bincount(queue[mine], minlength=len(QUEUES)).argmax())]
            found.append(ScopeWait(scope, lane, len(mine), p50, p95, longest, int(waiting[mine].sum())))
    return found


def hidden(observed: Observed, waits: Sequence[ScopeWait], verdicts: Sequence[Verdict]) -> list[Hidden]:
    """Of each objective that a lane meets the project or workflow that misses it by most; none that is named by an objective of its own.
    Only their runs in that lane count: a project with batches in another lane misses nothing by them."""
    named = {verdict.slo.measure.scope for verdict in verdicts}
    found = []
    for verdict in verdicts:
        slo = verdict.slo
        lane = slo.measure.scope.lane
        if verdict.verdict != "met" or lane is None or not slo.measure.statistic or not slo.is_upper_bound:
            continue
        worst = [wait for wait in (waits if lane == str(ALL) else scope_waits(observed, lane)) if wait.scope not in named][:_LOOKED_AT]
        within = observed if lane == str(ALL) or not worst else _within(observed, lane)
        for wait in worst:
            alone = judge(replace(slo, measure=replace(slo.measure, scope=wait.scope)), within)
            if alone.verdict == "missed" and alone.value is not None:
                found.append(Hidden(verdict, wait, alone.value))
                break
    return found


def conspicuous(observed: Observed) -> list[ScopeWait]:
    """Projects and workflows whose runs in a lane wait far longer than the lane's, the worst first; of a project with one such workflow the
    workflow alone."""
    found: list[ScopeWait] = []
    for lane in QUEUES:
        spans = observed.durations(lane, "wait").ages
        if len(spans):
            p95 = float(spans[max(0, int(np.ceil(0.95 * len(spans))) - 1)])
            found += [wait for wait in scope_waits(observed, lane) if wait.p95 >= max(_WORTH_A_WORD, _CONSPICUOUS * p95)]
    found.sort(key=lambda one: -one.p95)
    workflows = {one.scope.names[0] for one in found if one.scope.kind == "workflow"}
    return [one for one in found if one.scope.kind == "workflow" or one.scope.names[0] not in workflows]


def _within(observed: Observed, lane: str) -> Observed:
    """The runs of one lane alone."""
    rows = np.flatnonzero(observed.rows(lane))
    return Observed(observed.table.rows(rows), observed.log.rows(rows), observed.deployment, observed)
