"""A command that would take too long is refused before it begins, with the place of the value; --force simulates all the same."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from fastlanes_sim import FastlanesError, compare, conform, highest_traffic, record_baseline, replicate, search, simulate, sweep
from fastlanes_sim.experiments import work_estimate
from fastlanes_sim.experiments.jobs import Failure, attempt

ROOT = Path(__file__).parents[2]
SCENARIO = """\
horizon: 1d
lightning:
  janitor_every: 1us
projects: {p: {workflows: {w: {triggers: [{type: webhook, arrivals: {poisson: 1/min}, service: {constant: 1s}}]}}}}
workers: [{workloops: "*:2"}]
slos: [p95(default.wait) < 2s]
"""
COMMANDS = {
    "run": [],
    "run replications": ["--replications", "3"],
    "compare": ["--layout", "*:1", "--layout", "*:2"],
    "sweep": ["--vary", "workers.0.replicas=1,2"],
    "sensitivity": ["--over", "traffic=1..2"],
    "search": ["--slots", "1..2"],
    "baseline record": [],
    "explain": [],
    "demo": [],
}
VERBS: dict[str, Callable[[Path], object]] = {
    "simulate": simulate,
    "replicate": partial(replicate, replications=2),
    "compare": partial(compare, layouts=["*:1", "*:2"]),
    "sweep": partial(sweep, over=["seed=1,2"]),
    "search": partial(search, slots="1..2"),
    "highest_traffic": partial(highest_traffic, factors=[1, 2]),
    "record_baseline": record_baseline,
}


@pytest.mark.parametrize("command", COMMANDS)
def test_it_is_refused_with_the_value_that_causes_it(invoke, tmp_path: Path, command: str):
    scenario = tmp_path / "endless.yaml"
    scenario.write_text(SCENARIO)
    words = ["run"] if command.startswith("run") else command.split()
    found = invoke(*words, scenario, *COMMANDS[command])
    assert found.code == 2
    assert f"{scenario}:3:18: one simulation would take about " in found.err
    assert "passes of the janitor" in found.err
    assert "hint:" in found.err
    assert not Path("results").exists()


@pytest.mark.parametrize("verb", VERBS)
def test_in_python_too(tmp_path: Path, verb: str):
    scenario = tmp_path / "endless.yaml"
    scenario.write_text(SCENARIO)
    with pytest.raises(FastlanesError, match="one simulation would take about") as caught:
        VERBS[verb](scenario)
    assert "force=True" in caught.value.hint or "force=True" in str(caught.value)


def test_in_python_it_is_simulated_with_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(work_estimate, "MOST_SECONDS", 0.0)
    scenario = tmp_path / "short.yaml"
    scenario.write_text(SCENARIO.replace("1us", "5m").replace("1d", "5m"))
    with pytest.raises(FastlanesError, match="the limit is"):
        simulate(scenario)
    assert len(simulate(scenario, force=True, engine="reference").table)


def test_a_baseline_that_takes_too_long_does_not_keep_the_others_from_being_checked(
    invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in ("a", "b"):
        Path(f"{name}.yaml").write_text(f"name: {name}\n" + SCENARIO.replace("1us", "5m").replace("1d", "5m"))
    assert invoke("baseline", "record", "a.yaml", "b.yaml", "--replications", "2").code == 0
    Path("a.yaml").write_text("name: a\n" + SCENARIO.replace("1us", "1us").replace("1d", "5m"))
    monkeypatch.setattr(work_estimate, "MOST_SECONDS", 5.0)
    found = invoke("baseline", "check")
    assert found.code == 98
    assert "would take about" in found.out
    assert "identical" in found.out


def test_a_recording_that_would_take_hours_is_refused(tmp_path: Path):
    with gzip.open(ROOT / "tests" / "conformance" / "lives.jsonl.gz", "rt") as file:
        case = json.loads(file.readline())
    case["params"]["horizon_ms"] = 10**12
    (tmp_path / "case.jsonl").write_text(json.dumps(case))
    with pytest.raises(FastlanesError, match=r"simulating it would take about .* hours"):
        list(conform("lives", tmp_path / "case.jsonl"))


def test_the_suite_is_refused_too(invoke):
    found = invoke("bench", "--workload", "steady_light", "--set", "lightning.janitor_every=1us")
    assert found.code == 2
    assert "override lightning.janitor_every: one simulation would take about" in found.err


def test_it_is_simulated_all_the_same_with_force(invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(work_estimate, "MOST_SECONDS", 0.0)
    scenario = tmp_path / "short.yaml"
    scenario.write_text(SCENARIO.replace("1us", "5m").replace("1d", "5m"))
    assert invoke("run", scenario, "--no-charts").code == 2
    assert invoke("run", scenario, "--no-charts", "--force").code == 0


def test_what_is_long_is_told(invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(work_estimate, "LONG", 0.0)
    scenario = tmp_path / "short.yaml"
    scenario.write_text(SCENARIO.replace("1us", "5m").replace("1d", "5m"))
    found = invoke("run", scenario, "--no-charts")
    assert "this may take about 1 s" in found.err


def test_more_memory_than_there_is_is_refused(invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("fastlanes_sim.experiments.work_estimate.available_memory", lambda: 1_000_000_000)
    scenario = tmp_path / "large.yaml"
    scenario.write_text(SCENARIO.replace("1us", "5m").replace("1/min", "100/s"))
    found = invoke("run", scenario, "--no-charts")
    assert found.code == 2
    assert "GB of memory, for 8,640,000 runs" in found.err
    assert f"{scenario}:4:" in found.err
    assert "1.0 GB are free" in found.err


@pytest.mark.skipif(sys.platform != "linux", reason="limits the address space")
def test_out_of_memory_is_said_in_words_with_a_hint(tmp_path: Path):
    """A process with 1.2 GB of address space, and a table of runs that does not fit into it."""
    scenario = tmp_path / "large.yaml"
    scenario.write_text(SCENARIO.replace("1us", "5m").replace("1/min", "200/s").replace("1d", "12h"))
    command = f"ulimit -v 1200000; exec {sys.executable} -m fastlanes_sim run {scenario} --no-charts --force --out {tmp_path / 'out'}"
    found = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=120, check=False)
    assert found.returncode == 2, found.stderr
    assert "fastlanes-sim: out of memory" in found.stderr
    assert "hint: shorten the horizon" in found.stderr
    assert "bug" not in found.stderr


def test_a_job_without_memory_is_no_bug_of_ours():
    place, failure = attempt(_too_large, (3, None))
    assert place == 3
    assert isinstance(failure, Failure)
    assert failure.by_user
    assert failure.message.startswith("out of memory: unable to allocate")


def _too_large(item: None) -> None:
    import numpy as np

    np.zeros(2**60, np.int8)
