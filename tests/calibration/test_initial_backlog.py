"""An export that begins while runs wait: they are not in it, but the scenario has them."""

from __future__ import annotations

import numpy as np
import pytest

from fastlanes_sim.calibration.calibrate import calibrate
from fastlanes_sim.calibration.deployment_part import from_layout
from fastlanes_sim.calibration.initial_backlog import initial_backlog, shared_out
from fastlanes_sim.calibration.scenario_text import scenario_text
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import HOUR, MINUTE, SECOND
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.engines.selection import run_engine
from fastlanes_sim.exports.export import Export
from fastlanes_sim.results.observed import Observed
from fastlanes_sim.scenario.load import LoadedScenario, load_scenario
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.yaml.source import Source
from fastlanes_sim.traffic.generate import generate
from tests.support.exports import MONDAY, exported
from tests.support.traffic_files import scenario, webhook

SLOTS = 5


def source(backlog: int) -> Scenario:
    """0.35 runs a second of 10 s on 5 slots (70 % busy), and a backlog at the start."""
    triggers = [webhook({"burst": {"size": backlog, "at": ["0s"]}})] if backlog else []
    return scenario(
        *(trigger | {"service": {"exponential": {"mean": "10s"}}} for trigger in (*triggers, webhook({"poisson": "21/min"}))),
        horizon="12h",
        workers=[{"capacity": SLOTS, "dispatch": "ideal"}],
    )


def simulated(scenario: Scenario, seed: int) -> tuple[RunTable, np.ndarray, np.ndarray, Observed]:
    table, plain = generate(scenario, seed), deployment(scenario)
    log = run_engine(plain, table, engine="kernel")
    return table, log.claimed_at, log.ended_at, Observed(table, log, plain)


def without_what_was_there(backlog: int, seed: int = 1) -> tuple[Export, np.ndarray]:
    """An export of the runs that came after time 0 only, and their waits."""
    table, claimed, ended, _ = simulated(source(backlog), seed)
    later = (table.inserted_at > 0) & (claimed >= 0) & (ended >= 0)
    inserted, claimed, ended = table.inserted_at[later], claimed[later], ended[later]
    order = np.argsort(inserted, kind="stable")
    inserted, claimed, ended = inserted[order], claimed[order], ended[order]
    return exported(inserted + MONDAY, wait=claimed - inserted, service=ended - claimed), claimed - inserted


def refitted(export: Export) -> LoadedScenario:
    text = scenario_text(calibrate(export, from_layout(f"*:{SLOTS}")), "again").replace('workloops: "*:5"', "capacity: 5, dispatch: ideal")
    return load_scenario(Source.of_text(text, "again.yaml"))


@pytest.mark.parametrize("backlog", [100, 500, 2_000])
def test_the_backlog_is_there_at_the_start_and_the_waits_come_back(backlog: int) -> None:
    """The number within 15 %, and p99 of the wait within a third; without the backlog it is less than a tenth of it."""
    export, waits = without_what_was_there(backlog)
    found = initial_backlog(export, np.arange(len(export)), MONDAY)
    assert found is not None
    assert found.runs == pytest.approx(backlog, rel=0.15)
    again = refitted(export)
    assert "begins in a backlog" in again.text
    p99 = float(np.quantile(waits, 0.99))
    _, _, _, seen = simulated(again.scenario, 5)
    quantile = seen.durations("default", "wait").quantile(0.99)
    assert quantile is not None
    assert 2 / 3 < quantile.value_us / p99 < 1.5


def test_a_busy_system_without_a_backlog_gets_none() -> None:
    for seed in range(5):
        export, _ = without_what_was_there(0, seed)
        assert initial_backlog(export, np.arange(len(export)), MONDAY) is None


def test_waits_behind_other_runs_of_the_export_are_no_hidden_backlog() -> None:
    """A batch at the start that is in the export itself."""
    table, claimed, ended, _ = simulated(source(500), 1)
    known = (claimed >= 0) & (ended >= 0)
    order = np.argsort(table.inserted_at[known], kind="stable")
    inserted, claimed, ended = table.inserted_at[known][order], claimed[known][order], ended[known][order]
    export = exported(inserted + MONDAY, wait=claimed - inserted, service=ended - claimed)
    rows = np.flatnonzero(inserted > 0)
    assert initial_backlog(export, rows, MONDAY) is None


def test_polling_is_no_backlog() -> None:
    random = np.random.default_rng(1)
    inserted = np.sort(random.integers(0, 12 * HOUR, 2_000)) + MONDAY
    export = exported(inserted, wait=random.integers(0, 10 * SECOND, 2_000))
    assert initial_backlog(export, np.arange(2_000), MONDAY) is None
    few = exported(inserted[:10], wait=MINUTE)
    assert initial_backlog(few, np.arange(10), MONDAY) is None


def test_sharing_out_adds_up() -> None:
    assert shared_out(10, np.array([1, 1, 1])) == [4, 3, 3]
    assert shared_out(7, np.array([0, 5, 2])) == [0, 5, 2]
    assert shared_out(0, np.array([0, 0])) == [0, 0]
