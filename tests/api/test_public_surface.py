"""What `import fastlanes_sim` offers: every name is shown, every verb takes the same keywords and explains itself."""

from __future__ import annotations

import inspect
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

import fastlanes_sim
from fastlanes_sim import FastlanesError, advise, compare, highest_traffic, load_scenario, plan, replicate, search, simulate, sweep

ROOT = Path(__file__).parents[2]
VERBS = sorted(name for name in dir(fastlanes_sim) if inspect.isfunction(getattr(fastlanes_sim, name)))
_RUNNING = {"advise", "compare", "highest_traffic", "plan", "replicate", "search", "sensitivity", "simulate", "sweep"}
ON_SCENARIOS = _RUNNING | {"explore", "load_scenario"}
CHANGES = ["layout", "seed", "horizon", "overrides"]


def test_every_name_is_shown_and_is_there():
    assert dir(fastlanes_sim) == sorted(fastlanes_sim.__all__)
    others = {"bench", "calibrate", "check_baselines", "conform", "read_export", "record_baseline", "validate"}
    assert set(VERBS) == ON_SCENARIOS | others
    assert {"Result", "ReplicatedResult", "ComparisonResult", "ScenarioError", "ExportError", "Problem"} < set(dir(fastlanes_sim))
    with pytest.raises(AttributeError, match="has no attribute 'simulat'"):
        fastlanes_sim.simulat  # noqa: B018


def test_importing_the_package_imports_nothing_of_it():
    code = "import sys, fastlanes_sim; dir(fastlanes_sim); print([name for name in sys.modules if name.startswith('fastlanes_sim.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("verb", sorted(ON_SCENARIOS))
def test_every_verb_takes_the_same_changes_as_keywords(verb: str):
    parameters = inspect.signature(getattr(fastlanes_sim, verb)).parameters
    assert [name for name in parameters if name in CHANGES] == CHANGES
    assert all(parameters[name].kind is inspect.Parameter.KEYWORD_ONLY for name in CHANGES)


@pytest.mark.parametrize("verb", ["replicate", "compare", "sweep", "search", "sensitivity", "highest_traffic", "bench"])
def test_what_runs_many_simulations_says_where_with_the_same_keywords(verb: str):
    parameters = inspect.signature(getattr(fastlanes_sim, verb)).parameters
    assert {"engine", "processes", "scheduler", "progress"} < set(parameters)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str):
    text = inspect.getdoc(getattr(fastlanes_sim, verb)) or ""
    assert text.split("\n")[0].endswith((".", ".'"))
    for part in ("Args:", "Raises:", "Example:"):
        assert part in text, f"{verb} has no {part}"
    assert "see `" not in text, f"{verb} does not explain itself without another"
    explained = text.partition("Args:")[2].partition("\n\n")[0]
    for name in inspect.signature(getattr(fastlanes_sim, verb)).parameters:
        assert f"{name}" in explained, f"{verb} does not explain {name}"


# --- whatever stands for a scenario ---

TREE: dict[str, Any] = {
    "name": "clinic",
    "horizon": "30m",
    "network": {"database": {0: "5ms", 100: "20ms"}},
    "projects": {
        "clinic": {
            "workflows": {
                "register": {
                    "triggers": [
                        {"type": "webhook", "reply": "after_completion", "arrivals": {"poisson": "7/h"}, "service": "2s"},
                        {
                            "type": "cron",
                            "cron": "*/5 * * * *",
                            "runs_per_tick": 5,
                            "service": {"lognormal": {"median": "2s", "p95": "8s"}},
                        },
                    ]
                }
            }
        }
    },
    "workers": [{"workloops": "fast_lane:1 manual>*:4"}],
    "slos": ["p95(fast_lane.response) < 30s"],
}


def forms(folder: Path) -> dict[str, Any]:
    """The same scenario in every form."""
    loaded = load_scenario(TREE)
    (folder / "clinic.yaml").write_text(loaded.text)
    return {
        "path": folder / "clinic.yaml",
        "text of a path": str(folder / "clinic.yaml"),
        "YAML": loaded.text,
        "mapping": TREE,
        "Scenario": loaded.scenario,
        "loaded": loaded,
    }


def test_a_scenario_may_have_any_form(tmp_path: Path):
    found = {name: load_scenario(one, seed=7, layout="*:3") for name, one in forms(tmp_path).items()}
    assert len({one.hash for one in found.values()}) == 1
    assert {one.scenario.workers[0].workloops for one in found.values()} == {"*:3"}


