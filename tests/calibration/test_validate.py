"""An export made by the model is accepted; one that another layout made is not, and the lane that shows it is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fastlanes_sim.calibration.deployment_part import from_layout
from fastlanes_sim.calibration.validate import Validation, distance, validate
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.engines.selection import run_engine
from fastlanes_sim.exports.read import read_export
from fastlanes_sim.results.export_writer import write_export
from fastlanes_sim.scenario.schedule import instant
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.traffic.generate import generate
from tests.support.varied_scenarios import HOURLY, SYNC

PINNED, POOL, WIDE = "fast_lane:1 manual>*:4", "manual>*:5", "fast_lane:1 manual>*:7"


def compared(folder: Path, served_by: str, said_to_be: str, seed: int = 1) -> Validation:
    workflows = {"a": {"triggers": [SYNC]}, "b": {"triggers": [HOURLY]}}
    tree = {"name": "t", "horizon": "6h", "projects": {"p": {"workflows": workflows}}, "workers": [{"workloops": served_by}]}
    scenario = Scenario.model_validate(tree)
    table, deployed = generate(scenario, seed), deployment(scenario)
    write_export(folder / "runs.csv", table, run_engine(deployed, table, engine="kernel"), deployed, instant(scenario.start, "UTC"))
    return validate(read_export(folder / "runs.csv"), from_layout(said_to_be), engine="kernel")


@pytest.mark.parametrize("layout", [PINNED, POOL, WIDE])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_models_own_export_is_accepted(tmp_path: Path, layout: str, seed: int) -> None:
    assert compared(tmp_path, layout, layout, seed).rejected == []


@pytest.mark.parametrize(
    ("served_by", "said_to_be", "lane"), [(PINNED, POOL, "fast_lane"), (POOL, PINNED, "fast_lane"), (WIDE, PINNED, "default")]
)
def test_an_export_of_another_layout_is_rejected_with_the_lane_named(tmp_path: Path, served_by: str, said_to_be: str, lane: str) -> None:
    found = compared(tmp_path, served_by, said_to_be)
    assert found.rejected[0] == lane
    assert lane in found.words


def test_kolmogorovs_distance_by_hand() -> None:
    """Half of the first lie below all of the second; what never happened counts as larger than anything."""
    never = np.iinfo(np.int64).max
    assert distance(np.array([1, 2, 5, 6]), np.array([3, 4, 5, 6])) == 0.5
    assert distance(np.array([1, 2]), np.array([1, never])) == 0.5
    assert distance(np.array([1, 2]), np.array([1, 2])) == 0.0
