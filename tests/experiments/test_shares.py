"""Intervals of shares and rare counts, with few events and with dependent runs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import beta, binom

from fastlanes_sim.experiments.confidence_intervals import estimate
from fastlanes_sim.experiments.shares import at_most_with, count_interval, design_effect, share_interval

TEN = np.full(10, 500.0)


def of(*beyond: float) -> np.ndarray:
    return np.array(beyond, np.float64)


def test_nothing_seen_is_not_nothing_there():
    """Clopper and Pearson's end, of a little fewer runs: ten replications do not tell exactly how much runs depend on each other."""
    low, high = share_interval(np.zeros(10), TEN, 0.95)
    assert low == 0
    assert beta.ppf(0.975, 1, 5_000) < high < 1.5 * beta.ppf(0.975, 1, 5_000)
    low, high = share_interval(TEN, TEN, 0.95)
    assert (0.99 < low < 1, high) == (True, 1)


def test_dependent_runs_are_worth_fewer():
    """A hundred events on one day of ten, or ten on each."""
    together, spread = share_interval(of(100, *[0] * 9), TEN, 0.95), share_interval(np.full(10, 10.0), TEN, 0.95)
    assert together[0] < 0.001
    assert together[1] > 0.06
    assert spread == (pytest.approx(0.02), pytest.approx(0.02)), "each replication the same: chance does not do that"
    assert design_effect(of(100, *[0] * 9), TEN) == pytest.approx(100 / 0.98)


def test_few_events_are_believed_to_be_as_dependent_as_the_nearest_many():
    alone, dependent = (share_interval(of(1, 1, *[0] * 8), TEN, 0.95, lambda effect=effect: effect)[1] for effect in (1.0, 8.0))
    assert dependent > 2 * alone


def test_one_replication_has_no_interval():
    assert share_interval(of(3), of(100), 0.95) == (0, 1)
    assert share_interval(of(3, 0), of(100, 0), 0.95) == (0, 1), "one without runs is none"
    assert count_interval(of(3), 0.95) == (0, math.inf)


@pytest.mark.parametrize("events", [0.3, 1.0, 3.0, 8.0, 20.0])
def test_shares_of_independent_runs_are_held(events: float):
    """Wrongly below in at most 2.5 % of experiments, whatever is expected to be seen of 5,000 runs."""
    random, share = np.random.default_rng(int(10 * events)), events / 5_000
    found = [share_interval(random.binomial(500, share, 10).astype(float), TEN, 0.95) for _ in range(1_000)]
    assert sum(high < share for _, high in found) <= binom.ppf(0.9999, 1_000, 0.025)
    assert sum(low <= share <= high for low, high in found) >= 950 - 4 * math.sqrt(1_000 * 0.05 * 0.95)


def test_shares_of_runs_that_come_in_clusters_are_held():
    """Occasions come one by one, and each is five runs: a share of 0.6 %. Taken for independent, runs would be held too rarely."""
    random, share = np.random.default_rng(3), 5 * 6 / 5_000
    draws = [5.0 * random.poisson(0.6, 10) for _ in range(1_000)]
    found = [share_interval(one, TEN, 0.95, lambda: 5.0) for one in draws]
    assert sum(high < share for _, high in found) <= binom.ppf(0.9999, 1_000, 0.025)
    naive = [float(beta.ppf(0.975, one.sum() + 1, 5_000 - one.sum())) for one in draws]
    assert sum(high < share for high in naive) > 100


def test_rare_counts_have_garwoods_interval_and_many_have_students():
    assert count_interval(np.full(10, 40.0), 0.95) == (math.inf, -math.inf), "nothing to widen Student's with"
    one = of(1, *[0] * 9)
    student, garwood = estimate(one, one), count_interval(one, 0.95)
    assert student.low < 0 < garwood[0]
    assert garwood[1] > 5 * 0.1


def test_of_what_none_was_seen_all_may_come_together():
    """In as many replications as may have any, of which the rule of three tells."""
    low, high = count_interval(np.zeros(10), 0.95, most=200)
    assert (low, high) == (0, pytest.approx(200 * (1 - 0.025**0.1)))
    assert count_interval(np.zeros(10), 0.95) == (0, math.inf)


@pytest.mark.parametrize(("a_day", "together", "days"), [(0.1, 1, 10), (0.1, 1, 30), (0.08, 5, 30), (0.08, 40, 30), (0.4, 5, 10)])
def test_rare_counts_are_held(a_day: float, together: float, days: int):
    """Occasions, each of a geometric number: the upper end is below the expectation in at most 2.5 % of experiments."""
    random = np.random.default_rng(5)
    draws = [
        np.array([random.geometric(1 / together, many).sum() for many in random.poisson(a_day, days)], np.float64) for _ in range(1_000)
    ]
    found = [max(count_interval(one, 0.95, most=1_000)[1], estimate(one, one).high) for one in draws]
    assert sum(high < a_day * together for high in found) <= binom.ppf(0.9999, 1_000, 0.025)
    assert sum(estimate(one, one).high < a_day * together for one in draws) > 30, "Student's alone is sure of what it did not see"


def test_few_counts_that_agree_do_so_by_chance():
    """Poisson's do in two replications of three in a hundred experiments even of a hundred each."""
    for one in (of(1, 1), of(2, 2), of(2, 2, 2), of(100, 100), np.ones(10)):
        low, high = count_interval(one, 0.95)
        assert low < one[0] < high, one
    low, high = share_interval(of(100, 100), of(500, 500), 0.95)
    assert low < 0.2 < high


@pytest.mark.parametrize("replications", [2, 3, 4])
@pytest.mark.parametrize("expected", [1.0, 3.0, 30.0])
def test_counts_of_few_replications_are_held(expected: float, replications: int):
    """The upper end of 99.5 %, which decides what is met, is below the expectation in no more than 2.5 % of experiments."""
    draws = np.random.default_rng(9).poisson(expected, (1_000, replications)).astype(np.float64)
    found = [max(count_interval(one, 0.995, most=1_000)[1], estimate(one, one, 0.995).high) for one in draws]
    assert sum(high < expected for high in found) <= binom.ppf(0.9999, 1_000, 0.025)


def test_none_in_many_says_how_many_it_may_be():
    assert at_most_with(0.95, 10) == pytest.approx(1 - 0.05**0.1)
    assert at_most_with(0.95, 1_000) == pytest.approx(0.003, rel=0.01), "the rule of three"
    assert at_most_with(0.95, 0) == 1
