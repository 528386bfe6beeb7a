"""The live runs of a real worker: what `validate` says of them, and that a simulation claims what the worker claimed."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from fastlanes_sim.calibration.deployment_part import from_scenario
from fastlanes_sim.calibration.validate import Validation, validate
from fastlanes_sim.core.units import MILLISECOND, SECOND
from studies.live import IN_COMMON, compared, exact_table, lines_of, lived, near
from studies.live_recordings import LINES_AT_END, NAMES, measured, read

HERE = Path(__file__).parent
CHECKSUMS = {name: sha for sha, name in (line.split() for line in (HERE / "SHA256SUMS").read_text().splitlines())}
OTHER = {"i": "iv", "ii_a": "iv", "ii_far": "iv", "iii": "ii_a", "iv": "ii_a", "v": "ii_a"}
"""The deployment that is most like each."""


@pytest.mark.parametrize("name", sorted(CHECKSUMS))
def test_the_recordings_are_here_and_unchanged(name: str) -> None:
    content = gzip.decompress((HERE / f"{name}.gz").read_bytes())
    assert hashlib.sha256(content).hexdigest() == CHECKSUMS[name]


@pytest.mark.parametrize("name", NAMES)
def test_the_scenarios_hold_what_was_measured(name: str) -> None:
    one = read(name, HERE)
    found, scenario = measured(one), one.scenario.scenario
    network, tenth = scenario.network, MILLISECOND / 10
    assert network.request == pytest.approx(found.request, abs=tenth)
    assert network.database == pytest.approx(found.database, abs=tenth)
    assert network.message == pytest.approx(found.message, abs=tenth)
    assert found.at_end == pytest.approx(LINES_AT_END, abs=0.15)
    assert scenario.messages.at_end == LINES_AT_END
    assert scenario.lightning.broadcast_work_available == (found.notification is not None)
    if found.notification is not None and found.debounce is not None:
        assert network.notification == pytest.approx(found.notification, abs=tenth)
        assert scenario.lightning.work_available_debounce == pytest.approx(found.debounce, abs=tenth)
    slow = [] if found.slow is None else [pytest.approx(found.slow, abs=tenth)]
    assert [span.time for span in scenario.incidents.slow_database] == slow


def said_of(export: str, deployment: str) -> Validation:
    return validate(read(export, HERE).export, from_scenario(HERE / f"{deployment}.yaml"), engine="kernel")


@pytest.mark.parametrize("name", NAMES)
def test_validate_accepts_a_live_run_with_its_own_deployment(name: str) -> None:
    assert said_of(name, name).rejected == []


@pytest.mark.parametrize("name", NAMES)
def test_validate_rejects_a_live_run_with_another_runs_deployment(name: str) -> None:
    assert said_of(name, OTHER[name]).rejected


def test_validate_says_how_often_a_workloop_dies() -> None:
    """W-6: it did in one of two live runs of `iv`."""
    found = said_of("iv", "iv")
    assert 0.1 < found.stopped / found.replications < 0.9
    assert any("one simulation of such a deployment predicts nothing" in remark for remark in found.remarks)


@pytest.mark.parametrize(("name", "claimed_near"), [("i", 300), ("ii_a", IN_COMMON["ii_a"] + 50)])
def test_one_simulation_claims_what_the_worker_claimed_when_it_did(name: str, claimed_near: int) -> None:
    """Of 331 runs, within 250 ms. Two live runs of `ii` have 144 in common."""
    one = compared(name, 0)
    assert near(one.once, one.live) >= claimed_near


@pytest.mark.parametrize("name", ["i", "ii_a", "ii_far", "iii"])
def test_the_waits_of_the_frequent_lanes_are_those_of_the_live_run(name: str) -> None:
    """The median of some replications, within what two live runs differ by, or 3 %; the fast lane's median within two round trips."""
    for line in lines_of(compared(name, 20)):
        if line.lane == "default" or (line.lane == "fast_lane" and line.statistic != "p50"):
            assert line.is_near, line.text


def test_the_recorded_clocks_agree() -> None:
    """`Recording.offset`: a run's `claimed_at` is the instant at which the query that won it began (L-10)."""
    one = read("i", HERE)
    outcome = lived(one, exact_table(one))
    begun = dict(zip(one.decided.tolist(), one.begun.tolist(), strict=True))
    apart = [outcome.claimed[run] - begun[decided] for run, decided in enumerate(one.run_decided.tolist())]
    assert max(apart) - min(apart) < SECOND / 100
