"""The estimate of the work before it is done: its order of magnitude, and which value is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic_core import PydanticCustomError

from fastlanes_sim.api.verbs import load_scenario
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.engines.selection import run_engine
from fastlanes_sim.scenario.load import load_scenario as load
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.work import work_of
from fastlanes_sim.scenario.workers import check_layout
from fastlanes_sim.traffic.generate import generate

ROOT = Path(__file__).parents[2]
TRIGGER = {"type": "webhook", "arrivals": {"poisson": "1/min"}, "service": {"constant": "1s"}}


def scenario(horizon: str = "10m", copies: int = 1, lightning: Any = None, **group: Any) -> Scenario:
    workers = [{"workloops": "fast_lane:1 manual>*:4", **group}]
    projects = {"p": {"workflows": {"w": {"copies": copies, "triggers": [TRIGGER]}}}}
    return load_scenario({"horizon": horizon, "lightning": lightning or {}, "projects": projects, "workers": workers}).scenario


@pytest.mark.parametrize(
    "values",
    [
        {"horizon": "1h"},
        {"replicas": 20},
        {"replicas": 10, "lightning": {"broadcast_work_available": False}},
        {"backoff": "0.001/0.001", "horizon": "2m"},
        {"backoff": "0.1/1"},
        {"claim_chains": "single", "horizon": "1h"},
        {"copies": 50},
        {"lightning": {"janitor_every": "10ms"}},
        {"autoscaling": {"max": 2, "runs_per_replica": 5, "poll": "10ms"}},
    ],
)
def test_it_is_right_within_a_factor_of_five(values: dict[str, Any]):
    one = scenario(**values)
    log = run_engine(deployment(one), generate(one))
    assert log.events / 5 < work_of(one).events < 5 * log.events


@pytest.mark.parametrize(
    ("file", "overrides"),
    [
        ("scenarios/ethiopia_sync.yaml", {}),
        ("scenarios/ethiopia_sync.yaml", {"workers.0.workloops": "*:5"}),
        ("scenarios/ethiopia_sync.yaml", {"workers.0.workloops": "fast_lane:7 manual>*:1"}),
        ("scenarios/retry_after_504.yaml", {}),
        ("scenarios/slow_target.yaml", {}),
        ("benchmarks/fleet.yaml", {"horizon": "10m", "workers.0.replicas": 350}),
    ],
)
@pytest.mark.compiled
def test_claims_of_busy_workloops_are_right_within_a_factor_of_five(file: str, overrides: dict[str, Any]):
    """W-6, W-7: chains multiply where there is room when they wake, and die where there is none; one slot never has two."""
    one = load(ROOT / file, overrides).scenario
    log = run_engine(deployment(one), generate(one))
    assert log.claims_sent / 5 < work_of(one).claims < 5 * log.claims_sent


def test_the_largest_fleet_of_the_benchmarks_needs_no_permission():
    """500 workers with four workloops each for a day of ten million runs: minutes, not hours."""
    work = work_of(load(ROOT / "benchmarks" / "fleet.yaml").scenario)
    assert work.runs == pytest.approx(10_000_000, rel=0.01)
    assert work.seconds(attribution=False) < 600


@pytest.mark.parametrize(
    ("values", "cause"),
    [
        ({"lightning": {"janitor_every": "1us"}}, ("lightning", "janitor_every")),
        ({"autoscaling": {"max": 2, "runs_per_replica": 5, "poll": "1us"}}, ("workers", 0, "autoscaling", "poll")),
        ({"replicas": 10_000, "backoff": "0.001/0.001"}, ("workers", 0, "replicas")),
        ({"replicas": 10_000}, ("workers", 0, "replicas")),
        ({"backoff": "0.001/0.001", "horizon": "1d"}, ("workers", 0, "backoff")),
        ({"copies": 100_000, "horizon": "1m"}, ("projects", "p")),
        ({"horizon": "3650d"}, ("horizon",)),
    ],
)
def test_it_names_the_value_that_causes_most_of_it(values: dict[str, Any], cause: tuple[str | int, ...]):
    work = work_of(scenario(**values))
    part = work.longest()
    assert part.cause == cause
    assert work.seconds_of(part) > 0.5 * work.seconds()


def test_ideal_workers_do_not_poll():
    assert work_of(scenario(dispatch="ideal")).claims == 0


def test_what_is_kept_takes_memory():
    work = work_of(scenario(horizon="30d"))
    assert work.memory(keeps_runs=False) < work.memory() < work.memory(keeps_claims=True)


def test_a_worker_has_a_limited_number_of_workloops():
    assert check_layout(" ".join(["manual>*:1"] * 1_000))
    with pytest.raises(PydanticCustomError, match="20,000 workloops in one worker"):
        check_layout(" ".join(["manual>*:1"] * 20_000))
