"""Local times as instants. As clocks go back they show an hour twice, as they go forward they leave one out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER

Times = npt.NDArray[np.int64]
_BACK = 10
"""A step back in a run's life counts so many times: clocks that differ do so by seconds rather than by parts of an hour."""


class Localised(NamedTuple):
    us: Times
    """µs since 1970 (UTC); of a time that the clocks show twice the first, of one that they leave out NEVER."""
    again: Times
    """µs until the clocks show the same time again; 0 of a time that they show once."""


def localised(local: Times, timezone: str) -> Localised:
    """Local times (µs since 1970 as the clocks show them) as instants."""
    import pandas as pd

    index = pd.DatetimeIndex(local.view("datetime64[us]"))
    us = index.tz_localize(timezone, ambiguous="NaT", nonexistent="NaT").asi8.copy()
    again = np.zeros(len(us), np.int64)
    odd = np.flatnonzero(us == pd.NaT.value)
    if len(odd):
        both = [index[odd].tz_localize(timezone, ambiguous=np.full(len(odd), one), nonexistent="NaT").asi8 for one in (True, False)]
        first = np.minimum(*both)
        us[odd] = np.where(first == pd.NaT.value, NEVER, first)
        again[odd] = np.maximum(*both) - first
    return Localised(us, again)


def set_passes(columns: Sequence[Times], again: Sequence[Times]) -> npt.NDArray[np.bool_]:
    """Choose between both instants of times that the clocks show twice: those with which each run goes forward and takes least time; of
    equals, the first. The columns are changed in place.

    Args:
        columns: the times of runs in the order in which a run reaches them, µs or NEVER.
        again: of each, µs from the first to the second instant, or 0.

    Returns:
        Which runs have such a time.
    """
    doubtful = np.logical_or.reduce([later > 0 for later in again])
    rows = np.flatnonzero(doubtful)
    if len(rows):
        best = np.full(len(rows), np.iinfo(np.int64).max)
        chosen = [column[rows] for column in columns]
        for second in product((0, 1), repeat=len(columns)):
            tried = [column[rows] + one * later[rows] for column, later, one in zip(columns, again, second, strict=True)]
            length = _length(tried)
            better = length < best
            best[better] = length[better]
            for mine, new in zip(chosen, tried, strict=True):
                mine[better] = new[better]
        for column, mine in zip(columns, chosen, strict=True):
            column[rows] = mine
    return np.asarray(doubtful)


def _length(columns: Sequence[Times]) -> Times:
    """µs of a life from each known time to the next known one, steps back many times over."""
    known = [columns[0]]
    for column in columns[1:]:
        known.append(np.where(column == NEVER, known[-1], column))
    steps = [after - before for before, after in pairwise(known)]
    return np.asarray(np.sum([np.where(step < 0, -_BACK * step, step) for step in steps], axis=0))
