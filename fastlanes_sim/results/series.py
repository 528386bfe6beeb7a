"""Numbers that change over time, as steps: from `times[i]` on, until `times[i + 1]`, the number is `counts[i]`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core import large_arrays
from fastlanes_sim.core.change_points import ends_of
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
    begins, ends = np.sort(begins), np.sort(ends)
    times = large_arrays.empty(2 + len(begins) + len(ends), np.int64)
    times[:2], times[2 : 2 + len(begins)], times[2 + len(begins) :] = (0, until), begins, ends
    times.sort()
    is_new = ends_of(times, at_end=False)
    times = large_arrays.taken(times, np.flatnonzero(is_new))
    counts = large_arrays.empty(len(times), np.int64)
    for part in large_arrays.portions(len(times)):
        counts[part] = np.searchsorted(begins, times[part], side="right") - np.searchsorted(ends, times[part], side="right")
    return Steps(times, counts)


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
    area, sum_before = large_arrays.zeros(len(series.times), np.float64), 0.0
    for part in large_arrays.portions(len(series.times) - 1):
        parts = series.counts[part] * np.diff(series.times[part.start : part.stop + 1]).astype(np.float64)
        parts[0] += sum_before
        area[part.start + 1 : part.stop + 1] = np.cumsum(parts)
        sum_before = area[part.stop]
    # The area below the steps is linear between them: of all of them those matter that lie next to an edge.
    place = np.searchsorted(series.times, edges, side="right")
    near = np.unique(np.clip(np.concatenate([place - 1, place]), 0, len(series.times) - 1))
    means: npt.NDArray[np.float64] = np.diff(np.interp(edges, series.times[near], area[near])) / np.diff(edges)
    return means


def highest_in_bins(series: Steps, edges: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The highest number reached in each bin [edges[i], edges[i + 1]): one value fewer than edges."""
    at_edge = series.counts[np.searchsorted(series.times, edges[:-1], side="right") - 1]
    highest = at_edge.copy()
    for part in large_arrays.portions(len(series.times)):
        place = np.searchsorted(edges, series.times[part], side="right") - 1
        inside = (place >= 0) & (place < len(edges) - 1)
        np.maximum.at(highest, place[inside], series.counts[part][inside])
    return highest
