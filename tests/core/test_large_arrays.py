"""What lies in a file is what would be in memory, takes no memory once released, and leaves nothing behind."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from fastlanes_sim import Result, simulate
from fastlanes_sim.core import large_arrays
from fastlanes_sim.core.change_points import StepsSoFar
from fastlanes_sim.core.large_arrays import Appended
from fastlanes_sim.results import queue_causes

ROOT = Path(__file__).parents[2]
linux = pytest.mark.skipif(sys.platform != "linux", reason="there are no such files")


@pytest.fixture
def everything_is_large(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(large_arrays, "LARGE", 1)
    monkeypatch.setattr(large_arrays, "LARGE_PART", 1)


def resident() -> int:
    """Bytes of this process that are in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@linux
def test_what_is_released_is_in_the_file():
    before = resident()
    array = large_arrays.empty(25_000_000, np.int64)
    array[:] = 7
    assert resident() - before > 190_000_000
    large_arrays.release()
    assert resident() - before < 50_000_000
    assert array[0] == array[12_345_678] == array[-1] == 7
    assert not large_arrays.zeros(25_000_000, np.int64)[::100_000].any()


@pytest.mark.usefixtures("everything_is_large")
@pytest.mark.parametrize("sizes", [[], [0], [1], [3, 0, 2], [1_000, 1, 70_000]])
def test_a_column_is_what_was_appended(sizes: list[int]):
    parts = [np.arange(size, dtype=np.int32) for size in sizes]
    column = Appended(np.int32)
    for part in parts:
        view = part.copy()
        column.append(view)
        view[:] = -1  # what happens to it afterwards does not matter
    np.testing.assert_array_equal(column.array(), np.concatenate([np.zeros(0, np.int32), *parts]))


@linux
@pytest.mark.usefixtures("everything_is_large")
@pytest.mark.parametrize("calls_before", [0, 1, 2])
def test_on_a_full_disk_it_is_in_memory(monkeypatch: pytest.MonkeyPatch, calls_before: int):
    """The disk is full from the beginning, or after so many parts."""
    allocate, calls = os.posix_fallocate, []

    def full(*place: int) -> None:
        calls.append(place)
        if len(calls) > calls_before:
            raise OSError(28, "No space left on device")
        allocate(*place)

    monkeypatch.setattr(os, "posix_fallocate", full)
    column = Appended(np.int64)
    for number in range(4):
        column.append(np.full(10, number))
    assert column.array().tolist() == np.repeat(range(4), 10).tolist()
    assert large_arrays.zeros(10, np.int64).tolist() == [0] * 10
    assert large_arrays.empty(10, np.int8).flags.writeable


def test_without_a_place_for_files_it_is_in_memory(monkeypatch: pytest.MonkeyPatch, everything_is_large: None):
    monkeypatch.delattr(os, "posix_fallocate", raising=False)
    assert large_arrays.zeros(3, np.int8).tolist() == [0, 0, 0]


def _all_of(result: Result, folder: Path) -> dict[str, bytes]:
    result.write(folder, charts=False)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("scenario", ["retry_after_504", "claim_limit_blind_spot"])
def test_results_have_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scenario: str):
    path = ROOT / "scenarios" / f"{scenario}.yaml"
    expected = _all_of(simulate(path, engine="kernel", horizon="1h"), tmp_path / "memory")
    monkeypatch.setattr(large_arrays, "LARGE", 1)
    monkeypatch.setattr(large_arrays, "LARGE_PART", 1)
    monkeypatch.setattr(queue_causes, "_PORTION", 7)
    monkeypatch.setattr("fastlanes_sim.engines.kernel.simulation.MANY_CHANGES", 1)
    monkeypatch.setattr("fastlanes_sim.engines.kernel.event_loop.SHARE", 500)
    found = _all_of(simulate(path, engine="kernel", horizon="1h"), tmp_path / "files")
    assert [name for name in expected if found[name] != expected[name]] == []
    assert found.keys() == expected.keys()


def test_a_timeline_in_parts_is_the_timeline():
    """Instants that lie in two parts, and entries that are taken back by the next part."""
    random = np.random.default_rng(1)
    for _ in range(200):
        size = int(random.integers(1, 30))
        changes = StepsSoFar()
        time = np.sort(random.integers(0, 12, size))
        loops: list[tuple[int, int, int, int]] = []
        cause = {0: queue_causes.Cause.OUTAGE, 1: queue_causes.Cause.OUTAGE}
        for at in time.tolist():
            loop, becomes = int(random.integers(2)), queue_causes.Cause(int(random.choice([*queue_causes._NEARER])))
            loops.append((at, loop, int(cause[loop]), int(becomes)))
            cause[loop] = becomes
        steps = queue_causes.Steps.of(loops)
        changes.append(steps)
        serving, ideal = np.ones(2, np.bool_), np.zeros(2, np.bool_)
        whole = queue_causes.timeline(serving, ideal, changes.steps())
        for portion in (1, 2, 3):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(queue_causes, "_PORTION", portion)
                parts = queue_causes.timeline(serving, ideal, steps)
            assert (parts.time.tolist(), parts.cause.tolist()) == (whole.time.tolist(), whole.cause.tolist())
