"""Cron triggers: looked at on the minute, and what is due in one minute is created one run after another (L-21)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.units import MINUTE
from fastlanes_sim.scenario.schedule import cron_ticks

Times = npt.NDArray[np.int64]


def ticks(expression: str, timezone: str, begin: datetime, horizon: int, later: int = 0) -> Times:
    """When the expression is due, and so many µs later: µs since `begin` (UTC), within [0, horizon)."""
    return np.fromiter(cron_ticks(expression, timezone, begin - timedelta(microseconds=later), horizon), np.int64)


def delay_of_copy(spread: int, place: int, copies: int) -> int:
    """How much later than the first of so many copies this one fires: evenly over `spread` µs, and on the minute (L-21)."""
    return spread * place // copies // MINUTE * MINUTE


def one_after_another(due: Sequence[Times], spacing: int, horizon: int) -> list[Times]:
    """The creation times of each trigger's runs (L-21).

    `due` holds the tick of each run, trigger by trigger in the order in which the scenario names them. All runs of one minute, of whichever
    trigger, stand in one line: the n-th is created n × `spacing` after the minute. A tick that takes over a minute delays the next: ticks
    are one job at a time.
    """
    if not due:
        return []
    owner = np.concatenate([np.full(len(times), index) for index, times in enumerate(due)])
    minute = np.concatenate(due)
    line = np.argsort(minute, kind="stable")
    minute, owner = minute[line], owner[line]
    behind = np.arange(len(minute)) * spacing
    created = np.maximum.accumulate(minute - behind) + behind  # each at its minute, or `spacing` after the one before
    by_owner = np.argsort(owner, kind="stable")
    edges = np.searchsorted(owner[by_owner], np.arange(len(due) + 1))
    created = created[by_owner]
    times = [created[edges[index] : edges[index + 1]] for index in range(len(due))]
    return [own[own < horizon] for own in times]
