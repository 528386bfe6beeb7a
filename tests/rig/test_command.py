"""`fastlanes-sim rig`, from the command line to its files; and what it writes, read by the other commands."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from fastlanes_sim.cli.app import app
from fastlanes_sim.cli.rig import _variables
from fastlanes_sim.conformance import lives
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.exports.read import read_export
from fastlanes_sim.rig.server import RigServer, is_loopback
from fastlanes_sim.rig.tokens import Keys
from tests.support.rigs import scenario_text

ROOT = Path(__file__).parents[2]
SPAWN = f"{sys.executable} -m tests.support.phoenix_worker"
_BUSY = ", ".join(f"{300 + 220 * number}ms" for number in range(24))


def rig(scenario: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "fastlanes_sim", "rig", str(scenario), "--listen", "127.0.0.1:0", *more]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=_heed_ctrl_c
    )


def _heed_ctrl_c() -> None:
    """A shell that starts the tests in the background lets them ignore it, and so would the rig."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, str, str, Path]:
    """One session with a worker that the rig starts: exit code, both outputs, the folder."""
    folder = tmp_path_factory.mktemp("rig")
    scenario = folder / "rig.yaml"
    scenario.write_text(scenario_text(at=_BUSY, horizon="6s", backoff="0.2/1"))
    process = rig(scenario, "--spawn", SPAWN, "--replications", "5", "--out", str(folder / "out"))
    out, err = process.communicate(timeout=100)
    return process.returncode, out, err, folder / "out"


def test_a_session_says_what_it_found_and_writes_it(session: tuple[int, str, str, Path]) -> None:
    code, out, err, folder = session
    assert code in (0, 98, 99), err  # the worker of the tests polls with one chain: not as the model says
    assert " claims within " in out
    assert "Predicted" not in err
    assert "Version: worker is ws-worker 9.9.9" in out
    names = {path.name for path in folder.iterdir()}
    assert names >= {"export.csv", "lives.jsonl", "rig.json", "rig.html", "runs.parquet", "summary.json", "worker.log"}
    found: dict[str, Any] = json.loads((folder / "rig.json").read_text())
    assert found["runs"] == 24
    assert found["verdict"] == {0: "met", 98: "undecided", 99: "missed"}[code]
    assert found["claims"]["all"] >= 24
    assert found["validation"]["lanes"]["fast_lane"]["runs"] == 24
    assert found["measured_s"]["request"] > 0.002
    page = (folder / "rig.html").read_text()
    assert "Predicted beside observed" in page
    assert page.count("<script") == 1, "the page's own"
    assert (pd.read_parquet(folder / "runs.parquet")["state"] == "success").all()


def test_sessions_are_repeated_and_shown_together(tmp_path: Path) -> None:
    scenario = tmp_path / "rig.yaml"
    scenario.write_text(scenario_text(at=_BUSY, horizon="6s", backoff="0.2/1"))
    process = rig(scenario, "--spawn", SPAWN, "--repeat", "2", "--replications", "5", "--out", str(tmp_path / "out"))
    out, err = process.communicate(timeout=100)
    assert process.returncode in (0, 98, 99), err
    assert "Session 2 of 2:" in err
    found = json.loads((tmp_path / "out" / "rig.json").read_text())
    assert [one["runs"] for one in found["sessions"]] == [24, 24]
    assert found["beside"]
    assert all(len(row["observed_s"]) == 2 for row in found["beside"])
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"rig.json", "rig.html", "session-1", "session-2"}
    page = (tmp_path / "out" / "rig.html").read_text()
    assert "within the sessions" in page
    assert str(tmp_path) not in page, "the same bytes wherever it lies"
    assert "predicted percentiles lie between" in out


def test_its_export_is_read_as_any_other(session: tuple[int, str, str, Path]) -> None:
    export = read_export(session[3] / "export.csv", strict=True)
    assert len(export) == 24
    assert (export.started_at >= export.claimed_at).all()


def test_its_timeline_is_a_recorded_case(session: tuple[int, str, str, Path]) -> None:
    case = json.loads((session[3] / "lives.jsonl").read_text())
    assert case["jitter_ms"] >= 50
    assert len(case["lives"]) == 24
    assert case["lives_cols"] == list(lives._LIFE_COLUMNS)
    runs = [dict(zip(case["lives_cols"], row, strict=True)) for row in case["lives"]]
    for run in runs:
        times = [run[name] for name in ("claimed_ms", "received_ms", "joined_ms", "planned_ms", "executed_ms", "start_ms", "end_ms")]
        assert times == sorted(times)
        assert run["told_ms"] <= run["freed_ms"]
    # It can be put to either engine. The worker of the tests is none that the model is of, so they differ.
    found = list(lives.replay(session[3] / "lives.jsonl", tolerance=case["jitter_ms"]))
    assert len(found) == 1
    assert not found[0].agrees
    assert "recorded rows have their like within" in found[0].differences[0]


