"""Homogeneous arrivals get no structure, at any resolution of the time stamps. `python -m studies.structure` counts 1,000 of each size."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binom

from fastlanes_sim.calibration.arrival_processes import arrival_processes
from fastlanes_sim.calibration.calibrate import calibrate
from fastlanes_sim.calibration.scenario_text import scenario_text
from fastlanes_sim.calibration.window import Watched
from fastlanes_sim.core.units import DAY, HOUR, MILLISECOND, MINUTE, SECOND
from fastlanes_sim.exports.read import read_export
from studies.structure import RESOLUTIONS, SIZES, has_structure
from tests.support.exports import MONDAY, exported, poisson

CASES = Path(__file__).parent / "cases"
SAMPLES = 40


@pytest.mark.parametrize("resolution", RESOLUTIONS)
@pytest.mark.parametrize("size", SIZES)
def test_homogeneous_arrivals_get_one_rate(size: int, resolution: int) -> None:
    """40 samples: no more false ones than 2 % would bring once in 1,000."""
    false = sum(has_structure(size, resolution, sample) for sample in range(SAMPLES))
    assert false <= binom.ppf(0.999, SAMPLES, 0.02)


def test_whole_seconds_of_a_poisson_process_make_no_cron() -> None:
    """Every 60th whole second is on the minute."""
    export = read_export(CASES / "whole-seconds.csv.gz")
    assert export.resolution == SECOND
    ((trigger,),) = [workflow.triggers for workflow in calibrate(export).workflows]
    assert trigger.process.kind == "poisson"
    assert not any("gaps" in note for note in trigger.notes)


@pytest.mark.parametrize("rate", [0.2, 1, 3, 10])
def test_whole_minutes_of_a_poisson_process_have_no_bursts(rate: float) -> None:
    """Spreadsheets show no seconds: then some runs always have the same time."""
    false = 0
    for seed in range(10):
        times = poisson(rate / MINUTE, 7 * DAY, seed=seed) // MINUTE * MINUTE
        found = arrival_processes(times, Watched(MONDAY, MONDAY + 7 * DAY, "UTC", (), MINUTE), crons=True)
        false += [one.kind for one in found] != ["poisson"]
    assert false <= 1


def test_whole_seconds_of_a_cron_are_one() -> None:
    times = np.sort(np.concatenate([np.arange(14 * 24) * HOUR + MONDAY, poisson(1 / MINUTE, 14 * DAY) // SECOND * SECOND]))
    found = arrival_processes(times, Watched(MONDAY, MONDAY + 14 * DAY, "UTC", (), SECOND), crons=True)
    assert [(one.kind, one.keys.get("cron")) for one in found] == [("cron", '"0 * * * *"'), ("poisson", None)]


def test_a_fixed_period_is_found_in_whole_seconds_too() -> None:
    times = (np.arange(5_000) * 90_500 * MILLISECOND + MONDAY) // SECOND * SECOND
    (found,) = arrival_processes(times, Watched(MONDAY, int(times[-1]) + MINUTE, "UTC", (), SECOND), crons=False)
    assert found.kind == "every"
    assert "90500" in found.keys["arrivals"] or "90.5" in found.keys["arrivals"]


def test_a_workflow_of_one_run_says_a_range_and_borrows_its_service() -> None:
    """Two workflows, one of a single run in nine days."""
    found = calibrate(read_export(CASES / "one-run.csv.gz"))
    text = scenario_text(found, "thin")
    assert "piecewise" not in text
    (rare,) = (workflow for workflow in found.workflows if workflow.workflow.name == "rare")
    (trigger,) = rare.triggers
    assert trigger.runs == 1
    assert any("the rate lies between" in note for note in trigger.notes)
    assert any("too few for a service of their own" in note for note in trigger.notes)


@pytest.mark.parametrize(("step", "resolution"), [(1, 1), (MILLISECOND, MILLISECOND), (SECOND, SECOND), (MINUTE, MINUTE)])
def test_the_resolution_is_seen(step: int, resolution: int) -> None:
    times = poisson(1 / MINUTE, DAY)
    assert exported(times // step * step, service=7 * MINUTE // step * step).resolution == resolution


def test_whole_minutes_of_crons_are_not_taken_for_the_resolution() -> None:
    assert exported(np.arange(100) * MINUTE + MONDAY, wait=1_234_567).resolution == SECOND
