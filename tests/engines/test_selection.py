"""One door, two engines, the same log; and words for whoever cannot have the one that was asked for."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from fastlanes_sim.core.errors import EngineError
from fastlanes_sim.core.once import say_once
from fastlanes_sim.engines import selection
from fastlanes_sim.engines.kernel import jit
from fastlanes_sim.engines.selection import Engine, resolve, run_engine
from tests.support.deployments import deployment, run, table, worker

SYSTEM = deployment(worker("*:2")), table([run(number, 3) for number in range(20)])


def test_whichever_simulates_the_log_is_the_same():
    logs = [run_engine(*SYSTEM, engine=engine) for engine in get_args(Engine)]
    for log in logs[1:]:
        np.testing.assert_array_equal(log.ended_at, logs[0].ended_at)


def test_an_unknown_engine_is_refused():
    with pytest.raises(EngineError, match="use auto, reference or kernel"):
        resolve("turbo")  # type: ignore[arg-type]


def test_model_is_another_name_of_the_reference_engine(capsys):
    assert resolve("model") == resolve("reference") == "reference"
    assert capsys.readouterr() == ("", "")


def test_without_numba_the_kernel_is_refused_and_auto_says_that_it_takes_the_reference_engine(monkeypatch, capsys):
    monkeypatch.setattr(selection, "find_spec", lambda name: None)
    say_once.cache_clear()
    with pytest.raises(EngineError, match="pip install numba"):
        resolve("kernel")
    assert resolve("auto") == "reference"
    assert "Numba is not installed" in capsys.readouterr().err


def test_auto_does_not_compile_what_the_reference_engine_has_simulated_sooner(monkeypatch, capsys):
    monkeypatch.setattr(selection, "needs_compiling", lambda: True)
    monkeypatch.setattr(selection, "announce_compiling", lambda: pytest.fail("compiled"))
    say_once.cache_clear()
    run_engine(*SYSTEM, engine="auto")
    assert "compiling the kernel would take longer" in capsys.readouterr().err


def test_auto_compiles_where_that_pays(monkeypatch):
    announced = []
    monkeypatch.setattr(selection, "needs_compiling", lambda: True)
    monkeypatch.setattr(selection, "reference_seconds", lambda *_: 3_600.0)
    monkeypatch.setattr(selection, "announce_compiling", lambda: announced.append(True))
    run_engine(*SYSTEM, engine="auto")
    assert announced


def test_machine_code_of_other_sources_is_kept_elsewhere(monkeypatch, tmp_path: Path):
    package = tmp_path / "package"
    for name in ("engines/kernel", "rules"):
        shutil.copytree(jit._PACKAGE / name, package / name)
    monkeypatch.setattr(jit, "_PACKAGE", package)
    before = jit.directory.__wrapped__()
    with (package / "rules" / "polling.py").open("a") as file:
        file.write("\n# changed\n")
    assert jit.directory.__wrapped__() != before


def test_processes_that_compile_at_the_same_time_do_not_disturb_each_other(tmp_path: Path):
    """A small entry of the kernel, as the whole takes its time."""
    script = (
        "import numpy as np; from fastlanes_sim.engines.kernel import initial_state, records; "
        "a = np.zeros(4, records.SEGMENT); initial_state._stock(a, 1, 4); print(a['next'].tolist())"
    )
    environment = {"FASTLANES_SIM_CACHE": str(tmp_path), "PATH": "", "HOME": str(tmp_path)}
    started = [
        subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
        for _ in range(3)
    ]
    for process in started:
        output, errors = process.communicate(timeout=120)
        assert (output.strip(), errors) == ("[1, 2, 3, 0]", "")
    assert list(tmp_path.rglob("*.nbc"))
