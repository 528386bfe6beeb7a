"""A row of the registry: everything that is to be known of one measure."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from fastlanes_sim.measures.evidence import Evidence
from fastlanes_sim.measures.observations import Observations
from fastlanes_sim.measures.quantities import Unit
from fastlanes_sim.measures.scopes import Scope
from fastlanes_sim.measures.values import Value

Better: TypeAlias = Literal["less", "more"] | None
"""Which direction is better; None: neither is in itself."""
Whose: TypeAlias = Literal["run", "caller", "work order"]
"""`caller`: who waits for a run's end; without sync webhooks there are none. `work order`: a request with all runs that it causes."""


def _nothing(_observations: Observations, _scope: Scope) -> str:
    return "nothing was simulated"


def _all_known(_observations: Observations, _scope: Scope) -> str:
    return ""


def _no_runs(_observations: Observations, _scope: Scope) -> Evidence:
    return Evidence()


@dataclass(frozen=True, slots=True)
class Row:
    """One measure over any scope."""

    name: str
    """As it is written, without the scope."""
    meaning: str
    """For people: what it is, and what it is computed from."""
    unit: Unit
    """It also says how a value is printed."""
    compute: Callable[[Observations, Scope], Value | None]
    """None where there is nothing to measure."""
    better: Better = "less"
    has_scope: bool = True
    """False: it is a number of the whole system."""
    may_be_objective: bool = True
    needs_changes: bool = False
    """It is computed from the change points of a log, which engines record on request only."""
    whose: Whose = "run"
    """What is counted or looked at one by one."""
    nothing: Callable[[Observations, Scope], str] = _nothing
    """Why there is nothing to measure."""
    unsettled: Callable[[Observations, Scope], str] = _all_known
    """Why a value is known between two ends only."""
    evidence: Callable[[Observations, Scope], Evidence] = _no_runs
    """What is kept of the runs that it is computed from, for a look at the runs of many replications together."""
    of_many: bool = False
    """It is a share of many runs of the whole system, so that one replication alone says something."""
    ceiling: float = math.inf
    """What no value of it exceeds: 1 of a share of a whole."""

    @property
    def of_callers(self) -> bool:
        """It is about those who wait for a run's end."""
        return self.whose == "caller"
