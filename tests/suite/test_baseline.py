"""Baselines: identical, within noise or changed for real; since which input; and nothing compared that cannot be."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.measures.grammar import parse_measure
from fastlanes_sim.suite.baseline import Ends, read_baseline, write_baseline
from fastlanes_sim.suite.check import Kind, _change, check
from fastlanes_sim.suite.record import record
from tests.cli.conftest import SMALL

P99, CLAIMS = parse_measure("p99(fast_lane.response)"), parse_measure("claims")
RECORDED = "results/baselines/small.json"


def kind(was: list[float], now: list[float], statistic=P99, level: float = 0.95) -> Kind:
    return _change(statistic, (was, was), (now, now), level).kind


WAS = [40.0, 50.0, 60.0, 70.0]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (WAS, Kind.IDENTICAL),
        ([41, 51, 61, 71], Kind.WORSE),
        ([39, 49, 59, 69], Kind.BETTER),
        ([40, 50, 60, 99], Kind.NOISE),
        ([50, 40, 70, 60], Kind.NOISE),
    ],
)
def test_differences_are_paired_replication_by_replication(now: list[float], expected: Kind):
    """A second more in each is real, though the replications themselves differ by ten times that."""
    assert kind(WAS, now) is expected


@pytest.mark.parametrize(
    ("now", "at_least", "expected"),
    [
        ([41, 51, 61, 71], 0.01, Kind.WORSE),
        ([41, 51, 61, 71], 0.05, Kind.SMALL),
        ([39, 49, 59, 69], 0.05, Kind.SMALL),
        ([40, 50, 60, 99], 0.5, Kind.NOISE),
        (WAS, 0.5, Kind.IDENTICAL),
        ([44, 55, 66, 77], 0.0999, Kind.WORSE),
        ([41, 53, 61, 73], 0.05, Kind.WORSE),
    ],
)
def test_a_sure_difference_may_be_too_small_to_matter(now: list[float], at_least: float, expected: Kind):
    """One of 55 is 1.8 %. Of what chance explains nothing is said of its size. What is 2 on average and may be 4 is not surely less than
    5 %."""
    assert _change(P99, (WAS, WAS), (now, now), 0.95, at_least).kind is expected


def test_what_was_nothing_and_is_something_is_never_too_small():
    lost = parse_measure("lost")
    assert _change(lost, ([0.0] * 4, [0.0] * 4), ([1.0] * 4, [1.0] * 4), 0.95, 0.5).kind is Kind.WORSE


def test_as_far_as_open_runs_tell():
    """Between 1 and 41 longer: that may matter."""
    now = [one + 1 for one in WAS], [one + 41 for one in WAS]
    assert _change(P99, (WAS, WAS), now, 0.95, 0.05).kind is Kind.WORSE


def test_more_claims_are_neither_better_nor_worse():
    assert kind(WAS, [41, 51, 61, 71], CLAIMS) is Kind.OTHER


def test_a_lane_that_lost_all_its_runs_has_changed():
    assert kind(WAS, [math.nan] * 4) is Kind.OTHER
    assert kind([math.nan] * 4, [math.nan] * 4) is Kind.IDENTICAL


LONG = [one + 40 for one in WAS]


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ((WAS, [*WAS[:3], math.inf]), (LONG, LONG)),
        ((WAS, WAS), ([39, 51, 59, 71], [math.inf] * 4)),
        ((WAS, [math.inf] * 4), (LONG, [math.inf] * 4)),
    ],
)
def test_what_open_runs_leave_open_is_undecided_and_no_noise(was: Ends, now: Ends):
    """It may have become worse by any amount."""
    change = _change(P99, was, now, 0.95)
    assert change.kind is Kind.OPEN
    assert change.words.endswith("undecided: runs are still open at the end")


def test_one_pair_of_replications_decides_nothing():
    change = _change(P99, (WAS, WAS), ([99, *[math.nan] * 3],) * 2, 0.95)
    assert change.kind is Kind.OPEN
    assert change.words.endswith("undecided: one replication alone has runs of both")


def test_noise_is_called_real_in_at_most_five_percent_of_checks():
    """Corrected for the number of comparisons: 20 statistics that differ by noise alone, 1,000 times."""
    random, wrong = np.random.default_rng(1), 0
    for _ in range(1_000):
        noise = random.normal(size=(20, 10))
        kinds = [kind([0.0] * 10, list(row), level=1 - 0.05 / 20) for row in noise]
        wrong += any(one is not Kind.NOISE for one in kinds)
    assert wrong <= 66, "the 99 % quantile of a binomial of 1,000 and 5 %"


def test_the_same_version_gives_identical_numbers_whatever_plays(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    kept = read_baseline(write_baseline(record("small.yaml", replications=3, engine="kernel", executor=Executor(1)), tmp_path))
    for executor in (Executor(1), Executor(2)):
        (checked,) = check([kept], engine="kernel", executor=executor)
        assert checked.of(Kind.IDENTICAL) == checked.changes
        assert checked.since == []


def test_a_steady_baseline_is_compared_over_the_runs_that_were_recorded(tmp_path: Path):
    """What is deployed now may settle at another time: then pairs would not be of the same runs. An older file does not say when."""
    text = "kind: steady\n" + SMALL.replace("manual>*:4", "manual>*:1")
    (tmp_path / "steady.yaml").write_text(text)
    kept = record(str(tmp_path / "steady.yaml"), measures=["default.runs"], replications=3, engine="kernel", executor=Executor(1))
    again = read_baseline(write_baseline(kept, tmp_path))
    assert again.warm_up == kept.warm_up
    moved = replace(kept, warm_up=kept.warm_up + 600_000_000)
    for one, expected in ((again, Kind.IDENTICAL), (replace(kept, warm_up=None), Kind.IDENTICAL), (moved, Kind.OTHER)):
        (checked,) = check([one], engine="kernel", executor=Executor(1))
        assert checked.changes[0].kind is expected


def test_a_baseline_is_the_same_bytes_again_and_names_no_folder_of_the_machine(invoke, small: Path, tmp_path: Path):
    file = tmp_path / RECORDED
    assert invoke("baseline", "record", small, "--engine", "kernel", "--replications", "3").code == 0
    first = file.read_text()
    assert invoke("baseline", "record", "small.yaml", "--engine", "kernel", "--replications", "3").code == 0
    assert file.read_text() == first
    assert str(tmp_path) not in first
    content = json.loads(first)
    assert content["scenario"] == "small.yaml"
    assert len(content["scenario_hash"]) == 64
    one = content["statistics"]["mean(fast_lane.wait)"]
    assert len(one["values"]["low"]) == one["replications"] == 3
    assert one["low"] <= one["mean"] <= one["high"]


@pytest.fixture
def recorded(invoke, small: Path):
    """A baseline of `small`; returns what checks it."""
    assert invoke("baseline", "record", "small.yaml", "--engine", "kernel", "--replications", "5", "--processes", "1").code == 0
    return lambda *more: invoke("baseline", "check", "--engine", "kernel", "--processes", "1", *more)


def test_nothing_changed_is_0(recorded):
    outcome = recorded()
    assert outcome.code == 0
    assert "1 baseline: 12 identical, 0 changed within noise, 0 changed for real" in outcome.out


def test_a_layout_changed_in_the_file_is_99_and_told_with_lane_amount_and_input(recorded, small: Path):
    small.write_text(small.read_text().replace("fast_lane:1 manual>*:4", "manual>*:2"))
    outcome = recorded()
    assert outcome.code == 99
    worse = [line for line in outcome.out.splitlines() if line.startswith("  WORSE")]
    assert any(re.search(r"mean\(default.wait\): .* → .*, [\d.]+ s \[.*\] more: worse", line) for line in worse), outcome.out
    assert "    workers.0.workloops: fast_lane:1 manual>*:4 → manual>*:2" in outcome.out
    assert "Meant? Then record anew" in outcome.out


def test_a_layout_may_be_tried_without_touching_the_file(recorded):
    assert recorded("--layout", "manual>*:2").code == 99
    assert recorded("--set", "workers.0.workloops=fast_lane:1 manual>*:4").code == 0


def test_at_least_leaves_small_differences_out(recorded, small: Path):
    """Sure as it is: of the wait two slots instead of five make far more than 5 %, and less than a thousand times as much."""
    small.write_text(small.read_text().replace("fast_lane:1 manual>*:4", "manual>*:2"))
    assert recorded("--at-least", "5%").code == 99
    outcome = recorded("--at-least", "100000%", "--strict")
    assert outcome.code == 98, "one run is still open at the end"
    assert "0 changed for real" in outcome.out
    assert "by too little to matter" in outcome.out
    assert re.search(r"small +mean\(default.wait\): .*, too small to matter: ", outcome.out)
    assert recorded("--at-least", "some").code == 2


def test_better_is_0_unless_strict(invoke, recorded):
    """Of what no open run leaves open."""
    faster, kept = ["--set", "workers.0.backoff=0.5/2"], ["--metric", "mean(default.wait)", "--metric", "claims"]
    assert invoke("baseline", "record", "small.yaml", *kept, "--engine", "kernel", "--replications", "5", "--processes", "1").code == 0
    outcome = recorded(*faster)
    assert outcome.code == 0
    assert "less: better" in outcome.out
    assert "workers.0.backoff: 1/10 → 0.5/2" in outcome.out
    assert recorded(*faster, "--strict").code == 99


@pytest.mark.parametrize(("was", "then"), [("poisson: 2/min", "poisson: 3/min"), ("horizon: 30m", "horizon: 31m"), ("  5s}", "  6s}")])
def test_another_question_is_not_compared_and_told_with_its_cure(recorded, small: Path, was: str, then: str):
    text = small.read_text()
    small.write_text(text.replace(was.strip(), then.strip()))
    assert small.read_text() != text
    outcome = recorded()
    assert outcome.code == 98
    assert "NOT COMPARED  small.yaml asks another question now: the hash" in outcome.out
    assert "hint: take the change back, or record it anew: fastlanes-sim baseline record small.yaml" in outcome.out


def test_one_that_cannot_be_compared_does_not_keep_the_others_from_it(invoke, recorded, small: Path, tmp_path: Path):
    """Of four: one became worse, one is valid no more, one has another horizon, one is as it was. Each is told once."""
    for name in ("worse", "invalid", "longer"):
        (tmp_path / f"{name}.yaml").write_text(small.read_text())
        asked = ["--engine", "kernel", "--replications", "5", "--processes", "1"]
        assert invoke("baseline", "record", f"{name}.yaml", *asked).code == 0
    for name, was, then in (
        ("worse", "fast_lane:1 manual>*:4", "manual>*:2"),
        ("invalid", "horizon: 30m", "horizon: 30m\nnonsense: 1"),
        ("longer", "horizon: 30m", "horizon: 31m"),
    ):
        text = (tmp_path / f"{name}.yaml").read_text()
        (tmp_path / f"{name}.yaml").write_text(text.replace(was, then))
    outcome = recorded("--junit", "junit.xml", "--github")
    assert outcome.code == 99
    assert outcome.out.count("NOT COMPARED") == 2
    assert "  WORSE" in outcome.out
    assert "small (5 replications of small.yaml)\n  identical all 12 statistics" in outcome.out
    assert "2 not comparable" in outcome.out
    assert "::error file=invalid.yaml,line=2,title=Objective missed::invalid: the scenario is valid: " in outcome.err
    suites = {one.attrib["name"]: one.attrib for one in ElementTree.parse(tmp_path / "junit.xml").getroot()}
    assert set(suites) == {"small", "worse", "invalid", "longer"}
    assert suites["invalid"]["failures"] == "1"
    assert suites["longer"]["errors"] == "1"
    assert suites["small"]["failures"] == suites["small"]["errors"] == "0"
    Path("worse.yaml").write_text(small.read_text())
    assert recorded().code == 104
    (Path("results") / "baselines" / "invalid.json").unlink()
    assert recorded().code == 98


def test_a_file_that_was_moved_is_found_by_its_name(recorded, small: Path):
    Path("scenarios").mkdir()
    small.rename("scenarios/small.yaml")
    outcome = recorded()
    assert outcome.code == 0
    assert "its scenario was found at scenarios/small.yaml" in outcome.out
    Path("others").mkdir()
    Path("others/small.yaml").write_text(Path("scenarios/small.yaml").read_text())
    outcome = recorded()
    assert outcome.code == 98
    assert "several files have its name: others/small.yaml, scenarios/small.yaml" in outcome.out


def test_a_comment_an_objective_and_a_limit_do_not_make_it_another_question(recorded, small: Path):
    text = small.read_text().replace("  clinic:\n", "  clinic: # ours\n    concurrency: 1\n").replace("< 30s", "< 20s")
    small.write_text(text)
    outcome = recorded()
    assert outcome.code == 99
    assert "    projects.clinic.concurrency: none → 1" in outcome.out


def test_versions_and_sources_are_told_where_numbers_changed(recorded, tmp_path: Path):
    file = tmp_path / RECORDED
    content = json.loads(file.read_text())
    content["inputs"]["versions"]["numpy"] = "1.0"
    content["inputs"]["sources"] = "other"
    content["statistics"]["killed"]["values"] = {"low": [1.0] * 5, "high": [1.0] * 5}
    file.write_text(json.dumps(content))
    outcome = recorded()
    assert outcome.code == 0
    assert "killed: 1 → 0, 1 [1, 1] less: better" in outcome.out
    assert "    numpy: 1.0 → " in outcome.out
    assert "    the sources of fastlanes_sim" in outcome.out


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', '{"format": 2}', '{"format": 1, "statistics": {"p99": 3}}'])
def test_what_is_no_baseline_is_refused(invoke, tmp_path: Path, text: str):
    (tmp_path / "x.json").write_text(text)
    outcome = invoke("baseline", "check", "x.json")
    assert outcome.code == 2
    assert "hint: record it anew" in outcome.err


def test_where_there_is_none_it_says_how_to_make_one(invoke, recorded, small: Path):
    assert "there is no such baseline" in invoke("baseline", "check", "x.json").err
    small.rename("elsewhere.yaml")
    assert "small.yaml is not there" in recorded().out
    (Path("results") / "baselines" / "small.json").unlink()
    assert "hint: record one: fastlanes-sim baseline record SCENARIO" in recorded().err
    assert "record the scenarios one by one" in invoke("baseline", "record", "a", "b", "--name", "x").err


def test_ci_is_told(recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    outcome = recorded("--layout", "manual>*:2", "--junit", "junit.xml")
    assert "::error file=small.yaml,title=Objective missed::small: " in outcome.err
    assert "### Changed for real" in (tmp_path / "summary.md").read_text()
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert int(suite.attrib["tests"]) == 12
    assert int(suite.attrib["failures"]) == outcome.out.count("  WORSE")


def test_runs_that_are_open_leave_it_undecided_and_that_is_98(recorded, tmp_path: Path):
    """CI gets no case that is met, and no pass, of what may have become worse by any amount."""
    file = tmp_path / RECORDED
    content = json.loads(file.read_text())
    content["statistics"]["p99(default.wait)"]["values"] = {"low": [0.0] * 5, "high": ["inf"] * 5}
    file.write_text(json.dumps(content))
    outcome = recorded("--junit", "junit.xml")
    assert outcome.code == 98
    assert re.search(r"UNDECIDED +p99\(default.wait\): .*, undecided: runs are still open at the end", outcome.out)
    assert "11 identical, 0 changed within noise, 0 changed for real, 1 undecided" in outcome.out
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert (suite.attrib["failures"], suite.attrib["errors"]) == ("0", "1")


def test_json_says_the_same(recorded):
    summary = json.loads(recorded("--json", "--layout", "manual>*:2").out)
    assert summary["regressed"]
    small = summary["baselines"]["small"]
    assert small["since"] == ["workers.0.workloops: fast_lane:1 manual>*:4 → manual>*:2"]
    assert small["statistics"]["mean(default.wait)"]["kind"] == "worse"


def test_a_workload_of_the_suite_is_recorded_by_its_name(invoke, tmp_path: Path):
    asked = ["baseline", "record", "suite-2/ethiopia_incident", "--horizon", "20m", "--replications", "2", "--engine", "kernel"]
    assert invoke(*asked).code == 0
    file = tmp_path / "results" / "baselines" / "ethiopia_incident.json"
    assert json.loads(file.read_text())["scenario"] == "suite-2/ethiopia_incident"
    assert invoke("baseline", "check", file, "--engine", "kernel").code == 0
