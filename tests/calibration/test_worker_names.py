"""Exports whose rows name the worker: how many there were, and who died."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fastlanes_sim.calibration.calibrate import calibrate
from fastlanes_sim.calibration.deployment_part import from_layout
from fastlanes_sim.calibration.scenario_text import scenario_text
from fastlanes_sim.calibration.worker_names import seen_workers
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.units import DAY, HOUR, MINUTE, SECOND
from fastlanes_sim.exports.export import Export
from fastlanes_sim.rules.lifecycle import State
from tests.support.exports import MONDAY, exported, poisson


def named(workers: np.ndarray) -> Export:
    """Two runs a minute for two days, claimed by these workers (by run, again and again)."""
    inserted = poisson(2 / MINUTE, 2 * DAY)
    return replace(exported(inserted, service=10 * SECOND), worker=np.resize(workers, len(inserted)).astype(np.int32))


def test_without_names_nothing_is_said() -> None:
    assert seen_workers(exported(poisson(1 / MINUTE, DAY))) is None


def test_as_many_workers_as_there_were_are_guessed() -> None:
    found = seen_workers(named(np.arange(3)))
    assert found is not None
    assert (found.at_once, found.died) == (3, ())
    text = scenario_text(calibrate(named(np.arange(3))), "named")
    assert "replicas: 3" in text
    assert f"manual>*:{found.most}" in text
    assert "As many workers as the export names at once" in text
    assert "does not say which workers there were" not in text


def test_runs_of_which_nobody_knows_when_they_ended_hold_no_slot() -> None:
    """Lost ones, and those that are called started since the first day: with them, hundreds of runs would have been there at once."""
    export = exported(poisson(2 / MINUTE, 2 * DAY), service=10 * SECOND)
    usual = calibrate(export).most_in_flight
    for state in (State.LOST, State.STARTED):
        gone = (np.arange(len(export)) % 10 == 0) & (export.inserted_at < MONDAY + DAY)
        states = np.where(gone, np.int8(state), export.state).astype(np.int8)
        unknown = replace(export, state=states, finished_at=np.where(gone, NEVER, export.finished_at))
        assert 1 < calibrate(unknown).most_in_flight <= usual
        seen = seen_workers(replace(unknown, worker=np.zeros(len(export), np.int32)))
        assert seen is not None
        assert seen.most == calibrate(unknown).most_in_flight


def test_runs_that_still_run_when_the_export_ends_hold_a_slot() -> None:
    export = exported(MONDAY + SECOND * np.arange(12), service=MINUTE)
    running = replace(export, state=np.full(12, np.int8(State.STARTED)), finished_at=np.full(12, NEVER))
    assert calibrate(running).most_in_flight == 12


def test_one_that_stops_and_that_nobody_follows_has_died() -> None:
    """The third worker claims nothing after the first day."""
    export = named(np.arange(3))
    assert export.worker is not None
    later = export.inserted_at > MONDAY + DAY
    dead = replace(export, worker=np.where(later & (export.worker == 2), 0, export.worker).astype(np.int32))
    notes = calibrate(dead, from_layout("*:5", 3)).notes
    assert any(note.startswith("Worker 3 claimed its last run on 2026-01-05 23:5") and "it died" in note for note in notes)


def test_a_deploy_gives_new_names_and_kills_nobody() -> None:
    """At noon of the first day both workers are replaced, the new ones starting first."""
    export = named(np.arange(2))
    assert export.worker is not None
    since = export.inserted_at - MONDAY
    new = np.where(since > 12 * HOUR + 5 * MINUTE, 2, np.where(since > 12 * HOUR, 2 * (np.arange(len(since)) // 2 % 2), 0))
    found = seen_workers(replace(export, worker=(export.worker + new).astype(np.int32)))
    assert found is not None
    assert (len(found.workers), found.at_once, found.died) == (4, 2, ())


def test_another_number_than_the_deployment_has_is_told() -> None:
    export = named(np.arange(3))
    assert any("The export names 3 workers at once, the deployment has 1" in note for note in calibrate(export, from_layout("*:15")).notes)
    assert not any("at once, the deployment" in note for note in calibrate(export, from_layout("*:5", 3)).notes)
