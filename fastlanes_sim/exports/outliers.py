"""Dates that cannot belong to an export: a row of 1970 among those of this year would make the window half a century."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.units import DAY

Times = npt.NDArray[np.int64]
_FEWEST = 10
_MOST = 0.01
"""Share of the rows that may be wrong at either end (but one row always)."""
_FAR = 10
"""A row is wrong if it lies so many times the span of the others away from them."""
_AT_LEAST = 30 * DAY


def plausible(inserted: Times) -> tuple[int, int]:
    """(earliest, latest) time, µs since 1970, that can belong to an export with these insertions (in any order).

    At most 1 % of the rows are cut off at either end, where a wide gap separates them from all others.
    """
    if len(inserted) < _FEWEST:
        return 0, int(np.iinfo(np.int64).max)
    times = np.sort(inserted)
    most = max(1, int(_MOST * len(times)))
    first, last = _first_plausible(times, most), len(times) - 1 - _first_plausible(-times[::-1], most)
    span = int(times[last] - times[first])
    return int(times[first]) - _FAR * span - _AT_LEAST, int(times[last]) + _FAR * span + _AT_LEAST


def _first_plausible(times: Times, most: int) -> int:
    """How many of ascending times are cut off at the beginning. What may be cut off at the end counts for nothing."""
    ahead = 0
    for place in range(1, most + 1):
        span = int(times[len(times) - 1 - most] - times[place])
        if times[place] - times[place - 1] > _FAR * max(span, 0) + _AT_LEAST:
            ahead = place
    return ahead


def outside(times: Times, bounds: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Which times are known and implausible."""
    return np.asarray((times != NEVER) & ((times < bounds[0]) | (times > bounds[1])))