def test_recordings_agree_with_themselves_within_a_tolerance(tmp_path: Path) -> None:
    """A recorded case of the real worker whose times are moved by up to 20 ms."""
    case = json.loads(next(lives.numbered_lines(ROOT / "tests/conformance/lives.jsonl.gz"))[1])
    columns = case["lives_cols"]
    for number, row in enumerate(case["lives"]):
        for place, name in enumerate(columns):
            if name.endswith("_ms") and row[place] is not None:
                row[place] += number % 20
    assert lives.compare(case, tolerance=20).agrees
    assert lives.compare(case, tolerance=5).agrees == (len(case["lives"]) <= 6)
    case["lives"][0][columns.index("worker")] = 7
    assert not lives.compare(case, tolerance=20).agrees


def test_ctrl_c_leaves_files(tmp_path: Path) -> None:
    scenario = tmp_path / "rig.yaml"
    scenario.write_text(scenario_text(at="0s", horizon="10m"))
    process = rig(scenario, "--spawn", SPAWN, "--replications", "5", "--out", str(tmp_path / "out"))
    assert process.stderr is not None
    until = time.monotonic() + 60
    while "The scenario begins" not in process.stderr.readline():
        assert time.monotonic() < until
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 105
    assert json.loads((tmp_path / "out" / "rig.json").read_text())["interrupted"]


def test_a_worker_is_told_where_to_go_and_how_it_proves_itself() -> None:
    lightning = SimpleNamespace(deployment=SimpleNamespace(workers=()))
    server, keys = RigServer(lightning, "::1", 4000), Keys()  # type: ignore[arg-type]
    lines = _variables(server, keys, spawns=False).splitlines()[1:]
    assert lines == [
        "export WORKER_LIGHTNING_SERVICE_URL=ws://[::1]:4000/worker",
        f"export WORKER_SECRET={keys.secret}",
        f"export WORKER_LIGHTNING_PUBLIC_KEY={keys.public_key}",
    ]
    assert keys.secret not in _variables(server, keys, spawns=True)


def test_only_this_machine_is_loopback() -> None:
    assert [is_loopback(host) for host in ("127.0.0.1", "127.3.2.1", "::1", "localhost", "0.0.0.0", "10.0.0.1", "example.org")] == [
        *(True, True, True, True),
        *(False, False, False),
    ]


@pytest.mark.parametrize("address", ["4000", "localhost", "127.0.0.1:x", "127.0.0.1:٤٠٠٠", ":4000", "127.0.0.1:70000"])
def test_a_wrong_address_is_told(address: str) -> None:
    done = CliRunner().invoke(app, ["rig", "scenarios/quickstart.yaml", "--listen", address])
    assert isinstance(done.exception, FastlanesError)
    assert "127.0.0.1:4000" in str(done.exception)


def test_an_address_that_is_taken_is_told(tmp_path: Path) -> None:
    scenario = tmp_path / "rig.yaml"
    scenario.write_text(scenario_text())
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        done = CliRunner().invoke(app, ["rig", str(scenario), "--listen", address, "--out", str(tmp_path), "--replications", "5"])
    assert isinstance(done.exception, FastlanesError)
    assert "--listen" in str(done.exception)


def test_a_place_that_cannot_be_written_is_told_before_anybody_is_waited_for(tmp_path: Path) -> None:
    scenario = tmp_path / "rig.yaml"
    scenario.write_text(scenario_text())
    (tmp_path / "file").write_text("")
    done = CliRunner().invoke(app, ["rig", str(scenario), "--listen", "127.0.0.1:0", "--out", str(tmp_path / "file" / "deeper")])
    assert isinstance(done.exception, FastlanesError)
    assert "no results can be written there: Not a directory\n    hint: name another place" in str(done.exception)


def test_a_tolerance_is_for_lives_only() -> None:
    for wrong in (["conform", "claims", "x", "--tolerance", "5ms"], ["conform", "lives", "x", "--tolerance", "soon"]):
        assert isinstance(CliRunner().invoke(app, wrong).exception, FastlanesError)
