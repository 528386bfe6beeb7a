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
_A_YEAR = 365 * DAY


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


def torn_off(inserted: Times) -> Times:
    """Which of these insertions (in any order) lie so far from all others that they cannot be of one export, and are too many to be left
    out: the fewer of the two groups that the widest gap separates, if it is wider than a year and ten times both groups. Otherwise none."""
    if len(inserted) < 2:
        return np.empty(0, np.int64)
    order = np.argsort(inserted, kind="stable")
    gaps = np.diff(inserted[order])
    place = int(np.argmax(gaps))
    both = int(inserted[order[-1]] - inserted[order[0]]) - int(gaps[place])
    if gaps[place] <= _FAR * both + _A_YEAR:
        return np.empty(0, np.int64)
    before, after = order[: place + 1], order[place + 1 :]
    return before if len(before) <= len(after) else after


def outside(times: Times, bounds: tuple[int, int]) -> npt.NDArray[np.bool_]:
    """Which times are known and implausible."""
    return np.asarray((times != NEVER) & ((times < bounds[0]) | (times > bounds[1])))
