"""The search for the cheapest deployment, and for the highest traffic: what is decided, on what grounds, and how much is played for it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fastlanes_sim.api import verbs
from fastlanes_sim.api.search import SearchResult
from fastlanes_sim.core.errors import FastlanesError, ScenarioError
from fastlanes_sim.experiments import capacity_search, design_points
from fastlanes_sim.experiments.factors import parse_numbers
from fastlanes_sim.experiments.feasibility import Rule
from fastlanes_sim.experiments.layout_family import family
from fastlanes_sim.experiments.replication import Values, measure
from fastlanes_sim.experiments.verdicts import MET
from fastlanes_sim.measures.evidence import Evidence
from fastlanes_sim.measures.grammar import parse_objective
from fastlanes_sim.measures.samples import Durations
from fastlanes_sim.rules.layout_parser import parse_workloops

SCENARIO = """\
horizon: 30m
startup: 0s
network: {request: 0s, database: 0s, reply: 0s, notification: 0s}
projects:
  p:
    workflows:
      ask:
        triggers: [{type: webhook, reply: after_completion, arrivals: {poisson: 20/min}, service: {exponential: {mean: 2s}}}]
      send:
        triggers: [{type: webhook, arrivals: {poisson: 20/min}, service: {exponential: {mean: 6s}}}]
