"""Simulations for advice: what is asked of one, and the same runs in changed deployments, within what advice may cost."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.errors import ScenarioError
from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment, Incidents, Resource, Worker
from fastlanes_sim.deployment.from_scenario import deployment as deployment_of
from fastlanes_sim.engines.selection import Engine, run_engine
from fastlanes_sim.experiments.finishing import implied_objectives
from fastlanes_sim.experiments.remedy import Step
from fastlanes_sim.measures.judge import Verdict, judge
from fastlanes_sim.measures.scopes import ALL, Scope
from fastlanes_sim.results.simulated import Simulated
from fastlanes_sim.rules.layout_parser import parse_workloops
from fastlanes_sim.scenario.load import LoadedScenario, Variants
from fastlanes_sim.scenario.overrides import laid_over
from fastlanes_sim.traffic.generate import generate

Rows = npt.NDArray[np.int64]
Progress = Callable[[int], None]
"""Called with the number of simulations done so far."""

_REMEDIES = 4
"""One remedy whose steps cost ever more to simulate takes at most such a part of what advice may cost: those after it get their turn."""
_MOST, LEAST, _EVENTS, _A_RUN = 50, 6, 3_000_000, 5
"""Simulations for advice at most, and at least; in between so many that they have this number of claims and runs together, a run counted
this often: advice should cost little beside what is simulated anyway."""
_OF_THE_TABLE = (".cron", ".spread", ".run_timeout", ".wait")
"""Settings that are in the table of runs."""
LINEAR = 8
"""Remedies of so many steps are tried one by one; of more the steps are doubled, and then halved."""


@dataclass(frozen=True, eq=False)
class Simulation(Simulated):
    """One simulation, and what advice asks of it."""

    def members(self, scope: Scope) -> Rows:
        return np.flatnonzero(self.observed.members(scope))

    @cached_property
    def judged(self) -> list[Verdict]:
        """The verdicts on the objectives, then on what is implied."""
        return [*self.verdicts, *(judge(slo, self.observed) for slo in implied_objectives())]

    def slowest_wait(self, scope: Scope) -> float:
        """Mean µs that the slowest runs of a scope waited."""
        waits = self.observed.durations(scope, "wait").ages
        return float(np.mean(waits[-max(1, math.ceil(0.01 * len(waits))) :])) if len(waits) else 0.0

    @cached_property
    def harmed(self) -> int:
        """Runs that are lost or killed."""
        counts = self.observed.counts(ALL)
        return counts.lost + counts.killed


class Simulations:
    """The same runs in changed deployments, and what they have cost."""

    def __init__(self, before: Simulation, replication: int, engine: Engine, progress: Progress | None) -> None:
        self.before, self.engine = before, engine
        self._replication, self._progress = replication, progress
        self._variants = Variants(before.scenario.origin)
        plain = _events(before.table, before.log)
        self.done = self.events = 0
        self.confirming = 0
        """Further ones that confirm changes. What advice may cost does not count them."""
        self.most = max(LEAST, min(_MOST, _EVENTS // plain))
        self._most_events = max(LEAST * plain, _EVENTS)
        self.most_events_of_one = max(self._most_events // _REMEDIES, LINEAR * plain)

    def are_spent(self, most: int, most_events: int | None = None) -> bool:
        """Whether advice, or one remedy, has cost enough, in simulations or in what they had to do."""
        return self.done >= most or self.events >= min(self._most_events, most_events or self._most_events)

    def changed(self, step: Step) -> LoadedScenario:
        """
        Raises:
            ScenarioError: it cannot be set.
        """
        return self._variants.load(laid_over(self.before.scenario.overrides, step.overrides))

    def simulate(self, step: Step, *, changes: bool = False) -> Simulation | None:
        """The same runs in the changed deployment; other runs only where the change is when they come. None where it cannot be set."""
        try:
            scenario = self.changed(step)
        except ScenarioError:
            return None
        is_drawn = any(path.endswith(_OF_THE_TABLE) for path in step.overrides)
        table = generate(scenario.scenario, replication=self._replication) if is_drawn else self.before.table
        deployed = deployment_of(scenario.scenario)
        return Simulation(scenario, deployed, table, self._run(deployed, table, changes=changes), scenario.scenario.seed)

    @cached_property
    def unhindered(self) -> Simulation:
        """The same runs where no run ever waits: slots for all of them, at once, and no limits, nor any of what they share (R-1 to R-5)."""
        before = self.before
        everything = Worker("everything", parse_workloops(f"*:{max(1, len(before.table))}").workloops, dispatch="ideal")
        deployed = replace(
            before.deployment,
            projects=tuple(replace(one, concurrency=None) for one in before.deployment.projects),
            workflows=tuple(replace(one, concurrency=None) for one in before.deployment.workflows),
            workers=(everything,),
            resources=tuple(Resource(one.name) for one in before.deployment.resources),
            lightning=replace(before.deployment.lightning, claim_limit=max(1, len(before.table))),
            incidents=Incidents(),
            autoscalers=(),
        )
        return Simulation(before.scenario, deployed, before.table, self._run(deployed, before.table), before.seed)

    def _run(self, deployed: Deployment, table: RunTable, *, changes: bool = False) -> RunLog:
        log = run_engine(deployed, table, engine=self.engine, record_changes=changes)
        self.done += 1
        self.events += _events(table, log)
        self.tell()
        return log

    def tell(self) -> None:
        """Report how many there were by now."""
        if self._progress is not None:
            self._progress(self.done + self.confirming)


def _events(table: RunTable, log: RunLog) -> int:
    """What a simulation had to do, roughly."""
    return _A_RUN * len(table) + log.claims_sent + 1
