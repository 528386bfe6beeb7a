"""What was predicted for the runs that came, in the way `validate` does it: the same insertions and service times, many replications."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from fastlanes_sim.calibration.deployment_part import from_scenario
from fastlanes_sim.calibration.validate import REPLICATIONS, Validation, validate
from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import MILLISECOND
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.engines import selection
from fastlanes_sim.engines.selection import WORTH_COMPILING, reference_seconds
from fastlanes_sim.exports.export import Export
from fastlanes_sim.rig.latencies import Latencies
from fastlanes_sim.scenario.load import LoadedScenario
from fastlanes_sim.scenario.schema import Scenario

_SLOWER = 10
"""`validate` records changes, with which the reference engine is that much slower."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_HAND_OVER = MILLISECOND
"""W-15: the worker's pause between plan and input."""


def predicted(
    export: Export,
    loaded: LoadedScenario,
    measured: Latencies,
    start: datetime,
    *,
    replications: int = REPLICATIONS,
    progress: Callable[[int, int], None] | None = None,
) -> Validation:
    """The export of a session replayed through the scenario's deployment, with the latencies that were measured in it.

    `start` is the instant of scenario time 0: outages and incidents count from there.

    Raises:
        ExportError: no run came.
    """
    deployed = from_scenario(loaded.origin, loaded.overrides)
    since = (start - _EPOCH) // timedelta(microseconds=1)
    return validate(
        export, replace(deployed, network=_network(loaded.scenario, measured), start=since), replications=replications, progress=progress
    )


def make_ready(deployment: Deployment, table: RunTable, replications: int) -> None:
    """Before a session: compile the kernel where that is shorter than so many simulations without it, and not beside the workers."""
    if reference_seconds(deployment, table) * _SLOWER * replications > WORTH_COMPILING:
        selection.make_ready("auto")


def _network(scenario: Scenario, measured: Latencies) -> dict[str, Any]:
    """As measured; a curve of the database, and what Lightning takes for a message, as the scenario says."""
    network = scenario.network
    database: Any = network.database
    if isinstance(database, int):
        database = f"{measured.database or database}us"
    elif isinstance(database, dict):
        database = {active: f"{time}us" for active, time in database.items()}
    later = 0 if network.notification is None else max(0, network.notification - network.down)  # it overtakes no answer on its socket
    return {
        "request": f"{measured.request or network.up}us",
        "database": database,
        "reply": f"{measured.reply or network.down}us",
        "notification": f"{(measured.reply or network.down) + later}us",
        "message": f"{network.message}us",
    }


def startup_of(log: RunLog) -> int | None:
    """The median from the launch to the engine's start (µs): from the input's arrival on, or the plan's where there is none."""
    spans = []
    for row, detail in log.details.items():
        launched = detail.handed_over_at if detail.handed_over_at is not None else detail.planned_at
        if launched is not None and log.started_at[row] != NEVER:
            spans.append(int(log.started_at[row]) - launched - (0 if detail.handed_over_at is not None else _HAND_OVER))
    return int(np.median(spans)) if spans else None
