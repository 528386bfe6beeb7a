"""How Lightning answered each request: with a run, and with its end in time, or else how not (L-20, docs/callers.md, docs/incidents.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core import large_arrays
from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.incidents import NEVER_AGAIN
from fastlanes_sim.rules.lifecycle import State

Mask = npt.NDArray[np.bool_]
Times = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Answers:
    """One entry a row of the run table. The first three of every run, whether or not a caller waits for its end."""

    replied: Mask
    """The run ended while a caller would have waited. A run that is lost sends no reply (L-20)."""
    timed_out: Mask
    """504: it was not over in time (L-20)."""
    cut_off: Mask
    """Lightning went down before (I-5)."""
    refused: Mask
    """429 (`rules.admission`, L-28)."""
    unavailable: Mask
    """503: Lightning was down (I-2)."""
    missed: Mask
    """Nobody is told that there is no run: what Lightning itself would have made, had it not been down (I-3), and over a quota all but what
    is answered with 429 (L-28)."""
    turned_away_at: Times
    """When the answer came that was no reply, or NEVER."""


def answers(table: RunTable, log: RunLog, webhook_timeout: int, down: Sequence[tuple[int, int]] = ()) -> Answers:
    """Everything up to and including `log.ended_on` was played, so a run still open that is just as old as the timeout is too late.

    Args:
        webhook_timeout: µs (L-20).
        down: when there was no Lightning, as in `Deployment.incidents`.
    """
    replied, timed_out, cut_off, refused, unavailable, missed = (np.empty(len(table), np.bool_) for _ in range(6))
    turned_away_at = large_arrays.empty(len(table), np.int64)
    found = Answers(replied, timed_out, cut_off, refused, unavailable, missed, turned_away_at)
    for part in large_arrays.portions(len(table)):
        answered = _answers(_Requests.of(table, part), log.rows(part), webhook_timeout, down)
        for name in Answers.__slots__:
            getattr(found, name)[part] = getattr(answered, name)
    return found


class _Requests(NamedTuple):
    """Some rows of a table, as far as they matter here."""

    is_sync: Mask
    is_webhook: Mask
    is_fast: Mask

    @classmethod
    def of(cls, table: RunTable, part: slice) -> _Requests:
        kinds = np.array([name.endswith(":webhook") for name in table.sources], np.bool_)
        is_sync = table.sync[part]
        return cls(is_sync, is_sync | kinds[table.source[part]], table.queue[part] == Queue.FAST_LANE)


def _answers(requests: _Requests, log: RunLog, webhook_timeout: int, down: Sequence[tuple[int, int]]) -> Answers:
    inserted, ended = log.inserted_at, np.where(log.state == State.LOST, NEVER, log.ended_at)  # the janitor tells no caller
    arrived = inserted != NEVER
    timeout_at, cut_at = inserted + webhook_timeout, goes_down(inserted, down)
    is_cut_first = cut_at <= timeout_at
    is_late = np.where(is_cut_first, ended >= cut_at, ended > timeout_at)
    is_open_too_long = log.ended_on >= np.minimum(timeout_at, cut_at)
    unanswered = arrived & np.where(ended != NEVER, is_late, is_open_too_long)
    turned_away = log.refused_at != NEVER
    unavailable = turned_away & _is_down(log.refused_at, down)
    missed = unavailable & ~requests.is_webhook if unavailable.any() else unavailable
    untold = turned_away & ~unavailable & ~(requests.is_sync | requests.is_fast)
    return Answers(
        replied=arrived & (ended != NEVER) & ~unanswered,
        timed_out=unanswered & ~is_cut_first,
        cut_off=unanswered & is_cut_first,
        refused=turned_away & ~unavailable & ~untold,
        unavailable=unavailable & ~missed,
        missed=missed | untold,
        turned_away_at=np.where(turned_away, log.refused_at, np.where(unanswered, np.minimum(timeout_at, cut_at), NEVER)),
    )


def goes_down(after: Times, down: Sequence[tuple[int, int]]) -> Times:
    """`rules.incidents.goes_down` of each instant."""
    begins = np.array([begins for begins, _ in down] + [NEVER_AGAIN], np.int64)
    return begins[np.searchsorted(begins, after, side="right")]


def _is_down(instants: Times, down: Sequence[tuple[int, int]]) -> Mask:
    is_down = np.zeros(len(instants), np.bool_)
    for begins, ends in down:
        is_down |= (begins <= instants) & (instants < ends)
    return is_down
