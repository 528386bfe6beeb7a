"""Replications of many scenarios: the same as one by one, and none of them twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastlanes_sim.experiments import design_points
from fastlanes_sim.experiments.design_points import play_points
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.replicate import PILOT, find_warm_up
from fastlanes_sim.experiments.replication import measure
from fastlanes_sim.experiments.store import Store
from fastlanes_sim.experiments.warmup import WarmUp
from fastlanes_sim.measures.grammar import parse_measure
from fastlanes_sim.scenario.load import load_scenario

QUICKSTART = Path(__file__).parents[2] / "scenarios" / "quickstart.yaml"
MEASURES = [parse_measure("p99(fast_lane.response)"), parse_measure("killed")]
HERE = Executor(processes=1)


@pytest.fixture(scope="module")
def scenarios():
    return [load_scenario(QUICKSTART, {"horizon": "20m", "workers.0.replicas": replicas}) for replicas in (1, 2)]


def test_the_values_are_those_of_each_scenario_alone(scenarios):
    played = play_points(scenarios, range(2), MEASURES, executor=HERE)
    assert played.of(1) == [measure(scenarios[1], replication, MEASURES) for replication in range(2)]
    assert list(played.values) == [(0, 0), (1, 0), (0, 1), (1, 1)]


def test_what_the_store_holds_is_not_played_again(scenarios, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with Store(tmp_path / "store.sqlite") as store:
        first = play_points(scenarios, range(2), MEASURES, store=store, executor=HERE)
    monkeypatch.setattr(design_points, "measure", lambda *_, **__: pytest.fail("played again"))
    with Store(tmp_path / "store.sqlite") as store:
        again = play_points(scenarios, range(2), MEASURES, store=store, executor=HERE)
    assert (first.reused, again.reused) == (0, 4)
    assert again.values == first.values


def test_another_statistic_is_measured(scenarios, tmp_path: Path):
    with Store(tmp_path / "store.sqlite") as store:
        play_points(scenarios, range(1), MEASURES, store=store, executor=HERE)
        assert play_points(scenarios, range(1), MEASURES[:1], store=store, executor=HERE).reused == 0


def test_interrupted_it_keeps_what_is_done(scenarios, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def third_time_interrupted(*_: object, **__: object):
        calls.append(None)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return measure(scenarios[0], 0, MEASURES)

    calls: list[None] = []
    monkeypatch.setattr(design_points, "measure", third_time_interrupted)
    with Store(tmp_path / "store.sqlite") as store:
        played = play_points(scenarios, range(2), MEASURES, store=store, executor=HERE)
        assert played.interrupted
        assert len(played.values) == len(store) == 2


def test_one_point_that_raises_takes_no_other_with_it(scenarios, monkeypatch: pytest.MonkeyPatch):
    def poisoned(scenario, replication, statistics, **_: object):
        if replication == 1 and scenario is scenarios[1]:
            raise ZeroDivisionError
        return measure(scenario, replication, statistics)

    monkeypatch.setattr(design_points, "measure", poisoned)
    played = play_points(scenarios, range(2), MEASURES, executor=HERE)
    assert set(played.failures) == {(1, 1)}
    assert len(played.values) == 3


def test_a_warm_up_is_found_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def counted(*args: object) -> WarmUp:
        calls.append(None)
        return find_warm_up(*args)

    calls: list[None] = []
    monkeypatch.setattr(design_points, "find_warm_up", counted)
    steady = [load_scenario(QUICKSTART, {"horizon": "40m", "kind": "steady", "workers.0.replicas": replicas}) for replicas in (1, 2)]
    cut = find_warm_up(steady[0], 10, "auto").cut
    with Store(tmp_path / "store.sqlite") as store:
        first = play_points(steady, range(2), MEASURES, store=store, executor=HERE)
        more = play_points(steady, range(3), MEASURES, store=store, executor=HERE)
    assert len(calls) == 2
    assert more.reused == 4
    assert first.of(0)[1] == measure(steady[0], 1, MEASURES, warm_up=cut)


def test_lanes_whose_backlog_grows_are_kept_with_the_warm_up(tmp_path: Path):
    """A replication that is played later has no mean either."""
    growing = load_scenario(QUICKSTART, {"horizon": "1h", "kind": "steady", "workers.0.workloops": "manual:1"})
    with Store(tmp_path / "store.sqlite") as store:
        first = play_points([growing], range(1), MEASURES, store=store, executor=HERE)
        more = play_points([growing], range(2), MEASURES, store=store, executor=HERE)
    assert more.reused == 1
    lanes = tuple(sorted(find_warm_up(growing, PILOT, "auto").growing_lanes))
    assert "fast_lane" in lanes
    assert [one.growing for one in (*first.of(0), *more.of(0))] == [lanes] * 3


def test_replications_in_which_nothing_is_drawn_are_known_to_be_copies(scenarios, tmp_path: Path):
    file = tmp_path / "fixed.yaml"
    file.write_text(
        "horizon: 10m\nworkers: [{workloops: '*:1'}]\n"
        "projects: {p: {workflows: {w: {triggers: [{type: webhook, arrivals: {every: 7s}, service: 5s}]}}}}\n"
    )
    fixed, drawn = ([measure(one, each, MEASURES).traffic for each in range(2)] for one in (load_scenario(file), scenarios[0]))
    assert fixed[0] == fixed[1]
    assert drawn[0] != drawn[1]


def test_where_no_warm_up_can_be_found_every_replication_has_failed(scenarios, monkeypatch: pytest.MonkeyPatch):
    def poisoned(several, *_: object) -> WarmUp:
        raise ZeroDivisionError

    monkeypatch.setattr(design_points, "find_warm_up", poisoned)
    steady = load_scenario(QUICKSTART, {"horizon": "20m", "kind": "steady"})
    played = play_points([scenarios[0], steady], range(2), MEASURES, executor=HERE)
    assert set(played.failures) == {(1, 0), (1, 1)}
    assert len(played.of(0)) == 2
