"""Simulate, export in production's columns, calibrate from that alone, simulate again under new seeds: the same waits."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from fastlanes_sim.calibration.calibrate import calibrate
from fastlanes_sim.calibration.deployment_part import from_scenario
from fastlanes_sim.calibration.fit_check import check_fit
from fastlanes_sim.calibration.scenario_text import scenario_text
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.engines.selection import run_engine
from fastlanes_sim.exports.read import read_export
from fastlanes_sim.measures.scopes import LANES
from fastlanes_sim.results.export_writer import write_export
from fastlanes_sim.results.observed import Observed
from fastlanes_sim.scenario.expansion import placed_workflows
from fastlanes_sim.scenario.load import LoadedScenario, load_scenario
from fastlanes_sim.scenario.schedule import instant
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.triggers import Cron
from fastlanes_sim.scenario.yaml.source import Source
from fastlanes_sim.traffic.generate import generate
from tests.support.varied_scenarios import VARIED

ORIGINAL, AGAIN, EXPORTED = range(1, 9), range(201, 205), 77
LEVEL = 0.01
Waits = dict[tuple[str, float], float]


def simulated(scenario: Scenario, seed: int, export: Path | None = None) -> Waits:
    """The logarithm of p50, p95 and p99 of each lane's wait."""
    deployed, table = deployment(scenario), generate(scenario, seed)
    log = run_engine(deployed, table, engine="kernel")
    if export is not None:
        write_export(export, table, log, deployed, instant(scenario.start, scenario.timezone))
    metrics = Observed(table, log, deployed)
    waits = {(lane, p): metrics.durations(lane, "wait").quantile(p) for lane in LANES[:-1] for p in (0.5, 0.95, 0.99)}
    return {key: math.log(wait.value_us) for key, wait in waits.items() if wait is not None}


def calibrated(folder: Path, tree: dict[str, Any]) -> tuple[LoadedScenario, LoadedScenario]:
    """The scenario, and what is made of one export of it."""
    source, export, target = folder / "original.yaml", folder / "runs.csv", folder / "calibrated.yaml"
    source.write_text(json.dumps(tree))
    original = load_scenario(source)
    simulated(original.scenario, EXPORTED, export)
    target.write_text(scenario_text(calibrate(read_export(export), from_scenario(source)), "calibrated"))
    return original, load_scenario(target)


def outside(original: Scenario, again: Scenario) -> list[tuple[str, float]]:
    """The percentiles whose mean under new seeds lies outside the original's prediction interval.

    The interval is that of one more replication (Student's, of the logarithm): a calibration knows one replication's worth of the truth.
    """
    before, after = [simulated(original, seed) for seed in ORIGINAL], [simulated(again, seed) for seed in AGAIN]
    assert all(waits.keys() == before[0].keys() for waits in (*before, *after))
    factor = stats.t.ppf(1 - LEVEL / 2, len(before) - 1) * math.sqrt(1 + 1 / len(before))
    missed = []
    for key in before[0]:
        known = np.array([waits[key] for waits in before])
        if abs(np.mean([waits[key] for waits in after]) - known.mean()) > factor * known.std(ddof=1):
            missed.append(key)
    return missed


def crons(scenario: Scenario) -> set[tuple[str, str, int]]:
    return {
        (placed.full_name, trigger.cron, trigger.runs_per_tick)
        for placed in placed_workflows(scenario)
        for trigger in placed.settings.triggers
        if isinstance(trigger, Cron)
    }


@pytest.mark.parametrize("question", VARIED)
def test_the_waits_come_back(question: str, tmp_path: Path) -> None:
    original, again = calibrated(tmp_path, VARIED[question])
    assert outside(original.scenario, again.scenario) == []
    assert crons(again.scenario) == crons(original.scenario)


def test_a_workloop_that_died_does_not_speak_against_the_fit(tmp_path: Path) -> None:
    """W-6: without notifications, the fast lane's workloop stopped for good in the second of these six hours, as it does in an eighth of
    the simulations. The check of the fit knows that from its own."""
    source = tmp_path / "original.yaml"
    source.write_text(json.dumps(VARIED["no notifications"]))
    simulated(load_scenario(source).scenario, 48, tmp_path / "runs.csv")
    export = read_export(tmp_path / "runs.csv")
    fitted = load_scenario(Source.of_text(scenario_text(calibrate(export, from_scenario(source)), "fitted"), "fitted.yaml")).scenario
    assert check_fit(export, fitted, engine="kernel").rejected == []


def test_another_traffic_would_be_noticed(tmp_path: Path) -> None:
    """The yardstick is not so wide that anything passes: runs that take half as long again do not."""
    original, again = calibrated(tmp_path, VARIED["gamma"])
    text = json.dumps(VARIED["gamma"]).replace('"6s"', '"9s"')
    (tmp_path / "slower.yaml").write_text(text)
    slower = load_scenario(tmp_path / "slower.yaml").scenario
    assert outside(original.scenario, again.scenario) == []
    assert outside(slower, again.scenario) != []
