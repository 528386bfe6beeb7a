"""How long a claim spends in the database: as the number of active runs grows (lightning.md, "Measured here"), beside other claims
(L-25), and at most (L-26). Whole microseconds."""

from __future__ import annotations

from collections.abc import Sequence


def interpolate(curve: Sequence[tuple[int, int]], active: int) -> int:
    """The curve's value at `active` runs, in whole microseconds: linear between points, level before the first and after the last.

    Integer arithmetic, so that every engine on every platform gets the same microsecond.
    """
    left_x, left_y = curve[0]
    if active <= left_x:
        return left_y
    for right_x, right_y in curve[1:]:
        if active <= right_x:
            return left_y + (right_y - left_y) * (active - left_x) // (right_x - left_x)
        left_x, left_y = right_x, right_y
    return left_y


def attained(elapsed: int, processors: int, queries: int) -> int:
    """L-25: how far each of so many queries gets in so long, where they share so many processors.

    Each goes at full speed while there is a processor for it, and at processors / queries of it otherwise, rounded down.
    """
    return elapsed if queries <= processors else elapsed * processors // queries


def until_attained(work: int, processors: int, queries: int) -> int:
    """L-25: how long so many queries that share so many processors take for so much of each, rounded up, so that
    `attained(until_attained(work, ...), ...) >= work`."""
    return work if queries <= processors else -(-work * queries // processors)


def pool_size(size: int, nodes: int) -> int:
    """L-26: how many claims may be in the database at once."""
    return size * nodes


def is_broken_off(lasts: int, timeout: int) -> bool:
    """L-26: whether a query that lasts so long is broken off: at the timeout itself it still ends."""
    return lasts > timeout
