"""A response surface: what a measure would come to between the points of a sweep, with its own error. It is never a simulation.

A quadratic polynomial of the factors, fitted by least squares to the points' means (Myers, Montgomery and Anderson-Cook, Response Surface
Methodology, 4th ed., chapters 2 and 6). Its error is that with which each point is predicted by the others (leave one out, PRESS), so it
counts what a quadratic cannot follow as well as the noise of the points.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.experiments.confidence_intervals import LEVEL, t_quantile
from fastlanes_sim.experiments.sweep import Sweep
from fastlanes_sim.measures.grammar import parse_measure
from fastlanes_sim.measures.measure import Measure

Floats = npt.NDArray[np.float64]
STEPS = 1_001
"""Places over one factor that are looked at for a bound."""


@dataclass(frozen=True, slots=True)
class Predicted:
    """By a surface, in the measure's values (µs, shares, runs). No simulation."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Surface:
    """Of one measure, over the factors of a sweep."""

    measure: Measure
    factors: Mapping[str, tuple[float, float]]
    """The least and the largest value of each that was simulated."""
    points: int
    """That it is fitted to."""
    error: float
    """Of a point that is predicted by the others: the root of the mean square, in the measure's values."""
    _squared: Sequence[int]
    """Places of the factors that have a square: those with three values or more."""
    _coefficients: Floats
    _inverse: Floats

    @property
    def words(self) -> str:
        """What it is, beside each number that comes from it."""
        off = self.measure.show(self.error)
        return f"predicted by a quadratic surface through {self.points} simulated points, not simulated; it misses such points by {off}"

    def at(self, settings: Mapping[str, float]) -> Predicted:
        """The prediction for these values of all factors, with the interval of 95 % for a simulation there.

        Raises:
            FastlanesError: a factor is missing, or lies outside of what was simulated.
        """
        for name, (low, high) in self.factors.items():
            if name not in settings:
                raise FastlanesError(f"the surface needs a value of {name}", "give one of each factor of the sweep")
            if not low <= settings[name] <= high:
                raise FastlanesError(
                    f"{name}={settings[name]:g} is outside of what was simulated, {low:g} to {high:g}", "sweep over a wider range"
                )
        there = self.over(np.array([[settings[name] for name in self.factors]], np.float64))
        return Predicted(*(float(each[0]) for each in there))

    def over(self, places: Floats) -> tuple[Floats, Floats, Floats]:
        """Values, and the ends of their intervals, at many places: a row each, a column a factor in the order of `factors`."""
        rows = _terms(places, self.factors, self._squared)
        value: Floats = rows @ self._coefficients
        leverage = np.einsum("ij,jk,ik->i", rows, self._inverse, rows)
        half = t_quantile(self.points - rows.shape[1], LEVEL) * self.error * np.sqrt(1 + leverage)
        return value, np.maximum(value - half, 0.0), value + half  # no measure is negative

    def reaches(self, bound: float) -> tuple[float, float, float] | None:
        """Where over its one factor it comes to the bound for the first time, and between which values that may be: there the bound is in
        the interval. None if it does not, or there are several factors."""
        if len(self.factors) != 1:
            return None
        ((least, most),) = self.factors.values()
        places = np.linspace(least, most, STEPS)
        value, low, high = self.over(places[:, None])
        beyond = value > bound
        turns = np.flatnonzero(beyond[1:] != beyond[:-1])
        if not len(turns):
            return None
        at = int(turns[0])
        may_be = (low <= bound) & (bound <= high)
        may_be[at : at + 2] = True
        first = at - int(np.argmin(np.append(may_be[at::-1], False))) + 1
        last = at + int(np.argmin(np.append(may_be[at:], False))) - 1
        return float(places[at : at + 2].mean()), float(places[first]), float(places[last])


def fit_surface(found: Sweep, measure: Measure | str) -> Surface:
    """Fit a surface to the points of a sweep over numbers.

    Raises:
        FastlanesError: a factor is no number, or there are too few points.
    """
    one = parse_measure(measure) if isinstance(measure, str) else measure
    points = [(point.settings, point.estimate(one).mean) for point in found.points if point.values]
    points = [(settings, mean) for settings, mean in points if math.isfinite(mean)]
    factors, squared, terms = check([settings for settings, _ in points])
    values = np.array([mean for _, mean in points], np.float64)
    inverse: Floats = np.asarray(np.linalg.inv(terms.T @ terms), np.float64)
    coefficients = inverse @ terms.T @ values
    leverage = np.einsum("ij,jk,ik->i", terms, inverse, terms)
    left_out = (values - terms @ coefficients) / np.maximum(1 - leverage, 1e-9)
    return Surface(one, factors, len(points), float(np.sqrt(np.mean(left_out**2))), squared, coefficients, inverse)


def check(settings: Sequence[Mapping[str, object]]) -> tuple[dict[str, tuple[float, float]], list[int], Floats]:
    """The factors, those with a square, and the terms of these points, if they are enough for a surface.

    Raises:
        FastlanesError: a factor is no number, or there are too few points.
    """
    names = list(settings[0]) if settings else []
    for one in settings:
        for name in names:
            if isinstance(one[name], bool) or not isinstance(one[name], int | float):
                raise FastlanesError(f"{name}={one[name]} is no number", "a surface needs factors that are numbers")
    places = np.array([[one[name] for name in names] for one in settings], np.float64).reshape(len(settings), len(names))
    factors = {name: (float(column.min()), float(column.max())) for name, column in zip(names, places.T, strict=True)}
    squared = [place for place, column in enumerate(places.T) if len(np.unique(column)) > 2]
    terms = _terms(places, factors, squared)
    if len(settings) < terms.shape[1] + 2 or np.linalg.matrix_rank(terms) < terms.shape[1]:
        raise FastlanesError(
            f"{len(settings)} points are too few for a surface with {terms.shape[1]} coefficients",
            "sweep over more values, or over fewer factors",
        )
    return factors, squared, terms


def _terms(places: Floats, factors: Mapping[str, tuple[float, float]], squared: Sequence[int]) -> Floats:
    """A constant, the factors between -1 and 1, their products and squares."""
    ends = np.array(list(factors.values()), np.float64).reshape(len(factors), 2)
    middle, half = ends.mean(axis=1), np.maximum((ends[:, 1] - ends[:, 0]) / 2, 1e-300)
    scaled = (places - middle) / half
    columns = [np.ones(len(places)), *scaled.T]
    columns += [scaled[:, one] * scaled[:, other] for one, other in combinations(range(len(factors)), 2)]
    columns += [scaled[:, place] ** 2 for place in squared]
    return np.stack(columns, axis=1)
