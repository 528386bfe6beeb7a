"""How long the runs of an export took from their launch to their start: what an export tells, less what the scenario knows of it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.exports.export import Export
from fastlanes_sim.scenario.expansion import PlacedWorkflow, placed_workflows
from fastlanes_sim.scenario.expectation import from_claim_to_launch, is_ideal, until_freed
from fastlanes_sim.scenario.network import Curve
from fastlanes_sim.scenario.schedule import since_epoch
from fastlanes_sim.scenario.schema import Scenario

Times = npt.NDArray[np.int64]


def startups(scenario: Scenario, export: Export) -> Times:
    """Of each run of the export, µs from its launch to its start; NEVER where it has not started, or its times run backwards.

    Lightning stamps `claimed_at` just before the claim's query (L-10). From there to the start come the query, the way back, join, plan,
    input and credentials (W-15), and the start-up proper; the scenario says how long all but the last of these take. What is left is not
    below 0.
    """
    claimed, started = export.claimed_at, export.started_at
    known = (claimed != NEVER) & (started != NEVER) & (started >= claimed)
    placed = workflows_of(scenario, export)
    launched = np.array([from_claim_to_launch(scenario, scenario.messages_of(one.settings)) for one in placed], np.int64)
    left = started - claimed  # an export may be large: in place
    left -= query_times(scenario, export)
    if len(placed):
        left -= launched[export.workflow]
    np.maximum(left, 0, out=left)
    left[~known] = NEVER
    return left


def workflows_of(scenario: Scenario, export: Export) -> list[PlacedWorkflow]:
    """The scenario's workflow of each workflow of the export."""
    by_name = {one.full_name: one for one in placed_workflows(scenario)}
    return [by_name[f"{one.project}/{one.name}"] for one in export.workflows]


def query_times(scenario: Scenario, export: Export) -> Times:
    """What the query of the claim that won each run took, were it alone in the database (L-24, I-7); 0 of a run that nobody claimed.

    How many runs were active is counted in the export: from the insertion until Lightning learns of the end.
    """
    if is_ideal(scenario):
        return np.zeros(len(export), np.int64)
    at, curve = export.claimed_at, scenario.network.database_curve(len(placed_workflows(scenario)))
    over = np.sort(export.finished_at[export.finished_at != NEVER] + until_freed(scenario) - scenario.network.down)
    active = np.searchsorted(np.sort(export.inserted_at), at, side="right") - np.searchsorted(over, at, side="right")
    takes = interpolated(curve, active)
    offset = at - since_epoch(scenario.start, scenario.timezone)
    for span in reversed(scenario.incidents.slow_database):  # of several that hold the first counts
        takes = np.where((span.begins <= offset) & (offset < span.ends), interpolated(span.slowed(curve), active), takes)
    return np.where(at == NEVER, 0, takes)


def interpolated(curve: Curve, active: Times) -> Times:
    """`rules.database.interpolate` of many numbers of active runs, to the same microsecond."""
    points, times = (np.array(column, np.int64) for column in zip(*curve, strict=True))
    right = np.clip(np.searchsorted(points, active, side="left"), 1, max(len(points) - 1, 1))
    if len(points) == 1:
        return np.full(len(active), times[0], np.int64)
    inside = np.clip(active, points[0], points[-1])
    found: Times = times[right - 1] + (times[right] - times[right - 1]) * (inside - points[right - 1]) // (
        points[right] - points[right - 1]
    )
    return found
