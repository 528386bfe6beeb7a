"""Replications, intervals, warm-up and comparisons on small systems."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fastlanes_sim.core.errors import FastlanesError, ScenarioError
from fastlanes_sim.experiments import replicate as replicating
from fastlanes_sim.experiments.analytic import erlang_c
from fastlanes_sim.experiments.compare import Comparison, Difference, compare
from fastlanes_sim.experiments.confidence_intervals import Estimate, estimate, one_sided, student
from fastlanes_sim.experiments.replicate import FIRST_LOOK, Until, next_aim, parse_until, replicate
from fastlanes_sim.experiments.replication import measure
from fastlanes_sim.experiments.warmup import is_growing, mser5
from fastlanes_sim.measures.grammar import parse_measure, parse_objective
from fastlanes_sim.scenario.load import LoadedScenario, load_scenario
from studies.cells import QUEUE

QUICKSTART = Path(__file__).parents[2] / "scenarios" / "quickstart.yaml"


def queue(tmp_path: Path, rate: float, **changes: object) -> LoadedScenario:
    """M/M/1 with service rate 1/s."""
    path = tmp_path / "queue.yaml"
    path.write_text(QUEUE.replace("RATE", str(rate)).replace("SERVERS", "1"))
    return load_scenario(path, changes)


def layouts(*texts: str) -> dict[str, LoadedScenario]:
    return {f"{i}: {text}": load_scenario(QUICKSTART, {"workers.0.workloops": text}) for i, text in enumerate(texts)}


@pytest.mark.parametrize("text", ["p99(fast_lane.response)", "mean(all.wait)", "share(default.wait > 30 s)", "lost", "manual.killed"])
def test_a_measure_is_spelled_as_in_objectives(text: str):
    assert parse_measure(text).text == text


def test_an_objective_speaks_of_its_measure():
    assert parse_objective("p99.9(default.queue)<1m").measure.text == "p99.9(default.queue)"


@pytest.mark.parametrize("text", ["p99(fast.response)", "p999(all.wait)", "lots", ""])
def test_a_wrong_measure_is_refused(text: str):
    with pytest.raises(FastlanesError):
        parse_measure(text)


def test_the_interval_is_students_where_nothing_is_skewed():
    found = estimate([1, 2, 3, 4], [1, 2, 3, 4])
    assert (found.mean, found.half_width) == (2.5, pytest.approx(3.182446 * np.std([1, 2, 3, 4], ddof=1) / 2, rel=1e-6))
    assert found.half_width == pytest.approx(student([1, 2, 3, 4], [1, 2, 3, 4]).half_width)


def test_interrupted_it_stops_and_keeps_what_was_played(monkeypatch: pytest.MonkeyPatch):
    """Ctrl-C in the fourth replication."""
    calls = []

    def three(function, items, **_other):
        calls.append(items)
        return [function(item) for item in list(items)[:3]]

    monkeypatch.setattr(replicating, "map_jobs", three)
    found = replicate(load_scenario(QUICKSTART), 400, measures=["mean(default.wait)"])
    assert len(calls) == 1
    assert found.interrupted
    assert [values.replication for values in found.values] == [0, 1, 2]


def test_the_interval_of_skewed_numbers_reaches_farther_on_the_side_of_the_long_tail():
    values = [1, 1, 2, 2, 3, 3, 4, 5, 8, 20]
    found, plain = estimate(values, values), student(values, values)
    assert found.low == plain.low
    assert found.high > plain.mean + 1.5 * plain.half_width
    assert estimate(values[-4:], values[-4:]) == student(values[-4:], values[-4:]), "four say nothing of skewness"
    below, above = one_sided(values, values, 0.025)
    assert (below, above) == (found.low, found.high)


def test_ten_skewed_numbers_hold_their_expectation_more_often_than_students_interval_does():
    """Exponential ones, four thousand times."""
    samples = np.random.default_rng(1).exponential(size=(4_000, 10))
    assert sum(one.low <= 1 <= one.high for one in (estimate(row, row) for row in samples)) / 4_000 > 0.93
    assert sum(one.low <= 1 <= one.high for one in (student(row, row) for row in samples)) / 4_000 < 0.91


def test_an_open_run_leaves_the_interval_without_an_upper_end():
    found = estimate([1, 2, 3], [1, 2, math.inf])
    assert math.isfinite(found.low)
    assert found.high == math.inf


def test_a_replication_is_a_pure_function_and_another_each_time():
    statistic = [parse_measure("p99(fast_lane.response)")]
    loaded = load_scenario(QUICKSTART)
    assert measure(loaded, 3, statistic) == measure(loaded, 3, statistic)
    assert measure(loaded, 3, statistic).low != measure(loaded, 4, statistic).low


def test_until_stops_when_the_interval_is_narrow_enough_or_says_that_it_cannot_be():
    until = parse_until("p95(fast_lane.response):10%")
    found = replicate(load_scenario(QUICKSTART), until=until)
    assert found.estimate(until.measure).relative <= 0.1
    hopeless = replicate(load_scenario(QUICKSTART), 40, until=Until(until.measure, 1e-4))
    assert len(hopeless.values) == FIRST_LOOK
    assert "it would take about" in hopeless.notes[-1]


def looks(half_width: Callable[[int], float], *, mean: float = 100.0, upper: float = 100.0, most: int = 500) -> list[int]:
    """After how many replications `--until` looks for 10 %, where the half-width is such a one."""
    found = [FIRST_LOOK]

    def estimate_of_first(count: int) -> Estimate:
        return Estimate(mean, upper, mean - half_width(count), mean + half_width(count), count, 0.95)

    while (aim := next_aim(estimate_of_first, 0.1, found[-1], most)) > found[-1]:
        found.append(aim)
    return found


def test_until_wants_a_second_narrow_interval():
    """Where chance has made the first one narrow it does not stop."""
    assert looks(lambda count: 9.0) == [25]
    assert looks(lambda count: 9.0 if count >= 25 else 11.0) == [25, 32]
    assert looks(lambda count: 50 / math.sqrt(count)) == [25, 32], "it is reckoned beforehand: 25 are enough, and are confirmed"
    assert looks(lambda count: 100 / math.sqrt(count)) == [25, 50, 100, 125]


def test_until_goes_on_where_too_little_was_seen_and_not_where_nothing_would_help():
    assert looks(lambda count: 50 / math.sqrt(count) if count > 99 else math.inf) == [25, 50, 100, 125], "too few runs for an end"
    assert looks(lambda count: math.inf, most=150) == [25, 50, 100, 150]
    assert looks(lambda count: math.inf, upper=math.inf) == [25], "runs that never end leave it without one"
    assert looks(lambda count: 0.0) == [25], "always the same"
    assert looks(lambda count: 1.0, mean=0.0, upper=0.0, most=60) == [25, 50, 60], "none seen yet"
    assert looks(lambda count: 1e4) == [25], "hopeless"


@pytest.mark.parametrize(("bound", "verdict"), [("1ms", "missed"), ("1h", "met")])
def test_an_objective_far_from_its_interval_is_decided(bound: str, verdict: str):
    found = replicate(load_scenario(QUICKSTART, {"slos": [f"p95(fast_lane.response) < {bound}"]}), 5)
    assert [one.verdict for one in found.verdicts] == [verdict]


def test_an_objective_inside_its_interval_is_undecided():
    statistic = "p95(fast_lane.response)"
    mean = replicate(load_scenario(QUICKSTART), 5, measures=[statistic]).estimate(statistic).mean
    found = replicate(load_scenario(QUICKSTART, {"slos": [f"{statistic} < {mean:.0f}us"]}), 5)
    assert [one.verdict for one in found.verdicts] == ["undecided"]


def test_mser5_cuts_a_transient_and_little_else():
    noise = np.random.default_rng(1).normal(0, 1, 1_000)
    transient = np.where(np.arange(1_000) < 100, 20.0, 0.0)
    assert 95 <= mser5(noise + transient)[0] <= 150
    assert mser5(np.zeros(1_000)) == (0, True)


def test_mser5_takes_off_an_empty_starts_bias(tmp_path: Path):
    """M/M/1 at 0.9 waits 9 s in the long run; a start from empty is far below that for a good while."""
    mean = "mean(default.wait)"
    cut, whole = (
        replicate(queue(tmp_path, 0.9, horizon="30m", warm_up=how), 400, measures=[mean]).estimate(mean) for how in ("mser-5", "none")
    )
    assert whole.high < 9e6
    assert abs(cut.mean - 9e6) < abs(whole.mean - 9e6)


def test_a_backlog_without_bound_is_said(tmp_path: Path):
    found = replicate(queue(tmp_path, 1.13), 5)
    assert found.warm_up.growing
    assert "offered load 1.1" in found.notes[0]
    assert not replicate(queue(tmp_path, 0.7), 10).warm_up.growing
    assert not is_growing([np.zeros(1_000)] * 5)


def test_the_mean_wait_of_mm1_lies_in_the_interval_by_replications_and_by_batches(tmp_path: Path):
    mean = "mean(default.wait)"
    for found in (replicate(queue(tmp_path, 0.5), 20), replicate(queue(tmp_path, 0.5, horizon="30h"), batches=20)):
        at = found.estimate(mean)
        assert at.low < 1e6 < at.high
        assert at.relative < 0.15
    assert found.sanity.mean_wait_erlang == pytest.approx(1e6, rel=0.05)


def test_erlang_c():
    assert erlang_c(1, 0.3) == pytest.approx(0.3)
    assert erlang_c(2, 1.0) == pytest.approx(1 / 3)


@pytest.mark.parametrize("changes", [{"warm_up": "1h"}, {"kind": "steady", "warm_up": "9h"}, {"kind": "steady", "warm_up": "mser"}])
def test_a_warm_up_that_makes_no_sense_is_refused(changes: dict[str, object]):
    with pytest.raises(ScenarioError):
        load_scenario(QUICKSTART, changes)


def test_identical_layouts_differ_by_exactly_nothing():
    found = compare(layouts("manual>*:5", "manual>*:5"), 5)
    assert {(one.estimate.mean, one.estimate.low, one.estimate.high) for one in found.differences} == {(0.0, 0.0, 0.0)}


@pytest.fixture(scope="module")
def compared() -> Comparison:
    return compare(layouts("manual>*:4", "manual>*:5", "manual>*:6"), 20, measures=["mean(default.wait)"])


def test_pairs_are_corrected_and_told_apart_with_fewer_replications_than_unpaired(compared: Comparison):
    assert compared.pair_level == pytest.approx(1 - 0.05 / 3)
    waits = [one for one in compared.differences if one.measure.text == "mean(default.wait)"]
    assert len(waits) == 3
    for one in waits:
        assert one.estimate.high < 0, "more slots, shorter waits"
        assert one.unpaired_replications > one.estimate.replications


def test_the_same_runs_meet_every_layout(compared: Comparison):
    assert compared.same_traffic
    assert len(compared.frame) == 3 * len(compared.measures)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        ([1.0, 2.0, 1.0, 2.0], [1.0, 2.0, 1.0, 2.0], "B is 1.5 s [581 ms, 2.42 s] longer"),
        ([1.0, 2.0, 1.0, 2.0], [math.inf] * 4, "B is at least 1.5 s [581 ms, ∞] longer"),
        ([-math.inf] * 4, [-1.0, -2.0, -1.0, -2.0], "B is at least 1.5 s [581 ms, ∞] shorter"),
        ([-60.0, 90.0], [-60.0, 90.0], "no difference shown at 95 % [15 m 38 s shorter to 16 m 08 s longer]"),
        ([-1.0, 1.0, 1.0, 1.0], [math.inf] * 4, "undecided, runs are still open at the end"),
        ([-math.inf] * 4, [math.inf] * 4, "undecided, runs are still open at the end"),
        ([1.0], [1.0], "undecided, one replication alone has both"),
        ([0.0] * 3, [0.0] * 3, "exactly the same in every replication"),
    ],
)
def test_what_is_not_told_apart_is_not_said_to_be_alike(low: list[float], high: list[float], said: str):
    """Nor is anything said of a difference that no end bounds, though it may be none."""
    found = estimate(1e6 * np.array(low), 1e6 * np.array(high))
    assert Difference("A", "B", parse_measure("mean(wait)"), found, math.nan, math.nan).words == f"mean(all.wait): {said}"


def test_inputs_that_bound_no_difference_are_named():
    found = replace(estimate([1e6, 2e6, 1e6], [1e6, 2e6, 1e6]), low=-math.inf, high=math.inf)
    words = Difference("A", "B", parse_measure("mean(wait)"), found, math.nan, math.nan).words
    assert words == "mean(all.wait): undecided, the inputs leave any difference open"


def test_pairing_narrows_the_intervals_of_the_lane_that_shares_its_traffic():
    """The incident: waits behind the cron batch hang on how long its runs take, which both layouts share."""
    file = QUICKSTART.with_name("ethiopia_sync.yaml")
    both = {text: load_scenario(file, {"workers.0.workloops": text}) for text in ("manual>*:5", "fast_lane:1 manual>*:4")}
    found = compare(both, 8, measures=["mean(default.wait)"])
    difference = next(one for one in found.differences if one.measure.text == "mean(default.wait)")
    assert difference.narrower >= 3
    assert difference.unpaired_replications >= 9 * 8
