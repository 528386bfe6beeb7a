"""Two results on disk: what was changed, what came of it, and what is no result."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from fastlanes_sim import replicate, simulate
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.measures.quantities import RUNS, SHARE, TIME
from fastlanes_sim.measures.scopes import LANES
from fastlanes_sim.reports.text.result_diff import text
from fastlanes_sim.results.result_diff import Number, ResultDiff, StoredResult, read_result
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
    expected = "Of 1 objective: 1 met now." if found.verdicts[0][2][0] == "met" else "No verdict has changed."
    assert text(found).splitlines()[1] == expected


def stored(
    verdicts: dict[str, str] | None = None, numbers: dict[str, Number] | None = None, name: str = "some", **differs: object
) -> StoredResult:
    """A result of one simulation, but for what differs."""
    said = {objective: (verdict, "") for objective, verdict in (verdicts or {}).items()}
    same = StoredResult(Path(name) / "summary.json", "clinic", "c0ffee", 1, 1, {"horizon": 1}, {"python": "3"}, said, numbers or {})
    return replace(same, **differs)


def headline(before: StoredResult, after: StoredResult) -> list[str]:
    return text(ResultDiff(before, after)).split("\n\n")[0].splitlines()[1:]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (["met"], ["met"], "No verdict has changed."),
        (["met", "met"], ["missed", "undecided"], "Of 2 objectives: 2 no longer met."),
        (["undecided"], ["missed"], "Of 1 objective: 1 missed instead of undecided."),
        (
            ["missed", "undecided", "met"],
            ["undecided", "met", "missed"],
            "Of 3 objectives: 1 no longer met, 1 met now, 1 undecided instead of missed.",
        ),
    ],
)
def test_every_change_of_a_verdict_is_counted(before: list[str], after: list[str], said: str):
    was, now = ({f"slo {place}": verdict for place, verdict in enumerate(verdicts)} for verdicts in (before, after))
    assert headline(stored(was), stored(now))[0] == said


def test_a_reason_that_the_files_give_is_told():
    one, other = {"lost": Number(RUNS, 1)}, {"lost": Number(RUNS, 2)}
    unknown = "The files do not say why: an older version may have written one of them."
    assert unknown in headline(stored(numbers=one), stored(numbers=other))
    for differs, said in (
        ({"replications": 20}, "They are of 1 and of 20 replications: part of the difference is chance."),
        ({"interrupted": True}, "after was interrupted: its numbers are of a part alone."),
        ({"seed": 2}, "The seeds differ: part of the difference is chance."),
        ({"has_inputs": True}, "Only one of them says how uncertain the inputs are (--inputs): its intervals are wider for that."),
    ):
        told = headline(stored(numbers=one), stored(numbers=other, name="after", **differs))
        assert said in told
        assert unknown not in told
    assert unknown not in headline(stored(numbers=one), stored(numbers=other, settings={"horizon": 2}))


@pytest.mark.parametrize(
    ("many", "said"),
    [(0, "They have no number in common."), (1, "The one number that both have is the same."), (2, "All 2 numbers are the same.")],
)
def test_the_same_is_counted(many: int, said: str):
    both = stored(numbers={f"number {place}": Number(RUNS, place) for place in range(many)})
    assert said in headline(both, both)


@pytest.mark.parametrize(
    ("was", "now", "before", "after", "so"),
    [
        (Number(TIME, 7500), Number(TIME, 7200, upper=math.inf), "2 h 05 m", "≥ 2 h", ""),
        (Number(TIME, 60), Number(TIME, 7200, upper=math.inf), "60 s", "≥ 2 h", "at least 1 h 59 m longer"),
        (Number(TIME, 7200, upper=math.inf), Number(TIME, 60), "≥ 2 h", "60 s", "at least 1 h 59 m shorter"),
        (Number(TIME, 60, upper=62), Number(TIME, 61), "≈ 60 s", "61 s", ""),
        (Number(TIME, 60), Number(TIME, 61), "60 s", "61 s", "1 s longer"),
        (Number(SHARE, 0.1, upper=0.3), Number(SHARE, 0.5), "10 % to 30 %", "50 %", "at least 20 % more"),
        (Number(TIME, 10, 9, 11, 12), Number(TIME, 20, 18, 22, 30), "≥ 10 s [9 s, 11 s]", "≥ 20 s [18 s, 22 s]", "at least 8 s longer"),
        (Number(TIME, None), Number(TIME, 1), "–", "1 s", ""),
    ],
)
def test_where_runs_were_open_only_what_is_certain_is_said_to_differ(was: Number, now: Number, before: str, after: str, so: str):
    row = text(ResultDiff(stored(numbers={"it": was}), stored(numbers={"it": now}))).splitlines()[-1]
    assert re.split(r"  +", row) == ["it", before, after, *([so] if so else [])]


def test_what_is_open_and_what_was_interrupted_is_read(tmp_path: Path):
    row = {"runs": 2, "open": 1, "lost": 0, "killed": 0, "gateway_timeouts": 0}
    times = {name: {"s": 3.0, "upper_s": upper, "exact": upper == 3.0} for name, upper in (("p50", 3.0), ("p95", 5.0), ("p99", None))}
    lanes = {lane: row | {"wait": times, "response": dict.fromkeys(times)} for lane in LANES}
    summary = {"scenario": "s", "scenario_hash": "h", "seed": 1, "replications": 1, "versions": {}, "slos": [], "workloops": []}
    (tmp_path / "summary.json").write_text(json.dumps(summary | {"interrupted": True, "lanes": lanes}))
    found = read_result(tmp_path)
    assert found.interrupted
    assert [found.numbers[f"{name}(default.wait)"].most for name in times] == [3.0, 5.0, math.inf]
    assert found.numbers["p50(default.response)"] == Number(TIME, None)
    statistics = {"p99(wait)": {"unit": "s", "mean": 3.0, "upper_mean": None, "low": 2.0, "high": None}}
    (tmp_path / "replications.json").write_text(json.dumps(summary | {"replications": 3, "statistics": statistics}))
    several = read_result(tmp_path)
    assert not several.interrupted
    assert several.numbers["p99(wait)"] == Number(TIME, 3.0, 2.0, None, math.inf)
    (number,) = ResultDiff(several, replace(several, numbers={"p99(wait)": Number(TIME, 4.0)})).to_json()["numbers"]
    assert (number["before"], number["before_upper"], number["after"], number["after_upper"]) == (3.0, None, 4.0, 4.0)


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
