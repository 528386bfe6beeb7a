"""The scalar rules of the worker's claim loop and its connection (W-1, W-3, W-6, W-7, W-12, W-19, W-21, W-25): what is decided, without
when or how.

Plain numbers in, plain numbers out. Delays of the claim loop are milliseconds, because the worker's timers are Node's; instants and
durations of the connection are microseconds.
"""

from __future__ import annotations

from collections.abc import Iterable

GROWTH = 1.15
"""W-7: what an empty reply multiplies the delay by."""

RECONNECT_STEP_MS = 1_000
"""W-12: the n-th attempt to reconnect comes n steps after the failure of the one before."""

HEARTBEAT = 30_000_000
"""W-25: µs from the answer to a heartbeat to the next one, and from a heartbeat that is not answered to the closing of the socket."""
_AFTER_CLOSING_MS, _AFTER_SILENT_CLOSING_MS = 1_000, 2_500
_REJOIN_AFTER_MS = (1_000, 2_000, 5_000, 10_000)


def has_room(active: int, open_claims: int, capacity: int) -> bool:
    """W-1: whether a workloop may send one more claim. Unanswered claims take up room."""
    return active + open_claims < capacity


def sleep_ms(delay: float) -> int:
    """W-3, W-7: how long a segment really sleeps. The delay keeps its fraction, Node's timer drops it, and lasts one at least."""
    return max(1, int(delay))


def whole_timer(duration: int) -> int:
    """W-19: how long one of the worker's own timers lasts, in µs: whole milliseconds, one at least."""
    return max(1, duration // 1_000) * 1_000


def follow_ups_to_settle(attempts: int) -> int:
    """W-19: how many follow-ups after its cause a segment settles that has made so many attempts: a result passes outwards through one
    promise an attempt."""
    return attempts + 1


def next_delay(delay: float, maximum: float) -> float:
    """W-7: the delay after one more empty reply."""
    return min(maximum, delay * GROWTH)


def reconnect_delay_ms(attempt: int) -> int:
    """W-12: how long before the `attempt`-th try to reconnect (counted from 1)."""
    return attempt * RECONNECT_STEP_MS


def notices_mute_at(opened_at: int, mute_from: int, round_trip: int) -> int:
    """W-25: when the worker gives up a connection that was opened at `opened_at` and is mute from `mute_from` on (µs).

    The first heartbeat whose answer cannot arrive before the connection is mute is given up `HEARTBEAT` after it was sent.
    """
    period = HEARTBEAT + round_trip
    number = max(1, -(-(mute_from - opened_at) // period))
    return opened_at + number * period - round_trip + HEARTBEAT


def reconnect_after_mute_ms(is_answered: bool) -> int:
    """W-25: how long after a connection was given up the first attempt to reconnect comes: later where nobody answers its closing."""
    return _AFTER_CLOSING_MS if is_answered else _AFTER_SILENT_CLOSING_MS


def rejoin_delay_ms(attempt: int) -> int:
    """W-21: how long before the `attempt`-th try to join the queue's channel again (counted from 1) while the socket lives."""
    return _REJOIN_AFTER_MS[min(attempt, len(_REJOIN_AFTER_MS)) - 1]


def inside(instant: int, outages: Iterable[tuple[int, int]]) -> bool:
    """Whether `instant` falls into one of the half-open intervals [from, to)."""
    return any(begins <= instant < ends for begins, ends in outages)


def reconnects(begins: int, opening: int, outages: Iterable[tuple[int, int]]) -> bool:
    """W-12: whether an attempt to reconnect succeeds that begins at `begins` and opens `opening` later.

    It is refused if it begins inside an outage, or if the instant of its opening falls into one.
    """
    outages = tuple(outages)
    return not inside(begins, outages) and not inside(begins + opening, outages)
