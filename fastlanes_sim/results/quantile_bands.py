"""Quantiles of the wait over time: of the runs inserted in each span, with those that never started counted in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.measures.samples import Durations
from fastlanes_sim.measures.values import Quantile
from fastlanes_sim.results.observed import Observed
from fastlanes_sim.results.series import bins_of

LEVELS = (0.5, 0.9, 0.99, 1.0)


@dataclass(frozen=True, slots=True)
class Bands:
    edges: npt.NDArray[np.int64]
    """µs since the start, one more than spans."""
    runs: npt.NDArray[np.int64]
    """Inserted in each span."""
    unstarted: npt.NDArray[np.int64]
    """Of these, not started when the log ends."""
    quantiles: list[list[Quantile | None]]
    """By span and level; None in spans without runs, a lower bound where runs that did not start decide."""

    def values(self, level: int) -> npt.NDArray[np.float64]:
        """µs by span of that place in the levels: lower bounds, NaN where there are no runs."""
        return np.array([np.nan if row[level] is None else row[level].value_us for row in self.quantiles], np.float64)  # type: ignore[union-attr]


def wait_bands(log: RunLog, observed: Observed, lane: str, edges: npt.NDArray[np.int64], levels: tuple[float, ...] = LEVELS) -> Bands:
    """Of a lane's runs, by the span [edges[i], edges[i + 1]) of their insertion; the last span includes its end."""
    waits, spans = observed.interval("wait"), len(edges) - 1
    members = np.flatnonzero(observed.members(lane))
    place = bins_of(log.inserted_at[members], edges)
    order = np.argsort(place, kind="stable")
    members, runs = members[order], np.bincount(place, minlength=spans)
    quantiles, unstarted = [], np.zeros(spans, np.int64)
    for span, rows in enumerate(np.split(members, np.cumsum(runs)[:-1])):
        whole = waits.complete[rows]
        of_span = Durations.of(waits.length[rows[whole]], waits.length[rows[~whole]])
        unstarted[span] = len(of_span.censored)
        quantiles.append([of_span.quantile(level) for level in levels])
    return Bands(edges, runs, unstarted, quantiles)
