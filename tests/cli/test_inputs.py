"""`--inputs`: how uncertain calibrated inputs are, in intervals, verdicts and files."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from fastlanes_sim.experiments import two_levels

HERE = ("--engine", "reference", "--processes", 1)
FACTORS = " ".join(f"{math.exp(0.2 * math.sin(place)):.4g}" for place in range(20))
TEXT = """\
name: unsure
horizon: 5m
startup: 0s
network: {request: 0s, database: 0s, reply: 0s, notification: 0s}
projects:
  p: {workflows: {w: {triggers: [{type: webhook, arrivals: {poisson: 0.6/s}, service: {exponential: {mean: 1s}}}]}}}
workers: [{workloops: "*:1", dispatch: ideal}]
slos: ["mean(wait) < 1800ms"]
"""
SAID = f"""\
uncertainty: {{days: 3, values: {{projects.p.workflows.w.triggers.0.arrivals.poisson: {{value: 0.6/s, factors: {FACTORS}}}}}}}
"""


@pytest.fixture
def unsure(tmp_path: Path) -> Path:
    path = tmp_path / "unsure.yaml"
    path.write_text(TEXT + SAID)
    return path


def test_run_says_what_is_chance_and_what_is_thin_data(invoke, unsure: Path):
    result = invoke("run", unsure, "--inputs", "--replications", 40, *HERE, "--no-charts", "--html")
    assert result.code == 98
    assert result.out.startswith("The objective is undecided: mean(wait) < 1800ms: ")
    assert "met if the inputs were known, which 3 days of data leave open" in result.out
    assert "What the intervals are made of:" in result.out
    assert "because you have 3 days of data; 7 more days would make that about" in result.out
    summary = json.loads(Path("results/unsure/replications.json").read_text())
    found = summary["inputs"]
    assert (found["days"], found["resamples"], found["values"], found["known"]) == (3.0, 20, 1, [])
    assert found["half_widths"]["mean(all.wait)"]["inputs"] > 0
    assert "What the intervals are made of" in Path("results/unsure/report.html").read_text()


def test_a_value_that_is_set_counts_as_known(invoke, unsure: Path):
    result = invoke("run", unsure, "--inputs", *HERE, "--no-charts", "--set", "projects.p.workflows.w.triggers.0.arrivals.poisson=0.5/s")
    assert result.code == 2
    assert "every value was changed since the calibration, so none is uncertain" in result.err


def test_without_resamples_inputs_are_refused(invoke, unsure: Path):
    unsure.write_text(TEXT)
    layouts = ("compare", unsure, "--layout", "*:1", "--layout", "*:2")
    searches = [("search", unsure, "--slots", "1..2"), ("search", unsure, "--traffic", "0.5..1:0.5")]
    for command in (("run", unsure), layouts, *searches):
        result = invoke(*command, "--inputs", *HERE)
        assert result.code == 2
        assert "does not say how sure its inputs are" in result.err
        assert "calibrate it from an export of three days or more" in result.err


def test_a_comparison_says_it_too(invoke, unsure: Path):
    result = invoke("compare", unsure, "--layout", "*:1", "--layout", "*:2", "--inputs", "--replications", 5, *HERE)
    assert result.code == 0
    assert "note: inputs: 1 value as uncertain as 3 days of data leave it (20 resamples, 2 replications each)" in result.out


def test_interrupted_while_resamples_are_simulated_nothing_counts_as_met(invoke, unsure: Path, monkeypatch: pytest.MonkeyPatch):
    def interrupted(*_: object, **__: object) -> list[object]:
        return []

    monkeypatch.setattr(two_levels, "map_jobs", interrupted)
    result = invoke("run", unsure, "--inputs", "--replications", 30, *HERE, "--no-charts", "--junit", "junit.xml")
    assert result.code == 105
    assert "interrupted" in result.out
