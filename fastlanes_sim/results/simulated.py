"""What one simulation came to: its scenario, its runs and its log, and what follows from them, computed when it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.measures.judge import Verdict, judge
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.measures.stopped_workloops import stopped_workloops
from fastlanes_sim.measures.values import Value
from fastlanes_sim.results.attribution import Attribution, attribute
from fastlanes_sim.results.explanation import Explanation, explain
from fastlanes_sim.results.lost_slots import LostSlots, lost_slots
from fastlanes_sim.results.observed import Observed
from fastlanes_sim.results.utilisation import Utilisation, utilisation
from fastlanes_sim.results.worker_processes import Replicas, come_and_go, replicas
from fastlanes_sim.scenario.load import LoadedScenario
from fastlanes_sim.scenario.objectives import objectives_of
from fastlanes_sim.scenario.schedule import instant

if TYPE_CHECKING:
    import pandas as pd


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
    def explanations(self) -> list[Explanation]:
        """One a lane that has runs: what its waits were made of, of all its runs and of the slowest. Empty where that was not recorded."""
        return [] if self.log.changes is None else explain(self.deployment, self.table, self.log, self.attribution)

    @property
    def waited(self) -> list[Explanation]:
        """The `explanations` of those lanes of which any run waited."""
        return [why for why in self.explanations if why.cause is not None]

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row a run; `results.frame.COLUMNS` says what the columns mean."""
        from fastlanes_sim.results.frame import runs_frame

        attribution = None if self.log.changes is None else self.attribution
        return runs_frame(self.table, self.log, self.deployment, self.start, attribution=attribution)
