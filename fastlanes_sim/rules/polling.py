"""The scalar rules of the worker's claim loop (W-1, W-3, W-6, W-7, W-12): what a loop decides, without when or how.

Plain numbers in, plain numbers out. Milliseconds, because the worker's timers are Node's.
"""

from __future__ import annotations

from collections.abc import Iterable

GROWTH = 1.15
"""W-7: what an empty reply multiplies the delay by."""

RECONNECT_STEP_MS = 1_000
"""W-12: the n-th attempt to reconnect comes n steps after the failure of the one before."""


def has_room(active: int, open_claims: int, capacity: int) -> bool:
    """W-1: whether a workloop may send one more claim. Unanswered claims take up room."""
    return active + open_claims < capacity


def sleep_ms(delay: float) -> int:
    """W-7: how long a segment really sleeps. The delay keeps its fraction, Node's timer drops it."""
    return int(delay)


def next_delay(delay: float, maximum: float) -> float:
    """W-7: the delay after one more empty reply."""
    return min(maximum, delay * GROWTH)


def reconnect_delay_ms(attempt: int) -> int:
    """W-12: how long before the `attempt`-th try to reconnect (counted from 1)."""
    return attempt * RECONNECT_STEP_MS


def inside(instant: int, outages: Iterable[tuple[int, int]]) -> bool:
    """Whether `instant` falls into one of the half-open intervals [from, to)."""
    return any(begins <= instant < ends for begins, ends in outages)


def reconnects(begins: int, opening: int, outages: Iterable[tuple[int, int]]) -> bool:
    """W-12: whether an attempt to reconnect succeeds that begins at `begins` and opens `opening` later.

    It is refused if it begins inside an outage, or if the instant of its opening falls into one.
    """
    outages = tuple(outages)
    return not inside(begins, outages) and not inside(begins + opening, outages)