workers: [{workloops: "*:1", dispatch: ideal}]
slos: [p95(fast_lane.wait) < 3s, p95(default.wait) < 20s, lost == 0]
"""
HERE: dict[str, object] = {"engine": "kernel", "processes": 1}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "queue.yaml"
    file.write_text(SCENARIO)
    return file


# --- the family ---


@pytest.mark.parametrize(
    ("lanes", "size"),
    [({"default"}, 1), ({"default", "fast_lane"}, 10), ({"manual"}, 10), ({"fast_lane", "manual", "default"}, 75)],
)
def test_the_family_has_the_size_it_says_and_no_layout_twice(lanes: set[str], size: int):
    layouts = family(lanes, 5)
    assert len(set(layouts)) == len(layouts) == size


@pytest.mark.parametrize("slots", [1, 2, 5])
def test_every_layout_has_its_slots_and_somebody_for_every_run(slots: int):
    for text in family({"fast_lane", "manual", "default"}, slots):
        workloops = parse_workloops(text).workloops
        assert sum(loop.capacity for loop in workloops) == slots
        assert workloops[-1].queues[-1] == "*"


def test_the_plainest_comes_first():
    assert family({"fast_lane"}, 2) == [
        "manual>*:2",
        "fast_lane>manual>*:2",
        "fast_lane:1 manual>*:1",
        "fast_lane:1 fast_lane>manual>*:1",
    ]


# --- the rule ---


def rule(*texts: str, **options: object) -> Rule:
    return Rule([parse_objective(text) for text in texts], **options)  # type: ignore[arg-type]


def values(*columns: object) -> list[Values]:
    """Of replications: a column a statistic."""
    return [
        Values(number, row, row, (Evidence(1),) * len(row))
        for number, row in enumerate(zip(*(map(float, column) for column in columns), strict=True))
    ]  # type: ignore[call-overload]


def test_looks_double_up_to_the_budget():
    assert rule("lost == 0").looks == [5, 10, 20, 40, 80, 120, 220, 420]
    assert rule("lost == 0", most=150).accepting == [120, 150]
    assert rule("lost == 0", confirming=40).accepting == [60, 100, 180, 340, 420]


def test_the_errors_add_up_to_what_is_promised():
    """Half of 5 % for either kind: of any number of systems, the first of which has less than its half, or of a known number of tests."""
    one = rule("lost == 0", "failed == 0")
    assert sum(one.met_error(nth) * len(one.accepting) for nth in range(2, 100_000)) == pytest.approx(0.0125, rel=1e-4)
    assert one.met_error(1) == (1 - MET) / 2 < 0.0125 / len(one.accepting)
    assert one.missed_error * len(one.looks) * 2 == pytest.approx(0.025)
    few = rule("lost == 0", tests=8)
    assert sum(few.met_error(nth) * len(few.accepting) for nth in range(1, 9)) == pytest.approx(0.025)
    assert 8 * few.missed_error * len(few.looks) == pytest.approx(0.025)


@pytest.mark.parametrize(
    ("text", "low", "outcome"),
    [
        ("mean(all.wait) < 1s", 0.5, "met"),
        ("mean(all.wait) < 1s", 2.0, "missed"),
        ("mean(all.wait) < 1s", 0.99, "missed"),  # within the tolerance, and known to be
        ("mean(all.wait) > 1s", 2.0, "met"),
        ("mean(all.wait) > 1s", 0.5, "missed"),
    ],
)
def test_an_interval_on_one_side_of_the_bound_decides(text: str, low: float, outcome: str):
    numbers = 1e6 * (low + 0.01 * np.random.default_rng(1).standard_normal(120))
    assert rule(text, tolerance=0.1).decide(values(numbers), 1) == outcome


def test_it_is_missed_early_and_met_late():
    assert rule("mean(all.wait) < 1s").decide(values([2e6, 2.1e6, 1.9e6, 2e6, 2.2e6])) == "missed"
    good = 1e5 + np.arange(120)
    outcomes = [rule("mean(all.wait) < 1s").decide(values(good[:look]), look > 20) for look in (5, 20, 120)]
    assert outcomes == ["undecided", "undecided", "met"]


def test_only_what_follows_the_screening_takes_it_for_met():
    """The screening chose who comes here: its values are too good to be true."""
    one = rule("mean(all.wait) < 1s")
    lucky = np.append(np.full(20, 1e5), 0.99e6 + 1e5 * np.random.default_rng(1).standard_normal(100))
    assert one.decide(values(lucky), 1) == "undecided"
    assert one.decide(values(np.full(120, 1e5)), 0) == "undecided"


def test_one_run_lost_is_enough_and_none_is_no_proof():
    assert rule("lost == 0").decide(values([0, 0, 1, 0, 0])) == "missed"
    assert rule("lost == 0").decide(values([0] * 120), 1) == "met"
    assert [slo.text for slo in rule("lost == 0", "runs > 2").unproven(values([0] * 40, range(40)))] == ["lost == 0"]


def test_runs_still_open_leave_it_undecided():
    open_runs = [Values(number, (1e5 + number,), (np.inf,), (Evidence(1),)) for number in range(120)]
    assert rule("mean(all.wait) < 1s").decide(open_runs, 1) == "undecided"


@pytest.mark.parametrize("options", [{"confidence": 1.0}, {"confidence": 0.2}, {"tolerance": -1.0}, {"most": 119}, {"confirming": 1}])
def test_a_rule_that_makes_no_sense_is_refused(options: dict[str, float]):
    with pytest.raises(FastlanesError, match="hint"):
        rule("lost == 0", **options)
    with pytest.raises(FastlanesError, match="what must hold"):
        rule()


def wrong(draw: Callable[[np.random.Generator, int], np.ndarray], one: Rule, outcome: str) -> int:
    """In how many of EXPERIMENTS the looks, one after the other, come to this outcome."""
    count = 0
    for number in range(EXPERIMENTS):
        numbers = values(1e6 * draw(np.random.default_rng(number), one.most))
        looks = (one.decide(numbers[:look], int(look in one.accepting)) for look in one.looks)
        count += next((found for found in looks if found != "undecided"), "undecided") == outcome
    return count


EXPERIMENTS = 1_500 if os.environ.get("HYPOTHESIS_PROFILE") == "long" else 300


def often(probability: float) -> float:
    """How many of EXPERIMENTS at most, give or take four standard errors."""
    return EXPERIMENTS * probability + 4 * (EXPERIMENTS * probability) ** 0.5


def normal(mean: float) -> Callable[[np.random.Generator, int], np.ndarray]:
    return lambda random, count: random.normal(mean, 0.3 * mean, count)


def skewed(mean: float) -> Callable[[np.random.Generator, int], np.ndarray]:
    """Gamma with a coefficient of variation of 0.5 and a long tail to the right, as p99s have."""
    return lambda random, count: random.gamma(4, mean / 4, count)


@pytest.mark.parametrize("draw", [normal, skewed])
def test_who_just_misses_is_taken_for_met_as_rarely_as_promised(draw):
    """The first to come through the screening: a quarter of 5 %."""
    assert wrong(draw(1.0), rule("mean(all.wait) < 1s", tolerance=0.0), "met") <= often(0.05 / 4)


@pytest.mark.parametrize("draw", [normal, skewed])
def test_who_meets_by_the_tolerance_is_discarded_as_rarely_as_promised(draw):
    assert wrong(draw(0.9), rule("mean(all.wait) < 1s", tolerance=0.1), "missed") <= often(0.05 / 2)


# --- the search ---


def test_the_cheapest_is_found_dearer_ones_are_not_played_and_cheaper_ones_discarded(path: Path):
    found = verbs.search(path, range(1, 9), **HERE)
    assert found.recommended is not None
    best = found.recommended.candidate
    assert not found.undecided
    assert all(one.fate == "discarded" for one in found.trials if one.candidate.cost < best.cost)
    assert not [one for one in found.trials if one.candidate.cost > best.cost]
    assert found.replications < 100 * len(found.candidates) / 5
    assert f'WORKER_WORKLOOPS="{best.layout}"' in found.text()
    assert found.runner_up is not None
    assert found.runner_up.candidate.label in found.text()


SHARED = """\
horizon: 20m
startup: 0s
resources: {records: {processors: 4}}
projects:
  p:
    workflows:
      send:
        triggers:
          - type: webhook
            arrivals: {piecewise: {"00:00": 100/min, "00:08": 30/min}}
            service: {exponential: {mean: 4s}}
        uses: [{resource: records, from: 0%, to: 80%}]
