"""An export without most of its idle time: what happens when nothing happens takes long to simulate and says little."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from fastlanes_sim.calibration.resolution import common_resolution
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.exports.export import Export


def with_shortened_idle_time(export: Export, longest: int) -> Export:
    """The same runs, so moved that no time in which there was no run at all is longer than `longest` µs, but for a part of a step of the
    export's times: whole seconds stay whole.

    A run that was not claimed, or did not end, counts as long as the export knows of it.
    """
    inserted = export.inserted_at
    over = np.maximum.accumulate(np.maximum.reduce([inserted, export.claimed_at, export.started_at, export.finished_at]))
    idle = np.maximum(inserted[1:] - over[:-1] - longest, 0)
    by = np.append(0, np.cumsum(idle - idle % common_resolution(export)))

    def earlier(column: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return np.where(column == NEVER, NEVER, column - by)

    return replace(
        export,
        inserted_at=earlier(export.inserted_at),
        claimed_at=earlier(export.claimed_at),
        started_at=earlier(export.started_at),
        finished_at=earlier(export.finished_at),
    )
