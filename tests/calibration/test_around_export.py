"""A deployment beside an export: what happens in it keeps its own instants, wherever the replay begins."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from fastlanes_sim.calibration.around_export import moved, origin_of, scenario_around
from fastlanes_sim.calibration.deployment_part import Deployed
from fastlanes_sim.calibration.validate import _connected, _deployment, _notes
from fastlanes_sim.core.units import HOUR, MINUTE, SECOND
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.exports.export import Export, ExportedWorkflow
from fastlanes_sim.exports.problems import Reading
from tests.support.deployments import deployment, worker

NOON = 1_772_366_400 * SECOND
"""2026-03-01 12:00 UTC."""


def export(first: int = NOON + 90 * SECOND) -> Export:
    """Two runs an hour apart, both still waiting."""
    times, never = np.array([first, first + HOUR]), np.full(2, -1)
    small = np.zeros(2, np.int8)
    workflow, retry = np.zeros(2, np.int32), np.zeros(2, np.bool_)
    return Export(
        times, never, never, never, small, small, small, workflow, retry, (ExportedWorkflow("p", "w"),), True, Reading("runs.csv")
    )


def deployed(start: int | None = NOON, **more: Any) -> Deployed:
    group = {"outages": [{"from": "10m", "to": "20m"}, {"from": "0s", "to": "1s"}, {"from": "30m", "to": "31m", "kind": "mute"}]} | more
    slow = [{"from": "1m", "to": "5m", "factor": 2}]
    return Deployed([group], incidents={"slow_database": slow}, start=start)


def spans(found: Deployment) -> tuple[Any, Any, Any]:
    (only,) = found.workers[:1]
    return only.outages, only.mute, [(span.begins, span.ends) for span in found.incidents.slow]


@pytest.mark.parametrize(("begin", "by"), [(NOON - 2 * MINUTE, 2 * MINUTE), (NOON, 0), (NOON + 15 * MINUTE, -15 * MINUTE)])
def test_spans_are_where_they_were(begin: int, by: int) -> None:
    """What was over before the replay begins is left out; what was not begins with it."""
    scenario = scenario_around(export(), deployed(), begin)
    outages, mute, slow = spans(_deployment(scenario, export(), deployed()))
    assert mute == ((30 * MINUTE + by, 31 * MINUTE + by),)
    assert outages[-1] == (max(10 * MINUTE + by, 0), 20 * MINUTE + by)
    assert len(outages) == 1 + (by >= 0)
    assert slow == ([(MINUTE + by, 5 * MINUTE + by)] if by >= 0 else [])


def test_without_a_start_offsets_count_from_the_exports_first_minute() -> None:
    undated = deployed(start=None)
    assert origin_of(export(), undated) == NOON + MINUTE
    scenario = scenario_around(export(), undated, NOON)
    assert spans(_deployment(scenario, export(), undated))[1] == ((31 * MINUTE, 32 * MINUTE),)
    assert _notes(export(), undated) == (
        "The deployment says no `start`: its outages, deploys and incidents count from the export's first minute.",
    )
    assert _notes(export(), deployed()) == ()
    assert "lies behind the export" in _notes(export(), deployed(start=NOON + 3 * HOUR))[0]


def test_processes_start_and_stop_at_their_own_instants() -> None:
    """A rolling deploy at 12:40 that takes 20 s; a replay that begins ten minutes before noon, or an hour after."""
    crashing = deployed(deploys=[{"at": "40m", "start_up": "20s", "grace": "30s"}])
    early = _deployment(scenario_around(export(), crashing, NOON - 10 * MINUTE), export(), crashing)
    old, new = early.workers
    assert (old.stops_at, new.connect_at, new.start_up) == (50 * MINUTE + 20 * SECOND, 50 * MINUTE + 20 * SECOND, 20 * SECOND)
    late = moved(early, -HOUR)
    assert late.workers[0].is_standby
    assert (late.workers[1].connect_at, late.workers[1].stops_at) == (0, None)


def test_those_that_are_there_at_the_first_insertion_poll_as_on_any_day_and_the_others_connect_when_they_do() -> None:
    first, begin = 3 * MINUTE, deployment(worker("*:1", connect_at=5 * SECOND), worker("*:1", connect_at=HOUR), worker("*:1", stops_at=1))
    connected = [_connected(begin, first, np.random.default_rng(seed)).workers for seed in range(50)]
    assert all(0 <= here.connect_at < MINUTE for here, _, _ in connected)
    assert len({here.connect_at for here, _, _ in connected}) == 50
    assert all(0 <= later.connect_at - HOUR < SECOND for _, later, _ in connected)
    assert all(gone.connect_at <= 1 for _, _, gone in connected)


def test_what_the_deployment_says_of_a_workflow_of_the_export_counts() -> None:
    """Messages and timeouts are not in an export."""
    said = replace(deployed(), workflows={("p", "w"): {"messages": {"credentials": 2}}, ("p", "other"): {"run_timeout": "1h"}})
    scenario = scenario_around(export(), said, NOON)
    workflow = scenario.projects["p"].workflows["w"]
    assert workflow.messages is not None
    assert workflow.messages.credentials == 2
    assert set(scenario.projects["p"].workflows) == {"w"}
