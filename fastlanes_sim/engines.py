"""The one door to the engines: whoever wants a table of runs played against a deployment comes through here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from fastlanes_sim.log import RunLog
from fastlanes_sim.model.simulation import simulate_model
from fastlanes_sim.scenario.deployment import Deployment
from fastlanes_sim.traffic.table import RunTable

Engine = Literal["auto", "model"]
Progress = Callable[[int, int], None]
"""Called with (simulated µs played, runs created so far)."""


def play(
    deployment: Deployment, table: RunTable, *, engine: Engine = "auto", record_claims: bool = False, progress: Progress | None = None
) -> RunLog:
    """Play `table` against `deployment`, up to and including its horizon.

    Args:
        engine: which engine plays. Whichever it is, the log is the same.
        record_claims: keep every claim, connection and notification in the log.
        progress: called now and then with (simulated µs played, runs created so far).
    """
    del engine  # There is one so far.
    return simulate_model(deployment, table, record_claims=record_claims, progress=progress)
