"""Traffic that is drawn anew after an instant changes nothing up to it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastlanes_sim.core.run_log import COLUMNS, NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.engines.kernel.simulation import simulate_kernel
from fastlanes_sim.engines.reference.simulation import simulate_reference
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.traffic.generate import generate
from fastlanes_sim.traffic.redraw import exchangeable, redrawn, why_not
from tests.support.deployments import HOUR, SECOND, deployment, run, table, worker
from tests.support.strategies import deployments, tables, whole_deployments, whole_tables

TIMES = tuple(name for name in COLUMNS if name.endswith("_at"))


def what_is_known(log: RunLog, at: int, rows: int) -> dict[str, np.ndarray]:
    """The log of the first rows as it stands at the end of an instant."""
    known = {name: np.where(getattr(log, name)[:rows] <= at, getattr(log, name)[:rows], NEVER) for name in TIMES}
    for name in ("worker", "workloop"):
        known[name] = np.where(known["claimed_at"] != NEVER, getattr(log, name)[:rows], NEVER)
    return known


def assert_same_up_to(first: RunLog, second: RunLog, at: int, rows: int) -> None:
    ours, theirs = what_is_known(first, at, rows), what_is_known(second, at, rows)
    for name, column in ours.items():
        assert column.tobytes() == theirs[name].tobytes(), name
    assert [life for life in first.lives if life[0] <= at] == [life for life in second.lives if life[0] <= at]


def check(deployed: Deployment, runs: RunTable, other: RunTable, at: int) -> None:
    """Both tables with as many sources as the longer one has: a source of the one stands for that of the other."""
    sources = max(runs.sources, other.sources, key=len)
    runs, other = replace(runs, sources=sources), replace(other, sources=sources)
    for simulate in (simulate_reference, simulate_kernel):
        log = simulate(deployed, runs)
        cloned = redrawn(runs, log, other, at, np.ones(len(sources), np.bool_))
        rows = int(np.searchsorted(runs.inserted_at[: runs.first_requests], at, side="right"))
        assert (cloned.inserted_at[:rows] == runs.inserted_at[:rows]).all()
        assert_same_up_to(log, simulate(deployed, cloned), at, rows)


@given(deployments(), tables(), tables(), st.integers(0, HOUR))
def test_the_log_up_to_the_instant_is_the_same_on_any_deployment(deployed: Deployment, runs: RunTable, other: RunTable, at: int):
    check(deployed, runs, other, at % deployed.horizon)


@given(whole_deployments(), whole_tables(), whole_tables(), st.integers(0, HOUR))
def test_the_same_of_whole_lives(deployed: Deployment, runs: RunTable, other: RunTable, at: int):
    check(deployed, runs, other, at % deployed.horizon)


def test_what_the_log_does_not_show_yet_is_drawn_anew():
    served, waiting, later = (run(at, 10) for at in (0, 1, 30))
    runs, other = table([served, waiting, later]), table([run(0, 3), run(0.5, 12), run(1, 7), run(40, 5)])
    log = simulate_reference(deployment(worker("*:1", dispatch="ideal")), runs)
    clone = redrawn(runs, log, other, 5 * SECOND, np.array([True]))
    # The waiting run takes the first of the other services, the one served the first that is longer than its 5 s.
    assert (clone.inserted_at / SECOND).tolist() == [0, 1, 40]
    assert (clone.service_time / SECOND).tolist() == [12, 3, 5]
    kept = redrawn(runs, log, other, 5 * SECOND, np.array([False]))
    assert (kept.service_time / SECOND).tolist() == [10, 10, 5]


def test_services_after_the_instant_are_those_of_the_scenario_given_what_was_seen():
    """Of an exponential service that has lasted 5 s, another 10 s on average are left, however long the run was to take."""
    runs = table([run(0, 500)])
    log = simulate_reference(deployment(worker("*:1", dispatch="ideal")), runs)
    drawn = np.random.default_rng(1).exponential(10, (2_000, 40))
    left = [
        redrawn(runs, log, table([run(0, float(one)) for one in row]), 5 * SECOND, np.array([True])).service_time[0] / SECOND - 5
        for row in drawn
    ]
    assert np.mean(left) == pytest.approx(10, abs=4 * 10 / np.sqrt(len(left)))


def with_trigger(folder: Path, trigger: str) -> Scenario:
    file = folder / "scenario.yaml"
    file.write_text(f'horizon: 1h\nprojects: {{p: {{workflows: {{w: {{triggers: [{trigger}]}}}}}}}}\nworkers: [{{workloops: "*:1"}}]\n')
    return load_scenario(file).scenario


TRIGGERS = "type: webhook, service: 1s, arrivals: {poisson: 1/min"
REFUSED = {
    "the rate": f"{{{TRIGGERS}, gaps: {{shape: 2}}}}}}",
    "the rate (": f"{{{TRIGGERS}, days: 0.3}}}}",
    "the service": f"{{{TRIGGERS}}}, service_factors: {{previous: 0.5}}}}",
    "the startup": f"{{{TRIGGERS}}}, startup_factors: {{idle: {{after: 1m, factor: 2}}}}}}",
    "the queue of background jobs": "{type: bulk_retry, service: 1s, arrivals: {poisson: 1/min}}",
}


@pytest.mark.parametrize(("words", "trigger"), REFUSED.items())
def test_what_depends_on_the_past_is_refused_in_words(tmp_path: Path, words: str, trigger: str):
    scenario = with_trigger(tmp_path, trigger)
    assert why_not(scenario).startswith(words)


def test_a_scenario_whose_future_depends_on_the_log_alone_is_not_refused(tmp_path: Path):
    trigger = f"{{{TRIGGERS}, batch: {{geometric: 2}}}}, service_factors: {{hours: {{'00:00': 2}}}}}}"
    scenario = with_trigger(tmp_path, trigger)
    assert not why_not(scenario)
    assert exchangeable(scenario).tolist() == [False]
    runs = generate(scenario, replication=1)
    clone = redrawn(runs, RunLog.empty(len(runs)), generate(scenario, replication=2), HOUR // 2, exchangeable(scenario))
    assert (np.diff(clone.inserted_at) >= 0).all()
