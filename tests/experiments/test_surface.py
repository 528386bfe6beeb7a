"""A response surface: what it predicts, how far off it says it is, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.experiments.surface import fit_surface

GRID = {"traffic": [0.5, 1.0, 1.5, 2.0], "workers.0.replicas": [1, 2, 3, 4]}


def swept(of: Callable[..., float], factors: Mapping[str, list[Any]] = GRID) -> Any:
    """A sweep whose points come to what a function says."""
    points = []
    for values in product(*factors.values()):
        mean = of(*values)
        found = SimpleNamespace(mean=mean)
        points.append(SimpleNamespace(settings=dict(zip(factors, values, strict=True)), values=[1], estimate=lambda _, found=found: found))
    return SimpleNamespace(points=points)


def quadratic(traffic: float, replicas: float) -> float:
    return SECOND * (3 + 2 * traffic - replicas + 0.5 * traffic * replicas + 4 * traffic**2 + 0.1 * replicas**2)


def test_what_is_quadratic_is_predicted_between_the_points():
    surface = fit_surface(swept(quadratic), "p99(fast_lane.wait)")
    assert surface.at({"traffic": 1.3, "workers.0.replicas": 2.5}).value == pytest.approx(quadratic(1.3, 2.5))
    assert surface.error == pytest.approx(0, abs=1)
    assert surface.points == 16


def test_intervals_contain_a_new_simulation_as_often_as_they_say():
    rng, inside = np.random.default_rng(7), 0
    for _ in range(400):
        surface = fit_surface(swept(lambda t, r: quadratic(t, r) + rng.normal(0, SECOND)), "mean(wait)")
        predicted = surface.at({"traffic": 1.2, "workers.0.replicas": 3})
        inside += predicted.low <= quadratic(1.2, 3) + rng.normal(0, SECOND) <= predicted.high
    assert inside >= 0.93 * 400  # leaving one out overstates the noise, so more than 95 % are


def test_what_a_quadratic_cannot_follow_counts_as_error():
    smooth, steep = (fit_surface(swept(lambda t, r, power=power: SECOND * t**power + 0 * r), "mean(wait)") for power in (3, 9))
    assert SECOND * 0.01 < smooth.error < steep.error / 10
    assert "not simulated; it misses such points by" in steep.words


def test_a_factor_of_two_values_has_no_square():
    surface = fit_surface(swept(lambda t, r: SECOND * (t + r), {"traffic": [1.0, 1.5, 2.0, 2.5], "r": [1, 2]}), "mean(wait)")
    assert surface.at({"traffic": 1.7, "r": 1.5}).value == pytest.approx(SECOND * 3.2)


def test_it_does_not_reach_beyond_what_was_simulated():
    surface = fit_surface(swept(quadratic), "mean(wait)")
    with pytest.raises(FastlanesError, match=r"traffic=3 is outside of what was simulated, 0\.5 to 2"):
        surface.at({"traffic": 3, "workers.0.replicas": 2})
    with pytest.raises(FastlanesError, match=r"needs a value of workers\.0\.replicas"):
        surface.at({"traffic": 1})


def test_too_few_points_and_texts_are_refused():
    with pytest.raises(FastlanesError, match="4 points are too few for a surface with 3 coefficients"):
        fit_surface(swept(lambda t: t, {"traffic": [1.0, 1.5, 2.0, 2.5]}), "mean(wait)")
    with pytest.raises(FastlanesError, match="layout=A is no number"):
        fit_surface(swept(lambda _: 1.0, {"layout": ["A", "B"]}), "mean(wait)")
