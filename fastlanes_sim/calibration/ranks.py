"""Ranks and what is told by them. SciPy has the same in `scipy.stats`, whose import takes 23 MB that nothing else here needs."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def ranks(values: Floats) -> Floats:
    """From 1; those that are equal share the mean of their ranks."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[place], np.float64)


def rank_correlation(a: Floats, b: Floats) -> tuple[float, float]:
    """(Spearman's correlation, its two-sided p-value by Student's distribution) of pairs, at least three; neither is constant."""
    from scipy.special import stdtr

    rank = float(np.corrcoef(ranks(a), ranks(b))[0, 1])
    free = len(a) - 2
    t = rank * math.sqrt(free / max((1 - rank) * (1 + rank), 1e-300))
    return rank, float(2 * stdtr(free, -abs(t)))
