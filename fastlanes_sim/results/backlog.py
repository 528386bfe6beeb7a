"""Whether a deployment finishes what arrives: its offered load, and the runs that starve, whichever lane, project or workflow is theirs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER, RunLog, arrived
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.measures.scopes import Scope
from fastlanes_sim.results.offered_load import Load, offered_load
from fastlanes_sim.rules.creation import QUEUES

LONG = 20
"""A run starves that has waited a LONG-th of the horizon at the end and has not started."""


@dataclass(frozen=True, slots=True)
class Starving:
    """What starves of a lane, a project or a workflow."""

    scope: Scope
    runs: int
    starved: int
    longest: int
    """µs that the oldest of them had waited at the end."""

    @property
    def share(self) -> float:
        return self.starved / self.runs


class Backlog:
    """What is left at the end of one simulation. Each number is computed when it is first asked for."""

    def __init__(self, deployment: Deployment, table: RunTable, log: RunLog) -> None:
        self._deployment, self._table, self._log = deployment, table, log

    @cached_property
    def load(self) -> Load:
        """Of the busiest set of slots, or the busiest limit."""
        return offered_load(self._deployment, self._table)

    @cached_property
    def starving(self) -> list[Starving]:
        """Lanes, projects and workflows of which any run starves, by share, the widest of equal ones first."""
        table, log = self._table, self._log
        here = arrived(log)
        waits = here & (log.started_at == NEVER) & (log.ended_at == NEVER)
        starved = np.flatnonzero(waits & (log.ended_on - log.inserted_at > self._deployment.horizon // LONG))
        if not len(starved):
            return []
        age = log.ended_on - log.inserted_at[starved]
        project = np.array([one.project for one in self._deployment.workflows], np.int64)
        names = [one.name for one in self._deployment.projects]
        kinds: list[tuple[list[Scope], npt.NDArray[np.int64]]] = [
            ([Scope("lane", (name,)) for name in QUEUES], table.queue.astype(np.int64)),
            ([Scope("project", (name,)) for name in names], project[table.workflow]),
            (
                [Scope("workflow", (names[one.project], one.name)) for one in self._deployment.workflows],
                table.workflow.astype(np.int64),
            ),
        ]
        found = []
        for scopes, of_run in kinds:
            runs = np.bincount(of_run[here], minlength=len(scopes))
            left = np.bincount(of_run[starved], minlength=len(scopes))
            longest = np.zeros(len(scopes), np.int64)
            np.maximum.at(longest, of_run[starved], age)
            found += [Starving(scopes[i], int(runs[i]), int(left[i]), int(longest[i])) for i in np.flatnonzero(left)]
        return sorted(found, key=lambda one: -one.share)

    @property
    def worst(self) -> float:
        """The largest share of a scope's runs that starve."""
        return self.starving[0].share if self.starving else 0.0
