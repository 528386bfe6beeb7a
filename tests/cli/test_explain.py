"""`fastlanes-sim explain`: one run's life in words."""

from __future__ import annotations

import json
from pathlib import Path


def test_the_slowest_run_is_explained(invoke, small: Path):
    told = invoke("explain", small, "slowest:default")
    assert told.code == 0
    assert "clinic/register (default): waited" in told.out
    for part in ("Lightning creates the run", "it starts", "What held it back:", "Claims that took something else meanwhile:"):
        assert part in told.out
    number = told.out.split()[1]
    assert invoke("explain", small, number).out == told.out


def test_as_json(invoke, small: Path):
    life = json.loads(invoke("explain", small, 3, "--json").out)
    assert life["run"] == 3
    assert sum(one["end_us"] - one["begin_us"] for one in life["held_back"]) == life["wait_us"]


def test_what_is_no_run_is_told(invoke, small: Path):
    for run, names in (("fastest", "fastest is no run"), ("99999", "there is no run 99999"), ("slowest:lab", "lab")):
        told = invoke("explain", small, run)
        assert told.code == 2
        assert names in told.err
        assert "hint:" in told.err
