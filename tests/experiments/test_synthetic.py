"""Days that are drawn without a simulator are what they say."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fastlanes_sim.experiments.estimation import estimate_of
from fastlanes_sim.experiments.replicate import CONFIRMED, FIRST_LOOK
from fastlanes_sim.measures.grammar import parse_measure, parse_objective
from studies.synthetic import Days, a_day, exponential, heavy, independent, values_of, waits


def test_waits_are_those_of_one_server_that_takes_runs_in_order():
    assert waits(np.array([0.0, 1.0, 2.0, 10.0]), np.array([3.0, 1.0, 1.0, 5.0])).tolist() == [0, 2, 2, 0]
    assert not len(waits(np.empty(0), np.empty(0)))


def test_services_have_the_mean_and_the_variation_that_they_say():
    random = np.random.default_rng(1)
    for service, variation in ((exponential, 1.0), (heavy, 2.0)):
        drawn = service(random, 2_000_000)
        assert drawn.mean() == pytest.approx(1, abs=0.01)
        assert drawn.std() == pytest.approx(variation, rel=0.06)


def test_a_day_has_the_arrivals_of_its_pieces():
    random = np.random.default_rng(2)
    sizes = [len(a_day([(100.0, 0.5), (50.0, 2.0)])(random)) for _ in range(2_000)]
    assert np.mean(sizes) == pytest.approx(150, abs=4 * math.sqrt(150 / 2_000))
    assert np.var(sizes) == pytest.approx(150, rel=0.15)


def test_the_truth_of_independent_runs_is_their_distribution():
    asked = [parse_measure(text) for text in ("p99(wait)", "share(wait > 3s)", "mean(wait)", "max(wait)")]
    p99, share, mean, largest = Days(independent(50)).truths(asked, runs=2_000_000)
    assert p99 == pytest.approx(1e6 * math.log(100), rel=0.01)
    assert share == pytest.approx(math.exp(-3), rel=0.02)
    assert mean == pytest.approx(1e6, rel=0.005)
    assert largest == pytest.approx(1e6 * sum(1 / k for k in range(1, 51)), rel=0.01), "the expected maximum of fifty"


def test_a_day_is_measured_like_a_replication():
    asked = [parse_measure(text) for text in ("p50(wait)", "share(wait > 2s)")]
    values = values_of(3, np.array([1.0, 2.0, 3.0]), asked)
    assert (values.replication, values.low, values.high) == (3, (2e6, 1 / 3), (2e6, 1 / 3))
    assert values.evidence[0].lows == (1e6, 2e6, 3e6)
    assert math.isnan(values_of(0, np.empty(0), asked).low[0])


def test_counts_are_of_the_runs_that_wait_too_long():
    assert values_of(0, np.array([1.0, 2.0, 3.0]), [parse_measure("gave_up")], gives_up=1.5).low == (2.0,)
    (count,) = Days(independent(50), gives_up=2).truths([parse_measure("gave_up")], runs=1_000_000)
    assert count == pytest.approx(50 * math.exp(-2), rel=0.03)


def test_the_truth_of_an_objective_for_days_is_the_share_of_days_that_meet_it():
    (share,) = Days(independent(1)).truths([parse_objective("mean(wait) < 1s in 50% of days")], most=20_000)
    assert share == pytest.approx(1 - math.exp(-1), abs=0.015)


def test_until_draws_more_days_until_it_is_known():
    asked = [parse_measure("mean(wait)")]
    few, many = (Days(independent(50), until=relative).values(asked, 1) for relative in (0.5, 0.02))
    assert len(few) == FIRST_LOOK
    assert len(many) > 50
    assert 0 < estimate_of(asked[0], asked, many).relative <= 0.02
    assert estimate_of(asked[0], asked, many[: int(CONFIRMED * len(many))]).relative <= 0.02, "and so it was before"
