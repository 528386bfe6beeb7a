"""What waits were made of, in numbers, in words and in files."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fastlanes_sim.api.verbs import simulate
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.deployment.deployment import Deployment, Project, Workflow
from fastlanes_sim.engines.reference.simulation import simulate_reference
from fastlanes_sim.results.attribution import attribute
from fastlanes_sim.results.explanation import explain, over_time, slowest
from fastlanes_sim.results.frame import CAUSE_COLUMNS
from fastlanes_sim.rules.causes import Cause
from fastlanes_sim.rules.creation import Queue
from tests.support.deployments import SECOND, deployment, run, table, worker

IDEAL = {"dispatch": "ideal"}


def explained(deployed: Deployment, rows):
    runs = table(rows)
    log = simulate_reference(deployed, runs, record_changes=True)
    return explain(deployed, runs, log, attribute(deployed, runs, log)), runs, log


def test_two_runs_that_meet_at_one_slot():
    """The second waits 9 s for it; of two runs one is the slowest."""
    (why,), _, _ = explained(deployment(worker("*:1", **IDEAL)), [run(0, 10), run(1, 10)])
    assert (why.lane, why.cause, why.slots) == ("default", Cause.SLOTS, 1)
    assert (why.all.runs, why.all.mean(), why.slowest.runs, why.slowest.mean()) == (2, 4.5 * SECOND, 1, 9 * SECOND)
    assert why.sentence == "100 % of the wait of the slowest default run (9 s) was `slots`: the only slot that takes it was busy."
    assert why.to_json()["slowest"] == {"runs": 1, "mean_wait_s": 9.0, "slots_s": 9.0}


def test_only_slots_that_were_there_are_said_to_have_been_busy():
    """W-12: of two workers one is not connected while the slowest run waits. Before and after that all slots are there."""
    for begin, end, slots in ((0, 50, 2), (90, 300, None), (105, 106, None), (300, 400, 2)):
        outages = ((begin * SECOND, end * SECOND),)
        deployed = deployment(worker("*:1"), worker("*:1", outages=outages), horizon=500 * SECOND)
        (why,), _, _ = explained(deployed, [run(100, 60), run(100, 60), run(100, 60)])
        assert (why.cause, why.slots) == (Cause.SLOTS, slots)
        said = "all 2 slots that take it were busy" if slots else "every slot that took it at the time was busy"
        assert said in why.sentence


def test_a_wait_for_a_connection_says_what_is_missing():
    """W-12, F-8."""
    (why,), _, _ = explained(deployment(worker("*:1", outages=((0, 100 * SECOND),))), [run(1, 1)])
    assert (why.cause, why.slots) == (Cause.OUTAGE, None)
    assert "no worker that takes it was connected (W-12)" in why.sentence
    (why,), _, _ = explained(deployment(worker("*:1", connect_at=50 * SECOND, stops_at=90 * SECOND)), [run(1, 1)])
    assert "no worker that takes it was on duty (F-8)" in why.sentence


def test_a_limit_is_named_by_whose_it_is():
    """L-12: the workflow's own or its project's."""
    deployed = Deployment(
        projects=(Project("p", 1), Project("q", 1)),
        workflows=(Workflow("a", 0), Workflow("b", 1, 2), Workflow("c", 1)),
        workers=deployment(worker("*:9", **IDEAL)).workers,
        horizon=100 * SECOND,
    )
    (why,), _, _ = explained(deployed, [run(0, 10, workflow=0), run(1, 1, workflow=0)])
    assert why.what == "`concurrency` of project p (limit 1)"
    (why,), _, _ = explained(deployed, [run(at, 10, workflow=1) for at in range(3)])
    assert why.what == "`concurrency` of workflow q/b (limit 2)"
    (why,), _, _ = explained(
        replace(deployed, lightning=replace(deployed.lightning, claim_limit=1)), [run(0, 10, workflow=1), run(1, 1, workflow=1)]
    )
    assert why.what == "`claim_limit` of workflow q/b (limit 1)"


def test_the_slowest_are_one_in_a_hundred_rounded_up_and_at_least_one():
    for runs, expected in ((1, 1), (100, 1), (101, 2), (1_000, 10)):
        assert slowest(np.arange(runs)).tolist() == list(range(runs - expected, runs))
    assert slowest(np.array([5, 7, 1] * 100)).tolist() == [1, 4, 7]  # of equal ones the first


def test_over_time_goes_by_insertion():
    _, runs, log = explained(deployment(worker("*:1", **IDEAL)), [run(0, 10), run(1, 10), run(30, 5), run(31, 5)])
    attribution = attribute(deployment(worker("*:1", **IDEAL)), runs, log)
    found = over_time(log, attribution, np.flatnonzero(runs.queue == Queue.DEFAULT), np.array([0, 20, 40, 60]) * SECOND)
    assert found.runs.tolist() == [2, 2, 0]
    assert found.mean[:, Cause.SLOTS].tolist() == [4.5 * SECOND, 2 * SECOND, 0]
    assert found.mean.sum() == 6.5 * SECOND


def test_nobody_waited():
    (why,), _, _ = explained(deployment(worker("*:1", **IDEAL)), [run(0, 1)])
    assert why.cause is None
    assert why.sentence == "No default run waited."


QUICKSTART = "scenarios/quickstart.yaml"


def test_a_result_carries_it_into_its_table_and_its_summary():
    result = simulate(QUICKSTART, horizon="1h")
    frame = result.runs
    parts = frame[list(CAUSE_COLUMNS)].sum(axis=1)
    started = frame.started_at.notna()
    assert (parts[started] == (frame.wait_s[started] * SECOND).round().astype(int)).all()
    assert set(result.summary()["attribution"]) == {why.lane for why in result.explanations}


def test_without_it_the_table_has_no_such_columns_and_asking_says_why():
    result = simulate(QUICKSTART, horizon="1h", attribution=False)
    assert not set(CAUSE_COLUMNS) & set(result.runs)
    assert result.summary()["attribution"] == {}
    with pytest.raises(FastlanesError, match="record_changes=True"):
        _ = result.attribution
