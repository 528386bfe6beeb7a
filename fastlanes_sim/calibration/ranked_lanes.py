"""How far out the observed sample lies among those of the replications, in several lanes at once.

Were the observed sample one more replication, each sample might as well be the observed one. So the mean of Kolmogorov's distances of a
sample to all the others is ranked among all samples: a Monte Carlo test (Barnard, JRSS B 25, 1963; Besag and Clifford, Biometrika 76,
1989). It asks for no distribution of these means: some replications in which a workloop died (W-6) make it less sharp, not wrong.

Over the lanes the largest of a sample's means counts, each in units of what chance allows in its lane alone (Westfall and Young,
Resampling-Based Multiple Testing, 1993). Where all samples of a lane but one are nearly alike, that one is further out than anything could
be in another lane. So that it hides nothing there, the furthest sample of a lane counts as further out than any that is the furthest of no
lane, and as no further than the furthest of another lane.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
LEVEL = 0.05
"""Of the test, all lanes together."""
_HALVINGS = 40
"""Of the interval in which a bound is sought: distances are between 0 and 1."""


def level_of(replications: int, lanes: int = 1) -> float:
    """Of the test. With few replications none is smaller than this: by chance, in one of the lanes the observed waits are the furthest."""
    return max(LEVEL, max(lanes, 1) / (replications + 1))


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
    """The share of samples that are as far out as the observed one, in whichever lane."""


def ranked(distances: Sequence[Floats]) -> list[Rank]:
    """Of each lane, from the distances of all samples to all others, of which the observed one is the first."""
    if not distances:
        return []
    count = len(distances[0])
    means = np.array([lane.sum(axis=1) / (count - 1) for lane in distances])
    return [
        Rank(of_lane[0, 1:], float(np.median(means[lane, 1:])), _bound(means, lane), _joint_share(means, lane))
        for lane, of_lane in enumerate(distances)
    ]


def _bound(means: Floats, lane: int) -> float:
    """The mean beyond which the observed one would be too far out, the other lanes being as they are."""
    lanes, count = means.shape
    level = level_of(count - 1, lanes)
    low, high = 0.0, float(means[lane, 1:].max())  # whatever is further out than all replications is beyond it
    for _ in range(_HALVINGS):
        moved = means.copy()
        moved[lane, 0] = (low + high) / 2
        if _joint_share(moved, lane) <= level + 1e-9:
            high = (low + high) / 2
        else:
            low = (low + high) / 2
    return high


def _joint_share(means: Floats, lane: int) -> float:
    """Of the samples that are as far out in any lane as the observed one is in this lane."""
    lanes, count = means.shape
    allowed = int(level_of(count - 1, lanes) * count + 1e-9)  # so many may be as far out, the observed one among them
    ascending = np.sort(means, axis=1)
    units = ascending[:, [-allowed]]
    scores = means / np.where(units > 0, units, 1.0)
    scores[means > ascending[:, [-2]]] = np.inf
    return float((scores.max(axis=0) >= scores[lane, 0]).mean())
