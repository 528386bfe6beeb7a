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
from fastlanes_sim.reports.charts.design_points import surface_contours, surface_curve
from fastlanes_sim.reports.charts.style import paper

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


def over_traffic(of: Callable[[float], float]) -> Any:
    return fit_surface(swept(of, {"traffic": [0.5, 0.75, 1.0, 1.25, 1.5, 2.0]}), "mean(wait)")


def test_it_says_where_it_comes_to_a_bound_and_between_which_values_that_may_be():
    rng = np.random.default_rng(1)
    at, least, most = over_traffic(lambda t: SECOND * (10 * t + rng.normal(0, 0.5))).reaches(12 * SECOND)
    assert least < 1.2 < most
    assert least < at < most
    assert most - least < 0.6
    exact = over_traffic(lambda t: SECOND * 10 * t).reaches(12 * SECOND)
    assert exact == pytest.approx((1.2, 1.2, 1.2), abs=0.002)


def test_it_says_of_no_bound_that_it_does_not_come_to():
    assert over_traffic(lambda t: SECOND * 10 * t).reaches(100 * SECOND) is None
    assert fit_surface(swept(quadratic), "mean(wait)").reaches(12 * SECOND) is None  # over two factors it is a line, not a value


def test_many_places_are_predicted_as_each_of_them():
    surface = fit_surface(swept(quadratic), "mean(wait)")
    value, low, high = surface.over(np.array([[1.3, 2.5], [0.7, 1.2]]))
    one = surface.at({"traffic": 0.7, "workers.0.replicas": 1.2})
    assert (value[1], low[1], high[1]) == pytest.approx((one.value, one.low, one.high))


def test_charts_say_what_was_not_simulated():
    surface = over_traffic(lambda t: SECOND * 10 * t)
    places = np.linspace(0.5, 2, 5)
    curve = surface_curve(paper().subplots(), places, *surface.over(places[:, None]))
    assert [one.get_text() for one in curve.get_legend().get_texts()] == ["simulated, with its interval", "surface, not simulated"]
    assert curve.lines[0].get_linestyle() == "--"
    grid = np.add.outer(places, places)
    contours = surface_contours(paper().subplots(), places, places, grid, np.array([[0.5, 1.0]]), of="mean(wait)", bound=2.0)
    assert contours.get_title() == "mean(wait): surface, not simulated"
    assert "surface, not simulated" in [one.get_text() for one in contours.get_legend().get_texts()]
