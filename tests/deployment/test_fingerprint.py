"""What a scenario asks, and what is deployed for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastlanes_sim.deployment.fingerprint import deployed, traffic_hash
from fastlanes_sim.scenario.load import load_scenario

PATH = Path(__file__).parents[2] / "scenarios" / "project_limit_trap.yaml"
ASKED = load_scenario(PATH).scenario
TRIGGER = "projects.clinic.workflows.receive_form.triggers.0"


@pytest.mark.parametrize(
    "changes",
    [
        {"workers.0.workloops": "*:5"},
        {"workers.0.replicas": 3},
        {"workers.0.backoff": "0.5/5"},
        {"lightning.ruleset": "main"},
        {"network.database": "measured"},
        {"projects.clinic.concurrency": 80},
        {"projects.clinic.concurrency": None},
        {"projects.clinic.admission": {"fast_lane": 8, "retry_after": "1m"}},
        {"projects.clinic.workflows.receive_form.concurrency": 2},
        {"slos": ["lost == 0"]},
        {"traffic": 1.0},
        {"kind": "terminating"},
    ],
)
def test_what_is_deployed_and_what_must_hold_are_no_part_of_the_question(changes):
    assert traffic_hash(load_scenario(PATH, changes).scenario) == traffic_hash(ASKED)


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 2},
        {"horizon": "3h"},
        {"traffic": 1.5},
        {"start": "2026-01-06"},
        {f"{TRIGGER}.service": "3s"},
        {f"{TRIGGER}.arrivals": {"poisson": "3/min"}},
        {"projects.clinic.workflows.receive_form.run_timeout": "1m"},
        {"startup": "1s"},
    ],
)
def test_what_arrives_for_how_long_and_under_which_seed_is(changes):
    assert traffic_hash(load_scenario(PATH, changes).scenario) != traffic_hash(ASKED)


def test_settings_are_told_by_their_path():
    found = deployed(ASKED)
    assert found["workers.0.workloops"] == "fast_lane:1 manual>default:4"
    assert found["projects.clinic.concurrency"] == 2
    assert found["lightning.per_workflow_claim_limit"] == 50
    assert not any(path.startswith(("slos", "seed", "projects.clinic.workflows.receive_form.triggers")) for path in found)
