"""Cron triggers: looked at on the minute (L-21)."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.units import MINUTE
from fastlanes_sim.scenario.schedule import cron_ticks

Times = npt.NDArray[np.int64]


def ticks(expression: str, timezone: str, begin: datetime, horizon: int, later: int = 0) -> Times:
    """When the expression is due, and so many µs later: µs since `begin` (UTC), within [0, horizon)."""
    return cron_ticks(expression, timezone, begin - timedelta(microseconds=later), horizon)


def delay_of_copy(spread: int, place: int, copies: int) -> int:
    """How much later than the first of so many copies this one fires: evenly over `spread` µs, and on the minute (L-21)."""
    return spread * place // copies // MINUTE * MINUTE
