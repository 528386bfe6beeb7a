"""From the minutes, hours and days at which something fired to the shortest cron expression that says so."""

from __future__ import annotations

from collections.abc import Iterable, Set
from itertools import pairwise


def spell_field(fired: Set[int], watched: Set[int], low: int, high: int) -> str:
    """One field of a cron expression, as people write it: `*`, `*/5`, `7`, `8-17`, `3-59/10`, `1,15`.

    `watched` are the values at which it could have been seen; a pattern need only hold there.
    """
    values = sorted(fired)
    if fired >= watched and len(watched) > 1:
        return "*"
    if len(values) == 1:
        return str(values[0])
    steps = {b - a for a, b in pairwise(values)}
    step = min(steps)
    if step > 1 and low == 0 and fired == {v for v in watched if v % step == 0}:
        return f"*/{step}"
    if len(steps) == 1 and step > 1 and len(values) > 2 and values[-1] + step > high:
        return f"{values[0]}-{high}/{step}"
    return ",".join(_ranges(values))


def spell_weekdays(days: Set[int]) -> str:
    """Days counted from Monday, in cron's count from Sunday."""
    return ",".join(_ranges(sorted((day + 1) % 7 for day in days)))


def _ranges(values: Iterable[int]) -> list[str]:
    """`[1, 2, 3, 5]` as 1-3 and 5. Two neighbours are named one by one."""
    runs: list[list[int]] = []
    for value in values:
        if runs and value == runs[-1][-1] + 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    return [text for run in runs for text in ([f"{run[0]}-{run[-1]}"] if len(run) > 2 else map(str, run))]
