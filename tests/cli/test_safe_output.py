"""What is printed: readable wherever it goes, and never the reason why a command fails."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fastlanes_sim.cli.safe_output import Stream, safe_streams
from fastlanes_sim.core.errors import FastlanesError
from tests.reports.test_hostile_names import is_harmless
from tests.support.hostile import NAMES

COMMAND = [sys.executable, "-m", "fastlanes_sim"]
ROOT = str(Path(__file__).parents[2])


def printed(encoding: str, monkeypatch: pytest.MonkeyPatch, text: str) -> str:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding, errors="strict"))
    with safe_streams():
        print(text)
    return raw.getvalue().decode(encoding)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "cp437", "utf-8"])
def test_a_character_that_the_encoding_does_not_have_gets_a_replacement(encoding: str, monkeypatch):
    text = printed(encoding, monkeypatch, "inserted → started ≥ 5 µs, ≈ 日本 \U0001f600")
    assert text.startswith("inserted → started ≥" if encoding == "utf-8" else "inserted -> started ")
    for name in NAMES:
        assert is_harmless(printed(encoding, monkeypatch, name))


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_nothing_printed_is_an_order(name: str):
    out = io.StringIO()
    Stream(out).write(f"{name}\nsecond line: {name}\n")  # type: ignore[arg-type]
    assert is_harmless(out.getvalue())


def test_an_order_of_our_own_goes_beside_the_filter():
    out = io.StringIO()
    stream = Stream(out)  # type: ignore[arg-type]
    print("::error file=a::b", file=stream.unfiltered)  # type: ignore[arg-type]
    assert out.getvalue() == "::error file=a::b\n"


class Full(io.StringIO):
    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def write(self, text: str) -> int:
        raise OSError(self.number, os.strerror(self.number))


def test_a_full_disk_is_told_and_a_reader_that_left_is_not():
    with pytest.raises(FastlanesError, match=r"(?s)standard output: No space left on device.*hint"):
        Stream(Full(28)).write("text")
    stream = Stream(Full(32))
    stream.write("text")
    stream.write("more")
    assert stream.reader_has_left
    closed = Stream(None)
    closed.write("text")
    closed.flush()
    assert not closed.reader_has_left


def test_head_ends_a_command_silently():
    with subprocess.Popen([*COMMAND, "schema"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.skipif(os.name == "nt", reason="needs a shell of POSIX")
@pytest.mark.parametrize(("redirected", "code"), [("2>&-", 0), (">/dev/full", 2), (">&- 2>&-", 0)])
def test_streams_that_are_closed_or_full(redirected: str, code: int):
    if "full" in redirected and not Path("/dev/full").exists():
        pytest.skip("there is no /dev/full")
    command = f'"$0" -m fastlanes_sim schema {redirected}'
    done = subprocess.run(["/bin/sh", "-c", command, sys.executable], capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == code
    assert "Traceback" not in done.stderr
    if code:
        assert done.stderr == "fastlanes-sim: standard output: No space left on device\n    hint: make room, or write elsewhere\n"
    elif redirected == "2>&-":
        assert done.stdout.startswith("{")


@pytest.mark.parametrize("columns", ["0", "x"])
def test_a_terminal_without_columns(columns: str, invoke, small, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    outcome = invoke("run", small, "--engine", "reference", "--horizon", "2m", "--no-charts")
    assert outcome.code in (0, 98, 99)
    assert "Objectives" in outcome.out


def test_what_cannot_be_written_is_noticed_before_anything_is_simulated(invoke, small, tmp_path: Path, monkeypatch):
    from fastlanes_sim.results import files

    monkeypatch.setattr(files, "unwritable", lambda folder: f"{folder}: no file can be made there")
    for arguments in (
        ["run", small],
        ["sweep", small, "--vary", "seed=1,2"],
        ["sensitivity", small],
        ["baseline", "record", small],
        ["bench", "--quick"],
        ["demo", small],
    ):
        outcome = invoke(*arguments)
        assert (outcome.code, outcome.out) == (2, ""), outcome.err
        assert "no file can be made there\n    hint: name another place" in outcome.err


def test_a_baseline_stays_in_its_folder(invoke, small, tmp_path: Path):
    for name in ("../../../x", "/x", "..", "a/b", "x" * 250, "a\nb"):
        outcome = invoke("baseline", "record", small, "--name", name, "--out", tmp_path / "deep" / "er")
        assert outcome.code == 2
        assert "is not a name of a baseline\n    hint: " in outcome.err
    assert not list(tmp_path.rglob("*.json"))


def test_a_name_that_no_file_system_takes_is_told(invoke, small):
    outcome = invoke("run", small, "--html", "a" * 300 + ".html")
    assert outcome.code == 2
    assert "longer than 250 bytes\n    hint: choose a shorter name" in outcome.err
