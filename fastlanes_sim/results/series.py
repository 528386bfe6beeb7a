"""Numbers that change over time, as steps: from `times[i]` on, until `times[i + 1]`, the number is `counts[i]`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER, RunLog, arrived
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.results.slot_occupancy import holds
from fastlanes_sim.rules.creation import Queue


class Steps(NamedTuple):
    """Both arrays are of one length; `times` rise strictly from 0 to the end of the log."""

    times: npt.NDArray[np.int64]
    """µs since the start."""
    counts: npt.NDArray[np.int64]


def steps(begins: npt.NDArray[np.int64], ends: npt.NDArray[np.int64], until: int) -> Steps:
    """How many intervals [begin, end) cover each instant of [0, until]. An end of NEVER, or beyond `until`, is not reached."""
    ends = ends[(ends != NEVER) & (ends <= until)]
    begins = begins[begins <= until]
    times = np.concatenate([[0, until], begins, ends])
    changes = np.repeat(np.array([0, 1, -1], np.int64), [2, len(begins), len(ends)])
    distinct, place = np.unique(times, return_inverse=True)
    change = np.bincount(place, weights=changes, minlength=len(distinct)).astype(np.int64)
    return Steps(distinct.astype(np.int64), np.cumsum(change))


def queue_depth(table: RunTable, log: RunLog, queue: Queue | None = None) -> Steps:
    """Runs of a queue (of all, where None) that are inserted and not yet claimed, nor cancelled before that."""
    return depth_of(log, np.full(len(table), True) if queue is None else table.queue == queue)


def depth_of(log: RunLog, members: npt.NDArray[np.bool_]) -> Steps:
    """The same of any runs, by row of the table."""
    members = members & arrived(log)
    left = np.where(log.claimed_at != NEVER, log.claimed_at, log.ended_at)
    return steps(log.inserted_at[members], left[members], log.ended_on)


def busy_slots(log: RunLog, workloops: Iterable[tuple[int, int]]) -> Steps:
    """Slots held in these workloops together, each named as (worker, index of the workloop within it)."""
    held = holds(log)
    chosen = np.zeros(len(held.begins), np.bool_)
    for worker, workloop in workloops:
        chosen |= (held.worker == worker) & (held.workloop == workloop)
    # A slot held up to the very end of the log is still held there.
    still = held.ends >= log.ended_on
    return steps(held.begins[chosen], np.where(still, NEVER, held.ends)[chosen], log.ended_on)


def bins_of(times: npt.NDArray[np.int64], edges: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """In which bin [edges[i], edges[i + 1]) each instant lies; the last bin includes its end."""
    place: npt.NDArray[np.int64] = np.clip(np.searchsorted(edges, times, side="right") - 1, 0, len(edges) - 2)
    return place


def mean_in_bins(series: Steps, edges: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """The mean number over time in each bin [edges[i], edges[i + 1]): one value fewer than edges. All edges lie within the series."""
    widths = np.diff(series.times)
    area = np.concatenate([[0.0], np.cumsum(series.counts[:-1] * widths.astype(np.float64))])
    # The area below the steps is linear between them.
    means: npt.NDArray[np.float64] = np.diff(np.interp(edges, series.times, area)) / np.diff(edges)
    return means


def highest_in_bins(series: Steps, edges: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The highest number reached in each bin [edges[i], edges[i + 1]): one value fewer than edges."""
    at_edge = series.counts[np.searchsorted(series.times, edges[:-1], side="right") - 1]
    place = np.searchsorted(edges, series.times, side="right") - 1
    inside = (place >= 0) & (place < len(edges) - 1)
    highest = at_edge.copy()
    np.maximum.at(highest, place[inside], series.counts[inside])
    return highest
