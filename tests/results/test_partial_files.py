"""Files that are being written: what a killed process leaves is swept by the next one, and nothing that is still being written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fastlanes_sim.results.files import write_atomically
from fastlanes_sim.results.partial_files import FOLDER, partial_file, sweep

LEAVER = """
import os, sys
from pathlib import Path
from fastlanes_sim.results.files import write_atomically

def half(temporary):
    temporary.write_bytes(b"half")
    os._exit(9)

write_atomically(Path(sys.argv[1]), half)
"""


def left_behind(path: Path) -> Path:
    """What a process that is killed while it writes leaves."""
    assert subprocess.run([sys.executable, "-c", LEAVER, str(path)], check=False).returncode == 9
    (file,) = (path.parent / FOLDER).iterdir()
    assert file.read_bytes() == b"half"
    return file


def test_nothing_is_left_of_a_file_that_was_written(tmp_path: Path):
    write_atomically(tmp_path / "summary.json", lambda file: file.write_text("whole"))
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]
    assert (tmp_path / "summary.json").stat().st_mode & 0o777 == 0o666 & ~_mask()


def test_what_a_killed_process_left_is_swept_by_the_next_that_writes_there(tmp_path: Path):
    left_behind(tmp_path / "runs.parquet")
    write_atomically(tmp_path / "summary.json", lambda file: file.write_text("whole"))
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]


@pytest.mark.skipif(sys.platform == "win32", reason="files are not locked there")
def test_what_another_one_is_writing_is_left_alone(tmp_path: Path):
    file = left_behind(tmp_path / "runs.parquet")
    with partial_file(tmp_path / "runs.parquet") as mine:
        assert not file.exists()
        sweep(tmp_path)
        subprocess.run(
            [
                sys.executable,
                "-c",
                f"import pathlib; from fastlanes_sim.results.partial_files import sweep; sweep(pathlib.Path({str(tmp_path)!r}))",
            ],
            check=True,
        )
        assert mine.exists()
    assert not list(tmp_path.iterdir())


def test_where_files_cannot_be_locked_only_old_ones_are_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("fastlanes_sim.core.left_behind.fcntl", None)
    file = left_behind(tmp_path / "runs.parquet")
    sweep(tmp_path)
    assert file.exists()
    os.utime(file, (0, 0))
    sweep(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_has_nothing_to_sweep(tmp_path: Path):
    sweep(tmp_path / "nowhere")


def _mask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
