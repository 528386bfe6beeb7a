"""Disks that are full, and surroundings that lack what others have: one line, the right exit code, nothing half-written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_SHORT = ("--engine", "reference", "--horizon", "2m")
WRITERS = {
    "run": ["run", "small.yaml", "--no-charts", *_SHORT],
    "page": ["run", "small.yaml", "--no-charts", "--html", "page.html", "--out", "kept", *_SHORT],
    "replicate": ["run", "small.yaml", "--no-charts", "--replications", "2", *_SHORT],
    "compare": ["compare", "small.yaml", "--layout", "*:4", "--layout", "*:5", "--replications", "2", *_SHORT],
    "sweep": ["sweep", "small.yaml", "--no-charts", "--vary", "traffic=1,2", "--replications", "2", *_SHORT],
    "traffic": ["traffic", "small.yaml", "--out", "traffic.js", "--as", "k6"],
    "record": ["baseline", "record", "small.yaml", "--replications", "2", *_SHORT],
}


@contextmanager
def _room_for(size: int) -> Iterator[None]:
    """No file may become larger: stands for a disk that is full."""
    resource = pytest.importorskip("resource", reason="limits of POSIX")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def _is_one_error(err: str) -> bool:
    errors = [line for line in err.splitlines() if line.startswith("fastlanes-sim: ")]
    return len(errors) == 1 and "\n    hint: " in err and "Traceback" not in err and "bug of ours" not in err


def _files(folder: Path) -> dict[str, bytes]:
    """But for stores, which SQLite keeps whole itself."""
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and ".sqlite" not in path.name}


@pytest.mark.parametrize("name", WRITERS)
def test_where_nothing_fits_nothing_is_left_and_what_was_there_stays(name: str, invoke, small: Path, tmp_path: Path):
    with _room_for(100):
        first = invoke(*WRITERS[name])
    assert first.code == 2, first.err
    assert _is_one_error(first.err)
    assert set(_files(tmp_path)) == {str(small)}, "half a file, or one of another name"
    shutil.rmtree(tmp_path / "results", ignore_errors=True)
    assert invoke(*WRITERS[name]).code in (0, 98, 99)
    before = _files(tmp_path)
    with _room_for(100):
        again = invoke(*WRITERS[name], "--seed", "2") if name != "record" else invoke(*WRITERS[name])
    assert again.code == 2, again.err
    assert _files(tmp_path) == before


def test_a_small_disk(small: Path, tmp_path: Path):
    """A real one, where one may mount."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = (
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", disk], capture_output=True) if shutil.which("mount") else None
    )
    if mounted is None or mounted.returncode:
        pytest.skip("nothing may be mounted here")
    try:
        command = [sys.executable, "-m", "fastlanes_sim", "run", small, "--no-charts", "--html", "--out", disk / "results", *_SHORT]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        found = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
        left = [path.name for path in disk.rglob("*") if path.is_file()]
    finally:
        subprocess.run(["umount", disk], check=True)
    assert found.returncode == 2, found.stderr
    assert _is_one_error(found.stderr)
    assert "No space left on device\n    hint: the disk is full: make room, or name another place" in found.stderr
    assert set(left) <= {"runs.parquet", "summary.json"}, "whole files or none"


@pytest.mark.skipif(os.name == "nt", reason="Windows needs some variables")
def test_no_home_no_variables_and_an_old_encoding(small: Path, tmp_path: Path):
    environment = {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "cp1252", "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "fastlanes_sim", "run", small, "--no-charts", "--html", *_SHORT]
    found = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, timeout=60)
    assert found.returncode in (0, 98, 99), found.stderr
    assert "Objectives" in found.stdout.decode("cp1252")
    assert not found.stderr
    assert (tmp_path / "results" / "small" / "report.html").is_file()
