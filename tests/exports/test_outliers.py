"""Rows of another time: some are left out, many are refused; both are named by line."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from fastlanes_sim.api.export_verbs import calibrate, validate
from fastlanes_sim.core.units import DAY, HOUR
from fastlanes_sim.exports.export import Export
from fastlanes_sim.exports.outliers import torn_off
from fastlanes_sim.exports.problems import ExportError
from fastlanes_sim.exports.read import read_export

HEADER = "id,project,workflow,state,inserted_at,claimed_at,started_at,finished_at"


def export(path: Path, years: list[int]) -> Path:
    """A run a minute, of the day in these years."""
    rows = [HEADER]
    for number, year in enumerate(years):
        at = f"{year}-03-01T{number // 60:02}:{number % 60:02}"
        rows.append(f"r{number},p,w,success,{at}:01Z,{at}:02Z,{at}:03Z,{at}:04Z")
    path.write_text("\n".join(rows) + "\n")
    return path


def test_one_row_of_1970_is_left_out_and_named(tmp_path: Path):
    years = [2026] * 200
    years[100] = 1970
    found = read_export(export(tmp_path / "runs.csv", years))
    assert len(found) == 199
    assert [problem.line for problem in found.reading.problems] == [102]


@pytest.mark.parametrize("judge", [calibrate, partial(validate, layout="*:2")])
@pytest.mark.parametrize(("rows", "wrong"), [(100, [10, 20, 21, 22, 23, 99]), (8, [3]), (2, [0])])
def test_rows_of_1970_that_are_too_many_to_be_left_out_are_refused_by_line(
    tmp_path: Path, rows: int, wrong: list[int], judge: Callable[[Export], object]
):
    years = [1970 if place in wrong else 2026 for place in range(rows)]
    path = export(tmp_path / "runs.csv", years)
    with pytest.raises(ExportError) as refused:
        judge(read_export(path))
    assert refused.value.message.startswith(f"{path}:{wrong[0] + 2}: {len(wrong)} of {rows} rows were inserted years before")
    assert refused.value.hint


def test_rows_of_the_future_are_refused_too(tmp_path: Path):
    path = export(tmp_path / "runs.csv", [2026] * 20 + [2106] * 4)
    with pytest.raises(ExportError, match="lines 22, 23, 24, 25"):
        calibrate(path)


def test_a_long_export_with_a_pause_is_one_export():
    years = np.concatenate([np.arange(0, 300 * DAY, HOUR), np.arange(700 * DAY, 900 * DAY, HOUR)])
    assert not len(torn_off(years))
    assert not len(torn_off(np.arange(0, 20_000 * DAY, 100 * DAY)))
    assert not len(torn_off(np.array([5])))


def test_a_replay_of_half_a_century_is_refused_and_says_from_when_to_when(tmp_path: Path):
    """Rows every year: none is an outlier, but idle workers would poll for 57 years, in each of 99 replications."""
    path = export(tmp_path / "runs.csv", list(range(1970, 2027)))
    with pytest.raises(ExportError) as refused:
        validate(path, layout="fast_lane:1 manual>*:4", replicas=4)
    assert "the replays would take about " in refused.value.message
    assert "it spans from 1970-03-01 00:00 to 2026-03-01 00:56, and has 57 rows" in refused.value.message
