"""How long a claim spends in the database as the number of active runs grows (lightning.md, "Measured here")."""

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
