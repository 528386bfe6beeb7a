"""Times that are coarser than what was measured are named, and simulations are told in the same steps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fastlanes_sim.calibration.calibrate import calibrate
from fastlanes_sim.calibration.deployment_part import from_layout
from fastlanes_sim.calibration.resolution import as_told, common_resolution, spread_out
from fastlanes_sim.calibration.scenario_text import scenario_text
from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.units import DAY, HOUR, MINUTE, SECOND
from fastlanes_sim.exports.export import Export
from tests.support.exports import MONDAY, exported, poisson


def told(step: int, service: int) -> Export:
    """Four days of runs with an exponential service of this mean (µs), in whole steps."""
    inserted = poisson(6 / HOUR, 4 * DAY)
    lasted = np.random.default_rng(1).exponential(service, len(inserted)).astype(np.int64) + 1
    export = exported(inserted, wait=SECOND // 2, service=lasted)
    export = replace(export, started_at=export.started_at + 700_000, finished_at=export.finished_at + 700_000)
    columns = ("inserted_at", "claimed_at", "started_at", "finished_at")
    return replace(export, **{name: getattr(export, name) // step * step for name in columns})


def coarse(export: Export) -> list[str]:
    return [note for note in calibrate(export, from_layout("*:2")).notes if note.startswith("Times are whole")]


def test_whole_minutes_are_named_where_services_take_seconds() -> None:
    (note,) = coarse(told(MINUTE, 5 * SECOND))
    assert note.startswith("Times are whole minutes: services and startups below a minute cannot be told")
    assert "Export seconds or finer" in note
    assert "# Times are whole minutes: services" in scenario_text(calibrate(told(MINUTE, 5 * SECOND)), "fitted")


def test_whole_seconds_are_named_for_what_they_are_too_coarse_for() -> None:
    (note,) = coarse(told(SECOND, MINUTE))
    assert note.startswith("Times are whole seconds: startups below a second")
    assert coarse(told(1, SECOND // 10)) == []


def test_a_resolution_is_one_of_all_times() -> None:
    """Crons insert on the minute; their claims say how finely the export tells time."""
    assert [common_resolution(told(step, MINUTE)) for step in (1, SECOND, MINUTE)] == [1, SECOND, MINUTE]
    crons = exported(MONDAY + MINUTE * np.arange(100), wait=123_457)
    assert crons.resolution == SECOND
    assert common_resolution(crons) == 1


def test_insertions_are_spread_within_their_step_in_their_order() -> None:
    inserted = np.repeat(MONDAY + SECOND * np.arange(10), 20)
    spread = spread_out(inserted, SECOND, np.random.default_rng(1))
    assert (spread // SECOND * SECOND == inserted).all()
    assert (np.diff(spread) >= 0).all()
    assert len(np.unique(spread)) > 190
    assert spread_out(inserted, 1, np.random.default_rng(1)) is inserted


@pytest.mark.parametrize(("step", "expected"), [(1, 2_900_000), (SECOND, 2 * SECOND)])
def test_a_log_is_told_in_whole_steps(step: int, expected: int) -> None:
    log = RunLog.empty(2)
    log.claimed_at[0] = 2_900_000
    assert as_told(log, step).claimed_at.tolist() == [expected, NEVER]
