"""The command line in this process: what it prints, and the code it leaves with."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from fastlanes_sim.cli import main

SMALL = """\
horizon: 30m
projects:
  clinic:
    workflows:
      register:
        triggers:
          - {type: webhook, reply: after_completion, arrivals: {poisson: 2/min}, service: {lognormal: {median: 2s, p95: 8s}}}
          - {type: cron, cron: "*/5 * * * *", runs_per_tick: 5, service: 5s}
workers:
  - workloops: "fast_lane:1 manual>*:4"
slos:
  - p95(fast_lane.response) < 30s
"""


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def invoke(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., Outcome]:
    """Run `fastlanes-sim ARGS…` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*args: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["fastlanes-sim", *map(str, args)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            main()
        out, err = capsys.readouterr()
        return Outcome(int(left.value.code or 0), out, err)

    return call


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path
