"""What one simulation came to: its scenario, its runs and its log, and what follows from them, computed when it is first asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import format_duration
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.measures.judge import Verdict, judge
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.measures.scopes import Scope, read_scope
from fastlanes_sim.measures.stopped_workloops import stopped_workloops
from fastlanes_sim.measures.values import Value
from fastlanes_sim.results.attribution import Attribution, attribute
from fastlanes_sim.results.called_runs import Standstills, standstills
from fastlanes_sim.results.critical_path import CriticalPaths
from fastlanes_sim.results.explanation import Explanation, explain, explain_runs
from fastlanes_sim.results.held_up import out_of_memory, shares_more_than_slots
from fastlanes_sim.results.lost_slots import LostSlots, lost_slots
from fastlanes_sim.results.observed import Observed
from fastlanes_sim.results.response_explanation import ResponseExplanation, explain_responses
from fastlanes_sim.results.response_parts import Part, ResponseParts, response_parts
from fastlanes_sim.results.utilisation import Utilisation, utilisation
from fastlanes_sim.results.wait_stretches import WaitStretches
from fastlanes_sim.results.worker_processes import Replicas, come_and_go, replicas
from fastlanes_sim.results.worst_scopes import ScopeWait, conspicuous, hidden, scope_waits
from fastlanes_sim.scenario.load import LoadedScenario
from fastlanes_sim.scenario.objectives import objectives_of
from fastlanes_sim.scenario.schedule import instant

if TYPE_CHECKING:
    import pandas as pd

    from fastlanes_sim.results.frame import Calls


_STARVES, _MOST_REMARKS, _TOLD_APART = 0.01, 2, 2
"""Share of a scope's runs from which on it is said to starve; workflows that are mentioned because they wait longer than their lane; scopes
that are shown beside the lanes."""


@dataclass(frozen=True, eq=False)
class Simulated:
    """One simulation of a scenario."""

    scenario: LoadedScenario
    """As it was loaded, with what was laid over it."""
    deployment: Deployment
    table: RunTable
    """The runs, before anything happened to them."""
    log: RunLog
    """What happened to them."""
    seed: int

    @property
    def start(self) -> datetime:
        """The instant of time 0, in UTC."""
        scenario = self.scenario.scenario
        return instant(scenario.start, scenario.timezone)

    @cached_property
    def observed(self) -> Observed:
        """Its runs as measures see them: counts and times of a lane, a project, a workflow or a trigger."""
        return Observed(self.table, self.log, self.deployment)

    def measure(self, measure: Measure | str) -> Value | None:
        """What a measure comes to, such as `p99(project.clinic.wait)`; None where there is nothing to measure.

        Raises:
            MeasureError: there is no such measure, or nothing of that name.
        """
        return self.observed.measure(measure)

    @cached_property
    def utilisation(self) -> list[Utilisation]:
        """One entry a workloop of each worker."""
        return utilisation(self.deployment, self.log)

    @cached_property
    def replicas(self) -> Replicas | None:
        """Of all workers together, where any comes or goes (docs/failures.md)."""
        return replicas(self.log) if come_and_go(self.deployment, self.log) else None

    @cached_property
    def lost_slots(self) -> list[LostSlots]:
        """One entry a worker's process that has lost any for the rest of its life (W-13a)."""
        return lost_slots(self.deployment, self.log)

    @cached_property
    def stopped(self) -> list[tuple[str, str, int]]:
        """(worker, workloop, µs since when) of each workloop that has room and stopped asking for good (W-6). Empty where that was not
        recorded."""
        if self.log.changes is None:
            return []
        names = [(worker.name, loop.id) for worker in self.deployment.workers for loop in worker.workloops]
        return [(*names[one.workloop], one.since) for one in stopped_workloops(self.log)]

    @cached_property
    def verdicts(self) -> list[Verdict]:
        """One for each of the scenario's objectives, in its order; an objective for each of several scopes is as many."""
        return [judge(slo, self.observed) for slo in objectives_of(self.scenario.scenario)]

    @cached_property
    def attribution(self) -> Attribution:
        """Why each run waited, in µs by cause.

        Raises:
            FastlanesError: the scenario was simulated with `attribution=False`.
        """
        return attribute(self.deployment, self.table, self.log)

    @cached_property
    def standstills(self) -> Standstills:
        """When runs waited for those that they had called (K-5)."""
        return standstills(self.table, self.log, self.deployment.lightning.webhook_timeout, self.deployment.incidents.down)

    @cached_property
    def response_parts(self) -> ResponseParts:
        """What each run's response was made of, in µs: its wait, its own work, the time at what it shares, the time in which it waited for
        a run that it had called."""
        return response_parts(self.table, self.log, self.standstills, self.deployment.resources)

    @cached_property
    def stood_still(self) -> float:
        """Share of the time in which runs held slots that they waited for runs which they had called (K-5)."""
        held = self.observed.slot_time.held
        return int((self.standstills.ends - self.standstills.begins).sum()) / held if held else 0.0

    @cached_property
    def held_up(self) -> float:
        """Share of the time in which runs held slots that they waited at resources or were slowed down by sharing (R-1 to R-4), as far as
        the log says so: of runs that did all of their work."""
        held = self.observed.slot_time.held if shares_more_than_slots(self.deployment) else 0
        return int(self.response_parts.of(Part.RESOURCE).sum()) / held if held else 0.0

    @cached_property
    def out_of_memory(self) -> int:
        """Runs that were killed because their worker had no memory for them (R-5)."""
        return int(np.count_nonzero(out_of_memory(self.deployment, self.table, self.log)))

    @cached_property
    def responses_explained(self) -> list[ResponseExplanation]:
        """Of workflows whose runs waited for those that they had called, what their responses were made of. Empty where none did."""
        if not self.table.has_calls:
            return []
        attribution = None if self.log.changes is None else self.attribution
        return explain_responses(self.deployment, self.table, self.log, self.standstills, self.response_parts, attribution)

    @cached_property
    def critical_paths(self) -> CriticalPaths:
        """What each instant of a work order was spent on, and in which run."""
        waits = None if self.log.changes is None else WaitStretches(self.deployment, self.table, self.log)
        orders, answers = self.observed.work_orders, self.observed.answers
        return CriticalPaths(self.table, self.log, answers, orders, self.standstills, waits)

    @cached_property
    def explanations(self) -> list[Explanation]:
        """One a lane that has runs: what its waits were made of, of all its runs and of the slowest. Empty where that was not recorded."""
        return [] if self.log.changes is None else explain(self.deployment, self.table, self.log, self.attribution)

    def explained(self, scope: Scope | str) -> Explanation | None:
        """What the waits of a lane, project or workflow were made of; None where it has no runs, or attribution was not recorded."""
        one = read_scope(scope) if isinstance(scope, str) else scope
        members = np.flatnonzero(self.observed.members(one))
        if self.log.changes is None or not len(members):
            return None
        return explain_runs(self.deployment, self.table, self.log, self.attribution, members, one)

    @cached_property
    def scope_waits(self) -> list[ScopeWait]:
        """How long runs waited by project and workflow, the worst first."""
        return scope_waits(self.observed)

    @cached_property
    def remarks(self) -> list[str]:
        """What the figures by lane do not show, the worst first: who starves, who misses what the lane meets, who waits far longer than the
        lane, and why."""
        return [". ".join([*(text for _, text in said), *self._reason(scope)]) for scope, said in self.remarked.items()]

    @property
    def worst_remark(self) -> str:
        """The first of them in a few words, `workflow.clinic.import starves`; empty where there is none."""
        return next((f"{scope} {said[0][0]}" for scope, said in self.remarked.items()), "")

    @cached_property
    def remarked(self) -> dict[Scope, list[tuple[str, str]]]:
        """What there is to remark, by scope: in a few words, and as a sentence."""
        found: dict[Scope, list[tuple[str, str]]] = {}
        for one in self.observed.backlog.starving[:1]:
            if one.share > _STARVES:
                many = f"{one.starved:,} of its {one.runs:,} runs ({100 * one.share:.0f} %) are" if one.runs > 1 else "its only run is"
                scope, since = self._narrowest(one.scope), format_duration(one.longest)
                first = "the first for" if one.starved > 1 else "for"
                found[scope] = [("starves", f"{scope} starves: {many} waiting at the end, {first} {since}")]
        for gap in hidden(self.observed, self.scope_waits, self.verdicts):
            found.setdefault(self._narrowest(gap.wait.scope), []).append(("misses what its lane meets", gap.sentence))
        for wait in conspicuous(self.observed)[:_MOST_REMARKS]:
            words = "waits far longer than its lane"
            found.setdefault(wait.scope, [(words, f"{wait.scope} {words}: {wait.words}")])
        return found

    @cached_property
    def told_apart(self) -> list[Scope]:
        """What tables and charts show beside the lanes: projects, workflows and triggers that there are remarks about or that objectives
        name, the longest waits first; few, so that they can be told from each other."""
        asked = (verdict.slo.measure.scope for verdict in self.verdicts if verdict.slo.measure.row.has_scope)
        named = dict.fromkeys(one for one in (*self.remarked, *asked) if one.lane is None)
        longest = {one: float(spans.ages[-1]) for one in named if len(spans := self.observed.durations(one, "wait"))}
        return sorted(longest, key=lambda one: (one not in self.remarked, -longest[one]))[:_TOLD_APART]

    def _narrowest(self, scope: Scope) -> Scope:
        """Of a project with one workflow, the workflow."""
        own = [place for place in self.observed.places.workflows if place[0] == scope.names[0]] if scope.kind == "project" else []
        return Scope("workflow", own[0]) if len(own) == 1 else scope

    def _reason(self, scope: Scope) -> list[str]:
        why = self.explained(scope)
        if why is None or why.cause is None:
            return []
        return [f"{100 * why.slowest.share(why.cause):.0f} % of the wait of its slowest runs was {why.what}"]

    @cached_property
    def explanations_shown(self) -> list[Explanation]:
        """Of what there are remarks about, then of the lanes, then of what else is `told_apart`."""
        whys = [self.explained(scope) for scope in self.told_apart] if self.explanations else []
        apart = [why for why in whys if why is not None]
        remarked = [why for why in apart if why.scope in self.remarked]
        return [*remarked, *self.explanations, *(why for why in apart if why not in remarked)]

    @property
    def waited(self) -> list[Explanation]:
        """Those of them of which any run waited."""
        return [why for why in self.explanations_shown if why.cause is not None]

    def runs_in_portions(self) -> Iterator[pd.DataFrame]:
        """The rows of `runs`, of which not all are in memory at a time."""
        from fastlanes_sim.results.frame import runs_frames

        attribution = None if self.log.changes is None else self.attribution
        return runs_frames(self.table, self.log, self.deployment, self.start, attribution, self._calls)

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row a run; `results.frame.COLUMNS` says what the columns mean."""
        from fastlanes_sim.results.frame import runs_frame

        attribution = None if self.log.changes is None else self.attribution
        return runs_frame(self.table, self.log, self.deployment, self.start, attribution=attribution, calls=self._calls)

    @property
    def _calls(self) -> Calls | None:
        from fastlanes_sim.results.frame import Calls

        return Calls(self.table.called_by, self.response_parts.of(Part.CHILD)) if self.table.has_calls else None
