"""What the tests of whole lives have in common: one worker 20 ms up and 30 ms down from Lightning, and its log in milliseconds.

Connected at 50 ms, it claims; a run that waits is decided at 70 ms and received at 100 ms. Joined at 150 ms, planned at 200 ms, its input
there at 251 ms, it is handed over, and starts at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.units import MILLISECOND, SECOND
from fastlanes_sim.deployment.deployment import Deployment, Latency, Worker
from fastlanes_sim.rules.process import Exit
from tests.support.deployments import deployment, worker

UP, DOWN, ROUND_TRIP = 20, 30, 50
LAUNCH = 251
"""ms"""


def near(
    *more: Worker, layout: str = "*:1", latency: dict[str, Any] | None = None, deployed: dict[str, Any] | None = None, **settings: Any
) -> Deployment:
    """One worker with these settings, and `more`."""
    times = {"up": UP * MILLISECOND, "down": DOWN * MILLISECOND} | (latency or {})
    return deployment(worker(layout, **settings), *more, latency=Latency(**times), **(deployed or {}))


def ms(column: np.ndarray) -> list[float | None]:
    return [None if time == NEVER else time / MILLISECOND for time in column.tolist()]


def at(seconds: float) -> int:
    return round(seconds * SECOND)


def spans(*named: tuple[float, float]) -> tuple[tuple[int, int], ...]:
    """Seconds."""
    return tuple((at(begins), at(ends)) for begins, ends in named)


def exits(log: RunLog) -> list[tuple[float, int, str]]:
    return [(time / MILLISECOND, worker, Exit(how).label) for time, worker, how in log.exits]


def connections(log: RunLog) -> list[tuple[float, str]]:
    return [(time / MILLISECOND, what) for time, _, what in log.connections]
