"""Time-outs are read from the data; where sources disagree, no timeout is written that the data contradict."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from fastlanes_sim.calibration.calibrate import calibrate
from fastlanes_sim.calibration.run_timeouts import run_timeout
from fastlanes_sim.calibration.scenario_text import scenario_text
from fastlanes_sim.core.units import DAY, MINUTE, SECOND
from fastlanes_sim.exports.read import read_export
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.scenario.load import load_scenario
from tests.support.exports import MONDAY, exported

CASES = Path(__file__).parent / "cases"
USUAL = 5 * MINUTE
AT = MONDAY + np.arange(100) * MINUTE
NO_STARTUP = np.zeros(100, np.int64)


def test_successes_longer_than_the_default_timeout_are_not_killed(tmp_path: Path) -> None:
    """A call centre whose calls last half an hour: a timeout of 5 minutes would kill a third of them."""
    found = calibrate(read_export(CASES / "long-successes.csv.gz"))
    (tmp_path / "calls.yaml").write_text(scenario_text(found, "calls"))
    loaded = load_scenario(tmp_path / "calls.yaml")
    (workflow,) = (workflow for project in loaded.scenario.projects.values() for workflow in project.workflows.values())
    longest = max(found.export.finished_at - found.export.started_at)
    assert workflow.run_timeout is not None
    assert workflow.run_timeout >= longest
    assert "of 399 runs ended by themselves after more than 5 m" in loaded.text


def test_the_options_of_the_runs_come_first() -> None:
    said = exported(AT, service=10 * SECOND, run_timeout=np.full(100, 10 * MINUTE))
    assert run_timeout(said, np.arange(100), NO_STARTUP, USUAL) == (10 * MINUTE, "as its runs' options say")
    assert run_timeout(exported(AT, run_timeout=np.full(100, USUAL)), np.arange(100), NO_STARTUP, USUAL) == (None, "")


def test_killed_runs_show_it_and_successes_contradict_it() -> None:
    service = np.where(np.arange(100) % 10 == 0, 2 * MINUTE, SECOND)
    export = exported(AT, service=service)
    export.state[::10] = State.KILLED
    assert run_timeout(export, np.arange(100), NO_STARTUP, USUAL) == (2 * MINUTE, "as long as its killed runs ran")
    export.finished_at[1::10] = export.started_at[1::10] + 7 * MINUTE
    timeout, why = run_timeout(export, np.arange(100), NO_STARTUP, USUAL)
    assert timeout == 10 * MINUTE
    assert "10 of 90 runs ended by themselves after more than 2 m, the longest after 7 m" in why


def test_options_that_the_successes_contradict_give_way() -> None:
    export = exported(AT, service=8 * MINUTE, run_timeout=np.full(100, MINUTE))
    timeout, why = run_timeout(export, np.arange(100), NO_STARTUP, USUAL)
    assert timeout == 10 * MINUTE
    assert why.startswith("at least")


def test_the_usual_timeout_stays_where_nothing_speaks_against_it() -> None:
    assert run_timeout(exported(AT, service=4 * MINUTE), np.arange(100), NO_STARTUP, USUAL) == (None, "")


def test_a_timeout_counts_from_the_launch() -> None:
    """L-19: the startup of a killed run belongs to its time."""
    export = exported(AT, service=2 * MINUTE)
    export.state[:] = State.KILLED
    assert run_timeout(export, np.arange(100), np.full(100, 10 * SECOND), USUAL) == (130 * SECOND, "as long as its killed runs ran")


def test_runs_that_have_been_started_for_days_are_lost_and_not_long() -> None:
    """One of a thousand is called started for ever: nobody noticed that its worker died. Services of weeks would need a hundred slots."""
    random = np.random.default_rng(1)
    inserted = np.sort(random.integers(0, 14 * DAY, 5_000)) + MONDAY
    plain = exported(inserted, service=random.lognormal(15.5, 0.8, 5_000).astype(np.int64))
    stuck = random.random(5_000) < 0.002
    state, finished = plain.state.copy(), plain.finished_at.copy()
    state[stuck], finished[stuck] = State.STARTED, -1
    found = calibrate(replace(plain, state=state, finished_at=finished))
    service = found.workflows[0].triggers[0].service.family
    assert service.expectation() < 1.05 * (plain.finished_at - plain.started_at).mean()
    old = stuck & (plain.last_seen - plain.started_at > 3 * 5 * MINUTE)
    assert any(f"{old.sum()} of the runs are called started" in note for note in found.notes)
