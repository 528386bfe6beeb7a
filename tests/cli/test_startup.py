"""What starting the command line may import. Modules are counted, not seconds: that is the same on every machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"numpy", "pandas", "scipy", "matplotlib", "pyarrow", "pydantic", "numba", "simpy", "rich", "ruamel"}
PROBE = """
import atexit, json, sys
atexit.register(lambda: print(json.dumps(sorted(sys.modules)), file=sys.stderr))
from fastlanes_sim.cli import main
main()
"""


def modules_after(*arguments: str) -> set[str]:
    """Every module that `fastlanes-sim ARGUMENTS` has imported by its end, whatever its exit code."""
    done = subprocess.run([sys.executable, "-c", PROBE, *arguments], capture_output=True, text=True, check=False)
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_help_imports_nothing_heavy() -> None:
    assert modules_after("--help") & HEAVY == set()


@pytest.mark.parametrize(
    "command", ["run", "sweep", "sensitivity", "search", "bench", "baseline", "demo", "conform", "rig", "traffic", "schema"]
)
def test_a_commands_help_imports_nothing_heavy(command: str) -> None:
    # Typer itself reads a command's parameters with pydantic.
    assert modules_after(command, "--help") & HEAVY <= {"pydantic"}


def test_run_imports_only_what_it_uses(tmp_path: Path) -> None:
    modules = modules_after("run", "scenarios/quickstart.yaml", "--horizon", "10min", "--no-charts", "--json", "--out", str(tmp_path))
    assert "fastlanes_sim.reports.exporters.manager" in modules, "it did not get as far as writing"
    assert modules & {"scipy.stats", "fastlanes_sim.conformance", "matplotlib.pyplot"} == set()
