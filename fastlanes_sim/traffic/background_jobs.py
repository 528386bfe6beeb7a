"""Lightning's background jobs that make runs: cron ticks and bulk retries from the start share one queue (L-21)."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Times = npt.NDArray[np.int64]

WORK_ORDERS_PER_JOB = 100
"""Of a bulk retry: so many are one job and one transaction."""


@dataclass(frozen=True, slots=True)
class Due:
    """Runs of one trigger that background jobs make."""

    at: Times
    """Of each run the cron tick, or the request of its bulk retry: µs, ascending."""
    is_bulk: bool = False


def created(due: Sequence[Due], spacing: int, horizon: int, nodes: int = 1) -> list[Times]:
    """When the runs of each trigger are created, as far as they are before the horizon (L-21).

    Jobs are worked on in the order in which they are due, cron ticks first, one at a time on each of the `nodes`. All cron runs of one
    minute, of whichever trigger, are one job: the n-th is created n × `spacing` after its beginning. A job of a bulk retry is one
    transaction: all its runs are there at its end, n × `spacing` after its beginning.
    """
    if not due:
        return []
    sizes = [len(one.at) for one in due]
    owner = np.repeat(np.arange(len(due)), sizes)
    at = np.concatenate([one.at for one in due])
    is_bulk = np.repeat([one.is_bulk for one in due], sizes)
    chunk = np.concatenate([_chunks(one.at) if one.is_bulk else np.zeros(len(one.at), np.int64) for one in due])
    line = np.lexsort((chunk, np.where(is_bulk, owner, 0), is_bulk, at))  # stable: in one job the order of the triggers stays
    at, is_bulk, chunk, of = at[line], is_bulk[line], chunk[line], owner[line]
    key = np.stack([at, is_bulk, np.where(is_bulk, of, 0), chunk])
    first = np.flatnonzero(np.append(True, (key[:, 1:] != key[:, :-1]).any(axis=0))) if len(at) else np.empty(0, np.int64)
    counts = np.diff(first, append=len(at))
    job = np.repeat(np.arange(len(first)), counts)
    begins = _begins(at[first], counts * spacing, nodes)
    there = begins[job] + np.where(is_bulk, counts[job], np.arange(len(at)) - first[job]) * spacing
    times = np.empty(len(at), np.int64)
    times[line] = there
    edges = np.cumsum([0, *sizes])
    made = [np.sort(times[edges[index] : edges[index + 1]]) for index in range(len(due))]
    return [own[own < horizon] for own in made]


def _chunks(at: Times) -> Times:
    """Of each run the number of its job within its bulk retry."""
    begins = np.searchsorted(at, at, side="left")
    return (np.arange(len(at)) - begins) // WORK_ORDERS_PER_JOB


def _begins(due: Times, takes: Times, nodes: int) -> Times:
    """Of each job, in the order in which they are due: when a node is free for it."""
    free = [0] * nodes
    begins = np.empty(len(due), np.int64)
    for place, (instant, time) in enumerate(zip(due.tolist(), takes.tolist(), strict=True)):
        begins[place] = begin = max(instant, free[0])
        heapq.heapreplace(free, begin + time)
    return begins
