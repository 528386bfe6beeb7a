"""Lightning's own metrics of the queue, of one simulation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.exports.queue_metrics import BOUNDS, QueueMetrics, available_at, delays_of, finalised_at


def queue_metrics(log: RunLog, begin: int, at: npt.NDArray[np.int64], bounds: tuple[float, ...] = BOUNDS) -> QueueMetrics:
    """At these instants of the simulation (µs); what is told is at µs since 1970, of which the simulation begins at `begin`."""

    def since_1970(column: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return np.where(column == NEVER, NEVER, column + begin)

    left = np.where(log.claimed_at != NEVER, log.claimed_at, log.ended_at)
    inserted, instants = since_1970(log.inserted_at), at + begin
    return QueueMetrics(
        delays_of(inserted, since_1970(log.started_at), instants, bounds),
        available_at(inserted, since_1970(left), instants),
        finalised_at(since_1970(log.ended_at), instants),
    )
