"""What other teams put into their repositories, tried in a scratch one: the pytest plugin, the workflow, the pre-commit hook."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fastlanes_sim.engines.kernel import jit
from fastlanes_sim.experiments import replicate as replicating
from fastlanes_sim.experiments.replication import Values, measure
from fastlanes_sim.pytest_plugin import check_slos
from fastlanes_sim.scenario.yaml.tree import read_yaml
from tests.cli.conftest import SMALL

ROOT = Path(__file__).parents[2]
TIGHT = SMALL.replace("< 30s", "< 1s")
TESTS = """\
def test_met(fastlanes_slo):
    found = fastlanes_slo("scenarios/clinic.yaml", replications=10)
    assert found.estimate("p95(fast_lane.response)").high < 30e6


def test_missed(fastlanes_slo):
    fastlanes_slo("scenarios/clinic.yaml", replications=10, overrides={"slos": ["p95(fast_lane.response) < 1s"]})


def test_undecided(fastlanes_slo):
    straddled = {"slos": ["p95(fast_lane.response) < 8.5s"]}
    fastlanes_slo("scenarios/clinic.yaml", replications=10, overrides=straddled, undecided="pass")
    fastlanes_slo("scenarios/clinic.yaml", replications=10, overrides=straddled)


def test_invalid(fastlanes_slo):
    fastlanes_slo("scenarios/nowhere.yaml")


def test_aimless(fastlanes_slo):
    fastlanes_slo("scenarios/clinic.yaml", overrides={"slos": []})
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Another team's: one scenario, in git."""
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "clinic.yaml").write_text(SMALL)
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    return tmp_path


