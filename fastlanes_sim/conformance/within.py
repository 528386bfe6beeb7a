"""Two timelines that need not be equal to the millisecond: what was recorded in wall-clock time jitters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_UNTOLD = ("segment",)
"""Numbers that count in order of time: a tie that falls the other way changes them all."""


def difference_within(part: str, recorded: Sequence[Any], simulated: Sequence[Any], columns: Sequence[str], tolerance: int) -> str | None:
    """How many recorded rows no simulated one is like, and the first of them; or None. Rows are alike if their times (columns that end with
    `_ms`) are at most `tolerance` ms apart and everything else is equal; their order may differ by as much."""
    left = list(simulated)
    lost = []
    for row in recorded:
        like = next((other for other in left if _alike(row, other, columns, tolerance)), None)
        if like is None:
            lost.append(row)
        else:
            left.remove(like)
    if not lost and not left:
        return None
    first = f"recorded {lost[0]}" if lost else f"simulated {left[0]}"
    found = len(recorded) - len(lost)
    return (
        f"{part}: {found} of {len(recorded)} recorded rows have their like within {tolerance} ms, {len(simulated)} simulated; first {first}"
    )


def _alike(row: Sequence[Any], other: Sequence[Any], columns: Sequence[str], tolerance: int) -> bool:
    return len(row) == len(other) and all(
        name in _UNTOLD or _close(one, two, name, tolerance) for name, one, two in zip(columns, row, other, strict=True)
    )


def _close(one: Any, two: Any, name: str, tolerance: int) -> bool:
    if one == two:
        return True
    return name.endswith("_ms") and one is not None and two is not None and abs(one - two) <= tolerance
