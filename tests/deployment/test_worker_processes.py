"""Crashes and deploys written out: which process is there from when to when (F-6, F-7, docs/failures.md)."""

from __future__ import annotations

from pathlib import Path

import pytest

from fastlanes_sim.core.units import SECOND
from fastlanes_sim.deployment.deployment import Autoscaler, Worker
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.scenario.overrides import layout_override
from tests.support.scenario_files import edited, load


def workers(folder: Path, text: str, **overrides: object) -> list[tuple[object, ...]]:
    """(name, started, connects, SIGTERM or crash, grace) of each, in seconds; a crash has no grace."""
    plain = deployment(load(folder, edited(("backoff: 1/10", text)), overrides).scenario)

    def seconds(worker: Worker) -> tuple[object, ...]:
        stops_at = None if worker.stops_at is None else worker.stops_at / SECOND
        grace = None if worker.grace is None else worker.grace / SECOND
        return worker.name, (worker.connect_at - worker.start_up) / SECOND, worker.connect_at / SECOND, stops_at, grace

    return [seconds(worker) for worker in plain.workers]


def test_a_crash_and_the_process_after_it(tmp_path: Path):
    text = "replicas: 2\n    crashes: [{at: 10m, replica: 2, restart_after: 30s}]"
    assert workers(tmp_path, text) == [
        ("main-1", 0, 0, None, None),
        ("main-2", 0, 0, 600, None),
        ("main-2#2", 600, 630, None, None),
    ]


def test_without_a_replica_all_crash_and_some_never_come_back(tmp_path: Path):
    text = "replicas: 2\n    crashes: [{at: 10m, restart_after: never}]"
    assert workers(tmp_path, text) == [("main-1", 0, 0, 600, None), ("main-2", 0, 0, 600, None)]


def test_who_is_dead_does_not_crash_again(tmp_path: Path):
    text = "crashes: [{at: 20m}, {at: 10m, restart_after: never}]"
    assert workers(tmp_path, text) == [("main", 0, 0, 600, None)]


def test_a_restart_may_crash_before_it_connects(tmp_path: Path):
    text = "crashes: [{at: 10m, restart_after: 1m}, {at: 630s, restart_after: 5s}]"
    assert workers(tmp_path, text) == [("main", 0, 0, 600, None), ("main#2", 600, 660, 630, None), ("main#3", 630, 635, None, None)]


def test_a_deploy_starts_new_ones_first(tmp_path: Path):
    """F-7: of three replicas one after the other; each old one is stopped when its successor connects."""
    text = "replicas: 3\n    deploys: [{at: 10m, start_up: 20s, pause: 10s, grace: 1m}]"
    assert workers(tmp_path, text) == [
        ("main-1", 0, 0, 620, 60),
        ("main-1#2", 600, 620, None, None),
        ("main-2", 0, 0, 650, 60),
        ("main-2#2", 630, 650, None, None),
        ("main-3", 0, 0, 680, 60),
        ("main-3#2", 660, 680, None, None),
    ]


def test_or_stops_old_ones_first_and_several_at_a_time(tmp_path: Path):
    text = "replicas: 3\n    deploys: [{at: 10m, start_up: 20s, max_unavailable: 2, grace: 1m}]"
    assert workers(tmp_path, text) == [
        ("main-1", 0, 0, 600, 60),
        ("main-1#2", 600, 620, None, None),
        ("main-2", 0, 0, 600, 60),
        ("main-2#2", 600, 620, None, None),
        ("main-3", 0, 0, 620, 60),
        ("main-3#2", 620, 640, None, None),
    ]


def test_a_crash_amid_a_deploy_hits_the_newest_process(tmp_path: Path):
    """F-6: at 610 s the new one is starting; the old one is stopped when planned."""
    text = "deploys: [{at: 10m, start_up: 20s, grace: 1m}]\n    crashes: [{at: 610s, restart_after: 30s}]"
    assert workers(tmp_path, text) == [("main", 0, 0, 620, 60), ("main#2", 600, 620, 610, None), ("main#3", 610, 640, None, None)]


def test_a_deploy_may_bring_another_layout_and_restarts_keep_it(tmp_path: Path):
    text = 'deploys: [{at: 10m, workloops: "fast_lane:2 *:3"}]\n    crashes: [{at: 20m}]'

    def layouts(**overrides: object) -> list[str]:
        plain = deployment(load(tmp_path, edited(("backoff: 1/10", text)), overrides).scenario)
        return [" ".join(loop.id for loop in worker.workloops) for worker in plain.workers]

    assert layouts() == ["fast_lane:1 manual>*:4", "fast_lane:2 *:3", "fast_lane:2 *:3"]
    assert layouts(**layout_override("manual>*:5")) == ["manual>*:5"] * 3


@pytest.mark.parametrize("text", ["backoff: 1/10", "deploys: []"])
def test_a_layout_for_all_needs_no_deploys(tmp_path: Path, text: str):
    plain = deployment(load(tmp_path, edited(("backoff: 1/10", text)), layout_override("*:5")).scenario)
    assert [worker.workloops[0].id for worker in plain.workers] == ["*:5"]


def test_an_autoscaled_group_has_its_most_replicas_and_begins_with_its_least(tmp_path: Path):
    """A-1"""
    text = "stagger: 1s\n    autoscaling: {min: 2, max: 3, runs_per_replica: 5, counts: active, start_up: 40s, grace: 1m}"
    plain = deployment(load(tmp_path, edited(("workers:", "workers:\n  - {name: first}"), ("backoff: 1/10", text))).scenario)
    assert [(worker.name, worker.is_standby) for worker in plain.workers] == [
        ("first", False),
        ("main-1", False),
        ("main-2", False),
        ("main-3", True),
    ]
    assert {(worker.start_up, worker.grace) for worker in plain.workers[1:]} == {(40 * SECOND, 60 * SECOND)}
    assert plain.autoscalers == (Autoscaler(1, 4, 2, 5, True, 30 * SECOND, 300 * SECOND),)
