"""What `import fastlanes_sim` offers: every name is shown, every verb takes the same keywords and explains itself."""

from __future__ import annotations

import inspect
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fastlanes_sim
from fastlanes_sim import (
    FastlanesError,
    advise,
    calibrate,
    compare,
    conform,
    highest_traffic,
    load_scenario,
    plan,
    read_export,
    replicate,
    search,
    sensitivity,
    simulate,
    sweep,
    validate,
)
from fastlanes_sim.api.verbs import questions

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
        own = compare(one, layouts=[None, "*:2"], replications=2, processes=1, **common).deployments
        assert [each.scenario.scenario.workers[0].layout for each in own.values()] == ["fast_lane:1 manual>*:4", "*:2"]
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


@pytest.mark.parametrize(("key", "number"), [("traffic", float("nan")), ("horizon", float("inf")), ("seed", 2**80)])
def test_a_number_that_no_file_can_say_is_told_once_with_its_key(key: str, number: float):
    with pytest.raises(fastlanes_sim.ScenarioError) as found:
        load_scenario({**TREE, key: number})
    (problem,) = found.value.problems
    assert str(problem).startswith(f"{key}: ")
    assert "is not a finite number of reasonable size" in problem.message


def test_an_empty_name_is_said_to_be_empty():
    for empty in ("", " "):
        with pytest.raises(FastlanesError, match="the name of the scenario is empty"):
            load_scenario(empty)


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
        (lambda: sensitivity(questions(loaded, {"traffic": (1, 2)}), spread=0.1), "questions have their values already"),
        (lambda: load_scenario(loaded, seed=2, overrides={"seed": 3}), "seed is given twice: `2` and `3`"),
        (lambda: load_scenario(loaded, layout="*:1", overrides={"workers.*.workloops": "*:2"}), r"workers.\*.workloops is given twice"),
        (lambda: plan(loaded, {"traffic": [1, 2]}, overrides={"traffic": 3}), "traffic is varied, and set"),
        (lambda: plan(loaded, {"layout": ["*:1", "*:2"]}, layout="*:3"), "layout is varied, and set"),
        (lambda: highest_traffic(loaded, [1, 2], overrides={"traffic": 3}), "the traffic is searched for, and set"),
        (lambda: replicate(loaded, 5, batches=2), "there is nothing to replicate"),
        (lambda: replicate(loaded, batches=2, rare=True), "there is nothing to replicate"),
        (lambda: calibrate("runs.csv", deployment=loaded, replicas=1), "replicas and backoff say nothing without a layout"),
        (lambda: validate("runs.csv", deployment=loaded, backoff="5/50"), "replicas and backoff say nothing without a layout"),
        (lambda: read_export("postgresql://x/y", timezone="Africa/Nairobi"), "timezone says how a file is written"),
        (lambda: read_export("postgresql://x/y", columns={"id": "Run"}), "columns says how a file is written"),
        (lambda: next(conform("worker", "cases.jsonl", tolerance=5)), "tolerance is for lives"),
        (lambda: advise(result, seed=2), "a result has its values already"),
        (lambda: advise(result, replications=1), "an interval needs at least 2 replications"),
        (lambda: result.export("pdf", "x"), "choose one of export, prometheus, trace, junit, html, markdown"),
        (lambda: many.export("trace", "x"), "replications has no format 'trace'"),
    ):
        with pytest.raises(FastlanesError, match=message):
            wrong()


# --- plain arguments ---

HERE: dict[str, Any] = {"engine": "model", "processes": 1}
WITH_LEVEL = {
    "replicate": lambda level: replicate(TREE, 2, level=level, **HERE),
    "compare": lambda level: compare(TREE, layouts=["*:1", "*:2"], level=level, **HERE),
    "sweep": lambda level: sweep(TREE, {"traffic": [1, 2]}, level=level, **HERE),
    "sensitivity": lambda level: sensitivity(TREE, {"traffic": (1, 2)}, level=level, **HERE),
    "search": lambda level: search(TREE, [1, 2], confidence=level, **HERE),
    "highest_traffic": lambda level: highest_traffic(TREE, [1, 2], confidence=level, **HERE),
}


def test_every_verb_with_a_level_is_asked_for_one():
    verbs = {name for name in VERBS if inspect.signature(getattr(fastlanes_sim, name)).parameters.keys() & {"level", "confidence"}}
    assert verbs == set(WITH_LEVEL)


