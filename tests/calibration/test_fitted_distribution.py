"""Durations drawn from a distribution are recognised as that one, with its parameters, also where timeouts cut them short."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastlanes_sim.calibration.fitted_distribution import fit
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.distributions.distribution import Distribution
from fastlanes_sim.distributions.empirical import Empirical, kaplan_meier
from fastlanes_sim.distributions.family import Family

DISTRIBUTIONS: list[tuple[dict[str, dict[str, Any]], dict[str, float]]] = [
    ({"exponential": {"mean": "5s"}}, {"mean": 5 * SECOND}),
    ({"lognormal": {"median": "2s", "p95": "20s"}}, {"median": 2 * SECOND, "p95": 20 * SECOND}),
    ({"gamma": {"mean": "4s", "shape": 3.0}}, {"mean": 4 * SECOND, "shape": 3.0}),
    ({"weibull": {"mean": "4s", "shape": 2.0}}, {"mean": 4 * SECOND, "shape": 2.0}),
    ({"weibull": {"mean": "4s", "shape": 0.6}}, {"mean": 4 * SECOND, "shape": 0.6}),
]


def drawn(distribution: dict[str, Any], size: int = 8_000, seed: int = 3) -> np.ndarray:
    return Distribution.model_validate(distribution).sample(size, np.random.default_rng(seed))


def parameters_of(family: Family) -> dict[str, float]:
    return {name: value for name, value in family if value is not None}


def listed(family: Family) -> tuple[np.ndarray, np.ndarray]:
    """Values and weights."""
    assert isinstance(family, Empirical)
    return np.array(family.values), np.array(family.weights)


@pytest.mark.parametrize(("distribution", "parameters"), DISTRIBUTIONS)
def test_the_distribution_and_its_parameters_are_recovered(distribution: dict[str, Any], parameters: dict[str, float]) -> None:
    """8,000 durations: parameters within 5 %, some four standard errors of the widest."""
    found = fit(drawn(distribution))
    assert found is not None
    assert found.family.name == next(iter(distribution))
    assert parameters_of(found.family) == pytest.approx(parameters, rel=0.05)
    assert found.distance <= found.limit


@pytest.mark.parametrize(("distribution", "parameters"), DISTRIBUTIONS)
def test_runs_killed_at_their_timeout_do_not_shorten_the_distribution(distribution: dict[str, Any], parameters: dict[str, float]) -> None:
    """Every tenth is cut at the timeout: as complete durations they would pull the mean down, as censored ones they do not."""
    times = drawn(distribution)
    timeout = int(np.quantile(times, 0.9))
    found = fit(times[times <= timeout], np.full((times > timeout).sum(), timeout))
    assert found is not None
    assert (found.family.name, found.censored) == (next(iter(distribution)), (times > timeout).sum())
    assert parameters_of(found.family) == pytest.approx(parameters, rel=0.1)


def test_durations_that_follow_no_family_are_listed_with_the_same_mean_and_tail() -> None:
    """Two kinds of runs in one workflow: quick ones and slow ones."""
    times = np.concatenate([drawn({"gamma": {"mean": "1s", "shape": 50}}), drawn({"gamma": {"mean": "60s", "shape": 50}}, 800)])
    found = fit(times)
    assert found is not None
    assert found.family.name == "empirical"
    values, weights = listed(found.family)
    assert len(values) <= 45
    assert values @ weights == pytest.approx(times.mean(), rel=0.001)
    assert weights[values > 10 * SECOND].sum() == pytest.approx(1 / 11, abs=0.025)  # half a bin


def test_what_the_timeout_hides_of_a_list_lies_beyond_the_timeout() -> None:
    times = np.concatenate([drawn({"gamma": {"mean": "1s", "shape": 50}}), np.full(100, 10 * SECOND)])
    found = fit(times[:-100], times[-100:])
    assert found is not None
    values, weights = listed(found.family)
    assert values[-1] > 10 * SECOND
    assert weights[-1] == pytest.approx(100 / len(times), rel=0.01)


def test_durations_all_alike_are_a_constant_and_a_handful_is_listed() -> None:
    constant = fit(np.full(50, 500_000))
    assert constant is not None
    assert (constant.family.name, parameters_of(constant.family)) == ("constant", {"value": 500_000})
    few = fit(np.array([SECOND, 2 * SECOND, 5 * SECOND]))
    assert few is not None
    assert [part.tolist() for part in listed(few.family)] == [[SECOND, 2 * SECOND, 5 * SECOND], [0.333333] * 3]
    assert fit(np.empty(0, np.int64), np.array([SECOND])) is None


def test_kaplan_and_meier_by_hand() -> None:
    """Ends at 1, 2 and 4; one censored at 2 (still at risk there) and one at 3: 4/5, 3/5, then 0 of the one that is left."""
    times, survival = kaplan_meier(np.array([1, 2, 4]), np.array([2, 3]))
    assert times.tolist() == [1, 2, 4]
    assert survival.tolist() == pytest.approx([0.8, 0.6, 0.0])
