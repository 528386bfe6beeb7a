"""Two results on disk: what was changed, what came of it, and what is no result."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fastlanes_sim import replicate, simulate
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.reports.text.result_diff import text
from fastlanes_sim.results.result_diff import ResultDiff, read_result
from tests.cli.conftest import SMALL


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("results")
    tight = SMALL.replace("< 30s", "< 4s").replace("poisson: 2/min", "poisson: 10/min")
    simulate(tight, engine="reference").write(place / "before", charts=False)
    simulate(tight, engine="reference", layout="*:1").write(place / "after", charts=False)
    simulate(tight, engine="reference", seed=2).write(place / "seed", charts=False)
    for name, layout in (("before", "fast_lane:1 manual>*:4"), ("after", "*:1")):
        replicate(tight, 3, engine="reference", processes=1, layout=layout).write(place / f"several-{name}", charts=False)
    return place


def test_what_was_changed_and_what_came_of_it(folder: Path):
    found = ResultDiff(read_result(folder / "before"), read_result(folder / "after" / "summary.json"))
    assert found.settings == [("workers.0.workloops", "fast_lane:1 manual>*:4", "*:1")]
    assert not found.versions
    numbers = {name: (was.value, now.value) for name, was, now in found.numbers}
    was, now = numbers["p95(default.wait)"]
    assert was < now
    summary = json.loads((folder / "before" / "summary.json").read_text())
    assert was == summary["lanes"]["default"]["wait"]["p95"]["s"]
    told = text(found)
    assert "One simulation is one sample." in told
    assert any(line.startswith("p95(default.wait)") and line.endswith("longer") for line in told.splitlines())


def test_a_verdict_that_changed_is_said_first(folder: Path):
    found = ResultDiff(read_result(folder / "after"), read_result(folder / "before"))
    assert [was[0] for _, was, _ in found.verdicts if was] == ["missed"]
    expected = "0 of 1 objectives are no longer met, 1 are met now." if found.verdicts[0][2][0] == "met" else "No verdict has changed."
    assert text(found).splitlines()[1] == expected


def test_the_same_is_said_to_be_the_same(folder: Path):
    found = ResultDiff(read_result(folder / "before"), read_result(folder / "before"))
    assert not found.numbers
    assert f"All {found.compared} numbers are the same." in text(found)
    assert found.compared > 20


def test_another_seed_is_chance(folder: Path):
    assert "The seeds differ: part of the difference is chance." in text(
        ResultDiff(read_result(folder / "before"), read_result(folder / "seed"))
    )


def test_replications_are_compared_with_their_intervals(folder: Path):
    found = ResultDiff(read_result(folder / "several-before"), read_result(folder / "several-after"))
    assert found.before.replications == 3
    told = text(found)
    assert "workers.0.workloops  fast_lane:1 manual>*:4  *:1" in told
    assert "One simulation" not in told
    assert any("[" in line and line.endswith("longer") for line in told.splitlines())


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"scenario": "x"}', "\x00"])
def test_what_is_no_result_is_refused(tmp_path: Path, content: str):
    (tmp_path / "summary.json").write_text(content)
    with pytest.raises(FastlanesError, match="is no result of `run`"):
        read_result(tmp_path)
    with pytest.raises(FastlanesError, match="there is no such result"):
        read_result(tmp_path / "nowhere")


def test_a_file_of_brackets_is_refused(tmp_path: Path):
    (tmp_path / "deep.json").write_text("[" * 100_000)
    with pytest.raises(FastlanesError, match="hint"):
        read_result(tmp_path / "deep.json")
