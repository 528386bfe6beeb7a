"""How long things took, as the rig measured them: medians in µs, to be laid beside the scenario's and to predict with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from fastlanes_sim.core.units import MILLISECOND
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.rig.recording import Recording

_LEAST_TOLERANCE, _MOST_TOLERANCE = 50 * MILLISECOND, 120 * MILLISECOND
_TIMES_LAG = 4
_BUSY = 15 * MILLISECOND


@dataclass(frozen=True, slots=True)
class Latencies:
    """Medians, µs."""

    request: int
    """From a worker to Lightning: what the rig holds back, and half of the real round trip."""
    database: int
    """Outside of slow databases."""
    reply: int
    real_round_trip: int
    """Of the network itself, and a little of the worker: from the answer to a join to the message that follows it."""
    telling: int
    """From the answer to `run:complete` to the leaving of the channel (W-13: in the same event), the real network's way there and back
    included."""
    lag: int
    """p99 of how late the rig's own timers were."""

    @property
    def tolerance(self) -> int:
        """By how much an instant may be off before it counts."""
        return min(_MOST_TOLERANCE, max(_LEAST_TOLERANCE, _TIMES_LAG * self.lag))

    @property
    def is_busy(self) -> bool:
        """The machine was so busy that the order of events may differ from that of their instants."""
        return self.lag > _BUSY

    @property
    def is_too_busy(self) -> bool:
        """The machine was so busy that little can be told."""
        return self.lag * _TIMES_LAG > _MOST_TOLERANCE


def latencies(recording: Recording, deployment: Deployment) -> Latencies:
    """Of a session; 0 where nothing was seen."""
    slow = [(span.begins + recording.zero, span.ends + recording.zero) for span in deployment.incidents.slow]
    claims = [claim for claim in recording.claims if claim.arrived_at is not None]
    round_trip = _median(recording.turnarounds)
    queries = (
        claim.decided_at - claim.began_at
        for claim in claims
        if claim.began_at is not None and claim.decided_at is not None and not any(a <= claim.began_at < b for a, b in slow)
    )
    replies = (claim.replied_at - claim.decided_at for claim in claims if claim.replied_at is not None and claim.decided_at is not None)
    ends = (run.freed_at - run.told_at for run in recording.runs if run.freed_at is not None and run.told_at is not None)
    return Latencies(
        request=_median(claim.arrived_at - claim.pushed_at for claim in claims if claim.arrived_at is not None) + round_trip // 2,
        database=_median(queries),
        reply=_median(replies) + round_trip // 2,
        real_round_trip=round_trip,
        telling=_median(ends),
        lag=int(np.percentile(recording.lags, 99)) if recording.lags else 0,
    )


def _median(values: Iterable[int]) -> int:
    found = list(values)
    return int(np.median(found)) if found else 0
