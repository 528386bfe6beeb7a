"""How far apart two samples are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.int64]
NOT_YET = np.iinfo(np.int64).max
"""In a sample: it never happened while anybody looked, and so is larger than anything."""


def distance(sample: Times, reference: Times) -> float:
    """Kolmogorov's distance of two sorted samples."""
    at = np.concatenate([sample, reference])
    at = at[at < NOT_YET]
    gaps = np.searchsorted(sample, at, side="right") / len(sample) - np.searchsorted(reference, at, side="right") / len(reference)
    return float(np.abs(gaps).max(initial=0.0))
