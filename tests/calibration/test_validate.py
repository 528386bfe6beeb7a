"""An export made by the model is accepted; one that another layout made is not, and the lane that shows it is named."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fastlanes_sim.calibration.deployment_part import from_layout, from_scenario
from fastlanes_sim.calibration.distance import distance, pairwise
from fastlanes_sim.calibration.ranked_lanes import LEVEL, are_few, ranked, share_as_far_out
from fastlanes_sim.calibration.validate import FEWEST_RUNS, Validation, validate
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.units import MINUTE, SECOND
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.engines.selection import run_engine
from fastlanes_sim.exports.export import Export
from fastlanes_sim.exports.problems import ExportError
from fastlanes_sim.exports.read import read_export
from fastlanes_sim.results.export_writer import write_export
from fastlanes_sim.rules.creation import IMMEDIATE, Queue
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.scenario.schedule import instant
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.traffic.generate import generate
from tests.support.exports import MONDAY, exported
from tests.support.varied_scenarios import HOURLY, SYNC

COLUMNS = ("inserted_at", "claimed_at", "started_at", "finished_at", "state", "queue", "priority", "workflow", "retry")
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
    means = np.array([np.array(lane).sum(axis=1) / (len(lane) - 1) for lane in lanes])
    return [share_as_far_out(means, number) for number in range(len(lanes))]


def distances_of(places: np.ndarray) -> np.ndarray:
    """As if each sample were one number."""
    return np.abs(places[:, None] - places[None, :])


def test_the_rank_of_the_observed_waits_by_hand() -> None:
    """Three samples of one lane, the observed first. Means of their distances to the others: 0.4, 0.3, 0.3; so p is 1 of 3."""
    assert ranks([[0.0, 0.4, 0.4], [0.4, 0.0, 0.2], [0.4, 0.2, 0.0]]) == [1 / 3]
    assert ranks([[0.0, 0.1, 0.1], [0.1, 0.0, 0.2], [0.1, 0.2, 0.0]]) == [1.0]


def test_a_lane_is_held_against_whatever_lane_a_replication_is_furthest_out_in() -> None:
    """In the first lane the observed is the furthest of three, in the second the last replication is: two samples are as far as that."""
    near, far = [[0.0, 0.4, 0.4], [0.4, 0.0, 0.2], [0.4, 0.2, 0.0]], [[0.0, 0.2, 0.3], [0.2, 0.0, 0.3], [0.3, 0.3, 0.0]]
    assert ranks(near, far) == [2 / 3, 1.0]
    twice = [[2 * value for value in row] for row in far]
    assert ranks(near, twice) == [2 / 3, 1.0]  # units do not matter


def test_a_lane_in_which_hardly_anything_differs_hides_no_other_lane() -> None:
    """In the first lane the observed waits are as far out as they can be. In the second all samples are alike, but for one that is not."""
    far = distances_of(np.concatenate([[1.0], np.linspace(0, 0.2, 39)]))
    alike = distances_of(np.concatenate([np.zeros(39), [1.0]]))
    first, second = ranked([far, alike])
    assert first.p == 2 / 40
    assert first.p <= LEVEL
    assert first.distances.mean() > first.bound
    assert first.bound <= 1
    assert second.p == 1.0


def test_the_bound_is_where_the_verdict_changes() -> None:
    random = np.random.default_rng(1)
    lanes = [distances_of(random.random(100)) for _ in range(3)]
    for number in range(3):
        for out, beyond in ((1e-9, True), (-1e-9, False)):
            bound = ranked(lanes)[number].bound
            moved = [lane.copy() for lane in lanes]
            moved[number][0, 1:] = bound + out  # the mean of its distances; those of the others are what they were
            assert (ranked(moved)[number].p <= LEVEL) == beyond


def test_more_lanes_need_more_replications_for_the_same_level() -> None:
    """In each lane some sample is the furthest: of 20, one of two lanes' furthest is the observed one by chance in 10 %."""
    assert [are_few(19, lanes) for lanes in (1, 2, 3)] == [False, True, True]
    assert [are_few(number, 3) for number in (58, 59, 99)] == [True, False, False]


@pytest.mark.parametrize("lanes", [1, 3])
@pytest.mark.parametrize("spread", [0.0, 0.5])
def test_few_replications_reject_a_right_model_no_more_often_than_many(lanes: int, spread: float) -> None:
    """150 exports that are one more replication, against five: at most 8 % are rejected. Ranks alone would reject 17 % and 50 %."""
    random, rejected, furthest = np.random.default_rng(5), 0, 0
    for _ in range(150):
        found = []
        for _ in range(lanes):
            scales = np.exp(random.normal(0, spread, 6))
            found.append(pairwise([np.sort((random.exponential(1e6, 100) * scale).astype(np.int64)) for scale in scales]))
        rejected += any(rank.p <= LEVEL for rank in ranked(found))
        furthest += any(lane.sum(axis=1).argmax() == 0 for lane in found)
    assert rejected <= 0.08 * 150
    assert furthest >= 0.12 * 150


