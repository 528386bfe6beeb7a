"""A list of durations with weights; and the list that represents durations which were measured."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from fastlanes_sim.core.fields import Duration, Weight, wrong
from fastlanes_sim.core.units import spell_duration, spell_number
from fastlanes_sim.distributions.family import Family, Floats, Times

_BINS = (
    0.0,
    *np.arange(0.025, 0.9, 0.05).tolist(),
    *(1 - 10 ** -np.arange(1.05, 3.1, 0.1)).tolist(),
    *(1 - 10.0 ** -np.array([3.5, 4.0])).tolist(),
    1.0,
)
"""Edges of bins that have the usual percentiles in their middle: an edge at p99 would make it jump from one bin's mean to the next one's.
In the tail ten bins to each power of ten, so that a heavy tail has no wide gaps."""


class Empirical(Family):
    """One of the listed durations, each as likely as its weight (equal where no weights are given)."""

    values: Annotated[list[Duration], Field(min_length=1)]
    weights: list[Weight] | None = None

    @model_validator(mode="after")
    def weights_match_values(self) -> Empirical:
        if self.weights is not None and (len(self.weights) != len(self.values) or sum(self.weights) <= 0):
            raise wrong("the weights do not match the values", "write as many weights as values, not all of them zero")
        return self

    def expectation(self) -> float:
        weights = self.weights or [1.0] * len(self.values)
        return sum(value * weight for value, weight in zip(self.values, weights, strict=True)) / sum(weights)

    def cdf(self, times: Floats) -> Floats:
        order = np.argsort(self.values, kind="stable")
        reached = np.concatenate([[0.0], np.cumsum(self._shares()[order])])
        return reached[np.searchsorted(np.asarray(self.values)[order], times, side="right")]

    def quantile(self, probability: float) -> float:
        order = np.argsort(self.values, kind="stable")
        place = np.searchsorted(np.cumsum(self._shares()[order]), probability, side="left")
        return float(self.values[order[min(int(place), len(order) - 1)]])

    def sample(self, size: int, random: np.random.Generator) -> Times:
        weights = np.asarray(self.weights or np.ones(len(self.values)), np.float64)
        edges = np.cumsum(weights) / weights.sum()
        place = np.searchsorted(edges, random.random(size), side="right")
        return np.asarray(self.values, np.int64)[np.minimum(place, len(self.values) - 1)]

    @classmethod
    def seen(cls, complete: Times, censored: Times) -> Empirical:
        """A short list that represents these durations: each distinct one, or the mean of each bin of quantiles, fine in the tail.

        What Kaplan and Meier leave open goes beyond the longest duration seen, so that it is censored again wherever it was.
        """
        times, survival = kaplan_meier(complete, censored)
        weights = -np.diff(np.concatenate([[1.0], survival]))
        if survival[-1] > 1e-9:
            times = np.append(times, 2 * max(int(times[-1]), int(censored.max(initial=0))))
            weights = np.append(weights, survival[-1])
        if len(times) <= len(_BINS):
            return cls._listed(zip(times, weights, strict=True))
        upper = np.cumsum(weights)
        middle = upper - weights / 2
        place = np.clip(np.searchsorted(_BINS, middle, side="right") - 1, 0, len(_BINS) - 2)
        mass = np.bincount(place, weights, len(_BINS) - 1)
        sums = np.bincount(place, weights * times, len(_BINS) - 1)
        return cls._listed((s / m, m) for s, m in zip(sums, mass, strict=True) if m > 0)

    @classmethod
    def _listed(cls, entries: Iterable[tuple[float, float]]) -> Empirical:
        kept = [(value, round(float(weight), 6)) for value, weight in entries if weight > 0]
        return cls.model_validate({"values": [f"{round(value)}us" for value, _ in kept], "weights": [weight for _, weight in kept]})

    def _shares(self) -> Floats:
        weights = np.asarray(self.weights or np.ones(len(self.values)), np.float64)
        return np.asarray(weights / weights.sum())

    @property
    def text(self) -> str:
        values = ", ".join(spell_duration(value) for value in self.values)
        weights = [spell_number(weight) for weight in self.weights or ()]
        return f"[{values}]" if len(set(weights)) <= 1 else f"{{empirical: {{values: [{values}], weights: [{', '.join(weights)}]}}}}"


def kaplan_meier(complete: Times, censored: Times) -> tuple[Times, Floats]:
    """(times, share that lasts longer than each) at every distinct complete duration (Kaplan and Meier, JASA 53, 1958)."""
    times, ended = np.unique(complete, return_counts=True)
    total = len(complete) + len(censored)
    gone = np.searchsorted(np.sort(complete), times, side="left") + np.searchsorted(np.sort(censored), times, side="left")
    at_risk = total - gone
    return times, np.cumprod(1 - ended / at_risk)
