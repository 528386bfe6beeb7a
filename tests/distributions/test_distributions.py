"""Every family has the moments and quantiles that a scenario names, draws what its distribution function says, and spells itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from fastlanes_sim.core.units import LONGEST, SECOND
from fastlanes_sim.distributions.constant import Constant
from fastlanes_sim.distributions.distribution import FAMILIES, Distribution
from fastlanes_sim.distributions.family import Family, Times

SIZE = 200_000
EXAMPLES: list[Any] = [
    "2s",
    {"exponential": {"mean": "2s"}},
    {"gamma": {"mean": "3s", "shape": 4.0}},
    {"gamma": {"mean": "3s", "shape": 0.5}},
    {"lognormal": {"mean": "5s", "sd": "4s"}},
    {"lognormal": {"median": "2s", "p95": "20s"}},
    {"weibull": {"mean": "2s", "shape": 0.5}},
    {"empirical": {"values": ["4s", "1s", "9s"], "weights": [1.0, 3.0, 0.5]}},
    ["1s", "2s", "6s"],
]


def family_of(value: Any) -> Family:
    return Distribution.model_validate(value).family


def drawn(value: Any, size: int = SIZE) -> Times:
    return Distribution.model_validate(value).sample(size, np.random.default_rng(7))


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
    """The sample's mean within 4 standard errors, and the expectation exactly."""
    times = drawn(value) / SECOND
    assert abs(times.mean() - expected) < 4 * deviation / SIZE**0.5
    assert times.std() == pytest.approx(deviation, rel=0.03)
    assert Distribution.model_validate(value).expectation() == pytest.approx(expected * SECOND)


@pytest.mark.parametrize("value", EXAMPLES)
def test_a_sample_follows_the_distribution_function(value: Any) -> None:
    """At most 4 standard errors apart, at times above and below and at jumps."""
    family, times = family_of(value), drawn(value)
    at = np.array([0.5, 1, 2, 3, 4, 6, 9, 20]) * SECOND
    seen = (times[:, None] <= at + 0.5).mean(axis=0)
    expected = family.cdf(at + 0.5)
    assert np.all(np.abs(seen - expected) <= 4 * np.sqrt(expected * (1 - expected) / SIZE) + 1e-12)


@pytest.mark.parametrize("value", EXAMPLES)
@pytest.mark.parametrize("probability", [0.05, 0.5, 0.8, 0.95, 0.999])
def test_a_quantile_is_where_the_distribution_function_reaches_its_probability(value: Any, probability: float) -> None:
    family = family_of(value)
    quantile = family.quantile(probability)
    below, above = family.cdf(np.array([quantile * (1 - 1e-9) - 1e-6, quantile * (1 + 1e-9)]))
    assert below <= probability + 1e-6
    assert above >= probability - 1e-6


def test_a_lognormal_by_median_and_p95() -> None:
    times = drawn({"lognormal": {"median": "5s", "p95": "20s"}})
    assert abs((times <= 5 * SECOND).mean() - 0.5) < 4 * (0.25 / SIZE) ** 0.5
    assert abs((times <= 20 * SECOND).mean() - 0.95) < 4 * (0.95 * 0.05 / SIZE) ** 0.5


def test_a_bare_duration_is_constant() -> None:
    assert drawn("1500ms", 3).tolist() == [1_500_000] * 3
    assert family_of("0s") == Constant.model_construct(value=0)


def test_an_empirical_draws_only_listed_values_of_some_weight() -> None:
    assert set(drawn({"empirical": {"values": ["1s", "2s", "3s"], "weights": [1, 0, 1]}}).tolist()) == {SECOND, 3 * SECOND}


def test_a_tail_too_heavy_for_64_bits_is_cut_not_overflown() -> None:
    times = drawn({"lognormal": {"median": "1us", "p95": "36000d"}})
    assert times.min() >= 0
    assert times.max() == LONGEST


@pytest.mark.parametrize("value", EXAMPLES)
def test_a_longer_sample_begins_with_the_shorter(value: Any) -> None:
    assert drawn(value, 1_000)[:10].tolist() == drawn(value, 10).tolist()


@pytest.mark.parametrize("value", EXAMPLES)
def test_what_a_family_spells_is_the_same_family(value: Any, tmp_path: Any) -> None:
    from fastlanes_sim.scenario.yaml.tree import read_yaml

    family = family_of(value)
    root, flaws = read_yaml(family.text)
    assert root is not None
    assert flaws == []
    again = family_of(root.plain())
    assert again.text == family.text
    assert again.expectation() == pytest.approx(family.expectation(), rel=1e-3)


def test_a_narrow_lognormal_keeps_its_parameters_apart() -> None:
    assert family_of({"lognormal": {"median": "10s", "p95": "10001ms"}}).text == "{lognormal: {median: 10s, p95: 10.001s}}"


@pytest.mark.parametrize("kind", [kind for kind in FAMILIES if kind.__name__ != "Empirical"])
def test_a_fit_that_no_scenario_can_say_is_none(kind: type[Family]) -> None:
    """Durations of centuries: there are parameters of maximum likelihood, and a scenario refuses them."""
    assert kind.fit(np.array([1e17, 2e17, 4e17]), np.empty(0)) is None
    assert kind.fit(np.array([1e6, 2e6, 4e6]), np.empty(0)) is not None


@pytest.mark.parametrize(
    "value",
    [
        {"gamma": {"mean": "2s", "shape": 0.001}},
        {"gamma": {"mean": "2s", "shape": 1e6}},
        {"weibull": {"mean": "2s", "shape": 0.05}},
        {"weibull": {"mean": "2s", "shape": 1_000}},
        {"lognormal": {"mean": "1us", "sd": "36000d"}},
        {"lognormal": {"median": "1us", "p95": "36000d"}},
        {"empirical": {"values": ["1s", "2s"], "weights": [1e12, 1e12]}},
        {"empirical": {"values": ["1s", "2s"], "weights": [5e-324, 0.0]}},
    ],
)
def test_the_farthest_parameters_that_are_allowed_give_durations(value: Any) -> None:
    with np.errstate(all="raise", under="ignore"):
        times = drawn(value, 1_000)
    assert times.min() >= 0
    assert times.max() <= LONGEST


@pytest.mark.parametrize("shape", [math.inf, math.nan, 0.0, 1e-300, 1e300])
def test_a_shape_without_durations_is_refused(shape: float) -> None:
    for family in ("gamma", "weibull"):
        with pytest.raises(ValidationError):
            Distribution.model_validate({family: {"mean": "2s", "shape": shape}})
