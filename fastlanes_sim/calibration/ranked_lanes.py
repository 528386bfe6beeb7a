"""How far out the observed sample lies among those of the replications, in several lanes at once.

Were the observed sample one more replication, each sample might as well be the observed one. So the mean of Kolmogorov's distances of a
sample to all the others is ranked among all samples: a Monte Carlo test (Barnard, JRSS B 25, 1963; Besag and Clifford, Biometrika 76,
1989). It asks for no distribution of these means: some replications in which a workloop died (W-6) make it less sharp, not wrong.

Over the lanes the largest of a sample's means counts, each in units of what chance allows in its lane alone (Westfall and Young,
Resampling-Based Multiple Testing, 1993). Where all samples of a lane but one are nearly alike, that one is further out than anything could
be in another lane. So that it hides nothing there, the furthest sample of a lane counts as further out than any that is the furthest of no
lane, and as no further than the furthest of another lane.

Ranks need more replications than 20 for each lane: of fewer samples some is the furthest too often. Then the logarithm of the mean is held
against a prediction interval from those of the replications, with Student's t (Hahn and Meeker, Statistical Intervals, 1991), all lanes
together at a fifth of the level, since these means have a long tail (`tests/calibration/test_validate.py` counts how often it is wrong).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
LEVEL = 0.05
"""Of the test, all lanes together."""
_LONG_TAIL = 5
"""Student's t takes a sample so far out for so many times rarer than it is."""
_HALVINGS = 40
"""Of the interval in which a bound is sought: distances are between 0 and 1."""


def are_few(replications: int, lanes: int = 1) -> bool:
    """Whether ranks cannot tell: by chance, in one of the lanes the observed waits are the furthest more often than the level allows."""
    return max(lanes, 1) / (replications + 1) > LEVEL


@dataclass(frozen=True, slots=True)
class Rank:
    """Of the observed waits of a lane among all samples."""

    distances: Floats
    """To each replication."""
    usual: float
    """The median over replications of the mean distance to all other samples."""
    bound: float
    """A larger mean distance of the observed sample is beyond chance."""
    p: float
    """How often chance puts a sample as far out in whichever lane: the share of the samples that are. Of few replications an estimate."""


def ranked(distances: Sequence[Floats]) -> list[Rank]:
    """Of each lane, from the distances of all samples to all others, of which the observed one is the first."""
    if not distances:
        return []
    count = len(distances[0])
    means = np.array([lane.sum(axis=1) / (count - 1) for lane in distances])
    return [
        Rank(of_lane[0, 1:], float(np.median(means[lane, 1:])), _bound(means, lane), _p(means, lane))
        for lane, of_lane in enumerate(distances)
    ]


def _bound(means: Floats, lane: int) -> float:
    """The mean beyond which the observed one would be too far out, the other lanes being as they are."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        moved = means.copy()
        moved[lane, 0] = (low + high) / 2
        if _p(moved, lane) <= LEVEL + 1e-9:
            high = (low + high) / 2
        else:
            low = (low + high) / 2
    return high


def _p(means: Floats, lane: int) -> float:
    lanes, count = means.shape
    return _predicted_tail(means[lane], lanes) if are_few(count - 1, lanes) else share_as_far_out(means, lane)


def _predicted_tail(means: Floats, lanes: int) -> float:
    """Of few replications: how often one more would be as far out as the observed one, in one of so many lanes."""
    from scipy.special import stdtr

    logs = np.log(np.maximum(means, 1e-9))
    spread = float(logs[1:].std(ddof=1)) * math.sqrt(1 + 1 / (len(logs) - 1))
    beyond = float(logs[0] - logs[1:].mean())
    if spread == 0:
        return 0.0 if beyond > 0 else 1.0
    return min(_LONG_TAIL * lanes * float(stdtr(len(logs) - 2, -beyond / spread)), 1.0)


def share_as_far_out(means: Floats, lane: int) -> float:
    """Of the samples that are as far out in any lane as the observed one is in this lane.

    Args:
        means: (lanes, samples); the first is the observed one.
    """
    count = means.shape[1]
    allowed = max(int(LEVEL * count + 1e-9), 1)  # so many may be as far out, the observed one among them
    ascending = np.sort(means, axis=1)
    units = ascending[:, [-allowed]]
    scores = means / np.where(units > 0, units, 1.0)
    scores[means > ascending[:, [-2]]] = np.inf
    return float((scores.max(axis=0) >= scores[lane, 0]).mean())
