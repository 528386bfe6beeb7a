"""How long a steady system takes to forget that it began empty, and whether it ever settles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.experiments.confidence_intervals import student
from fastlanes_sim.results.series import mean_in_bins, queue_depth
from fastlanes_sim.rules.creation import Queue

Floats = npt.NDArray[np.float64]
BINS = 1_000
"""Spans of equal length that the horizon is cut into: 200 batches of five."""
BATCH = 5


@dataclass(frozen=True, slots=True)
class WarmUp:
    cut: int
    """µs from the start that are left out."""
    how: str
    """`mser-5`, `set`, `none` or `terminating`."""
    settled: bool = True
    """Whether MSER-5 found its minimum before it ran out of data."""
    growing: bool = False
    """The backlog grows without bound as far as can be seen: there is no steady state to wait for."""
    growing_lanes: frozenset[str] = frozenset()
    """Those whose own does."""


def mser5(series: npt.ArrayLike) -> tuple[int, bool]:
    """How many values at the beginning to leave out, a multiple of five, and whether that is well inside the first half.

    MSER-5 (White, Simulation 69:323, 1997; White, Cobb, Spratt, WSC 2000): of the means of batches of five, leave out the d first that
    minimise the variance of what remains over its number, d at most half of them.
    """
    values = np.asarray(series, np.float64)
    count = len(values) // BATCH
    if count < 4:
        return 0, False
    means = values[: count * BATCH].reshape(count, BATCH).mean(axis=1)
    remaining = np.arange(count, 0, -1)
    total, squares = means[::-1].cumsum()[::-1], (means**2)[::-1].cumsum()[::-1]
    error = (np.maximum(squares - total**2 / remaining, 0.0) / remaining**2)[: count // 2 + 1]
    cut = int(np.argmin(error))
    return cut * BATCH, cut < count // 2


def queue_lengths(table: RunTable, log: RunLog, queue: Queue | None = None) -> Floats:
    """The mean number of runs waiting to be claimed, of a lane or of all, in each of BINS spans of the log."""
    return mean_in_bins(queue_depth(table, log, queue), np.linspace(0, log.ended_on, BINS + 1).astype(np.int64))


def is_growing(series: list[Floats]) -> bool:
    """Whether the queue grows from quarter to quarter in a way that chance does not explain.

    The second to fourth quarters' means rise by more than one run and a third, steadily, and the rise from the second to the fourth is
    above 0 at 99 % over the replications.
    """
    quarters = np.array([[part.mean() for part in np.array_split(one, 4)] for one in series])
    second, third, fourth = quarters.mean(axis=0)[1:]
    rise = quarters[:, 3] - quarters[:, 1]
    if len(series) < 2 or not (second < third < fourth and fourth - second > max(1.0, second / 3)):
        return False
    return student(rise, rise, 0.98).low > 0
