"""Exports that are idle most of the time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fastlanes_sim.calibration.deployment_part import from_layout
from fastlanes_sim.calibration.idle_time import with_shortened_idle_time
from fastlanes_sim.calibration.validate import validate
from fastlanes_sim.core.units import DAY, MINUTE, SECOND
from tests.support.exports import MONDAY, exported


def test_idle_time_is_cut_short_and_nothing_else() -> None:
    """The second run comes while the first one waits, the third an hour after both; the fourth was never claimed."""
    inserted = MONDAY + np.array([0, 5, 3_700, 10_000, 10_090], np.int64) * SECOND
    export = exported(inserted, wait=20 * SECOND, service=60 * SECOND)
    claimed = export.claimed_at.copy()
    claimed[3] = -1
    export = replace(export, claimed_at=claimed, started_at=claimed, finished_at=np.where(claimed < 0, -1, export.finished_at))
    short = with_shortened_idle_time(export, 2 * MINUTE)
    assert ((short.inserted_at - MONDAY) // SECOND).tolist() == [0, 5, 205, 405, 495]
    assert (short.finished_at - short.inserted_at)[claimed >= 0].tolist() == [80 * SECOND] * 4
    assert short.claimed_at[3] == short.finished_at[3] == -1


def test_a_long_sparse_export_gets_a_first_answer() -> None:
    """Of an export of a week with 15 runs."""
    inserted = MONDAY + np.sort(np.random.default_rng(1).integers(0, 7 * DAY, 15))
    said: list[str] = []
    export = exported(inserted, wait=10 * MINUTE, service=5 * SECOND)
    found = validate(export, from_layout("*:4"), replications=5, engine="kernel", tell=said.append)
    (first,) = said
    assert first.startswith("First answer, with idle times of 2 m at most: The export does not look like this deployment in default")
    assert found.rejected == ["default"]


def test_a_busy_export_gets_none() -> None:
    said: list[str] = []
    export = exported(MONDAY + np.arange(30) * 30 * SECOND, wait=100_000, service=5 * SECOND)
    validate(export, from_layout("*:4"), replications=5, engine="kernel", tell=said.append)
    assert said == []
