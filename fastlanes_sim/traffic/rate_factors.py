"""Rates as they become: multiplied by a trend, by what a day is like, and by a Markov chain."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from fastlanes_sim.core.units import HOUR, SECOND
from fastlanes_sim.scenario.dependence import Modulated, Trend
from fastlanes_sim.scenario.schedule import microseconds

Segments = list[tuple[int, float]]
"""(from µs since the start on, rate or factor), ascending, the first at 0."""


def times(first: Segments, second: Segments) -> Segments:
    """The product of two step functions."""
    found: Segments = []
    one = other = 0
    for at in sorted({at for at, _ in (*first, *second)}):
        while one + 1 < len(first) and first[one + 1][0] <= at:
            one += 1
        while other + 1 < len(second) and second[other + 1][0] <= at:
            other += 1
        found.append((at, first[one][1] * second[other][1]))
    return found


def trend_factors(trend: Trend, horizon: int) -> Segments:
    """In steps of an hour, each with the value of its middle; constant once it is over."""
    found = []
    for at in range(0, min(horizon, trend.over), HOUR):
        share = min((at + min(HOUR, trend.over - at) / 2) / trend.over, 1.0)
        found.append((at, trend.begin + (trend.end - trend.begin) * share))
    return [*found, (trend.over, trend.end)] if trend.over < horizon else found


def day_factors(variation: float, timezone: str, begin: datetime, horizon: int, random: np.random.Generator) -> Segments:
    """A factor for each local day: gamma with mean 1 and this coefficient of variation. One draw a day, in order."""
    midnight = begin.astimezone(ZoneInfo(timezone)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    shape = 1 / variation**2
    found = []
    for day in range(horizon // (23 * HOUR) + 2):
        at = microseconds(begin, (midnight.replace(tzinfo=None) + timedelta(days=day)).replace(tzinfo=ZoneInfo(timezone)))
        factor = float(random.standard_gamma(shape) / shape)
        if at < horizon:
            found.append((max(at, 0), factor))
    return found


def modulated_factors(modulated: Modulated, horizon: int, random: np.random.Generator) -> Segments:
    """It begins with the first factor or a later one, as likely as they last."""
    shares = np.cumsum(modulated.stays) / sum(modulated.stays)
    state, at = int(np.searchsorted(shares, random.random(), side="right")), 0
    found: Segments = []
    while at < horizon:
        found.append((at, modulated.factors[state]))
        at += max(round(random.standard_exponential() * modulated.stays[state]), SECOND // 1_000)
        state = (state + 1) % len(modulated.factors)
    return found
