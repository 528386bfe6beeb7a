"""Runs that are open at the horizon, simulated to their end: nothing arrives any more, and what is there is served.

A terminating question asks about the runs of its horizon. Of those that are open at its end all quantiles but the highest are known, but
neither their mean nor their maximum. The simulation is continued until they have ended. Only means and maxima are taken from what follows:
counts, shares and quantiles stay those of the horizon.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER, RunLog, arrived
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.engines.selection import Engine, run_engine
from fastlanes_sim.measures.measure import Measure
from fastlanes_sim.results.observed import Observed

NEEDS_ALL = frozenset({"mean", "max"})
"""Statistics of which an open run leaves nothing from above."""
FIRST, GROWTH, MOST = 2, 8, 8
"""How far the horizon is moved: twice the longest timeout, then so many times farther, at last so many horizons: what has not ended by then
is taken never to end."""


def needs_run_out(measure: Measure, high: float) -> bool:
    """Whether what is open keeps it from being known."""
    return measure.statistic in NEEDS_ALL and high == np.inf


def run_out(whole: Observed, engine: Engine) -> Observed:
    """The same simulation with a later horizon: until no run is open, or until that is not to be expected any more.

    Raises:
        KeyboardInterrupt: interrupted.
    """
    deployed, table = whole.deployment, whole.table
    last = deployed.horizon * (1 + MOST)
    later = deployed.horizon + FIRST * int(table.timeout.max(initial=0))
    while True:
        horizon = min(later, last)
        moved: Deployment = replace(deployed, horizon=horizon)
        log = run_engine(moved, table, engine=engine)
        # What a run calls belongs to its work order, whenever it comes.
        if horizon == last or not _is_open(log, arrived(log if table.has_calls else whole.log)).any():
            return Observed(table, log, moved)
        later = deployed.horizon + GROWTH * (horizon - deployed.horizon)


def only_arrived(later: RunLog, first: RunLog) -> RunLog:
    """The later log without the runs that came after the first one's end, such as further attempts of callers."""
    return replace(later, inserted_at=np.where(arrived(first), later.inserted_at, NEVER))


def _is_open(log: RunLog, members: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    still: npt.NDArray[np.bool_] = members & (log.ended_at == NEVER)
    return still
