"""What the kernel foresees of a run's life changes nothing but the number of events."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment, Latency
from fastlanes_sim.engines.kernel import event_loop, simulation
from fastlanes_sim.engines.kernel.simulation import simulate_kernel
from fastlanes_sim.engines.reference.simulation import simulate_reference
from fastlanes_sim.rules.lifecycle import State
from tests.engines.test_equality import assert_equal
from tests.support.deployments import MILLISECOND, SECOND, deployment, run, table, worker
from tests.support.strategies import healthy_deployments, healthy_tables, sharing

WAY = 10 * MILLISECOND
RUNS = table(run(second, 2.0) for second in range(1, 9))


def healthy(**settings) -> Deployment:
    return deployment(worker("*:2", **settings), latency=Latency(up=WAY, down=WAY), horizon=60 * SECOND)


def without_foresight(deployed: Deployment, runs: RunTable) -> RunLog:
    log = simulation._simulate(deployed, runs, False, False, None, foresees=False)
    assert log is not None
    return log


@given(sharing(healthy_deployments()), healthy_tables(calls=True, uses=True), st.booleans())
def test_the_log_is_the_reference_engine_s(deployed: Deployment, runs: RunTable, record_changes: bool):
    asked = {"record_changes": record_changes}
    assert_equal(simulate_reference(deployed, runs, **asked), simulate_kernel(deployed, runs, **asked))


def test_a_healthy_run_costs_few_events():
    """Of 10 messages nine with their answers and the wait after the plan are spared, and the start; the launch is left."""
    foreseen, simulated = (
        simulation._simulate(healthy(), RUNS, False, False, None, foresees=foresees, skips_polls=False) for foresees in (True, False)
    )
    assert foreseen is not None
    assert simulated is not None
    assert_equal(foreseen, simulated)
    assert (foreseen.state == State.SUCCESS).all()
    assert simulated.events - foreseen.events == len(RUNS) * (2 * 9 + 1 + 1 - 1)


@pytest.mark.parametrize(
    "settings",
    [
        {"outages": ((0, 60 * SECOND),)},
        {"message_timeout": 2 * WAY},
        {"stops_at": 5 * SECOND, "grace": 0},
        {"mute": ((1, 60 * SECOND),)},
    ],
    ids=str,
)
def test_what_may_come_between_is_not_overlooked(settings: dict):
    deployed = healthy(**settings)
    assert_equal(simulate_kernel(deployed, RUNS), simulate_reference(deployed, RUNS))


@pytest.mark.parametrize("begins", range(1_000_000, 3_200_000, 50_000))
def test_an_outage_at_any_instant_of_a_life(begins: int):
    deployed = healthy(outages=((begins, begins + SECOND),))
    assert_equal(simulate_kernel(deployed, RUNS), simulate_reference(deployed, RUNS))


def test_a_horizon_at_any_instant_of_a_life():
    for horizon in range(1_000_000, 4_000_000, 50_000):
        deployed = replace(healthy(), horizon=horizon)
        assert_equal(simulate_kernel(deployed, RUNS), simulate_reference(deployed, RUNS))


@pytest.fixture
def undecided_once(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """What the simulations are told of foresight; the first one meets a tie that it cannot decide."""
    told: list[bool] = []
    real: Callable[..., int] = event_loop.simulate

    def simulate(world, share):
        told.append(bool(world.lightning[0].foresees))
        return event_loop.UNDECIDED if len(told) == 1 else real(world, share)

    monkeypatch.setattr(event_loop, "simulate", simulate)
    return told


def test_what_cannot_be_decided_is_simulated_without_foresight(undecided_once: list[bool]):
    log = simulate_kernel(healthy(), RUNS)
    assert undecided_once[0]
    assert not any(undecided_once[1:])
    assert_equal(log, simulate_reference(healthy(), RUNS))


def test_an_interrupted_log_does_not_know_the_future(monkeypatch: pytest.MonkeyPatch):
    long = table([run(1, 20.0, startup=5.0)])
    real: Callable[..., int] = event_loop.simulate

    def simulate(world, share):
        status = real(world, 1)
        if world.clock[0].now > 2 * SECOND:
            raise KeyboardInterrupt
        return status

    monkeypatch.setattr(event_loop, "simulate", simulate)
    log = simulate_kernel(healthy(), long)
    assert log.interrupted
    assert log.started_at.tolist() == [-1]
    assert log.state.tolist() == [State.CLAIMED]
