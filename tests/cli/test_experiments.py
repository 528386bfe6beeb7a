"""Replications and comparisons on the command line."""

from __future__ import annotations

import json
from pathlib import Path


def test_replications_give_intervals_and_files(invoke, small: Path):
    result = invoke("run", small, "--replications", 4)
    assert result.code == 0
    assert result.out.startswith("MET")
    assert "[95 % interval]" in result.out
    assert json.loads(Path("results/small/replications.json").read_text())["replications"] == 4
    assert Path("results/small/replications.png").stat().st_size


def test_an_undecided_objective_is_98_or_what_the_user_says(invoke, small: Path):
    found = json.loads(invoke("run", small, "--replications", 4, "--json", "--no-charts").out)
    mean = found["statistics"]["p95(fast_lane.response)"]["mean"]
    small.write_text(small.read_text().replace("< 30s", f"< {round(mean * 1e6)}us"))
    codes = [
        invoke("run", small, "--replications", 4, "--no-charts", *more).code
        for more in ([], ["--undecided", "pass"], ["--undecided", "fail"])
    ]
    assert codes == [98, 0, 99]


def test_a_wrong_until_is_2(invoke, small: Path):
    assert invoke("run", small, "--until", "p99(fast_lane.response)").code == 2


def test_compare_says_who_is_faster_and_writes_files(invoke, small: Path):
    result = invoke("compare", small, "--layout", "*:1", "--layout", "*:8", "--replications", 6)
    assert result.code == 0
    assert "shorter" in result.out
    assert all(Path("results/small", f"comparison.{end}").stat().st_size for end in ("json", "parquet", "png"))


def test_one_layout_is_no_comparison(invoke, small: Path):
    assert invoke("compare", small).code == 2
