"""What a signal does to a command: it keeps what is finished, and nothing of it goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from fastlanes_sim.cli.exit_codes import ExitCode
from fastlanes_sim.core.interruption import Interrupts
from tests.cli.conftest import SMALL
from tests.support.processes import MARK, marked, wait_until

ROOT = Path(__file__).parents[2]

SLOW = """\
name: slow
horizon: 20m
projects: {p: {workflows: {w: {triggers: [{type: webhook, arrivals: {poisson: 1/s}, service: {exponential: {mean: 1s}}}]}}}}
workers: [{workloops: "*:2"}]
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_sigterm_keeps_what_is_finished_and_ends_all_processes(tmp_path: Path):
    scenario, mark = tmp_path / "slow.yaml", str(tmp_path)
    scenario.write_text(SLOW)
    command = [sys.executable, "-m", "fastlanes_sim", "sweep", str(scenario), "--vary", "traffic=0.5..1:0.01", "--engine", "reference"]
    command += ["--processes", "2", "--no-charts", "--out", str(tmp_path / "out")]
    with subprocess.Popen(command, env={**os.environ, MARK: mark}, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        store = tmp_path / "out" / "computed.sqlite"
        assert wait_until(lambda: _kept(store) >= 3, 60)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGTERM)  # as a service's manager does: once to the process, once to its group
        _, err = process.communicate(timeout=20)
    assert process.returncode == 105, err.decode()
    assert wait_until(lambda: not marked(mark), 2), marked(mark)
    summary = json.loads((tmp_path / "out" / "sweep.json").read_text())
    assert summary["interrupted"]
    assert not list((tmp_path / "out").glob(".*"))


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("later", [0.0, 0.08, 0.16])
def test_a_ctrl_c_that_reaches_processes_while_they_start_prints_no_traceback(tmp_path: Path, later: float):
    """As in a terminal: to all processes of its group."""
    scenario, mark = tmp_path / "slow.yaml", str(tmp_path)
    scenario.write_text(SLOW)
    command = [sys.executable, "-m", "fastlanes_sim", "sweep", str(scenario), "--vary", "traffic=0.5..1:0.01", "--engine", "reference"]
    command += ["--processes", "2", "--no-charts", "--out", str(tmp_path / "out")]
    environment = {**os.environ, MARK: mark}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as process:
        assert wait_until(lambda: any("popen_loky" in words for words in marked(mark).values()), 60)
        time.sleep(later)
        os.killpg(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert process.returncode == 105, err.decode()
    assert b"raceback" not in out + err, (out + err).decode()
    assert wait_until(lambda: not marked(mark), 2), marked(mark)


def _kept(store: Path) -> int:
    from fastlanes_sim.experiments.store import Store

    if not store.exists():
        return 0
    with Store(store) as kept:
        return len(kept)


def test_a_signal_during_the_imports_ends_like_any_other(tmp_path: Path):
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Signalled:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'fastlanes_sim.cli.app':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Signalled())\n"
    )
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = subprocess.run([sys.executable, "-m", "fastlanes_sim", "--version"], env={**os.environ, "PYTHONPATH": path}, capture_output=True)
    assert (done.returncode, done.stdout, done.stderr) == (105, b"", b"Interrupted before there was anything to show.\n")


def test_signals_that_come_together_are_one(monkeypatch: pytest.MonkeyPatch):
    now = [10.0]
    monkeypatch.setattr("fastlanes_sim.core.interruption.time.monotonic", lambda: now[0])
    interrupts = Interrupts()
    with pytest.raises(KeyboardInterrupt):
        interrupts(signal.SIGTERM, None)
    now[0] += 0.5
    interrupts(signal.SIGTERM, None)
    now[0] += 1
    with pytest.raises(KeyboardInterrupt):
        interrupts(signal.SIGINT, None)


LOST = """
import os, signal, time
from fastlanes_sim.cli.signals import end_as_by_ctrl_c

end_as_by_ctrl_c()

class Finalized:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)
        for _ in range(10): pass

try:
    Finalized()
    print("begun", flush=True)
    time.sleep(30)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_an_interruption_that_comes_in_a_finalizer_is_not_lost():
    found = subprocess.run([sys.executable, "-c", LOST], capture_output=True, text=True, timeout=20, check=True)
    assert found.stdout == "begun\ninterrupted\n"
    assert not found.stderr


def test_what_the_process_was_started_to_ignore_it_ignores():
    code = "import signal; from fastlanes_sim.cli.signals import end_as_by_ctrl_c as end; end(); print(signal.getsignal(signal.SIGHUP))"
    found = subprocess.run(["nohup", sys.executable, "-c", code], capture_output=True, text=True, timeout=20, check=True)
    assert found.stdout == f"{signal.SIG_IGN:d}\n"


SWALLOWED = """
import os, signal
import numpy as np
from fastlanes_sim.cli import app, main

def promoted(*dtypes):
    os.kill(os.getpid(), signal.SIGTERM)
    for _ in range(10): pass

def command():
    np._core._internal._promote_fields = promoted
    np.zeros(2, "i4,i4") != np.zeros(2, "i4,i8")

