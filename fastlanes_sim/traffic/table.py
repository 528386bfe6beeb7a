"""The run table: every future run of a simulation, drawn beforehand.

It is the only thing that an engine learns about the traffic. Because it is fixed before any layout is played, two layouts
under one seed meet exactly the same runs: common random numbers without further ado.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class RunTable:
    """One row a run, in the order of creation: `inserted_at` never decreases (L-22).

    Every array has one entry a run. Times and durations are microseconds.
    """

    inserted_at: npt.NDArray[np.int64]
    """When Lightning creates the run, since the start of the simulation."""
    workflow: npt.NDArray[np.int32]
    """Index into `Deployment.workflows`."""
    queue: npt.NDArray[np.int8]
    """`rules.creation.Queue`: the lane."""
    priority: npt.NDArray[np.int8]
    """0 immediate, 1 normal (L-1)."""
    service_time: npt.NDArray[np.int64]
    """From start to end, were there no timeout."""
    startup_time: npt.NDArray[np.int64]
    """From the worker's receipt of the run to its start: joining the channel, fetching data (W-15)."""
    timeout: npt.NDArray[np.int64]
    """The worker kills the run that long after its start (L-19)."""
    outcome: npt.NDArray[np.int8]
    """`rules.lifecycle.State` the run ends in if nothing kills or loses it."""
    sync: npt.NDArray[np.bool_]
    """A caller waits for the end of the run (L-20)."""
    join_fails: npt.NDArray[np.bool_]
    """The run's channel cannot be joined: it is claimed and never starts (W-13)."""
    source: npt.NDArray[np.int32]
    """Index into `sources`."""
    sources: tuple[str, ...]
    """Names of what made the runs, as `project/workflow/0:cron`."""

    @classmethod
    def empty(cls) -> RunTable:
        """No runs at all."""
        times, small, flags = np.zeros(0, np.int64), np.zeros(0, np.int8), np.zeros(0, np.bool_)
        places = np.zeros(0, np.int32)
        return cls(times, places, small, small, times, times, times, small, flags, flags, places, ())

    def rows(self, which: slice | npt.NDArray[np.int64]) -> RunTable:
        """These rows, in this order; of a slice, as views."""
        columns: dict[str, Any] = {name: getattr(self, name)[which] for name in _COLUMNS}
        return replace(self, **columns)

    def followed_by(self, other: RunTable) -> RunTable:
        """These rows and then those, which have the same sources (an empty table may have none)."""
        columns: dict[str, Any] = {name: np.concatenate([getattr(self, name), getattr(other, name)]) for name in _COLUMNS}
        return replace(self, **columns, sources=self.sources or other.sources)

    def __len__(self) -> int:
        return len(self.inserted_at)


_COLUMNS = tuple(field.name for field in fields(RunTable) if field.name != "sources")
