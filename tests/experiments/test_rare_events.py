"""Splitting: what it estimates, what it refuses, and what is said of it."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.experiments import replicate, splitting
from fastlanes_sim.experiments.confidence_intervals import Estimate
from fastlanes_sim.experiments.episodes import OPEN, Course, Known, worth_of_a_run
from fastlanes_sim.experiments.executors import Executor
from fastlanes_sim.experiments.rare_events import RareEstimate, split
from fastlanes_sim.experiments.rare_tails import MET_BY_SPLITTING, judge_split, rare_tails
from fastlanes_sim.experiments.splitting import Levels, Question, Tail, find_levels, repetition
from fastlanes_sim.experiments.verdicts import Judged
from fastlanes_sim.measures.grammar import parse_measure, parse_objective
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
ONE = Executor(1)


def load(folder: Path, slo: str = "share(default.wait > 14s) < 0.1%", edit: tuple[str, str] = ("", "")) -> LoadedScenario:
    file = folder / "queue.yaml"
    file.write_text(QUEUE.replace("SLO", slo).replace(*edit))
    return load_scenario(file)


def question(folder: Path, measure: str = "share(default.wait > 14s)", **more: float) -> Question:
    return Question(load(folder).scenario, parse_measure(measure), 60 * SECOND, **more)


def tail(*lengths: float, reached: tuple[float, ...] = ()) -> Tail:
    return Tail(np.array(lengths), np.full(len(lengths), 0.1), 1_000.0, reached, 1)


@pytest.mark.compiled
def test_it_comes_to_the_tail_of_a_queue_that_has_a_formula(tmp_path: Path):
    """P(wait > t) = ρ exp(-(1 - ρ) t) of M/M/1 with a mean service of 1 s."""
    found = split(question(tmp_path, "share(default.wait > 11s)"), trajectories=12, repetitions=8, executor=ONE)
    answer, true = found.estimate(0.99), 0.5 * math.exp(-0.5 * 11)
    assert answer.low < true < answer.high
    assert len(found.levels.heights) >= 1
    assert found.simulations == sum(one.simulations for one in found.tails) + found.levels.simulations


@pytest.mark.compiled
def test_a_quantile_is_where_the_share_beyond_it_is_that(tmp_path: Path):
    found = split(question(tmp_path, "p99.9(default.wait)"), trajectories=10, repetitions=8, executor=ONE)
    answer = found.estimate(0.99)
    assert answer.low < 2 * math.log(0.5 / 0.001) * SECOND < answer.high
    assert found.share(answer.mean).mean == pytest.approx(0.001, rel=0.2)


@pytest.mark.compiled
def test_a_repetition_is_a_function_of_its_number(tmp_path: Path):
    levels = Levels((4.0 * SECOND,), 14.0 * SECOND, 0)
    first, again, other = (repetition(question(tmp_path), levels, 10, "kernel", number) for number in (1, 1, 2))
    assert (first.reached, first.runs, first.squares) == (again.reached, again.runs, again.squares)
    assert first.runs != other.runs


LEVELS = Levels((3.0 * SECOND, 5.0 * SECOND), 14.0 * SECOND, 0, each=0.8 * SECOND)


@pytest.mark.compiled
def test_clones_have_the_past_of_their_parent_and_another_future(tmp_path: Path):
    one = splitting._Repetition(splitting._System(question(tmp_path), "kernel"), 1, 10)
    wholes = one.wholes()
    episodes, parents = one.entered(wholes, LEVELS)
    starts = [Course(whole.known, LEVELS.each).starts(3.0 * SECOND, 1.5 * SECOND) for whole in wholes]
    assert episodes == np.mean([len(each) for each in starts])
    for parent, clone in zip(parents, one.clones(1, parents, LEVELS, None), strict=True):
        at = parent.simulation.instant
        assert parent.start == at == Course(clone.course.known, LEVELS.each, at).reached(3.0 * SECOND)
        assert any(at in each for each in starts)
        same = parent.simulation.log.inserted_at[parent.simulation.log.inserted_at >= 0]
        assert clone.table.inserted_at[: len(same)].tolist() == same.tolist()
        assert clone.table.inserted_at[len(same) :].tolist() != parent.simulation.table.inserted_at[len(same) :].tolist()


@pytest.mark.compiled
def test_a_clone_that_reaches_the_next_level_stands_where_it_does(tmp_path: Path):
    one = splitting._Repetition(splitting._System(question(tmp_path), "kernel"), 1, 10)
    _, parents = one.entered(one.wholes(), LEVELS)
    clones = one.clones(1, parents, LEVELS, 5.0 * SECOND)
    share, reached = one.reached(1, clones, 5.0 * SECOND)
    assert share == np.mean([clone.reaches(5.0 * SECOND) for clone in clones]) > 0
    assert len(reached) == 10
    for found in reached:
        course = Course(one.system.known(found.simulation.table, found.simulation.log), LEVELS.each, found.start)
        assert course.reached(5.0 * SECOND) == found.simulation.instant


def known(*runs: tuple[float, float | None], instant: float = 100) -> Known:
    """Of runs that (begin, end), the end None of one that is still at it; seconds."""
    begins = np.array([begin * SECOND for begin, _ in runs]).astype(np.int64)
    ends = np.array([OPEN if end is None else int(end * SECOND) for _, end in runs])
    return Known(begins, ends, int(instant * SECOND))


def test_an_episode_lasts_from_the_first_level_until_it_is_calm():
    found = known((0, 1), (2, 12), (4, 13), (11, 14), (12.5, 30), (40, 43), (50, None))
    ages = Course(found, 0.0)
    # The age is 8 s as the first long run ends at 12 s, and 2 s as the second does at 13 s.
    assert [at / SECOND for at in ages.starts(5.0 * SECOND, 2.5 * SECOND)] == [7, 17.5, 55]
    assert Course(found, 0.0, 7 * SECOND).calm(2.5 * SECOND) == 13 * SECOND
    assert Course(found, 0.0, 7 * SECOND).calm(0.5 * SECOND) == 30 * SECOND
    assert Course(found, 0.0, 55 * SECOND).calm(2.5 * SECOND) is None
    assert ages.highest == 50 * SECOND
    assert (found.past(5.0 * SECOND, 7 * SECOND, 13 * SECOND) / SECOND).tolist() == [10, 9]


def test_runs_that_wait_count_as_well():
    found = Course(known((0, 3), (1, 4), (1, 6), instant=10), 2.0 * SECOND)
    assert found.reached(7.0 * SECOND) == SECOND  # the age is 1 s, and three wait: it jumps
    assert found.reached(8.5 * SECOND) == 2.5 * SECOND
    assert found.reached(10.0 * SECOND) is None  # 9 s and a run less at 3 s
    assert found.calm(0.0) == 6 * SECOND


def test_who_ends_at_the_instant_of_a_level_does_not_reach_it():
    assert Course(known((0, 5), (3, 20)), 0.0).reached(5.0 * SECOND) == 8 * SECOND
    assert Course(known((0, 5)), 0.0).reached(5.0 * SECOND) is None
    assert Course(known((0, None), instant=5), 0.0).reached(5.0 * SECOND) == 5 * SECOND
    assert Course(known((0, None), instant=4.9), 0.0).reached(5.0 * SECOND) is None


def test_what_a_waiting_run_counts_is_what_one_waits_behind_it():
    assert worth_of_a_run([known((0, 2), (0.5, 4), (1, 6))]) == pytest.approx((3.5 * 1 + 5 * 2) / 5 * SECOND)
    assert worth_of_a_run([known((0, 2), (3, 4))]) == 0


@pytest.mark.compiled
def test_levels_of_a_quantile_do_not_go_far_beyond_it(tmp_path: Path):
    near, far = (find_levels(question(tmp_path, f"p{part}(default.wait)"), 10) for part in ("99.9", "99.999"))
    assert len(near.heights) < len(far.heights)
    assert near.floor >= near.heights[0]


def test_an_estimate_is_the_mean_over_repetitions_for_the_runs_of_one_replication():
    found = RareEstimate(parse_measure("share(wait > 10s)"), Levels((), 10.0 * SECOND, 5), [tail(11e6, 12e6), tail(13e6)])
    assert found.share(10e6).mean == pytest.approx(0.15 / 1_000)
    assert found.share(12.5e6).mean == pytest.approx(0.05 / 1_000)
    assert found.simulations == 7


def test_where_few_repetitions_came_far_the_interval_has_no_upper_end():
    levels = Levels((8.0 * SECOND,), 1.0 * SECOND, 5)
    tails = [tail(9e6, reached=(0.5,)), tail(2e6, reached=(0.0,)), tail(3e6, reached=(0.0,)), tail(reached=(0.0,))]
    found = RareEstimate(parse_measure("p99.99(wait)"), levels, tails)
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
    monkeypatch.setattr(replicate, "split", partial(split, trajectories=8, repetitions=5))
    loaded = load(tmp_path)
    plain = replicate.replicate(loaded, 4, executor=ONE)
    assert any("a plain count of share(default.wait > 14 s) takes about" in note and "--rare" in note for note in plain.notes)
    assert plain.verdicts[0].verdict == "undecided"
    found = replicate.replicate(loaded, 4, rare=True, executor=ONE)
    assert [one.measure.text for one in found.rare] == ["share(default.wait > 14 s)"]
    assert found.estimate("share(default.wait > 14s)").mean == found.rare[0].estimate().mean > 0
    counted = plain.verdicts[0]
    assert found.verdicts == [judge_split(counted, plain.estimate("share(default.wait > 14s)"), found.rare[0], 0.95)]
    assert "] by splitting" in found.verdicts[0].text
    assert found.verdicts[0].text.endswith(f"counted: {counted.text}")
    assert any("5 repetitions, 8 clones at each of" in note for note in found.notes)
    assert not any("a plain count of" in note and "takes about" in note for note in found.notes)


@pytest.mark.compiled
def test_only_rare_tails_that_were_hardly_seen_are_split(tmp_path: Path):
    loaded = load(tmp_path, slo='p99.99(default.wait) < 30s", "p90(wait) < 3s')
    found = replicate.replicate(loaded, 4, executor=ONE)
    objectives = [one.slo for one in found.verdicts]
    assert {one.text: bound for one, bound in rare_tails(found.measures, found.values, objectives).items()} == {
        "p99.99(default.wait)": 30.0 * SECOND
    }


def shares(*late: float) -> RareEstimate:
    """Repetitions that have seen so many late runs in a replication of a million runs."""
    tails = [Tail(np.array([11e6] * bool(one)), np.array([one] * bool(one)), 1e6, (), 1) for one in late]
    return RareEstimate(parse_measure("share(wait > 10s)"), Levels((), 10.0 * SECOND, 5), tails)


NOTHING = Estimate(0.0, 0.0, 0.0, 0.01, 30, 0.95)
"""What thirty replications say that have seen no late run."""


def judged(slo: str, found: RareEstimate, plain: Estimate = NOTHING) -> Judged:
    return judge_split(Judged(parse_objective(slo), "undecided", "not seen"), plain, found, 0.95)


EVEN = shares(*[9.0, 11.0] * 10)
"""Ten in a million: [9.5, 10.5] with 95 %, to 11 with 99.95 %."""


def test_splitting_decides_as_other_intervals_do():
    assert [judged(f"share(wait > 10s) < {bound}%", EVEN).verdict for bound in (0.0009, 0.001, 0.0011)] == ["missed", "undecided", "met"]
    assert judged("share(wait > 10s) < 0.0011%", EVEN).text.endswith("by splitting; counted: not seen")


def test_to_be_met_the_sterner_interval_must_hold_as_well():
    printed, sterner = EVEN.estimate(), EVEN.estimate(MET_BY_SPLITTING)
    between = judged(f"share(wait > 10s) < {100 * (printed.high + sterner.high) / 2:.8f}%", EVEN)
    assert between.verdict == "undecided"
    assert "not sure enough to be met: up to 0.0011 % with 99.95 % confidence; counted" in between.text


def test_what_contradicts_the_replications_decides_nothing():
    found = judged("share(wait > 10s) < 0.01%", EVEN, Estimate(0.001, 0.001, 0.0005, 0.002, 30, 0.95))
    assert found.verdict == "undecided"
    assert "contradicts what was counted" in found.text


@pytest.mark.parametrize("slo", ["share(wait > 10s) <= 0%", "share(wait > 10s) < 0.0011% in 90% of days"])
def test_none_at_all_and_days_are_judged_by_the_replications(slo: str):
    assert judged(slo, EVEN).text == "not seen"


def test_where_hardly_a_repetition_saw_a_late_run_nothing_is_met():
    for found in (shares(*[0.0] * 20), shares(*[1.0] * 10, *[0.0] * 10)):
        assert judged("share(wait > 10s) < 1%", found).verdict == "undecided"
        assert found.estimate().high == 1.0
        assert "too few for an interval" in found.words
    assert shares(*[1.0] * 11, *[0.0] * 9).estimate().high < 1e-5
