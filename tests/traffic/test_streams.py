"""Common random numbers: each stream depends on its name and on nothing else."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.run_table import SAFE, RunTable
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.traffic.generate import generate
from fastlanes_sim.traffic.streams import stream
from tests.support.traffic_files import scenario, webhook

POISSON = webhook({"poisson": "10/min"}, service={"lognormal": {"median": "2s", "p95": "9s"}}, failures=0.2)
OTHER = webhook({"poisson": "7/min"}, service={"exponential": {"mean": "3s"}}, startup={"gamma": {"mean": "1s", "shape": 2}})


def same(one: RunTable, other: RunTable) -> bool:
    return one.sources == other.sources and all(
        np.array_equal(getattr(one, field.name), getattr(other, field.name)) for field in fields(RunTable) if field.name != "sources"
    )


def of_source(table: RunTable, source: int, column: str) -> list[int]:
    values: list[int] = getattr(table, column)[table.source == source].tolist()
    return values


def digest(table: RunTable) -> str:
    return hashlib.sha256(
        b"".join(getattr(table, field.name).tobytes() for field in fields(RunTable) if field.name != "sources")
    ).hexdigest()


def test_the_same_seed_gives_the_same_runs() -> None:
    assert same(generate(scenario(POISSON, OTHER)), generate(scenario(POISSON, OTHER)))


def test_the_same_seed_gives_the_same_bytes_in_another_process() -> None:
    code = "from tests.traffic.test_streams import *\nprint(digest(generate(scenario(POISSON, OTHER), seed=5)))"
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert there == digest(generate(scenario(POISSON, OTHER), seed=5))


def test_seeds_and_replications_are_different_worlds() -> None:
    worlds = [generate(scenario(POISSON), seed, replication) for seed in (1, 2) for replication in (0, 1)]
    assert len({digest(world) for world in worlds}) == 4


def test_the_seed_is_the_scenarios_own_unless_given() -> None:
    assert same(generate(scenario(POISSON, seed=9)), generate(scenario(POISSON), seed=9))


def test_the_workers_are_not_part_of_the_world() -> None:
    pinned = scenario(POISSON, OTHER, workers=[{"workloops": "fast_lane:1 *:9", "replicas": 3}], lightning={"per_workflow_claim_limit": 7})
    assert same(generate(scenario(POISSON, OTHER)), generate(pinned))


def test_another_source_leaves_a_source_alone() -> None:
    alone, together = generate(scenario(POISSON)), generate(scenario(POISSON, OTHER))
    for column in ("inserted_at", "service_time", "startup_time", "outcome"):
        assert of_source(alone, 0, column) == of_source(together, 0, column)


def test_another_service_time_leaves_the_arrivals_alone() -> None:
    slower = generate(scenario(POISSON | {"service": {"exponential": {"mean": "60s"}}}))
    assert slower.inserted_at.tolist() == generate(scenario(POISSON)).inserted_at.tolist()


def test_a_longer_horizon_begins_with_the_same_runs() -> None:
    short, long = generate(scenario(POISSON, OTHER)), generate(scenario(POISSON, OTHER, horizon="30h"))
    assert len(long) > 20 * len(short)
    for column in ("inserted_at", "service_time", "startup_time", "outcome", "source"):
        assert getattr(long, column)[: len(short)].tolist() == getattr(short, column).tolist()


@pytest.mark.parametrize("seed", [0, 4498, 2**32, 2**64 + 7, 2**128 - 1, 2**150])
def test_a_stream_is_the_child_of_its_seed_that_its_name_says(seed: int):
    """NumPy's own way to it, and its children's."""
    words = np.frombuffer(hashlib.sha256(b"3\0p/w\0arrivals").digest(), "<u4")
    numpy_s = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=words.tolist()))
    ours = stream(seed, 3, "p/w", "arrivals")
    assert ours.random(9).tolist() == numpy_s.random(9).tolist()
    assert ours.spawn(2)[1].random() == numpy_s.spawn(2)[1].random()


def test_purposes_do_not_share_numbers() -> None:
    draws = [stream(1, 0, "p/w/0:webhook", purpose).random() for purpose in ("arrivals", "service", "startup", "failures")]
    assert len(set(draws)) == 4


def test_copies_are_sources_of_their_own() -> None:
    copied = scenario(projects={"p": {"copies": 2, "workflows": {"w": {"triggers": [POISSON]}}}})
    table = generate(copied)
    assert table.sources == ("p-1/w/0:webhook", "p-2/w/0:webhook")
    assert of_source(table, 0, "inserted_at") != of_source(table, 1, "inserted_at")
    assert np.array_equal(table.workflow, table.source)


def test_the_luck_of_replies_is_drawn_only_where_some_are_dropped_and_disturbs_nothing():
    """I-8"""
    asked_again = webhook({"poisson": "5/s"}, reply="after_completion", callers={"attempts": 3}, service={"exponential": {"mean": "1s"}})
    drops = {"dropped_replies": [{"from": "0s", "to": "1h", "probability": "5%"}]}
    calm, dropping = (generate(scenario(asked_again, OTHER, incidents=incidents)) for incidents in ({}, drops))
    assert "reply_luck" in calm.left_out
    assert (calm.reply_luck == SAFE).all()
    np.testing.assert_array_equal(calm.service_time, dropping.service_time)
    first, second = (dropping.reply_luck[(dropping.attempt == number) & (dropping.source == 0)] for number in (1, 2))
    for luck in (first, second):
        assert ((luck >= 0) & (luck < SAFE)).all()
        assert abs((luck < 50_000).mean() - 0.05) < 4 * (0.05 * 0.95 / len(luck)) ** 0.5
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / len(first) ** 0.5


def test_cold_starts_are_drawn_for_each_run_of_an_adaptor_and_disturb_nothing():
    """I-10: a share of them, and of what the adaptor's own distribution says, or the scenario's; of a run without adaptor nothing."""
    triggers = POISSON | {"adaptor": "http"}, OTHER | {"adaptor": "dhis2"}, OTHER
    cold_starts = {
        "cold_start": {"time": "4s"},
        "adaptors": {"dhis2": {"cold_start": {"probability": "30%", "time": {"exponential": {"mean": "9s"}}}}},
    }
    warm, cold = (generate(scenario(*triggers, horizon="24h", **settings)) for settings in ({}, cold_starts))
    assert {"adaptor", "cold_start"} <= warm.left_out
    np.testing.assert_array_equal(warm.service_time, cold.service_time)
    np.testing.assert_array_equal(warm.startup_time, cold.startup_time)
    assert deployment(scenario(*triggers, **cold_starts)).adaptors == ("http", "dhis2")
    assert cold.adaptor[cold.source == 2].max() == NEVER
    assert (cold.adaptor[cold.source == 1] == 1).all()
    assert set(cold.cold_start[cold.source == 0]) == {4 * SECOND}
    assert set(cold.cold_start[cold.source == 2]) == {0}
    dhis2 = cold.cold_start[cold.source == 1]
    assert abs((dhis2 > 0).mean() - 0.3) < 4 * (0.3 * 0.7 / len(dhis2)) ** 0.5
    assert abs(dhis2[dhis2 > 0].mean() / (9 * SECOND) - 1) < 4 / (dhis2 > 0).sum() ** 0.5


def test_a_workflow_names_the_adaptor_of_its_triggers_unless_they_name_their_own():
    workflow = {"adaptor": "http", "triggers": [POISSON, OTHER | {"adaptor": "dhis2"}]}
    named = scenario(projects={"p": {"workflows": {"w": workflow}}}, cold_start={"time": "1s"})
    table = generate(named)
    assert [sorted(set(table.adaptor[table.source == source].tolist())) for source in (0, 1)] == [[0], [1]]
    assert deployment(named).adaptors == ("http", "dhis2")