@pytest.mark.parametrize("level", [95, 1, 0.49, 0, -1, float("nan"), "95%", True])
@pytest.mark.parametrize("verb", WITH_LEVEL)
def test_a_level_is_a_share_from_one_half_on(verb: str, level: Any):
    with pytest.raises(FastlanesError, match=r"makes no sense|is no number") as found:
        WITH_LEVEL[verb](level)
    assert "0.95 for 95 %" in found.value.hint or "0.05" in found.value.hint


@pytest.mark.parametrize(
    ("wrong", "message", "cure"),
    [
        (lambda: plan(TREE, {"layout": "*:5"}), "layout: `*:5` is no list of values", "['*:5']"),
        (lambda: plan(TREE, {"traffic": 0.5}), "traffic: `0.5` is no list of values", "[0.5]"),
        (lambda: plan(TREE, {5: [1]}), "over: `5` is no path", "workers.0.replicas"),
        (lambda: plan(TREE, 5), "over: `5` is no text", "a list of texts"),
        (lambda: sensitivity(TREE, {"traffic": [0.5, 1, 2]}), "traffic: `[0.5, 1, 2]` is no range", "(0.5, 2)"),
        (lambda: sensitivity(TREE, {"traffic": 2}), "traffic: `2` is no range", "(0.5, 2)"),
        (lambda: sensitivity(TREE, spread="25%"), "spread: `'25%'` is no number", "5 %"),
        (lambda: search(TREE, 5), "slots: `5` is no list of values", "[5]"),
        (lambda: search(TREE, [1.5]), "slots: `1.5` is no whole number", "such as 20"),
        (lambda: search(TREE, [1], tolerance="1%"), "tolerance: `'1%'` is no number", "5 %"),
        (lambda: highest_traffic(TREE, ["1", 2]), "factors: `'1'` is no number", "0.05"),
        (lambda: replicate(TREE, 2.5), "replications: `2.5` is no whole number", "such as 20"),
        (lambda: replicate(TREE, "3"), "replications: `'3'` is no whole number", "such as 20"),
        (lambda: replicate(TREE, 2, processes="2"), "processes: `'2'` is no whole number", "such as 20"),
        (lambda: replicate(TREE, 2, measures=5), "measures: `5` is no text", "a list of texts"),
        (lambda: replicate(TREE, 2, until=5), "5: not MEASURE:SHARE", "p99(fast_lane.response):5%"),
        (lambda: simulate(TREE, overrides={5: 1}), "overrides: `5` is no path", "workers.0.replicas"),
        (lambda: simulate(TREE, overrides=["a=1"]), 'overrides: `["a=1"]` does not say', "a mapping"),
    ],
)
def test_a_slip_in_an_argument_is_named_with_its_cure(wrong: Callable[[], object], message: str, cure: str):
    with pytest.raises(FastlanesError, match=re.escape(message)) as found:
        wrong()
    assert cure in found.value.hint


def test_one_text_needs_no_list_around_it():
    assert [one.scenario.workers[0].replicas for one in plan(TREE, "workers.0.replicas=1..3").valid] == [1, 2, 3]


def test_numbers_of_numpy_and_time_spans_stand_for_what_a_file_would_say():
    loaded = load_scenario(TREE, seed=np.int64(3), horizon=timedelta(hours=1), overrides={"workers.0.replicas": np.int64(3)})
    assert (loaded.scenario.seed, loaded.scenario.horizon, loaded.scenario.workers[0].replicas) == (3, 3_600_000_000, 3)
    assert [one.scenario.traffic for one in plan(TREE, {"traffic": np.linspace(0.5, 2, 3)}).valid] == [0.5, 1.25, 2.0]
    assert len(replicate(TREE, np.int64(2), horizon="1m", **HERE).values) == 2


def test_a_layout_is_that_of_all_workers_whatever_an_override_says_of_one():
    """Else two layouts that are compared could be one and the same."""
    workers = [{"capacity": 3}, {"name": "two", "workloops": "*:2"}]
    loaded = load_scenario(TREE, layout="*:5", overrides={"workers": workers})
    assert [group.workloops for group in loaded.scenario.workers] == ["*:5", "*:5"]
    for path in ("workers.0.workloops", "workers.0.capacity", "workers.*.capacity", "workers.0.deploys.0.workloops"):
        for given in ({"layout": "*:5"}, {"over": {"layout": ["*:5", "*:6"]}}, {"over": {"layout": ["*:5", "*:6"], path: [7, 8]}}):
            asked = {"overrides": {path: 7}} if path not in given.get("over", {}) else {}
            with pytest.raises(FastlanesError, match=re.escape(path)):
                (plan if "over" in given else load_scenario)(TREE, **given, **asked)
    assert load_scenario(TREE, layout="*:5", overrides={"workers.0.capacity": None}).scenario.workers[0].workloops == "*:5"


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