def test_few_replications_reject_what_is_far_from_all_of_them() -> None:
    (rank,) = ranked([distances_of(np.array([9.0, 0.1, 0.2, 0.3, 0.4, 0.5]) / 10)])
    assert rank.p < 0.01
    assert rank.distances.mean() > rank.bound
    (same,) = ranked([np.zeros((6, 6))])
    assert same.p == 1.0
    (alike,) = ranked([distances_of(np.array([0.5, 0, 0, 0, 0, 0]))])
    assert alike.p == 0.0


def test_a_few_replications_with_a_dead_workloop_do_not_hide_another_deployment() -> None:
    """99 replications, of which two are far from everything, as is the export: p is 3 of 100, and at 5 % that is still too far."""
    places = np.concatenate([[50.0], np.linspace(0, 1, 97), [90.0, 130.0]])
    (rank,) = ranked([distances_of(places)])
    assert rank.p == 0.03
    assert rank.p <= LEVEL


def waited(default: int, manual: Sequence[int]) -> Export:
    """Twelve default runs that waited so long, and manual ones, all ten seconds apart (µs)."""
    size = 12 + len(manual)
    waits = np.concatenate([np.full(12, default), np.array(manual, np.int64)])
    export = exported(MONDAY + 10 * SECOND * np.arange(size), wait=waits, service=SECOND)
    is_manual = np.arange(size) >= 12
    queue = np.where(is_manual, np.int8(Queue.MANUAL), export.queue).astype(np.int8)
    return replace(export, queue=queue, priority=np.where(is_manual, np.int8(IMMEDIATE), export.priority).astype(np.int8))


@pytest.mark.parametrize("manual", [0, 1, FEWEST_RUNS + 1])
def test_a_lane_with_few_runs_does_not_hide_that_another_is_rejected(manual: int) -> None:
    """Default runs waited 4.5 s for a free worker that polls every second; manual runs as long as the model says."""
    found = validate(waited(4_500_000, [600_000] * manual), from_layout("manual>*:2"), replications=39, engine="reference")
    assert "default" in found.rejected
    assert found.outcome == "missed"
    assert all(lane.bound <= 1 for lane in found.lanes if lane.is_judged)
    assert [lane.words for lane in found.lanes if not lane.is_judged] == (["manual: 1 run is too few to tell."] if manual == 1 else [])


def test_a_lane_with_few_runs_is_never_rejected() -> None:
    export = waited(0, [14 * SECOND])
    one = replace(export, **{name: getattr(export, name)[-1:] for name in COLUMNS})
    found = validate(one, from_layout("manual>*:2"), replications=39, engine="reference")
    assert found.rejected == []
    assert (found.outcome, found.agrees) == ("undecided", False)
    assert found.words == "There are too few runs to tell whether the model agrees with the export: no lane has 5."
    plain = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert plain["lanes"]["manual"]["p"] is None


def test_an_export_of_cancelled_runs_alone_is_refused() -> None:
    inserted = MONDAY + MINUTE * np.arange(12)
    export = exported(inserted, state=State.CANCELLED)
    never = np.full(12, NEVER)
    export = replace(export, claimed_at=never, started_at=never, finished_at=never)
    with pytest.raises(ExportError, match="all 12 runs were cancelled before a worker claimed them"):
        validate(export, from_layout("*:2"), replications=5)


def in_steps(folder: Path, served_by: str, step: int) -> Export:
    """What the model makes of two hours of runs, two of three seconds of one slot, cut down to whole steps."""
    trigger = {"type": "webhook", "arrivals": {"poisson": "4/min"}, "service": {"exponential": {"mean": "10s"}}}
    workflows = {"a": {"triggers": [trigger]}}
    tree = {"name": "t", "horizon": "2h", "projects": {"p": {"workflows": workflows}}, "workers": [{"workloops": served_by}]}
    scenario = Scenario.model_validate(tree)
    table, deployed = generate(scenario, 1), deployment(scenario)
    write_export(folder / "runs.csv", table, run_engine(deployed, table, engine="kernel"), deployed, instant(scenario.start, "UTC"))
    export = read_export(folder / "runs.csv")
    times = {name: getattr(export, name) for name in COLUMNS[:4]}
    return replace(export, **{name: np.where(column == NEVER, NEVER, column - column % step) for name, column in times.items()})


@pytest.mark.parametrize("step", [1, SECOND])
def test_an_export_in_whole_seconds_is_held_against_replays_in_whole_seconds(tmp_path: Path, step: int) -> None:
    """Cut down to seconds, a wait of 0.9 s is one of 0 s or of 1 s."""
    export = in_steps(tmp_path, "*:4", step)
    (own,) = validate(export, from_layout("*:4"), replications=39, engine="kernel").lanes
    assert not own.rejected
    assert [entry.alike for entry in own.wait[:2]] == [True, True]
    assert own.distance < 0.1
    assert validate(export, from_layout("*:2"), replications=39, engine="kernel").rejected == ["default"]


def test_times_too_coarse_for_what_was_measured_are_named(tmp_path: Path) -> None:
    found = validate(in_steps(tmp_path, "*:4", MINUTE), from_layout("*:4"), replications=5, engine="kernel")
    assert "Times are whole minutes: services and startups below a minute cannot be told" in found.remarks[0]
    assert validate(in_steps(tmp_path, "*:4", 1), from_layout("*:4"), replications=5, engine="kernel").remarks == []


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
