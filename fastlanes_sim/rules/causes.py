"""Why a run waits: each instant between insertion and start belongs to one cause, the first in this order that holds.

Where no slot could take the run, that comes first: no change of a limit would start it. Then comes what holds back a run of its own (L-11,
L-14), while a slot is free; then what keeps a free slot from taking it. Of what holds back a queue each workloop has one cause at a time;
the run waits for the workloop that is nearest to taking it, so for a queue the *last* cause among its workloops counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from fastlanes_sim.rules.claim import Limits, R, eligible, within_claim_limit
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.rulesets import RunQueue


class Cause(IntEnum):
    UNSERVED = 0
    """No workloop takes its queue (L-6)."""
    OUTAGE = 1
    """None that does is connected (W-12)."""
    LEAKED = 2
    """Of every connected workloop that takes it, all slots are lost: to runs whose slot nobody frees any more (W-13a), and to claims that
    nobody answers any more, until their timeout (W-16)."""
    SLOTS = 3
    """Every connected workloop that takes it holds as many runs as it has slots (W-1)."""
    CLAIM_LIMIT = 4
    """A slot is free, but the run is hidden from every claim by L-11."""
    CONCURRENCY = 5
    """A slot is free and the run visible, but beyond the limit of its project or workflow (L-14)."""
    CLAIM = 6
    """The claim that wins it is on the wire or in the database (W-16). From its sending on, nothing of its queue holds the run back."""
    PENDING = 7
    """There is a free slot, but an unanswered claim takes it up (W-1, W-16)."""
    STOPPED = 8
    """There is room, but no chain is alive and no notification due: nobody is going to ask (W-6)."""
    POLLING = 9
    """There is room, and nobody has asked yet: backoff or debounce (W-7, L-17)."""
    START = 10
    """Lightning has decided; the rest is reply, verification, join and cold start (W-8, W-15)."""

    @property
    def label(self) -> str:
        return self.name.lower()


NO_SLOT = (Cause.UNSERVED, Cause.OUTAGE, Cause.LEAKED, Cause.SLOTS)
"""While one of these holds for a queue no run of it could start, whatever its limits."""
LIMITS = (Cause.CLAIM_LIMIT, Cause.CONCURRENCY)
"""A run's own."""
NO_CAUSE = -1
"""Nothing holds back this run in particular."""

_CLAIM_LIMIT, _CONCURRENCY = int(Cause.CLAIM_LIMIT), int(Cause.CONCURRENCY)
_OUTAGE, _LEAKED, _SLOTS, _PENDING, _STOPPED, _POLLING = (
    int(cause) for cause in (Cause.OUTAGE, Cause.LEAKED, Cause.SLOTS, Cause.PENDING, Cause.STOPPED, Cause.POLLING)
)


def of_run(is_kept: bool, is_eligible: bool) -> int:
    """What holds back an available run of its own: L-11 (it is not kept), L-14 (kept, but not eligible), or NO_CAUSE."""
    if not is_kept:
        return _CLAIM_LIMIT
    return NO_CAUSE if is_eligible else _CONCURRENCY


def is_leaked(lost_runs: int, lost_claims: int, slots: int) -> bool:
    """Whether a workloop has nothing left but slots that are lost: to runs for good (W-13a), to open claims until their timeout (W-16)."""
    return lost_runs + lost_claims >= slots


def of_workloop(is_connected: bool, is_leaked: bool, is_full: bool, has_room: bool, is_alive: bool, is_notified: bool) -> int:
    """Why a workloop is not asking at this instant.

    Args:
        is_leaked: all its slots are lost.
        is_full: it holds as many runs as it has slots.
        has_room: unanswered claims leave it a slot (W-1).
        is_alive: one of its chains is (W-2).
        is_notified: a debounce timer is pending or a `work-available` under way to its worker (L-17).
    """
    if not is_connected:
        return _OUTAGE
    if is_leaked:
        return _LEAKED
    if is_full:
        return _SLOTS
    if not has_room:
        return _PENDING
    return _POLLING if is_alive or is_notified else _STOPPED


def of_runs(active: Iterable[R], limits: Limits) -> dict[int, int]:
    """`of_run` of each available run, by its id. Active runs as they stand, claimed and started ones among them (L-11, L-13)."""
    runs = list(active)
    open_to_all = limits.run_queue is RunQueue.FASTER_FIFO  # L-16
    kept = {run.id for run in (runs if open_to_all else within_claim_limit(runs, limits))}
    takable = {run.id for run in eligible(runs, limits)}
    return {run.id: of_run(run.id in kept, run.id in takable) for run in runs if run.state is State.AVAILABLE}
