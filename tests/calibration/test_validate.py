"""An export made by the model is accepted; one that another layout made is not, and the lane that shows it is named."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fastlanes_sim.calibration.deployment_part import from_layout, from_scenario
from fastlanes_sim.calibration.distance import distance, pairwise
from fastlanes_sim.calibration.validate import Validation, _ranked, level_of, validate
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.engines.selection import run_engine
from fastlanes_sim.exports.read import read_export
from fastlanes_sim.results.export_writer import write_export
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.scenario.schedule import instant
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.traffic.generate import generate
from tests.support.varied_scenarios import HOURLY, SYNC

PINNED, POOL, WIDE = "fast_lane:1 manual>*:4", "manual>*:5", "fast_lane:1 manual>*:7"


def compared(folder: Path, served_by: str, said_to_be: str, seed: int = 1) -> Validation:
    workflows = {"a": {"triggers": [SYNC]}, "b": {"triggers": [HOURLY]}}
    tree = {"name": "t", "horizon": "6h", "projects": {"p": {"workflows": workflows}}, "workers": [{"workloops": served_by}]}
    scenario = Scenario.model_validate(tree)
    table, deployed = generate(scenario, seed), deployment(scenario)
    write_export(folder / "runs.csv", table, run_engine(deployed, table, engine="kernel"), deployed, instant(scenario.start, "UTC"))
    return validate(read_export(folder / "runs.csv"), from_layout(said_to_be), engine="kernel")


@pytest.mark.parametrize("layout", [PINNED, POOL, WIDE])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_models_own_export_is_accepted(tmp_path: Path, layout: str, seed: int) -> None:
    assert compared(tmp_path, layout, layout, seed).rejected == []


@pytest.mark.parametrize(
    ("served_by", "said_to_be", "lane"), [(PINNED, POOL, "fast_lane"), (POOL, PINNED, "fast_lane"), (WIDE, PINNED, "default")]
)
def test_an_export_of_another_layout_is_rejected_with_the_lane_named(tmp_path: Path, served_by: str, said_to_be: str, lane: str) -> None:
    found = compared(tmp_path, served_by, said_to_be)
    assert found.rejected[0] == lane
    assert lane in found.words


def test_kolmogorovs_distance_by_hand() -> None:
    """Half of the first lie below all of the second; what never happened counts as larger than anything."""
    never = np.iinfo(np.int64).max
    assert distance(np.array([1, 2, 5, 6]), np.array([3, 4, 5, 6])) == 0.5
    assert distance(np.array([1, 2]), np.array([1, never])) == 0.5
    assert distance(np.array([1, 2]), np.array([1, 2])) == 0.0


def test_distances_of_many_samples_are_those_of_each_two() -> None:
    random = np.random.default_rng(1)
    samples = [np.sort(random.integers(0, 50, size)) for size in (10, 40, 7)]
    samples.append(np.array([3, np.iinfo(np.int64).max]))
    expected = [[distance(a, b) for b in samples] for a in samples]
    assert np.allclose(pairwise(samples), expected)


def ranks(*lanes: list[list[float]]) -> list[float]:
    return [rank.p for rank in _ranked([np.array(lane) for lane in lanes])]


def test_the_rank_of_the_observed_waits_by_hand() -> None:
    """Three samples of one lane, the observed first. Means of their distances to the others: 0.4, 0.3, 0.3; so p is 1 of 3."""
    assert ranks([[0.0, 0.4, 0.4], [0.4, 0.0, 0.2], [0.4, 0.2, 0.0]]) == [1 / 3]
    assert ranks([[0.0, 0.1, 0.1], [0.1, 0.0, 0.2], [0.1, 0.2, 0.0]]) == [1.0]


def test_a_lane_is_held_against_whatever_lane_a_replication_is_furthest_out_in() -> None:
    """In the first lane the observed is the furthest, at 4/3 of the median; in the second the last replication is, at 6/5 of it."""
    near, far = [[0.0, 0.4, 0.4], [0.4, 0.0, 0.2], [0.4, 0.2, 0.0]], [[0.0, 0.2, 0.3], [0.2, 0.0, 0.3], [0.3, 0.3, 0.0]]
    assert ranks(near, far) == [1 / 3, 1.0]
    twice = [[2 * value for value in row] for row in far]
    assert ranks(near, twice) == [1 / 3, 1.0]  # units do not matter


def test_a_few_replications_with_a_dead_workloop_do_not_hide_another_deployment() -> None:
    """99 replications, of which two are far from everything, as is the export: p is 3 of 100, and at 5 % that is still too far."""
    places = np.concatenate([[50.0], np.linspace(0, 1, 97), [90.0, 130.0]])
    (rank,) = _ranked([np.abs(places[:, None] - places[None, :])])
    assert rank.p == 0.03
    assert rank.p <= level_of(99)
    assert level_of(9) == 0.1


EVENTS = {"name": "t", "horizon": "3h", "start": "2026-03-01T06:00", "projects": {"p": {"workflows": {"a": {"triggers": [SYNC]}}}}}


def with_events(folder: Path, start: str) -> Path:
    """A scenario with an outage of ten minutes after an hour and a half, and a deploy that leaves nobody there for five."""
    deploy = {"at": "2h", "start_up": "5m", "max_unavailable": 1}
    group = {"workloops": PINNED, "outages": [{"from": "90m", "to": "100m"}], "deploys": [deploy]}
    path = folder / "events.yaml"
    path.write_text(json.dumps({**EVENTS, "start": start, "workers": [group]}))
    return path


def test_outages_and_deploys_come_at_their_own_instants(tmp_path: Path) -> None:
    """The replay begins two minutes before the export does: that moves nothing. From midnight on, all of it is over before the export."""
    loaded = load_scenario(with_events(tmp_path, "2026-03-01T06:00")).scenario
    table, deployed = generate(loaded, 7), deployment(loaded)
    write_export(tmp_path / "runs.csv", table, run_engine(deployed, table, engine="kernel"), deployed, instant(loaded.start, "UTC"))
    export = read_export(tmp_path / "runs.csv")
    right = validate(export, from_scenario(with_events(tmp_path, "2026-03-01T06:00")), replications=19, engine="kernel")
    assert right.rejected == []
    assert [entry.alike for entry in right.lanes[0].wait] == [True] * 3
    wrong = validate(export, from_scenario(with_events(tmp_path, "2026-03-01T00:00")), replications=19, engine="kernel")
    assert wrong.rejected == ["fast_lane"]
