"""How many replicas there should be (docs/failures.md, A-1 to A-4): a KEDA scaler of the database's runs with a Kubernetes HPA behind it.

Plain numbers, in µs and replicas: every engine uses these very functions.
"""

from __future__ import annotations

NOT_SINCE = -1
"""There are not too many replicas at the moment."""


def wanted(runs: int, runs_per_replica: int, least: int, most: int) -> int:
    """A-2: one replica for each so many runs or part of them, within the bounds."""
    return min(most, max(least, -(-runs // runs_per_replica)))


def decide(now: int, there: int, wanting: int, cool_down: int, fewer_since: int, highest: int) -> tuple[int, int, int]:
    """A-3, A-4: more at once, fewer only when fewer were wanted for the whole cool-down, and then as many as were wanted at the highest.

    Args:
        there: replicas that are started or on duty.
        wanting: of this poll, as of `wanted`.
        fewer_since: the first poll of those in a row that wanted fewer than there are, or NOT_SINCE.
        highest: what they wanted at most.

    Returns:
        how many there should be from now on, and the last two arguments of the next call.
    """
    if wanting >= there:
        return wanting, NOT_SINCE, 0
    if fewer_since == NOT_SINCE:
        fewer_since, highest = now, wanting
    highest = max(highest, wanting)
    if now - fewer_since < cool_down:
        return there, fewer_since, highest
    if wanting < highest:  # the next stretch begins here
        return highest, now, wanting
    return highest, NOT_SINCE, 0
