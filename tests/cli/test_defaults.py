"""Defaults of the command line stand where help shows them: what they repeat of the library must be the same."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import pytest

from fastlanes_sim.calibration import input_uncertainty
from fastlanes_sim.calibration import validate as replaying
from fastlanes_sim.cli import baseline, calibrate, rig, scenario_options, search, sensitivity, sweep, validate
from fastlanes_sim.experiments import confidence_intervals, feasibility, uncertain_values
from fastlanes_sim.experiments import sensitivity as sensing
from fastlanes_sim.experiments import sweep as sweeping
from fastlanes_sim.suite import record


@pytest.mark.parametrize(
    ("command", "option", "constant"),
    [
        (validate.validate, "replications", replaying.REPLICATIONS),
        (rig.rig, "replications", replaying.REPLICATIONS),
        (calibrate.calibrate, "resamples", input_uncertainty.RESAMPLES),
        (baseline.record, "replications", record.REPLICATIONS),
        (sweep.sweep, "replications", sweeping.REPLICATIONS),
        (sensitivity.sensitivity, "replications", sensing.REPLICATIONS),
        (sensitivity.sensitivity, "trajectories", sensing.TRAJECTORIES),
        (sensitivity.sensitivity, "samples", sensing.SAMPLES),
        (sensitivity.sensitivity, "keep", sensing.KEEP),
        (sensitivity.sensitivity, "spread", uncertain_values.SPREAD),
        (search.search, "confirming", feasibility.CONFIRMING),
        (search.search, "most", feasibility.MOST),
        (search.search, "tolerance", feasibility.TOLERANCE),
        (search.search, "confidence", confidence_intervals.LEVEL),
    ],
)
def test_a_default_is_the_one_of_the_library(command: Callable[..., None], option: str, constant: float):
    default = inspect.signature(command).parameters[option].default
    assert (scenario_options.share(f"--{option}", default) if isinstance(default, str) else default) == constant
