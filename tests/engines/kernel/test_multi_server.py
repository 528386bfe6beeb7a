"""Where ideal workers without limits are all there is, the kernel takes a short way to the same log."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from fastlanes_sim.core.run_log import COLUMNS, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment, DroppedReplies, Incidents, Lightning, Project, SlowDatabase, Worker, Workflow
from fastlanes_sim.engines.kernel import multi_server
from fastlanes_sim.engines.kernel.simulation import simulate_kernel
from fastlanes_sim.engines.reference.simulation import simulate_reference
from fastlanes_sim.rules.layout_parser import parse_workloops
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.rulesets import Ruleset, RunQueue
from tests.support.deployments import attempt, run, table

LAYOUTS = ("*:1", "*:3", "fast_lane:1 manual>*:2", "fast_lane>manual>*:2", "manual:1", "default:1 fast_lane:1", "manual>fast_lane:2 *:1")
SERVERS = Deployment((Project("p"),), (Workflow("w", 0),), (Worker("one", parse_workloops("*:1").workloops, dispatch="ideal"),))


@some.composite
def systems(draw: some.DrawFn) -> tuple[Deployment, RunTable]:
    """Coarse times, so that much happens at one instant."""
    runs = draw(some.integers(0, 25))
    each = lambda values, dtype: np.array(draw(some.lists(values, min_size=runs, max_size=runs)), dtype)  # noqa: E731
    table = RunTable(
        inserted_at=np.sort(each(some.integers(0, 20), np.int64)),
        workflow=np.zeros(runs, np.int32),
        queue=each(some.integers(0, 2), np.int8),
        priority=each(some.integers(0, 1), np.int8),
        service_time=each(some.integers(0, 12), np.int64),
        startup_time=each(some.sampled_from([0, 0, 1, 4]), np.int64),
        timeout=each(some.sampled_from([5, 100]), np.int64),
        outcome=each(some.sampled_from([int(State.SUCCESS), int(State.FAILED)]), np.int8),
        sync=np.zeros(runs, np.bool_),
        join_fails=np.zeros(runs, np.bool_),
        source=np.zeros(runs, np.int32),
        sources=("test",),
    )
    lightning = Lightning(
        ruleset=draw(some.sampled_from(Ruleset)),
        run_queue=draw(some.sampled_from([RunQueue.FIFO, RunQueue.FASTER_FIFO])),
        claim_limit=50,
        grace_period=draw(some.integers(0, 3)),
        janitor_first=draw(some.sampled_from([None, 0, 3, 1_000])),
        janitor_period=7,
    )
    layouts = draw(some.lists(some.sampled_from(LAYOUTS), min_size=1, max_size=3))
    workers = tuple(Worker(f"worker {place}", parse_workloops(layout).workloops, dispatch="ideal") for place, layout in enumerate(layouts))
    horizon = draw(some.sampled_from([15, 30, 200]))
    # What goes wrong with claims on their way goes by servers that have none (I-7 to I-9).
    incidents = draw(
        some.sampled_from([Incidents(), Incidents((), (SlowDatabase(0, 10, ((0, 5),)),), (DroppedReplies(0, 10, 1_000_000),))])
    )
    return dataclasses.replace(SERVERS, workers=workers, lightning=lightning, horizon=horizon, incidents=incidents), table


@given(systems())
def test_the_short_way_leads_to_the_log_of_the_reference_engine(system: tuple[Deployment, RunTable]) -> None:
    assert multi_server.suffice(*system)
    assert_same(simulate_kernel(*system), simulate_reference(*system))


@given(systems())
def test_the_short_way_leads_where_the_long_way_does(system: tuple[Deployment, RunTable]) -> None:
    short = simulate_kernel(*system)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(multi_server, "suffice", lambda *_: False)
        assert_same(simulate_kernel(*system), short)


def test_an_interrupted_log_knows_of_no_later_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """An end is known when the run starts; what comes after the interrupt has not happened."""

    def stop(now: int, created: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(multi_server, "SHARE", 5)
    runs = table([run(0, 1), run(0, 50), run(2, 1), run(3, 1)])
    two = Worker("two", parse_workloops("*:2").workloops, dispatch="ideal")
    log = simulate_kernel(dataclasses.replace(SERVERS, workers=(two,), horizon=100_000_000), runs, progress=stop)
    # Four arrivals and the first end: that of the third run comes at this very instant, but has not come yet.
    assert (log.interrupted, log.ended_on) == (True, 3_000_000)
    assert log.ended_at.tolist() == [1_000_000, -1, -1, -1]
    assert log.state.tolist() == [State.SUCCESS, State.STARTED, State.STARTED, State.AVAILABLE]


def test_times_that_no_tournament_can_hold_take_the_long_way() -> None:
    many = Worker("many", parse_workloops("*:1024").workloops, dispatch="ideal")
    deployed = dataclasses.replace(SERVERS, workers=(many,))
    assert multi_server.suffice(deployed, table([run(0, 1)]))
    assert not multi_server.suffice(dataclasses.replace(deployed, horizon=2**52), table([run(0, 1)]))


@pytest.mark.parametrize(
    "deployment",
    [
        dataclasses.replace(SERVERS, workers=()),
        dataclasses.replace(SERVERS, workers=(*SERVERS.workers, Worker("real", SERVERS.workers[0].workloops))),
        dataclasses.replace(SERVERS, projects=(Project("p", 1),)),
        dataclasses.replace(SERVERS, projects=(Project("p", fast_lane_limit=1),)),
        dataclasses.replace(SERVERS, workflows=(Workflow("w", 0, 1),)),
        dataclasses.replace(SERVERS, lightning=Lightning(claim_limit=1)),
        dataclasses.replace(SERVERS, lightning=Lightning(run_queue=RunQueue.ROUND_ROBIN)),
        dataclasses.replace(SERVERS, incidents=Incidents(down=((5, 6),))),
    ],
    ids=[
        "no worker",
        "a worker that polls",
        "project limit",
        "admission",
        "workflow limit",
        "claim limit",
        "round robin",
        "Lightning down",
    ],
)
def test_what_needs_the_long_way_takes_it(deployment: Deployment) -> None:
    one, callers = table([run(0, 0, timeout=0)]), table([run(0, 0, timeout=0, again=[attempt(0, after_timeout=1)])])
    two = one.followed_by(one)
    assert multi_server.suffice(SERVERS, two)
    assert not multi_server.suffice(deployment, two)
    assert not multi_server.suffice(SERVERS, callers)
    assert not multi_server.suffice(SERVERS, dataclasses.replace(two, join_fails=np.array([True, False])))
    assert not multi_server.suffice(SERVERS, dataclasses.replace(two, startup_time=np.array([0, 10_000_001])))
    assert not multi_server.suffice(SERVERS, dataclasses.replace(two, cold_start=np.array([0, 1])))


def assert_same(one: RunLog, other: RunLog) -> None:
    for name in (*COLUMNS, "events", "claims_sent", "claims_empty", "notifications", "ended_on"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