workers: [{workloops: "*:1", dispatch: ideal}]
slos: [p95(wait) < 4m, p95(service) < 30s]
"""
"""For eight minutes, 5.3 runs at once would use what serves 4: five slots keep that busy."""


def test_where_runs_share_the_best_number_of_slots_is_not_at_the_edge(tmp_path: Path):
    """R-2: too few slots leave the resource idle and runs wait for slots; with too many all runs are slow. The dearest layout is simulated
    to see that, and is none of those that were tried on the way."""
    file = tmp_path / "shared.yaml"
    file.write_text(SHARED)
    found = verbs.search(file, [4, 6, 60], **HERE)
    assert found.recommended is not None
    assert found.recommended.candidate.slots == 6
    assert [one.candidate.slots for one in found.trials] == [4, 6]
    text = " ".join(found.text().split())
    assert "the best number of slots is not the largest: manual>*:60 (cost 60) misses p95(service) < 30s: " in text
    assert "more slots do not help: records is used by 48 runs at once where all 60 slots are taken, and gives 4" in text
    few = verbs.search(file, [4, 6], **HERE)
    assert few.most_slots is None
    assert "not the largest" not in few.text()


def test_prices_decide_between_slots_and_workers(path: Path):
    def cheapest(slot: float, replica: float) -> tuple[int, int]:
        found = verbs.search(path, [3, 6], [1, 2], cost_slot=slot, cost_replica=replica, **HERE)
        assert costs(found) == sorted(costs(found))
        assert found.recommended is not None
        return found.recommended.candidate.workers, found.recommended.candidate.slots

    assert cheapest(1, 1) == (1, 6)  # 7 against 8 for two workers of three slots
    assert cheapest(0.1, 0) in ((1, 6), (2, 3))
    assert verbs.search(path, [3], [2], **HERE).text().count("2 workers of 3 slots") == 1


def costs(found: SearchResult) -> list[float]:
    return [one.cost for one in found.candidates]


def test_nothing_of_the_family_will_do(path: Path):
    found = verbs.search(path, [1, 2], **HERE)
    assert found.recommended is None
    assert found.outcome == "missed"
    assert "no layout of the 6 meets every objective" in found.text()


def test_a_budget_that_decides_nothing_leaves_layouts_undecided_and_names_them(path: Path):
    path.write_text(SCENARIO.replace("p95(fast_lane.wait) < 3s", "runs >= 1195"))  # 1,200 are expected
    found = verbs.search(path, [6], confirming=40, most=60, tolerance=0, **HERE)
    assert found.outcome == "undecided"
    assert "undecided: manual>*:6" in found.text()


def test_searched_again_everything_is_there_already_and_the_same(path: Path, tmp_path: Path):
    first = verbs.search(path, range(1, 6), store=tmp_path / "store", **HERE)
    again = verbs.search(path, range(1, 6), store=tmp_path / "store", **HERE)
    assert (first.reused, again.reused) == (0, first.replications)
    assert json.dumps(first.summary()) == json.dumps(again.summary())


def test_interrupted_it_recommends_nothing_and_goes_on_from_there(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def interrupted(*args, **kwargs):
        calls.append(None)
        if len(calls) == 60:
            raise KeyboardInterrupt
        return measure(*args, **kwargs)

    calls: list[None] = []
    monkeypatch.setattr(design_points, "measure", interrupted)
    found = verbs.search(path, range(1, 6), store=tmp_path / "store", **HERE)
    assert found.interrupted
    assert found.recommended is None
    monkeypatch.undo()
    again = verbs.search(path, range(1, 6), store=tmp_path / "store", **HERE)
    assert again.reused == 59
    assert again.summary() == verbs.search(path, range(1, 6), **HERE).summary()


def test_a_layout_that_raises_is_named_and_no_other_suffers(path: Path, monkeypatch: pytest.MonkeyPatch):
    def poisoned(scenario, *args, **kwargs):
        if scenario.scenario.workers[0].workloops == "manual>*:2":
            raise ZeroDivisionError("two")
        return measure(scenario, *args, **kwargs)

    monkeypatch.setattr(design_points, "measure", poisoned)
    found = verbs.search(path, range(1, 8), **HERE)
    assert found.recommended is not None
    assert [one.candidate.label for one in found.undecided] == ["manual>*:2"]
    assert "ZeroDivisionError: two" in found.text()


# --- traffic ---


def test_the_highest_traffic_lies_between_what_holds_and_what_does_not(path: Path):
    found = verbs.highest_traffic(path, parse_numbers("--traffic", "0.2..3:0.2"), layout="manual>*:5", **HERE)
    assert found.carries is not None
    assert found.fails is not None
    assert found.carries < found.fails
    assert {0.2, 3.0} <= set(found.trials)
    assert found.trials[3.0].fate == "discarded"
    assert len(found.trials) < 12
    assert all((factor <= found.carries) == (one.fate == "met") for factor, one in found.trials.items())


@pytest.mark.parametrize(
    ("factors", "outcome", "words"), [([0.1, 0.2], "met", "the most that was asked for"), ([5, 6], "missed", "not even 5 ×")]
)
def test_where_an_end_of_the_range_decides_nothing_else_is_played(path: Path, factors: list[float], outcome: str, words: str):
    found = verbs.highest_traffic(path, factors, layout="manual>*:5", **HERE)
    assert found.outcome == outcome
    assert words in found.text()


def looked_at(fates: str, most: int = 99) -> tuple[list[int], int]:
    """The places that were looked at; `m`et, `d`iscarded, `u`ndecided."""
    asked: list[int] = []

    def fate(place: int) -> str:
        asked.append(place)
        return fates[place]

    capacity_search._look_where_neighbours_disagree(len(fates) - 1, fate, most)
    assert len(asked) == len(set(asked)), "each once"
    return sorted(asked), len(asked)


@pytest.mark.parametrize(
    "fates", ["m" * 9 + "d" * 24, "m" + "d" * 32, "m" * 32 + "d", "m" * 12 + "uuu" + "d" * 18, "d" * 5 + "m" * 20 + "d" * 8, "md", "mmd"]
)
def test_every_change_of_fate_is_found(fates: str):
    places, count = looked_at(fates)
    changes = [place for place in range(1, len(fates)) if fates[place] != fates[place - 1]]
    assert {place - 1 for place in changes} | set(changes) <= set(places)
    assert count <= 5 + 3 * len(changes)


def test_where_all_agree_the_ends_and_the_quarters_are_enough():
    assert looked_at("m" * 33) == ([0, 8, 16, 24, 32], 5)
    assert looked_at("d" * 33)[1] == 5
    assert looked_at("mmd" * 11, most=12)[1] == 12, "there is a limit to it"


POLLING = """\
horizon: 2h
projects:
  p:
    workflows:
      send: {triggers: [{type: webhook, arrivals: {poisson: 30/min}, service: 100ms}]}
