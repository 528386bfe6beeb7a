"""A sample of `make torture`: a command that is killed leaves no process, and started again it leaves what it would have left otherwise."""

from __future__ import annotations

import random
import signal
import sys
from pathlib import Path

import pytest

from studies.torture.__main__ import Known, begins_behind_imports, disturbed, plan, undisturbed
from studies.torture.commands import SCENARIO, Command, Trial, trials
from studies.torture.record import Moment, Record, fingerprint, imported
from studies.torture.starts import OwnPython

SMALL = Command(
    "sweep",
    ("sweep", "tortured.yaml", "--vary", "traffic=0.5,1", "--replications", "3", "--no-charts", "--engine", "reference"),
    has_processes=True,
)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_after_a_kill_the_second_start_leaves_the_same_bytes(tmp_path: Path):
    template = tmp_path / "template"
    template.mkdir()
    (template / "tortured.yaml").write_text(SCENARIO)
    trial = Trial(SMALL, "two")
    expected = undisturbed(trial, template, "")
    assert {Path(name).suffix for name in expected.files} == {".yaml", ".json", ".parquet"}
    assert {"fastlanes_sim.experiments.sweep", "fastlanes_sim.experiments.child_process"} <= expected.modules
    own, after = OwnPython(), random.uniform(0.5, 2.0)
    found = disturbed(own, own, trial, template, "", signal.SIGKILL, after, Known(expected, "these"))
    assert not isinstance(found, float), f"it had ended before {after} s"
    ended, _, wrong = found
    assert (ended.code, wrong) == (-signal.SIGKILL, [])


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_second_start_that_does_otherwise_is_noticed(tmp_path: Path):
    template = tmp_path / "template"
    template.mkdir()
    command = Command("init", ("init", "first.yaml", "--workflow", "clinic/register sync 2/min 2s..8s"))
    expected = undisturbed(Trial(command, "one"), template, "")
    (template / "more").write_text("")
    own = OwnPython()
    found = disturbed(own, own, Trial(command, "one"), template, "", signal.SIGKILL, 0.0, Known(expected, "these"))
    assert not isinstance(found, float)
    assert found[2] == ["work/more is left"]


def test_every_command_is_tortured_in_every_way_in_which_it_computes():
    from fastlanes_sim.cli.app import app

    names = [trial.name for trial in trials()]
    assert len(names) == len(set(names)) == 37
    assert "--scheduler" in next(one for one in trials() if one.name == "sweep (dask)").words("tcp://here:1")
    commands = {info.name for info in (*app.registered_commands, *app.registered_groups)}
    assert commands - {trial.command.words[0] for trial in trials()} == {"rig", "schema", "studio"}


def test_moments_are_spread_over_the_whole_of_both_kinds_of_start():
    found = plan(30)
    assert [number for number, *_ in found] == list(range(30))
    for kind, count in ((False, 12), (True, 18)):
        parts = sorted((least, most) for _, least, most, one in found if one == kind)
        assert parts == [(part / count, (part + 1) / count) for part in range(count)]
    assert all(begins_behind_imports(number // 3) == kind for number, _, _, kind in found)


def test_the_record_continues_and_keeps_apart_what_other_sources_did(tmp_path: Path):
    file = tmp_path / "record.jsonl"

    def moment(number: int, sources: str, faults: tuple[str, ...] = ()) -> Moment:
        return Moment("sweep (one)", "SIGTERM", number, True, 1.5, 2.0, 105, True, sources, faults)

    first = Record(file)
    for one in (moment(0, "old"), moment(0, "new"), moment(1, "new", ("x is left",))):
        first.add(one)
    with file.open("a") as out:
        out.write('{"trial": "sweep (o')  # killed while it wrote
    again = Record(file)
    assert again.of("sweep (one)", "new") == [moment(0, "new"), moment(1, "new", ("x is left",))]
    assert again.of("sweep (one)", "old") == [moment(0, "old")]
    assert again.of("sweep (two)", "new") == []
    again.add(moment(2, "new"))
    assert len(Record(file).of("sweep (one)", "new")) == 3


def test_the_sources_are_the_modules_that_are_imported():
    times = "import time:       100 |        200 |   fastlanes_sim.core.units\nimport time: 1 | 2 | numpy.random\nfastlanes_sim.core.no\n"
    assert imported(times) == {"fastlanes_sim.core.units"}
    units, quoting = "fastlanes_sim.core.units", "fastlanes_sim.core.quoting"
    assert fingerprint([units, quoting], ["run"], [b"x"]) == fingerprint([quoting, units], ["run"], [b"x"])
    assert len({fingerprint(*one) for one in (([units], ["run"], [b"x"]), ([quoting], ["run"], [b"x"]), ([units], ["run"], [b"y"]))}) == 3
