"""A simulation that stopped, was copied and went on with other traffic has the log of that traffic simulated from the start."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastlanes_sim.core.run_log import COLUMNS, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.engines import resumable
from fastlanes_sim.engines.resumable import Simulation, begin
from fastlanes_sim.engines.selection import Engine, run_engine
from fastlanes_sim.traffic.redraw import redrawn
from tests.support.deployments import HOUR, SECOND, deployment, run, table, worker
from tests.support.strategies import deployments, healthy_deployments, healthy_tables, tables, whole_deployments, whole_tables

COUNTS = ("claims_sent", "claims_empty", "notifications", "lives", "exits", "ended_on")


def assert_same(ours: RunLog, theirs: RunLog) -> None:
    for name in COLUMNS:
        assert getattr(ours, name).tobytes() == getattr(theirs, name).tobytes(), name
    for name in COUNTS:
        assert getattr(ours, name) == getattr(theirs, name), name


def check(deployed: Deployment, runs: RunTable, other: RunTable, at: int, engine: Engine = "kernel") -> None:
    sources = max(runs.sources, other.sources, key=len)
    runs, other = replace(runs, sources=sources), replace(other, sources=sources)
    begun = begin(deployed, runs, engine)
    begun.advance(at)
    cloned = redrawn(runs, begun.log, other, at, np.ones(len(sources), np.bool_))
    clone = begun.on(cloned)
    for until in (at + (deployed.horizon - at) // 3, deployed.horizon):  # it may stop more than once
        clone.advance(until)
    assert_same(clone.complete_log(), run_engine(deployed, cloned, engine="kernel"))
    begun.advance(deployed.horizon)  # and its copy has not changed it
    assert_same(begun.complete_log(), run_engine(deployed, runs, engine="kernel"))


@settings(max_examples=100)
@given(deployments(), tables(callers_try_again=False), tables(callers_try_again=False), st.integers(0, HOUR))
def test_a_clone_has_the_log_of_its_own_table_on_any_deployment(deployed: Deployment, runs: RunTable, other: RunTable, at: int):
    check(deployed, runs, other, at % deployed.horizon)


@settings(max_examples=100)
@given(whole_deployments(), whole_tables(callers_try_again=False), whole_tables(callers_try_again=False), st.integers(0, HOUR))
def test_the_same_of_whole_lives(deployed: Deployment, runs: RunTable, other: RunTable, at: int):
    check(deployed, runs, other, at % min(deployed.horizon, 150 * SECOND))


@settings(max_examples=100)
@given(healthy_deployments(), healthy_tables(), healthy_tables(), st.integers(0, 120_000))
def test_the_same_where_much_is_foreseen_and_happens_at_once(deployed: Deployment, runs: RunTable, other: RunTable, at: int):
    runs, other = (replace(one, log_first=None, log_at=None) for one in (runs, other))  # only then services are drawn anew
    check(deployed, runs, other, at * 1_000 % deployed.horizon)


@settings(max_examples=20)
@given(deployments(), tables(calls=True), tables(calls=True), st.integers(0, HOUR))
def test_with_rows_behind_or_another_engine_it_is_simulated_from_the_start(deployed: Deployment, runs: RunTable, other: RunTable, at: int):
    at %= deployed.horizon
    for engine in ("kernel", "reference"):
        begun = begin(deployed, runs, engine)
        begun.advance(at)
        clone = begun.on(other.rows(slice(0, 0)).followed_by(other)) if not at else begun.on(runs)
        clone.advance(deployed.horizon)
        assert_same(clone.complete_log(), run_engine(deployed, clone.table, engine="kernel"))


def standing(services: list[float], at: float) -> Simulation:
    begun = begin(deployment(worker("*:2", run_channel="whole")), table([run(0, one, timeout=60.0) for one in services]), "kernel")
    begun.advance(int(at * SECOND))
    return begun


@pytest.mark.parametrize(("service", "timeout_is_first"), [(12.0, False), (90.0, True)])
def test_a_run_that_is_served_ends_by_its_new_service(service: float, timeout_is_first: bool):
    begun = standing([20.0, 30.0], 10)
    other = replace(begun.table, service_time=np.array([service, 25.0]) * SECOND)
    clone = begun.on(replace(other, service_time=other.service_time.astype(np.int64)))
    clone.advance(200 * SECOND)
    lasted = (clone.log.finished_at - clone.log.started_at)[0] / SECOND
    assert (lasted < service) if timeout_is_first else (lasted == pytest.approx(service))
    assert (clone.log.finished_at - clone.log.started_at)[1] == 25 * SECOND


def test_a_copy_of_the_state_is_made_and_not_the_simulation_from_the_start(monkeypatch: pytest.MonkeyPatch):
    begun = standing([20.0, 30.0], 10)
    monkeypatch.setattr(resumable, "begin", None)
    clone = begun.on(begun.table)
    clone.advance(60 * SECOND)
    assert (clone.log.finished_at > 0).all()
    assert (begun.log.finished_at < 0).all()


def test_a_large_state_is_not_copied(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(resumable, "MOST_BYTES", 0)
    begun = standing([20.0, 30.0], 10)
    clone = begun.on(begun.table)
    clone.advance(60 * SECOND)
    assert_same(clone.complete_log(), run_engine(replace(begun.deployment, horizon=60 * SECOND), begun.table, engine="kernel"))


def test_where_the_order_of_two_timers_is_known_to_lineage_alone_it_is_simulated_from_the_start(monkeypatch: pytest.MonkeyPatch):
    begun = standing([20.0, 30.0], 10)
    other = replace(begun.table, service_time=np.array([22, 30]) * SECOND)
    monkeypatch.setattr(resumable, "_is_order_known", lambda events: False)
    clone = begun.on(other)
    clone.advance(60 * SECOND)
    assert_same(clone.complete_log(), run_engine(replace(begun.deployment, horizon=60 * SECOND), other, engine="kernel"))
