"""Folders in the place for temporary files go with their process, also where it is killed."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from fastlanes_sim.core.temporary_folder import PREFIX, TemporaryFolder

KILLED = """
import os, signal
from fastlanes_sim.core.temporary_folder import TemporaryFolder
folder = TemporaryFolder()
(folder.path / "large").write_bytes(bytes(1000))
print(folder.path, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Of all temporary files."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def test_it_is_there_until_it_is_closed():
    with TemporaryFolder() as folder:
        assert folder.stat().st_mode & 0o077 == 0, "nobody else may read it"
        (folder / "file").write_text("")
    assert not folder.exists()


def test_it_goes_when_nobody_knows_it_any_more():
    folder = TemporaryFolder()
    path = folder.path
    del folder
    gc.collect()
    assert not path.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_the_next_one_removes_what_a_killed_process_left_and_nothing_else(place: Path):
    left = Path(subprocess.run([sys.executable, "-c", KILLED], capture_output=True, text=True, timeout=60).stdout.strip())
    assert (left / "large").exists()
    others = place / f"{PREFIX}notes"
    others.mkdir()
    (others / "mine").write_text("of somebody who likes the name")
    with TemporaryFolder() as alive, TemporaryFolder() as another:
        assert not left.exists()
        assert alive.exists()
        assert another.exists()
    assert list(place.iterdir()) == [others]


def test_where_files_cannot_be_locked_a_day_must_have_passed(place: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("fastlanes_sim.core.left_behind.fcntl", None)
    first, second = TemporaryFolder(), TemporaryFolder()
    assert first.path.exists()
    for file in first.path.iterdir():
        os.utime(file, (0, 0))
    with TemporaryFolder():
        assert not first.path.exists()
        assert second.path.exists()
    first.close()
    second.close()
