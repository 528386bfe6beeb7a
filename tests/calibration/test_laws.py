"""Durations drawn from a law are recognised as of that law, with its parameters, also where timeouts cut them short."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from fastlanes_sim.calibration.laws import fit, kaplan_meier
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.scenario.distributions import Distribution
from fastlanes_sim.traffic.durations import draw

LAWS: list[tuple[dict[str, dict[str, Any]], dict[str, float]]] = [
    ({"exponential": {"mean": "5s"}}, {"mean": 5 * SECOND}),
    ({"lognormal": {"median": "2s", "p95": "20s"}}, {"median": 2 * SECOND, "p95": 20 * SECOND}),
    ({"gamma": {"mean": "4s", "shape": 3.0}}, {"mean": 4 * SECOND, "shape": 3.0}),
    ({"weibull": {"mean": "4s", "shape": 2.0}}, {"mean": 4 * SECOND, "shape": 2.0}),
    ({"weibull": {"mean": "4s", "shape": 0.6}}, {"mean": 4 * SECOND, "shape": 0.6}),
]


def drawn(law: dict[str, Any], size: int = 8_000, seed: int = 3) -> np.ndarray:
    return draw(Distribution.model_validate(law), size, np.random.default_rng(seed))


@pytest.mark.parametrize(("law", "parameters"), LAWS)
def test_the_law_and_its_parameters_are_recovered(law: dict[str, Any], parameters: dict[str, float]) -> None:
    """8,000 durations: parameters within 5 %, some four standard errors of the widest."""
    found = fit(drawn(law))
    assert found is not None
    assert found.kind == next(iter(law))
    assert found.parameters == pytest.approx(parameters, rel=0.05)
    assert found.distance <= found.limit


@pytest.mark.parametrize(("law", "parameters"), LAWS)
def test_runs_killed_at_their_timeout_do_not_shorten_the_law(law: dict[str, Any], parameters: dict[str, float]) -> None:
    """Every tenth is cut at the timeout: as complete durations they would pull the mean down, as censored ones they do not."""
    times = drawn(law)
    timeout = int(np.quantile(times, 0.9))
    found = fit(times[times <= timeout], np.full((times > timeout).sum(), timeout))
    assert found is not None
    assert (found.kind, found.censored) == (next(iter(law)), (times > timeout).sum())
    assert found.parameters == pytest.approx(parameters, rel=0.1)


def test_durations_that_follow_no_law_are_listed_with_the_same_mean_and_tail() -> None:
    """Two kinds of runs in one workflow: quick ones and slow ones."""
    times = np.concatenate([drawn({"gamma": {"mean": "1s", "shape": 50}}), drawn({"gamma": {"mean": "60s", "shape": 50}}, 800)])
    found = fit(times)
    assert found is not None
    assert found.kind == "empirical"
    assert len(found.values) <= 25
    listed, weights = np.array(found.values).T
    assert listed @ weights == pytest.approx(times.mean(), rel=0.001)
    assert weights[listed > 10 * SECOND].sum() == pytest.approx(1 / 11, abs=0.025)  # half a bin


def test_what_the_timeout_hides_of_a_listed_law_lies_beyond_the_timeout() -> None:
    times = np.concatenate([drawn({"gamma": {"mean": "1s", "shape": 50}}), np.full(100, 10 * SECOND)])
    found = fit(times[:-100], times[-100:])
    assert found is not None
    value, weight = found.values[-1]
    assert value > 10 * SECOND
    assert weight == pytest.approx(100 / len(times), rel=0.01)


def test_durations_all_alike_are_a_constant_and_a_handful_is_listed() -> None:
    constant = fit(np.full(50, 500_000))
    assert constant is not None
    assert (constant.kind, constant.parameters) == ("constant", {"": 500_000})
    few = fit(np.array([SECOND, 2 * SECOND, 5 * SECOND]))
    assert few is not None
    assert few.values == ((SECOND, 0.333333), (2 * SECOND, 0.333333), (5 * SECOND, 0.333333))
    assert fit(np.empty(0, np.int64), np.array([SECOND])) is None


def test_kaplan_and_meier_by_hand() -> None:
    """Ends at 1, 2 and 4; one censored at 2 (still at risk there) and one at 3: 4/5, 3/5, then 0 of the one that is left."""
    times, survival = kaplan_meier(np.array([1, 2, 4]), np.array([2, 3]))
    assert times.tolist() == [1, 2, 4]
    assert survival.tolist() == pytest.approx([0.8, 0.6, 0.0])