app.app = command
main()
"""


def test_an_interruption_of_which_numpy_makes_another_error_is_one():
    """It calls Python to compare structured arrays, and says that they cannot be compared if that raises."""
    found = subprocess.run([sys.executable, "-c", SWALLOWED], capture_output=True, text=True, timeout=60)
    assert (found.returncode, found.stderr) == (105, "Interrupted before there was anything to show.\n")


WHERE_IT_HURTS = {
    "among the events of a scenario's YAML": (
        "fastlanes_sim.scenario.yaml.tree",
        "_Builder._scalar",
        "run small.yaml --no-charts",
    ),
    "while Cython reads numbers for a design": (
        "zipfile",
        "ZipExtFile._read1",
        "sensitivity small.yaml --trajectories 2 --samples 2 --replications 2 --no-charts --engine reference",
    ),
}
"""A module, a function of it that is interrupted when it is first called, and a command that comes by there. A generator of the first was
still open when the interpreter ended, and could not tidy up any more. In the second, Cython showed the interruption and dropped it."""
INTERRUPTS = """
import functools, importlib, os, signal, sys, time

module, name, command = sys.argv[1:]
kind, _, method = name.partition(".")
owner = getattr(importlib.import_module(module), kind)
real, calls = getattr(owner, method), []

@functools.wraps(real)
def interrupted(*given):
    calls.append(1)
    if len(calls) == 1:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(10)
    return real(*given)

setattr(owner, method, interrupted)
sys.argv = ["fastlanes-sim", *command.split()]
from fastlanes_sim.cli import main
main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
@pytest.mark.parametrize("name", WHERE_IT_HURTS)
def test_nothing_but_the_sentence_is_printed_wherever_it_comes(name: str, tmp_path: Path):
    (tmp_path / "small.yaml").write_text(SMALL)
    words = [sys.executable, "-c", INTERRUPTS, *WHERE_IT_HURTS[name]]
    found = subprocess.run(words, capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert (found.returncode, found.stderr) == (105, "Interrupted before there was anything to show.\n")


BECAME = """
import os, signal, time
from fastlanes_sim.cli import app
from fastlanes_sim.core.errors import FastlanesError

signal.signal(signal.SIGINT, signal.default_int_handler)

def command():
    try:
        {signal}
        time.sleep({sleep})
    except KeyboardInterrupt as interrupted:
        {raises}
    {otherwise}

app.app = command
from fastlanes_sim.cli import main
main()
"""
_SENT = {"signal": "os.kill(os.getpid(), signal.SIGINT)", "sleep": 10, "otherwise": "pass"}
_C_CODE = {
    "a module that cannot be initialised": {**_SENT, "raises": "raise ImportError('initialization failed') from None"},
    "a function that returns nothing": {**_SENT, "raises": "raise SystemError('error return without exception set') from None"},
    "another error because of it": {**_SENT, "raises": "raise ValueError('no table') from interrupted"},
    "an extra that seems to be missing": {
        **_SENT,
        "raises": """
        try:
            raise ImportError("initialization failed") from None
        except ImportError:
            raise FastlanesError("charts need matplotlib", "install it")""",
    },
}
_FAULTS = {
    "a fault while what there is is kept": ({**_SENT, "raises": "raise TypeError('of ours')"}, ExitCode.BUG),
    "a missing module without a signal": (
        {"signal": "pass", "sleep": 0, "raises": "raise", "otherwise": "raise ImportError('no module')"},
        ExitCode.BUG,
    ),
}


def _ended(parts: Mapping[str, object]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", BECAME.format(**parts)], capture_output=True, text=True, timeout=60, cwd=ROOT)


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
@pytest.mark.parametrize("name", _C_CODE)
def test_a_signal_that_c_code_turns_into_another_error_is_still_an_interruption(name: str):
    """SIGINT while scipy's modules were loaded came out as "ImportError: initialization failed", and as a bug of ours."""
    done = _ended(_C_CODE[name])
    assert (done.returncode, done.stderr) == (ExitCode.INTERRUPTED, "Interrupted before there was anything to show.\n")


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
@pytest.mark.parametrize("name", _FAULTS)
def test_faults_of_ours_are_not_taken_for_interruptions(name: str):
    parts, code = _FAULTS[name]
    done = _ended(parts)
    assert done.returncode == code
    assert "bug of ours" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_signal_inside_an_exec_leaves_with_our_exit_code(name: str, tmp_path: Path):
    """As while a dataclass is made: `python -m` then dies of SIGINT, whoever caught the KeyboardInterrupt."""
    inside = f"import os, signal, time; os.kill(os.getpid(), signal.{name}); time.sleep(10)"
    (tmp_path / "interrupted.py").write_text(f"""
import signal, sys
from fastlanes_sim.cli.signals import end_as_by_ctrl_c, leave_interrupted
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup it would be ignored
end_as_by_ctrl_c()
try:
    exec({inside!r})
except KeyboardInterrupt:
    leave_interrupted()
""")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    done = subprocess.run([sys.executable, "-m", "interrupted"], env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (ExitCode.INTERRUPTED, "Interrupted before there was anything to show.\n")