def test_every_verb_takes_any_form(tmp_path: Path):
    for name, one in forms(tmp_path).items():
        common: dict[str, Any] = {"engine": "model", "horizon": "10m"}
        assert simulate(one, **common).scenario.scenario.horizon == 600_000_000, name
        assert len(replicate(one, 2, processes=1, **common).values) == 2
        assert list(compare(one, layouts=["*:1", "*:2"], replications=2, processes=1, **common).results) == ["*:1", "*:2"]
        assert len(sweep(one, {"traffic": [1, 2]}, 2, processes=1, **common).points) == 2
        assert len(plan(one, ["seed=1..3"], horizon="10m").valid) == 3
        assert advise(one, **common) is not None


def test_searches_take_any_form():
    common: dict[str, Any] = {"engine": "model", "horizon": "2m", "processes": 1, "confirming": 2, "most": 22}
    assert search(TREE, [1], **common).base.scenario.name == "clinic"
    assert highest_traffic(load_scenario(TREE), [1, 2], layout="*:5", **common).base.overrides["workers.*.workloops"] == "*:5"


def test_changes_are_laid_over_what_a_loaded_scenario_has_already():
    first = load_scenario(TREE, overrides={"traffic": 2})
    assert load_scenario(first) is first
    second = load_scenario(first, seed=3)
    assert (second.scenario.traffic, second.scenario.seed) == (2, 3)


def test_an_error_names_its_key_path_where_there_is_no_file():
    broken = {**TREE, "workers": [{"workloops": "*>fast_lane:1", "replica": 2}], "horizon": "30"}
    with pytest.raises(fastlanes_sim.ScenarioError) as found:
        load_scenario(broken)
    places = [str(problem).split(": ")[0] for problem in found.value.problems]
    assert sorted(places) == ["horizon", "workers.0.replica", "workers.0.workloops"]
    assert "^" not in str(found.value)


def test_an_error_in_a_text_has_its_line():
    with pytest.raises(fastlanes_sim.ScenarioError) as found:
        load_scenario("horizon: 30\nprojects: {a: {workflows: {w: {}}}}\nworkers: [{capacity: 1}]\n")
    assert str(found.value).startswith("<text>:1:10: `30` has no unit\n    horizon: 30\n")


def test_a_value_that_has_no_place_in_a_scenario_is_named():
    with pytest.raises(fastlanes_sim.ScenarioError, match=r"^workers.0.replicas: a value of the type object"):
        load_scenario({**TREE, "workers": [{"capacity": 1, "replicas": object()}]})
    with pytest.raises(FastlanesError, match="a value of the type int is no scenario"):
        load_scenario(3)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios").glob("*.yaml")), ids=lambda path: path.name)
def test_every_scenario_can_be_built_in_python(path: Path):
    loaded = load_scenario(path)
    built = load_scenario(loaded.scenario)
    assert built.scenario == loaded.scenario
    assert built.hash == loaded.hash
    assert load_scenario(built.text).hash == loaded.hash


def test_sizes_and_parts_of_processors_are_spelled_as_files_say_them():
    """Thousandths of a core were once written as whole cores."""
    shared = {"resources": {"records": {"processors": 0.25}}, "workers": [{"capacity": 3, "cores": 1.5, "memory": "3Gi"}]}
    loaded = load_scenario({**TREE, **shared})
    again = load_scenario(loaded.scenario)
    assert again.scenario == loaded.scenario
    assert again.scenario.workers[0].cores == 1_500


def test_what_would_be_ignored_is_refused():
    loaded = load_scenario(TREE)
    result, planned = simulate(loaded, engine="model", horizon="1m"), plan(loaded, {"seed": [1, 2]})
    many = replicate(loaded, 2, engine="model", processes=1, horizon="1m")
    for wrong, message in (
        (lambda: search(loaded, [1], layout="*:1"), "layouts of its own"),
        (lambda: compare(loaded, layout="*:1", layouts=["*:2", "*:3"]), "both layout and layouts"),
        (lambda: sweep(planned, seed=2), "a plan has its values already"),
        (lambda: advise(result, seed=2), "a result has its values already"),
        (lambda: result.export("pdf", "x"), "choose one of export, prometheus, trace, junit, html, markdown"),
        (lambda: many.export("trace", "x"), "replications has no format 'trace'"),
    ):
        with pytest.raises(FastlanesError, match=message):
            wrong()


# --- types ---


@pytest.mark.slow
def test_a_typed_project_that_uses_everything_passes_mypy_strict(tmp_path: Path):
    """As if it had installed the package: its own file is checked strictly, ours are looked up in site-packages."""
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
    site = next((venv / "lib").glob("python3*")) / "site-packages"
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    shutil.copytree(ROOT / "fastlanes_sim", site / "fastlanes_sim")
    (site / "fastlanes_sim" / "py.typed").touch()
    shutil.copy(ROOT / "tests" / "support" / "typed_use.py", tmp_path / "use.py")
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(venv / "bin" / "python"), "use.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
