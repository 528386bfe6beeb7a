"""What one replication keeps of its runs, so that the runs of many replications can be looked at together.

A quantile of all runs cannot be had from the quantiles of the replications. It needs the runs, or enough of them: of a long sample the
order statistics near the quantile that is asked for are kept one by one, and farther away one stands for several neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlanes_sim.measures.samples import Sample

NEAR, FAR = 0.01, 0.03
"""How many order statistics one stands for: at most this share of the runs beyond the quantile, or of the distance to it."""
_TAIL = 0.99
"""Where a share's threshold lies is not known beforehand: its sample is kept as for this quantile."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of one measure in one replication."""

    runs: int = 0
    """How many it was computed from; 0 also of a number of the whole system."""
    lows: Sequence[float] = field(default=())
    """What is kept of the sample (`blocks`), in ascending order; as if what is open ended where it was last seen."""
    highs: Sequence[float] = field(default=())
    """The same as if what is open never ended; empty where nothing is open."""

    @classmethod
    def of(cls, sample: Sample[Any], part: float | None = None) -> Evidence:
        """Of a sample, for its `part`-quantile."""
        middles = _middles(len(sample), _TAIL if part is None else part)
        lows = tuple(sample.ages[middles].tolist())
        if not len(sample.censored):
            return cls(len(sample), lows)
        at_most = np.append(sample.complete.astype(np.float64), np.full(len(sample.censored), np.inf))
        return cls(len(sample), lows, tuple(at_most[middles].tolist()))

    @property
    def at_most(self) -> Sequence[float]:
        """`highs`, whether anything is open or not."""
        return self.highs or self.lows


@lru_cache(maxsize=512)
def blocks(count: int, part: float) -> npt.NDArray[np.int64]:
    """The edges of the blocks of order statistics that one of them stands for: 0, …, `count`, rising.

    Within NEAR of the quantile `part` every block is one run as long as there are not too many; then blocks grow with the distance.
    """
    place, beyond = count * part, count * min(part, 1 - part)
    least = max(1, int(NEAR * beyond))
    edges = [round(place)]
    while edges[-1] < count:
        edges.append(min(count, edges[-1] + max(least, int(FAR * (edges[-1] - place)))))
    while edges[0] > 0:
        edges.insert(0, max(0, edges[0] - max(least, int(FAR * (place - edges[0])))))
    return np.unique(np.asarray(edges, np.int64))


def _middles(count: int, part: float) -> npt.NDArray[np.int64]:
    edges = blocks(count, part)
    return (edges[:-1] + edges[1:] - 1) // 2


def weights(found: Evidence, part: float | None = None) -> npt.NDArray[np.int64]:
    """How many runs each of the kept ones stands for."""
    return np.diff(blocks(found.runs, _TAIL if part is None else part))
