"""A rate that changes at random times between two levels: a Markov-modulated Poisson process, seen in steps of five minutes.

Fitted by maximum likelihood as a hidden Markov model (Baum et al., Annals of Mathematical Statistics 41, 1970).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.units import MINUTE, spell_duration, spell_number

Floats = npt.NDArray[np.float64]
STEP = 5 * MINUTE
_FEWEST_RUNS = 500
_MOST_STEPS = 20_000
_ROUNDS = 40
_SMALLEST_RATIO = 1.5
_FEWEST_VISITS = 5
_SPREAD = 2.0
"""Variance to mean of the arrivals of an hour from which on levels are sought."""


def modulated_rate(counts: Floats, expected: Floats, spread: float) -> str | None:
    """The two levels as a scenario writes them; None where one level, or short clumps, explain the arrivals.

    Args:
        counts: arrivals of each step that was watched.
        expected: by the fitted rates.
        spread: variance to mean of the arrivals of an hour.
    """
    told = expected > 0
    counts, expected = counts[told], expected[told]
    if counts.sum() < _FEWEST_RUNS or len(counts) > _MOST_STEPS or not spread > _SPREAD:
        return None
    ratio = counts / expected
    factors = np.array([max(float(np.quantile(ratio, 0.25)), 0.05), max(float(np.quantile(ratio, 0.9)), 0.2)])
    stay = np.array([0.95, 0.8])
    likelihood = -math.inf
    for _ in range(_ROUNDS):
        before = likelihood
        factors, stay, likelihood, busy = _improved(counts, expected, factors, stay)
        if likelihood - before < 1e-3 * abs(likelihood) ** 0.5:
            break
    single = counts.sum() / expected.sum()
    gain = likelihood - float((counts * np.log(single * expected) - single * expected).sum())
    visits = len(counts) * min(busy, 1 - busy) * (1 - stay[int(busy < 0.5)])
    lasting = (1 / (1 - stay)).min() >= 2
    if gain < 20 + 2 * math.log(len(counts)) or max(factors) < _SMALLEST_RATIO * min(factors) or visits < _FEWEST_VISITS or not lasting:
        return None
    stays = [spell_duration(float(STEP / (1 - part)), 3) for part in stay]
    return f"{{factors: [{', '.join(spell_number(float(factor)) for factor in factors)}], stays: [{', '.join(stays)}]}}"


def _improved(counts: Floats, expected: Floats, factors: Floats, stay: Floats) -> tuple[Floats, Floats, float, float]:
    """One round of expectation and maximisation: (factors, probabilities to stay, log likelihood before, share of the second level)."""
    logs = counts[:, None] * np.log(np.maximum(factors * expected[:, None], 1e-12)) - factors * expected[:, None]
    peak = logs.max(1)
    seen = np.exp(logs - peak[:, None])
    (a, b), size = stay.tolist(), len(counts)
    forward, scale = np.empty((size, 2)), np.empty(size)
    one, other = (1 - b) / max(2 - a - b, 1e-12), (1 - a) / max(2 - a - b, 1e-12)
    for place, (first, second) in enumerate(seen.tolist()):
        if place:
            one, other = one * a + other * (1 - b), one * (1 - a) + other * b
        one, other = one * first, other * second
        total = one + other
        one, other = one / total, other / total
        forward[place], scale[place] = (one, other), total
    backward = np.ones((size, 2))
    one = other = 1.0
    for place in range(size - 1, 0, -1):
        first, second = seen[place, 0] * one, seen[place, 1] * other
        one, other = (a * first + (1 - a) * second) / scale[place], ((1 - b) * first + b * second) / scale[place]
        backward[place - 1] = one, other
    weight = forward * backward
    weight /= weight.sum(1, keepdims=True)
    joint = seen[1:] * backward[1:] / scale[1:, None]
    kept = np.array([(forward[:-1, 0] * a * joint[:, 0]).sum(), (forward[:-1, 1] * b * joint[:, 1]).sum()])
    moved = np.clip(kept / np.maximum(weight[:-1].sum(0), 1e-9), 0.01, 0.9999)
    levels = (weight * counts[:, None]).sum(0) / np.maximum((weight * expected[:, None]).sum(0), 1e-9)
    return levels, moved, float(np.log(scale).sum() + peak.sum()), float(weight[:, 1].mean())
