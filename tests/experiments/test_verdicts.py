"""Verdicts from replications: met only with evidence."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fastlanes_sim.experiments.days import days_of, needed, tolerance_bound
from fastlanes_sim.experiments.replication import Values
from fastlanes_sim.experiments.verdicts import Judged, judge_values
from fastlanes_sim.measures.evidence import Evidence
from fastlanes_sim.measures.grammar import parse_objective


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


def test_a_rare_count_is_not_met_below_what_it_may_be():
    """None in ten replications: it may be a third of one in each."""
    assert judged("lost < 1", [0] * 10).verdict == "met", "is the same as none"
    assert judged("lost <= 1", [0] * 2).verdict == "undecided"
    assert judged("lost <= 1", [0] * 10).verdict == "met"


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


def test_a_mean_of_few_replications_is_met_only_if_a_sterner_interval_says_so():
    """Of skewed days that of 95 % lies below the truth too often. Here it ends at 3.26 s, and that of 99.5 % at 3.62 s."""
    days = [1.2e6, 1.3e6, 1.4e6, 1.5e6, 1.6e6, 1.7e6, 2.6e6]
    between = judged("mean(all.wait) < 3.4s", days)
    assert between.verdict == "undecided"
    assert "up to 3.62 s with 99.5 %, which a mean of few replications needs to be met" in between.text
    assert judged("mean(all.wait) < 4s", days).verdict == "met"
    assert judged("mean(all.wait) < 3.2s", days).verdict == "undecided"
