"""Verdicts from replications: met only with evidence."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.experiments.confidence_intervals import LEVEL
from fastlanes_sim.experiments.days import days_of, needed, tolerance_bound
from fastlanes_sim.experiments.estimation import estimate_of
from fastlanes_sim.experiments.feasibility import Rule
from fastlanes_sim.experiments.replication import Values
from fastlanes_sim.experiments.verdicts import MET, Judged, enough, judge_values
from fastlanes_sim.measures.evidence import Evidence
from fastlanes_sim.measures.grammar import parse_measure, parse_objective
from studies.synthetic import a_day, values_of


def judged(text: str, numbers: object, runs: int = 100, high: object = None) -> Judged:
    """Of replications that came to these numbers."""
    slo = parse_objective(text)
    lows = [float(one) for one in numbers]  # type: ignore[attr-defined]
    highs = lows if high is None else [float(one) for one in high]  # type: ignore[attr-defined]
    values = [Values(number, (low,), (top,), (Evidence(runs),)) for number, (low, top) in enumerate(zip(lows, highs, strict=True))]
    return judge_values(slo, [slo.measure], values)


def test_none_seen_says_how_many_there_may_be():
    found = judged("lost == 0", [0] * 10)
    assert found.verdict == "met"
    assert found.text == (
        "none in 1,000 runs of 10 replications; at most 0.299 % of runs if they are independent, at most 25.9 % of replications (with 95 %)"
    )
    assert judged("lost <= 0", [0] * 10) == Judged(parse_objective("lost <= 0"), "met", found.text)
    assert judged("lost == 0", [0] * 9 + [1]).text == "1 of 10 replications differ"
    assert judged("runs == 7", [7] * 10).text == "in each of 10 replications; it may differ in at most 25.9 % of replications (with 95 %)"


@pytest.mark.parametrize("text", ["lost == 0", "lost < 9", "lost == 0 in 50% of days", "p99(manual.wait) < 1s", "mean(manual.wait) < 1s"])
def test_without_runs_it_is_undecided(text: str):
    nothing = math.nan if "(" in text else 0
    assert judged(text, [nothing] * 100, runs=0).verdict == "undecided"


def test_what_is_missed_without_runs_stays_missed():
    assert judged("runs > 5", [0] * 10, runs=0).verdict == "missed"


def test_an_objective_that_allows_some_of_what_none_was_seen_of_is_answered_like_that_for_none():
    """Its mean has no useful interval, for all may come together; but it cannot be less met than `lost == 0` is."""
    none = judged("lost == 0", [0] * 10)
    for text in ("lost < 1", "lost <= 1", "lost <= 100"):
        assert (judged(text, [0] * 10).verdict, judged(text, [0] * 10).text) == ("met", none.text), text
    assert judged("lost <= 5", [0] * 10, high=[0] * 9 + [1]).verdict == "undecided", "one that is open may be one"
    assert judged("ended > 5", [0] * 10) == Judged(parse_objective("ended > 5"), "missed", "none in any of 10 replications")


def test_what_was_seen_on_few_days_may_come_together():
    """One or two on two days of thirty: an occasion that was not seen may be of many."""
    assert judged("lost <= 1", [1, 2] + [0] * 28).verdict == "undecided"
    assert judged("lost <= 100", [1, 2] + [0] * 28).verdict == "met"


def test_the_mean_verdict_says_on_how_many_days_it_holds():
    numbers = [1e6] * 7 + [70e6]
    assert judged("mean(all.wait) < 60s", numbers).text.endswith("holds on 7 of 8 days")
    assert "7 to 8 of 8 days" in judged("mean(all.wait) < 60s", [1e6] * 8, high=[1e6] * 7 + [math.inf]).text


@pytest.mark.parametrize(
    ("missed", "days", "outcome"),
    [(0, 10, "undecided"), (0, 71, "undecided"), (0, 72, "met"), (1, 72, "undecided"), (12, 72, "missed"), (6, 10, "missed")],
)
def test_an_objective_for_days_needs_days(missed: int, days: int, outcome: str):
    numbers = [70e6] * missed + [1e6] * (days - missed)
    assert judged("p99(all.wait) < 60s in 95% of days", numbers).verdict == outcome


def test_an_objective_for_days_says_what_the_days_stay_within():
    found = judged("p99(all.wait) < 60s in 90% of days", 1e6 * np.arange(1, 101))
    assert found.verdict == "missed"
    assert found.text == "59 of 100 days: 48.7 % to 68.7 % of all days; 90 % of days come to at most 96 s (with 95 %)"
    assert judged("p99(all.wait) < 60s in 95% of days", [1e6] * 10).text == (
        "10 of 10 days: 69.2 % to 100 % of all days; 72 days without a miss would show it"
    )


def test_tolerance_limits_hold_as_often_as_they_say():
    """95 % of exponential days are below ln 20: the limit is above that in 95 % of experiments."""
    random, slo = np.random.default_rng(3), parse_objective("mean(all.wait) < 60s in 90% of days")
    above = 0
    for _ in range(1_000):
        values = [Values(number, (x,), (x,), (Evidence(1),)) for number, x in enumerate(random.exponential(size=60))]
        limit = tolerance_bound(slo, 0, values, 0.9, 0.95)
        assert limit is not None
        above += limit >= math.log(10)
    assert 930 <= above <= 995
    assert tolerance_bound(slo, 0, values[:28], 0.9, 0.95) is None, "0.9 ^ 28 is more than 5 %"
    assert tolerance_bound(slo, 0, values[:29], 0.9, 0.95) is not None


def test_days_with_open_runs_may_go_either_way():
    slo = parse_objective("mean(all.wait) < 60s")
    days = days_of(slo, 0, [Values(0, (1e6,), (9e9,), ()), Values(1, (1e6,), (1e6,), ()), Values(2, (math.nan,), (math.nan,), ())])
    assert (days.met, days.missed, days.undecided, days.count, str(days)) == (1, 0, 1, 2, "1 to 2 of 2 days")
    low, high = days.share(0.95)
    assert (low, high) == (pytest.approx(0.0126, abs=1e-4), 1)
    assert needed(0.95, 0.95) == 72


def test_a_share_of_nothing_or_of_all_must_hold_in_each():
    found = judged("share(all.wait > 1s) <= 0%", [0.0] * 10)
    assert found.verdict == "met"
    assert found.text.startswith("none in 1,000 runs of 10 replications; at most 0.299 % of runs if they are independent")
    assert judged("share(all.wait > 1s) <= 0%", [0.0] * 9 + [0.1]).verdict == "missed"
    assert judged("share(all.wait > 1s) <= 0%", [0.0] * 10, high=[0.0] * 9 + [0.1]).verdict == "undecided", "open runs may"
    assert judged("share(all.wait > 1s) >= 100%", [1.0] * 10).text.startswith(
        "all of 1,000 runs of 10 replications; other are at most 0.299"
    )


def test_met_needs_a_sterner_interval_than_the_one_that_is_printed():
    """Of skewed days that of 95 % lies below the truth too often. Here it ends at 3.26 s, and that of 99.5 % at 3.62 s."""
    days = [1.2e6, 1.3e6, 1.4e6, 1.5e6, 1.6e6, 1.7e6, 2.6e6]
    between = judged("mean(all.wait) < 3.4s", days)
    assert between.verdict == "undecided"
    assert "[1.18 s, 3.26 s]; not sure enough to be met: up to 3.62 s with 99.5 % confidence; holds on" in between.text
    assert judged("mean(all.wait) < 4s", days).verdict == "met"
    assert judged("mean(all.wait) < 3.2s", days).verdict == "undecided"
    assert judged("mean(all.wait) > 1.15s", days).verdict == "undecided"
    assert ": down to " in judged("mean(all.wait) > 1.15s", days).text


@pytest.mark.parametrize("text", ["p90(all.wait)", "share(all.wait > 3s)", "p99/day(all.wait)", "mean(all.wait)", "gave_up"])
def test_the_same_rule_holds_for_everything_that_has_an_interval(text: str):
    """A bound between the ends of the two intervals is undecided; beyond both it is met, and below the whole printed one it is missed."""
    measure, draw = parse_measure(text), a_day([(600.0, 0.8)])
    values = [values_of(number, draw(np.random.default_rng(number)), [measure], gives_up=3) for number in range(20)]
    printed, sterner = (estimate_of(measure, [measure], values, level) for level in (LEVEL, MET))
    assert printed.high < sterner.high
    whole = replace(
        parse_objective(f"{text} < 9" if text == "gave_up" else f"{text} < 9{'%' if 'share' in text else 's'}"), measure=measure
    )
    bounds = (printed.low * 0.99, (printed.high + sterner.high) / 2, sterner.high * 1.01)
    outcomes = [judge_values(replace(whole, bound=bound), [measure], values).verdict for bound in bounds]
    assert outcomes == ["missed", "undecided", "met"]


def test_days_have_an_exact_interval_and_need_no_sterner_one():
    assert judged("p99(all.wait) < 60s in 95% of days", [1e6] * 72).verdict == "met"


def test_a_search_judges_what_was_not_seen_as_a_verdict_does():
    slos = [parse_objective("lost <= 5")]
    rule = Rule(slos)
    found = [Values(number, (count,), (count,), (Evidence(500),)) for number, count in enumerate([2.0] + [0.0] * 119)]
    assert rule.decide(found[:20]) == "undecided"
    assert rule.decide(found, nth=1) == "undecided", "none in the hundred that confirm, but they may come together"
    assert Rule([parse_objective("lost <= 50")]).decide(found, nth=1) == "met"
    assert rule.decide([*found[1:], found[1]], nth=1) == "met", "none at all"
    assert not rule.is_futile(found[:60], 1)
    assert rule.to_decide(found[1:]) == len(found[1:])
    assert Rule([parse_objective("ended > 5")]).decide([Values(0, (0.0,), (0.0,), (Evidence(9),))] * 5) == "missed"


def test_a_search_takes_nothing_for_met_that_a_verdict_would_not():
    slos = [parse_objective("mean(all.wait) < 1s")]
    for rule in (Rule(slos), Rule(slos, tests=1), Rule(slos, confidence=0.8)):
        assert rule.met_error(1) <= (1 - MET) / 2
    assert Rule(slos).met_error(3) < (1 - MET) / 2, "the chance of an error is shared by all systems"


@pytest.mark.parametrize("replications", [1, 1_000_001, 10**12])
def test_no_number_of_replications_that_makes_no_sense(replications: int):
    with pytest.raises(FastlanesError, match="replications"):
        enough(replications)
