"""`run --watch`: once more whenever the scenario is saved."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fastlanes_sim.cli import watch
from fastlanes_sim.cli.exit_codes import ExitCode
from fastlanes_sim.core.errors import FastlanesError
from tests.cli.conftest import SMALL
from tests.support.processes import wait_until

ROOT = Path(__file__).parents[2]


def test_interrupted_before_anything_is_shown_it_is_interrupted(tmp_path: Path):
    scenario = tmp_path / "small.yaml"
    scenario.write_text(SMALL)

    def once() -> ExitCode:
        raise KeyboardInterrupt

    assert watch.again_on_save(scenario, once) == ExitCode.INTERRUPTED


def test_it_simulates_again_on_save_says_what_changed_and_ends_by_a_signal(tmp_path: Path):
    scenario, out = tmp_path / "small.yaml", tmp_path / "out.txt"
    scenario.write_text(SMALL)
    command = [sys.executable, "-m", "fastlanes_sim", "run", "small.yaml", "--watch", "--engine", "reference"]
    with out.open("w") as file, subprocess.Popen(command, cwd=tmp_path, stdout=file, stderr=subprocess.PIPE) as process:
        assert wait_until(lambda: out.read_text().count("to simulate it again") == 1, 60)
        scenario.write_text(SMALL + "nonsense: 1\n")
        assert wait_until(lambda: "unknown key `nonsense`" in out.read_text(), 60)
        other = tmp_path / "other"  # as editors save
        other.write_text(SMALL.replace("< 30s", "< 1s"))
        other.replace(scenario)
        assert wait_until(lambda: out.read_text().count("to simulate it again") == 3, 60)
        process.send_signal(signal.SIGTERM if os.name != "nt" else signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 99, "the verdict that is on the screen"
    assert b"Traceback" not in err
    last = out.read_text().rpartition("nonsense")[2]
    assert "p95(fast_lane.response) < 1s" in last
    assert "slos.0: p95(fast_lane.response) < 30s → p95(fast_lane.response) < 1s" in last
    assert not list(tmp_path.glob("results/small/*.png"))


def test_ended_while_it_simulates_it_is_interrupted(tmp_path: Path):
    scenario = tmp_path / "small.yaml"
    scenario.write_text(SMALL)
    assert watch.again_on_save(scenario, lambda: ExitCode.INTERRUPTED) == ExitCode.INTERRUPTED


def test_a_file_is_simulated_again_once_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Half a file on the way from the old to the new one is not shown."""
    scenario, seen = tmp_path / "small.yaml", list[str]()
    scenario.write_text("old")
    steps = iter([lambda: scenario.write_text("ne"), lambda: scenario.write_text("new one"), lambda: None, lambda: None])

    def sleep(_: float) -> None:
        step = next(steps, None)
        if step is None:
            raise KeyboardInterrupt
        step()

    monkeypatch.setattr(watch.time, "sleep", sleep)
    assert watch.again_on_save(scenario, lambda: seen.append(scenario.read_text()) or ExitCode.MET) == ExitCode.MET
    assert seen == ["old", "new one"]


def test_what_is_not_there_cannot_be_watched(tmp_path: Path, invoke):
    with pytest.raises(FastlanesError, match="no such file to watch"):
        watch.again_on_save(tmp_path / "small.yaml", lambda: ExitCode.MET)
    assert invoke("run", "small.yaml", "--watch").code == invoke("run", "small.yaml").code == 104
    (tmp_path / "small.yaml").write_text(SMALL)
    assert invoke("run", "small.yaml", "--watch", "--json").code == 2


def test_one_simulation_says_what_replications_would_cost(invoke, small: Path):
    said = invoke("run", small, "--no-charts").out
    assert "\nThis is one sample (seed 1): --replications 30 gives intervals, in about " in said


@pytest.mark.skipif(sys.platform != "linux", reason="needs /dev/full, and pipes that can be polled")
@pytest.mark.parametrize(("redirected", "code"), [("| head -n 1", 141), ("> /dev/full", 2)])
def test_it_ends_when_nobody_can_read_it(redirected: str, code: int, small: Path):
    line = f'"$0" -m fastlanes_sim run small.yaml --watch --no-charts --engine reference --horizon 2m {redirected}; exit ${{PIPESTATUS[0]}}'
    found = subprocess.run(
        ["bash", "-c", line, sys.executable],
        cwd=small.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert found.returncode == code
    full = "fastlanes-sim: standard output: No space left on device\n    hint: make room, or write elsewhere\n"
    assert found.stderr == (full if code == 2 else "")