lightning: {broadcast_work_available: false}
workers: [{workloops: "*:5", backoff: 1/10}]
slos: [p95(default.wait) < 1.5s]
"""


def test_less_traffic_may_be_worse_and_is_looked_at(tmp_path: Path):
    """Nobody wakes the worker: what comes seldom waits for the next poll, which is up to ten seconds away."""
    file = tmp_path / "polling.yaml"
    file.write_text(POLLING)
    found = verbs.highest_traffic(file, [0.02, 0.1, 8, 16], **HERE)
    assert (found.carries, found.fails, found.outcome) == (8, 16, "missed")
    assert (found.exceptions, found.lowest_that_holds) == ([0.02], 0.1)
    assert "less traffic is worse here: an objective is missed at 0.02 ×" in found.text()


def shares(share: float, count: int, seed: int) -> list[Values]:
    """Replications of a hundred independent runs, of which such a share waits too long."""
    random, rows = np.random.default_rng(seed), []
    for number in range(count):
        sample = Durations.of(np.where(random.random(100) < share, 2e6, 0.5e6), np.empty(0))
        found = sample.share_above(1e6)
        assert found is not None
        rows.append(Values(number, (found.low,), (found.high,), (Evidence.of(sample),)))
    return rows


def ended(one: Rule, values: list[Values]) -> tuple[int, str]:
    """After how many replications, and with what."""
    for look in one.looks:
        outcome = one.decide(values[:look], int(look > 20))
        if outcome != "undecided" or one.is_futile(values[:look], 1):
            return look, outcome
    return one.most, "undecided"


def test_a_share_at_its_bound_is_given_up_and_one_that_can_be_decided_is_not():
    """Exactly 10 %, and no tolerance: no number of replications decides that. One of 9 % or of 11 % is decided."""
    one = rule("share(all.wait > 1s) <= 10%", most=1_020, tolerance=0.0)
    at_bound = [ended(one, shares(0.1, one.most, seed)) for seed in range(6)]
    assert [outcome for _, outcome in at_bound].count("undecided") >= 5
    assert np.mean([look for look, _ in at_bound]) < 0.7 * one.most
    assert ended(one, shares(0.085, one.most, 1))[1] == "met"
    assert ended(one, shares(0.115, one.most, 1))[1] == "missed"
    rare = rule("share(all.wait > 1s) <= 0.1%")
    assert ended(rare, shares(0.0002, rare.most, 1))[1] == "met", "few events are no reason to give up"


def test_a_share_that_must_be_nothing_is_held_against_what_was_seen():
    """No interval ever ends at zero: that would take replications for ever."""
    one = rule("share(all.wait > 1s) <= 0%")
    assert ended(one, shares(0.0, 420, 1)) == (120, "met")
    assert ended(one, shares(0.01, 420, 1))[1] == "missed"


def test_the_traffic_of_a_replayed_file_is_what_it_is(path: Path):
    with pytest.raises(ScenarioError):
        verbs.highest_traffic(path, [-1.0, 2.0], **HERE)
    with pytest.raises(FastlanesError, match="two ends"):
        verbs.highest_traffic(path, [1.0], **HERE)


@pytest.mark.parametrize(("text", "numbers"), [("1..3", [1, 2, 3]), ("0.5..1:0.25", [0.5, 0.75, 1.0]), ("2,4", [2, 4]), ("7", [7])])
def test_numbers_are_ranges_or_lists(text: str, numbers: list[float]):
    assert parse_numbers("--slots", text) == numbers


@pytest.mark.parametrize("text", ["", "a..b", "1..", "two", "[]", "3..1", "true"])
def test_what_is_no_numbers_is_refused(text: str):
    with pytest.raises(FastlanesError, match=r"(?s)--slots.*hint"):
        parse_numbers("--slots", text)
