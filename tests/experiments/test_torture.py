"""A sample of `make torture`: a command that is killed leaves no process, and started again it leaves what it would have left otherwise."""

from __future__ import annotations

import random
import signal
import sys
from pathlib import Path

import pytest

from studies.torture import SCENARIO, Command, Trial, disturbed, trials, undisturbed

SMALL = Command(
    "sweep", ("sweep", "tortured.yaml", "--vary", "traffic=0.5,1", "--replications", "3", "--no-charts", "--engine", "reference")
)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_after_a_kill_the_second_start_leaves_the_same_bytes(tmp_path: Path):
    template = tmp_path / "template"
    template.mkdir()
    (template / "tortured.yaml").write_text(SCENARIO)
    trial = Trial(SMALL, "two")
    expected = undisturbed(trial, template, "")
    assert {Path(name).suffix for name in expected.files} == {".yaml", ".json", ".parquet"}
    assert disturbed(trial, template, "", signal.SIGKILL, random.uniform(0.5, 0.9) * expected.seconds, expected) == []


def test_every_command_is_tortured_in_every_way_in_which_it_computes():
    names = [trial.name for trial in trials()]
    assert len(names) == len(set(names)) == 28
    assert "--scheduler" in next(one for one in trials() if one.name == "sweep (dask)").line("tcp://here:1")
