"""Distributions have the moments and quantiles that the scenario names."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from fastlanes_sim.core.units import LONGEST, SECOND
from fastlanes_sim.scenario.distributions import Distribution
from fastlanes_sim.scenario.expectation import mean
from fastlanes_sim.traffic.durations import draw

SIZE = 200_000


def drawn(value: Any, size: int = SIZE) -> np.ndarray[Any, np.dtype[np.int64]]:
    return draw(Distribution.model_validate(value), size, np.random.default_rng(7))


@pytest.mark.parametrize(
    ("value", "expected", "deviation"),
    [
        ({"exponential": {"mean": "2s"}}, 2.0, 2.0),
        ({"gamma": {"mean": "3s", "shape": 4}}, 3.0, 1.5),
        ({"gamma": {"mean": "3s", "shape": 0.5}}, 3.0, 3 / 0.5**0.5),
        ({"lognormal": {"mean": "5s", "sd": "4s"}}, 5.0, 4.0),
        ({"weibull": {"mean": "3s", "shape": 1}}, 3.0, 3.0),
        ({"weibull": {"mean": "2s", "shape": 2}}, 2.0, 2.0 * (4 / math.pi - 1) ** 0.5),
        ({"weibull": {"mean": "2s", "shape": 0.5}}, 2.0, 2.0 * 5**0.5),
        ({"empirical": {"values": ["1s", "4s"], "weights": [3, 1]}}, 1.75, 1.299),
        (["1s", "2s", "6s"], 3.0, 2.1603),
    ],
)
def test_means_and_deviations(value: Any, expected: float, deviation: float) -> None:
    """The mean within 4 standard errors, and what lint expects of it exactly."""
    times = drawn(value) / SECOND
    assert abs(times.mean() - expected) < 4 * deviation / SIZE**0.5
    assert times.std() == pytest.approx(deviation, rel=0.03)
    assert mean(Distribution.model_validate(value)) == pytest.approx(expected * SECOND)


def test_a_lognormal_by_median_and_p95() -> None:
    times = drawn({"lognormal": {"median": "5s", "p95": "20s"}})
    assert abs((times <= 5 * SECOND).mean() - 0.5) < 4 * (0.25 / SIZE) ** 0.5
    assert abs((times <= 20 * SECOND).mean() - 0.95) < 4 * (0.95 * 0.05 / SIZE) ** 0.5


def test_a_bare_duration_is_constant() -> None:
    assert drawn("1500ms", 3).tolist() == [1_500_000] * 3


def test_an_empirical_draws_only_listed_values_of_some_weight() -> None:
    assert set(drawn({"empirical": {"values": ["1s", "2s", "3s"], "weights": [1, 0, 1]}}).tolist()) == {SECOND, 3 * SECOND}


def test_a_tail_too_heavy_for_the_clock_is_cut_not_overflown() -> None:
    times = drawn({"lognormal": {"median": "1us", "p95": "36000d"}})
    assert times.min() >= 0
    assert times.max() == LONGEST


@pytest.mark.parametrize("value", ["1s", {"exponential": {"mean": "2s"}}, {"gamma": {"mean": "3s", "shape": 0.5}}, ["1s", "2s"]])
def test_a_longer_draw_begins_with_the_shorter(value: Any) -> None:
    assert drawn(value, 1_000)[:10].tolist() == drawn(value, 10).tolist()