def git(repository: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    who = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.org"]
    return subprocess.run(["git", *who, *arguments], cwd=repository, env=environment(repository), capture_output=True, text=True)


def environment(repository: Path, **more: str) -> dict[str, str]:
    """As in a fresh shell, with this version's command first on the path."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    home = {"HOME": str(repository), "FASTLANES_SIM_CACHE": str(jit.directory().parent)}
    usual = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "GITHUB_", "PYTEST_"))}
    return usual | home | {"PATH": path, "PYTHONPATH": str(ROOT)} | more


def shell(repository: Path, script: str, **more: str) -> subprocess.CompletedProcess[str]:
    """As GitHub runs a step."""
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
    return subprocess.run(command, cwd=repository, env=environment(repository, **more), capture_output=True, text=True)


# --- pytest ---


def test_the_plugin_tells_met_missed_undecided_and_invalid(repository: Path):
    (repository / "test_capacity.py").write_text(TESTS)
    (repository / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]  # the plugin comes with the installed package
    done = subprocess.run(command, cwd=repository, env=environment(repository), capture_output=True, text=True)
    assert "1 passed, 4 failed" in done.stdout or "4 failed, 1 passed" in done.stdout, done.stdout + done.stderr
    assert "MISSED    p95(fast_lane.response) < 1s: " in done.stdout
    assert "UNDECIDED p95(fast_lane.response) < 8.5s: " in done.stdout
    assert "there is no such file" in done.stdout
    assert "has no objectives" in done.stdout
    assert "Traceback" not in done.stdout


def test_the_plugin_is_registered_and_loading_it_imports_nothing_of_the_simulator(repository: Path):
    assert 'fastlanes_sim = "fastlanes_sim.pytest_plugin"' in (ROOT / "pyproject.toml").read_text()
    (repository / "test_nothing.py").write_text(
        "import sys\n\ndef test_it():\n    heavy = {'numpy', 'pandas', 'simpy', 'numba', 'pydantic', 'scipy', 'matplotlib'}\n"
        "    assert 'fastlanes_sim.pytest_plugin' in sys.modules\n    assert not heavy & set(sys.modules)\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "fastlanes_sim.pytest_plugin"]
    without = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=repository, env=environment(repository, **without), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


# --- GitHub Actions ---


def steps() -> dict[str, str]:
    root, flaws = read_yaml((ROOT / "docs" / "examples" / "fastlanes.yml").read_text())
    assert root is not None
    assert not flaws
    workflow: dict[str, Any] = root.plain()
    return {step["name"]: step["run"] for step in workflow["jobs"]["capacity"]["steps"] if "run" in step}


def test_the_workflows_steps_pass_and_fail_where_they_should(repository: Path):
    summary = repository / "summary.md"
    job = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_WORKSPACE": str(repository)}
    job["PIP_NO_INDEX"] = "1"  # what is to be installed is there already
    assert list(steps()) == ["Install", "Objectives", "Baselines"]
    assert shell(repository, "fastlanes-sim baseline record scenarios/*.yaml --replications 5").returncode == 0

    for step in steps().values():
        done = shell(repository, step, **job)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "| p95\\(fast\\_lane.response\\)" in summary.read_text()
    assert {path.name for path in (repository / "results").glob("*.xml")} == {"clinic.xml", "baselines.xml"}

    (repository / "scenarios" / "clinic.yaml").write_text(SMALL.replace("fast_lane:1 manual>*:4", "manual>*:2"))
    done = shell(repository, steps()["Baselines"], **job)
    assert done.returncode == 99
    assert "::error file=scenarios/clinic.yaml,title=Objective missed::clinic: " in done.stderr
    assert "workers.0.workloops: fast_lane:1 manual>" in summary.read_text().replace("\\_", "_").replace("&gt;", ">")

    (repository / "scenarios" / "clinic.yaml").write_text(TIGHT)
    (repository / "scenarios" / "nonsense.yaml").write_text(SMALL + "nonsense: 1\n")
    (repository / "scenarios" / "zebra.yaml").write_text(TIGHT)
    done = shell(repository, steps()["Objectives"], **job)
    assert done.returncode == 99
    assert {path.stem for path in (repository / "results").glob("*.xml")} == {"clinic", "nonsense", "zebra", "baselines"}
    for told in (
        "::error file=scenarios/clinic.yaml,line=12,title=Objective missed::",
        "::error file=scenarios/nonsense.yaml,line=13,title=Objective missed::nonsense: the scenario is valid: ",
        "::error file=scenarios/zebra.yaml,line=12,title=Objective missed::",
    ):
        assert done.stderr.count(told) == 1, done.stderr
    for name in ("clinic", "nonsense", "zebra"):
        assert (repository / "results" / f"{name}.xml").read_text().count("<failure") == 1


# --- pre-commit ---


def test_the_hook_stops_a_commit_that_makes_something_worse(repository: Path):
    root, _ = read_yaml((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert root is not None
    (hook,) = root.plain()
    assert hook["pass_filenames"] is False
    script = repository / ".git" / "hooks" / "pre-commit"
    script.write_text(f"#!/bin/sh\nexec {hook['entry']}\n")
    script.chmod(0o755)

    assert shell(repository, "fastlanes-sim baseline record scenarios/*.yaml --replications 5").returncode == 0
    git(repository, "add", "--all")
    first = git(repository, "commit", "--message", "Begin")
    assert first.returncode == 0, first.stderr

    scenario = repository / "scenarios" / "clinic.yaml"
    scenario.write_text(SMALL.replace("fast_lane:1 manual>*:4", "manual>*:2"))
    second = git(repository, "commit", "--all", "--message", "Save three slots")
    assert second.returncode != 0
    assert "WORSE     mean(default.wait)" in second.stdout + second.stderr
    assert git(repository, "log", "--format=%s").stdout == "Begin\n"

    scenario.write_text(SMALL + "# said more clearly\n")
    assert git(repository, "commit", "--all", "--message", "Say it").returncode == 0


def test_an_interrupted_experiment_ends_pytest_and_judges_nothing(repository: Path, monkeypatch: pytest.MonkeyPatch):
    """Ctrl-C in the fourth of ten replications, none of which has missed anything."""
    played = []

    def interrupted(*args: Any, **options: Any) -> Values:
        played.append(None)
        if len(played) == 4:
            raise KeyboardInterrupt
        return measure(*args, **options)

    monkeypatch.setattr(replicating, "measure", interrupted)
    with pytest.raises(KeyboardInterrupt):
        check_slos(repository / "scenarios" / "clinic.yaml", overrides={"slos": ["lost == 0"]}, engine="reference")
    assert len(played) == 4


def test_what_undecided_counts_as_is_one_of_two():
    with pytest.raises(ValueError, match="undecided='Fail'"):
        check_slos("scenarios/quickstart.yaml", undecided="Fail")  # type: ignore[arg-type]
