"""What a claim's time in the database may be, and what a real PostgreSQL was measured to take."""

from __future__ import annotations

from typing import Any

from fastlanes_sim.core.fields import read_duration, wrong
from fastlanes_sim.core.quoting import show

MEASURED_WORKFLOWS = (1, 20, 500)
MEASURED: dict[int, tuple[int, int, int]] = {
    10: (1_500, 1_500, 1_700),
    100: (2_100, 2_200, 2_400),
    1_000: (3_800, 4_900, 6_900),
    5_000: (13_000, 16_000, 27_000),
    20_000: (24_000, 56_000, 110_000),
    100_000: (200_000, 259_000, 329_000),
}
"""Active runs -> median claim time in µs with 1, 20 and 500 workflows (PostgreSQL 15, one claimer, demand 1, warm)."""


def measured_curve(workflows: int) -> tuple[tuple[int, int], ...]:
    """The measured curve for as many workflows: linear between the measured numbers, level outside them, whole microseconds."""
    return tuple((active, _between(times, workflows)) for active, times in MEASURED.items())


def _between(times: tuple[int, int, int], workflows: int) -> int:
    left_x, left_y = MEASURED_WORKFLOWS[0], times[0]
    for right_x, right_y in zip(MEASURED_WORKFLOWS, times, strict=True):
        if workflows <= right_x:
            return left_y + (right_y - left_y) * max(workflows - left_x, 0) // max(right_x - left_x, 1)
        left_x, left_y = right_x, right_y
    return left_y


def read_database_time(value: Any) -> int | dict[int, int] | str:
    """A duration; a curve {active runs: duration}; or `measured`."""
    if value == "measured":
        return "measured"
    if isinstance(value, dict):
        if not value:
            raise wrong("an empty curve says nothing", "write {0: 5ms, 1000: 20ms}, a duration, or measured")
        for active in value:
            if isinstance(active, bool) or not isinstance(active, int) or active < 0:
                raise wrong(f"{show(active)} is not a number of active runs", "write {0: 5ms, 1000: 20ms}")
        return {active: read_duration(value[active]) for active in sorted(value)}
    if isinstance(value, str) and not value[:1].isdigit() and not value.startswith("-"):
        raise wrong(f"{show(value)} is neither a duration nor a curve", "write a duration such as 5ms, {0: 5ms, 1000: 20ms}, or measured")
    return read_duration(value)
