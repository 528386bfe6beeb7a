"""Sweeps: every point once, whatever happens to the process; what is wrong with a point is its own affair."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from fastlanes_sim.api import verbs
from fastlanes_sim.api.sweep import SweepResult
from fastlanes_sim.core.errors import FastlanesError, ScenarioError
from fastlanes_sim.experiments import design_points
from fastlanes_sim.experiments.replicate import replicate
from fastlanes_sim.experiments.replication import measure
from fastlanes_sim.scenario.load import load_scenario
from tests.support.sweeping import KEPT, REPLICATIONS, SCENARIO

KILLS = 10 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 3
JOBS = 200 * REPLICATIONS


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(SCENARIO)
    return path


def sweep(path: Path, *over: str, **options: object) -> SweepResult:
    return verbs.sweep(path, over, 3, engine="reference", processes=1, **options)


def test_a_point_is_what_replications_of_it_alone_are(tiny: Path):
    found = sweep(tiny, "workers.0.replicas=1..2", "traffic=1,2")
    assert [point.settings for point in found.points[:3]] == [
        {"workers.0.replicas": 1, "traffic": 1},
        {"workers.0.replicas": 1, "traffic": 2},
        {"workers.0.replicas": 2, "traffic": 1},
    ]
    alone = replicate(load_scenario(tiny, {"workers.0.replicas": 2, "traffic": 2}), 3, engine="reference")
    last = found.points[-1]
    assert [last.estimate(one) for one in found.measures] == [alone.estimate(one) for one in found.measures]
    assert last.verdicts == alone.verdicts


def test_the_table_has_a_row_a_point_and_statistic_and_names_each_dimension(tiny: Path):
    found = sweep(tiny, "workers.0.replicas=1..2", "layout=*:1,*:3", measures=["mean(default.wait)"])
    frame = found.frame
    assert list(frame.columns[:4]) == ["point", "workers.0.replicas", "layout", "statistic"]
    assert len(frame) == 4 * 2
    assert len(found.values) == 4 * 2 * 3
    assert frame["workers.0.replicas"].tolist() == [1, 1, 1, 1, 2, 2, 2, 2]
    assert set(frame[frame["statistic"] == "p95(default.wait)"]["verdict"]) <= {"met", "missed", "undecided"}
    assert set(frame[frame["statistic"] == "mean(default.wait)"]["verdict"]) == {""}


def test_values_of_several_kinds_are_one_column_of_texts(tiny: Path):
    found = verbs.sweep(tiny, {"startup": [0, {"constant": "1s"}]}, 2, engine="reference", processes=1)
    assert list(dict.fromkeys(found.frame["startup"])) == ["0", '{"constant": "1s"}']


def test_a_point_that_is_not_valid_is_named_and_lost_alone(tiny: Path):
    found = sweep(tiny, "workers.0.replicas=0..2")
    assert [point.label for point in found.failed] == ["workers.0.replicas=0"]
    assert found.points[0].verdict == "undecided"
    assert "out of range" in found.sentences[0]
    assert len(found.points[1].values) == 3
    assert set(found.frame[found.frame["problem"] != ""]["point"]) == {0}


def test_without_a_valid_point_nothing_is_played(tiny: Path):
    with pytest.raises(ScenarioError, match="replica_s"):
        sweep(tiny, "workers.0.replica_s=1..2")


def test_a_point_that_raises_is_named_and_lost_alone(tiny: Path, monkeypatch: pytest.MonkeyPatch):
    def poisoned(scenario, replication, *args, **kwargs):
        if scenario.scenario.workers[0].replicas == 2 and replication == 1:
            raise ZeroDivisionError("two")
        return measure(scenario, replication, *args, **kwargs)

    monkeypatch.setattr(design_points, "measure", poisoned)
    found = sweep(tiny, "workers.0.replicas=1..3")
    assert [(point.label, point.failure.message) for point in found.failed] == [("workers.0.replicas=2", "ZeroDivisionError: two")]
    assert [len(point.values) for point in found.points] == [3, 0, 3]


def test_interrupted_it_keeps_what_is_done_and_goes_on_from_there(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def interrupted(*args, **kwargs):
        calls.append(None)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return measure(*args, **kwargs)

    calls: list[None] = []
    monkeypatch.setattr(design_points, "measure", interrupted)
    found = sweep(tiny, "workers.0.replicas=1..4", store=tmp_path / "store.sqlite")
    assert found.interrupted
    assert [len(point.values) for point in found.points] == [2, 1, 1, 1]
    assert found.points[1].verdict == "undecided"
    again = sweep(tiny, "workers.0.replicas=1..4", store=tmp_path / "store.sqlite")
    assert (again.reused, again.interrupted) == (5, False)
    assert again.frame.equals(sweep(tiny, "workers.0.replicas=1..4").frame)


def test_more_replications_play_only_those_that_are_new(tiny: Path, tmp_path: Path):
    verbs.sweep(tiny, ["traffic=1..3"], 2, store=tmp_path / "s", engine="reference", processes=1)
    assert verbs.sweep(tiny, ["traffic=1..3"], 5, store=tmp_path / "s", engine="reference", processes=1).reused == 6


@pytest.mark.parametrize("over", [[], ["traffic=1..2", "traffic=1"]])
def test_a_grid_that_makes_no_sense_is_refused(tiny: Path, over: list[str]):
    with pytest.raises(FastlanesError, match="hint"):
        sweep(tiny, *over)


def test_charts_are_of_one_or_two_dimensions(tiny: Path, tmp_path: Path):
    for number, over in enumerate((["traffic=1..2"], ["layout=*:1,*:2"], ["traffic=1..2", "layout=*:1,*:2"])):
        written = sweep(tiny, *over).write(tmp_path / str(number))
        assert [path.name for path in written] == ["sweep.json", "sweep.parquet", "sweep_values.parquet", "sweep.png"]
    many = sweep(tiny, "traffic=1..2", "layout=*:1", "workers.0.replicas=1")
    assert [path.suffix for path in many.write(tmp_path / "many")] == [".json", ".parquet", ".parquet"]
    with pytest.raises(ValueError, match="two factors"):
        many.plot()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of the sweep of 200 points that nobody kills."""
    folder = tmp_path_factory.mktemp("undisturbed")
    subprocess.run(command(folder), check=True)
    assert len(finished(folder)) == JOBS
    return files(folder)


