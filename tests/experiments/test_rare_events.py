"""Splitting: what it estimates, what it refuses, and what is said of it."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.experiments import rare_events, replicate
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.rare_events import Levels, Question, RareEstimate, Tail, find_levels, repetition, split
from fastlanes_sim.experiments.rare_tails import rare_tails
from fastlanes_sim.measures.grammar import parse_measure
from fastlanes_sim.scenario.load import LoadedScenario, load_scenario

QUEUE = """\
kind: steady
horizon: 6m
warm_up: 1m
startup: 0s
network: {request: 0s, database: 0s, reply: 0s, notification: 0s}
lightning: {per_workflow_claim_limit: 1000000}
projects: {p: {workflows: {w: {triggers: [{type: webhook, arrivals: {poisson: 0.5/s}, service: {exponential: {mean: 1s}}}]}}}}
workers: [{workloops: "*:1", dispatch: ideal}]
slos: ["SLO"]
"""
TAIL = 0.5 * math.exp(-0.5 * 14)
"""P(wait > 14 s) of M/M/1 with 50 % utilisation and a mean service of 1 s."""
ONE = Executor(1)


def load(folder: Path, slo: str = "share(default.wait > 14s) < 0.1%", edit: tuple[str, str] = ("", "")) -> LoadedScenario:
    file = folder / "queue.yaml"
    file.write_text(QUEUE.replace("SLO", slo).replace(*edit))
    return load_scenario(file)


def question(folder: Path, measure: str = "share(default.wait > 14s)", **more: float) -> Question:
    return Question(load(folder).scenario, parse_measure(measure), 60 * SECOND, **more)


def tail(*lengths: float, runs: float = 1_000.0) -> Tail:
    return Tail(np.array(lengths), np.full(len(lengths), 0.1), runs, (), 1)


@pytest.mark.compiled
def test_it_comes_to_the_tail_of_a_queue_that_has_a_formula(tmp_path: Path):
    found = split(question(tmp_path), trajectories=40, repetitions=20, executor=ONE)
    answer = found.estimate(0.99)
    assert 0 < answer.low < TAIL < answer.high
    assert len(found.levels.ages) >= 1
    assert found.simulations == sum(one.simulations for one in found.tails) + found.levels.simulations


@pytest.mark.compiled
def test_a_quantile_is_where_the_share_beyond_it_is_that(tmp_path: Path):
    found = split(question(tmp_path, "p99.9(default.wait)"), trajectories=15, repetitions=10, executor=ONE)
    answer = found.estimate(0.99)
    assert answer.low < 2 * math.log(0.5 / 0.001) * SECOND < answer.high < math.inf
    assert found.share(answer.mean).mean == pytest.approx(0.001, rel=0.2)


@pytest.mark.compiled
def test_a_repetition_is_a_function_of_its_number(tmp_path: Path):
    levels = Levels((4.0 * SECOND,), 14.0 * SECOND, 0)
    first, again, other = (repetition(question(tmp_path), levels, 10, "kernel", number) for number in (1, 1, 2))
    assert (first.reached, first.runs, first.squares) == (again.reached, again.runs, again.squares)
    assert first.runs != other.runs


@pytest.mark.compiled
def test_clones_cross_the_level_at_the_instant_of_their_parent(tmp_path: Path):
    system = rare_events._System(question(tmp_path), "kernel")
    parents = [one for one in rare_events._stage(system, 1, 0, [], 0.0, 10) if one.oldest > 3 * SECOND]
    for number, parent in enumerate(parents):
        at = parent.crossing(3 * SECOND)
        clone = system.simulated(system.cloned(parent, 3 * SECOND, 100 + number))
        assert clone.crossing(3 * SECOND) == at
        before = parent.begins <= at
        assert clone.begins[: before.sum()].tolist() == parent.begins[before].tolist()
        assert clone.begins[before.sum() :].tolist() != parent.begins[~before].tolist()


@pytest.mark.compiled
def test_levels_of_a_quantile_do_not_go_far_beyond_it(tmp_path: Path):
    near, far = (find_levels(question(tmp_path, f"p{part}(default.wait)"), 10) for part in ("99.9", "99.999"))
    assert len(near.ages) < len(far.ages)
    assert near.floor < near.ages[0]


def test_an_estimate_is_the_mean_over_repetitions_for_the_runs_of_one_replication():
    found = RareEstimate(parse_measure("share(wait > 10s)"), Levels((), 10.0 * SECOND, 5), [tail(11e6, 12e6), tail(13e6)])
    assert found.share(10e6).mean == pytest.approx(0.15 / 1_000)
    assert found.share(12.5e6).mean == pytest.approx(0.05 / 1_000)
    assert found.simulations == 7


def test_where_few_repetitions_came_far_the_interval_has_no_upper_end():
    levels = Levels((8.0 * SECOND,), 1.0 * SECOND, 5)
    found = RareEstimate(parse_measure("p99.99(wait)"), levels, [tail(9e6), tail(2e6), tail(3e6), tail()])
    assert not found.means_something
    assert found.estimate().high == math.inf
    assert "only 1 of 4 repetitions came as far" in found.words


def test_a_plain_count_as_precise_needs_as_many_replications_as_its_variance_says():
    """A late run in one replication of ten, alone: variance 0.09, against 0.0008 / 2 over two repetitions."""
    tails = [Tail(np.array([11e6]), np.array([late]), 100.0, (), 1, squares=0.1) for late in (0.08, 0.12)]
    found = RareEstimate(parse_measure("share(wait > 10s)"), Levels((), 10.0 * SECOND, 5), tails)
    assert found.plain_replications == pytest.approx(0.09 / 0.0004)


@pytest.mark.parametrize("measure", ["mean(wait)", "p1(wait)", "share(service > 1s)", "p99.9/day(wait)", "lost"])
def test_what_is_no_tail_is_refused(tmp_path: Path, measure: str):
    with pytest.raises(FastlanesError, match="cannot be split"):
        split(question(tmp_path, measure))


def test_a_scenario_whose_clones_would_differ_is_refused_with_the_reason(tmp_path: Path):
    loaded = load(tmp_path, edit=("poisson: 0.5/s", "poisson: 0.5/s, days: 0.3"))
    with pytest.raises(FastlanesError, match=r"the rate .* of p/w after an instant depends on what came before it"):
        split(Question(loaded.scenario, parse_measure("p99.9(wait)")))


@pytest.mark.compiled
def test_replicating_says_what_a_rare_tail_takes_and_splits_it_if_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(replicate, "split", partial(split, trajectories=15, repetitions=10))
    loaded = load(tmp_path)
    plain = replicate.replicate(loaded, 4, executor=ONE)
    assert any("a plain count of share(default.wait > 14 s) takes about" in note and "--rare" in note for note in plain.notes)
    assert plain.verdicts[0].verdict == "undecided"
    found = replicate.replicate(loaded, 4, rare=True, executor=ONE)
    assert [one.measure.text for one in found.rare] == ["share(default.wait > 14 s)"]
    assert found.estimate("share(default.wait > 14s)").mean == found.rare[0].estimate().mean > 0
    assert "; by splitting 0.0" in found.verdicts[0].text
    assert (found.verdicts[0].verdict, found.verdicts[0].text[:20]) == (plain.verdicts[0].verdict, plain.verdicts[0].text[:20])
    assert any("10 repetitions of 15 trajectories" in note for note in found.notes)
    assert not any("a plain count of" in note and "takes about" in note for note in found.notes)


@pytest.mark.compiled
def test_only_rare_tails_that_were_hardly_seen_are_split(tmp_path: Path):
    loaded = load(tmp_path, slo='p99.99(default.wait) < 30s", "p90(wait) < 3s')
    found = replicate.replicate(loaded, 4, executor=ONE)
    objectives = [one.slo for one in found.verdicts]
    assert {one.text: bound for one, bound in rare_tails(found.measures, found.values, objectives).items()} == {
        "p99.99(default.wait)": 30.0 * SECOND
    }
