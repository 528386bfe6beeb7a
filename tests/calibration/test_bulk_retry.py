"""A bulk retry in an export is written so that its runs are inserted again when they were (L-21)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from fastlanes_sim.calibration.calibrate import calibrate
from fastlanes_sim.calibration.deployment_part import Deployed
from fastlanes_sim.calibration.scenario_text import scenario_text
from fastlanes_sim.core.units import HOUR, MILLISECOND, SECOND
from fastlanes_sim.exports.export import Export, ExportedWorkflow
from fastlanes_sim.exports.problems import Reading
from fastlanes_sim.rules.creation import IMMEDIATE, Queue
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.traffic.generate import generate

BEGIN = 1_772_366_400 * SECOND
SIZE = 500


def test_its_runs_are_inserted_when_they_were(tmp_path: Path) -> None:
    """500 runs, a millisecond apart: background jobs would need five milliseconds for each."""
    at = BEGIN + HOUR // 2 + np.arange(SIZE) * MILLISECOND
    queue, priority = np.full(SIZE, Queue.DEFAULT, np.int8), np.full(SIZE, IMMEDIATE, np.int8)
    state, workflow, retry = np.full(SIZE, State.SUCCESS, np.int8), np.zeros(SIZE, np.int32), np.ones(SIZE, np.bool_)
    times = at, at + SECOND, at + 2 * SECOND, at + 5 * SECOND
    export = Export(*times, state, queue, priority, workflow, retry, (ExportedWorkflow("p", "w"),), True, Reading("runs.csv"))
    path = tmp_path / "ours.yaml"
    path.write_text(scenario_text(calibrate(export, Deployed([{}]), span=(BEGIN, BEGIN + HOUR)), "ours"), encoding="utf-8")
    table = generate(load_scenario(path).scenario)
    assert abs(len(table) - SIZE) <= 1
    assert table.inserted_at[-1] - table.inserted_at[0] <= 2 * SIZE * MILLISECOND