@pytest.mark.slow
def test_killed_at_random_moments_a_sweep_comes_to_the_same_bytes_and_plays_nothing_twice(undisturbed: dict[str, bytes], tmp_path: Path):
    """Kill -9 in the middle of a sweep of 200 points, again and again: what was finished is never played again."""
    chance = random.Random(4515)
    for kills_left in range(KILLS, 0, -1):
        done = finished(tmp_path)
        with subprocess.Popen(command(tmp_path), stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            more = chance.uniform(0.2, 1.8) * (JOBS - len(done)) / (kills_left + 1)
            wait_until(lambda: len(lines(tmp_path)) >= 2 * (len(done) + more))  # noqa: B023
            time.sleep(chance.uniform(0, 0.01))
            process.kill()
            assert process.wait() == -signal.SIGKILL, "it was under way"
        assert not (tmp_path / "out").exists(), "nothing is written before the end"
        assert done < finished(tmp_path)
    subprocess.run(command(tmp_path), check=True)
    played = [line for line in lines(tmp_path) if line != KEPT]
    assert len(set(played)) == JOBS
    assert JOBS - KILLS <= len(finished(tmp_path)) <= JOBS, "a kill may come between keeping and saying so"
    assert len(played) <= JOBS + KILLS, "a kill costs what was being played"
    assert files(tmp_path) == undisturbed


def command(folder: Path) -> list[str]:
    return [sys.executable, "-m", "tests.support.sweeping", *(str(folder / name) for name in ("store.sqlite", "log", "out"))]


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / "out").iterdir())}


def lines(folder: Path) -> list[str]:
    return (folder / "log").read_text().splitlines() if (folder / "log").exists() else []


def finished(folder: Path) -> set[str]:
    """The replications that the store was given; none of them was played again after that."""
    found: set[str] = set()
    for line, following in pairwise([*lines(folder), ""]):
        assert line not in found, "played again"
        if following == KEPT:
            found.add(line)
    return found


def wait_until(so: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not so() and time.monotonic() < until:
        time.sleep(0.002)
