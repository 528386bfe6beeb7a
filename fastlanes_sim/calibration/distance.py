"""How far apart two samples are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.int64]
NOT_YET = np.iinfo(np.int64).max
"""In a sample: it never happened while anybody looked, and so is larger than anything."""


_MOST_POINTS = 4_000
"""At which the distribution functions of many samples are compared."""


def pairwise(samples: Sequence[Times]) -> npt.NDArray[np.float64]:
    """Kolmogorov's distance of each of these sorted samples to each: exact, or, where there are very many different values, at as many of
    their quantiles as there is room for."""
    at = np.unique(np.concatenate([sample[sample < NOT_YET] for sample in samples]))
    if len(at) > _MOST_POINTS:
        at = at[np.linspace(0, len(at) - 1, _MOST_POINTS).astype(np.int64)]
    heights = np.array([np.searchsorted(sample, at, side="right") / len(sample) for sample in samples])
    distances = np.zeros((len(samples), len(samples)))
    for place in range(1, len(samples) if len(at) else 0):
        distances[place, :place] = distances[:place, place] = np.abs(heights[:place] - heights[place]).max(axis=1)
    return distances


def distance(sample: Times, reference: Times) -> float:
    """Kolmogorov's distance of two sorted samples."""
    at = np.concatenate([sample, reference])
    at = at[at < NOT_YET]
    gaps = np.searchsorted(sample, at, side="right") / len(sample) - np.searchsorted(reference, at, side="right") / len(reference)
    return float(np.abs(gaps).max(initial=0.0))
