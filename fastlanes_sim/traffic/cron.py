"""Cron triggers: looked at on the minute (L-21)."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import numpy.typing as npt

from fastlanes_sim.scenario.schedule import cron_ticks

Times = npt.NDArray[np.int64]


def ticks(expression: str, timezone: str, begin: datetime, horizon: int) -> Times:
    """When the expression is due: µs since `begin` (UTC), within [0, horizon)."""
    return np.fromiter(cron_ticks(expression, timezone, begin, horizon), np.int64)
