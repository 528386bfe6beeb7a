"""How long messages between worker and Lightning take, and what a real PostgreSQL was measured to take for a claim."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, WithJsonSchema, model_validator

from fastlanes_sim.core.fields import Duration, Strict, read_duration, wrong
from fastlanes_sim.core.quoting import show
from fastlanes_sim.core.units import MILLISECOND

Curve = tuple[tuple[int, int], ...]
"""(active runs, µs) with rising first members; one member is a constant."""
_MOST_ACTIVE = 1_000_000_000
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


def read_database_time(value: Any) -> int | dict[int, int] | str:
    """A duration; a curve {active runs: duration}; or `measured`."""
    if value == "measured":
        return "measured"
    if isinstance(value, dict):
        if not value:
            raise wrong("the curve is empty", "write {0: 5ms, 1000: 20ms}, a duration, or measured")
        for active in value:
            if isinstance(active, bool) or not isinstance(active, int) or not 0 <= active <= _MOST_ACTIVE:
                raise wrong(f"{show(active)} is not a number of active runs", "write {0: 5ms, 1000: 20ms}")
        return {active: read_duration(value[active]) for active in sorted(value)}
    if isinstance(value, str) and not value[:1].isdigit() and not value.startswith("-"):
        raise wrong(f"{show(value)} is neither a duration nor a curve", "write a duration such as 5ms, {0: 5ms, 1000: 20ms}, or measured")
    return read_duration(value)


DatabaseTime = Annotated[
    int | dict[int, int] | Literal["measured"],
    BeforeValidator(read_database_time),
    WithJsonSchema({"type": ["string", "integer", "object"], "description": "a duration, {active runs: duration}, or measured"}),
]


class Network(Strict):
    """How long messages between worker and Lightning take."""

    latency: Duration | None = None
    """One way, both ways at once: short for `request` and `reply` alike."""
    request: Duration = 10 * MILLISECOND
    """From the worker to Lightning: claims, and all that is said on a run's channel (W-16, L-30)."""
    database: DatabaseTime = 5 * MILLISECOND
    """Time of a claim in the database: a duration; a curve `{active runs: duration}`, linear in between; or `measured`,
    PostgreSQL 15's curve for as many workflows as the scenario has."""
    reply: Duration = 10 * MILLISECOND
    """From Lightning to the worker: answers (W-16)."""
    notification: Duration | None = None
    """A notification's way to the worker (L-17). Default: as `reply`."""
    message: Duration = 0
    """What Lightning takes for a message on a run's channel (L-30). The messages of one run are worked on one after another."""

    @property
    def up(self) -> int:
        """µs from the worker to Lightning."""
        return self.request if self.latency is None else self.latency

    @property
    def down(self) -> int:
        """µs from Lightning to the worker."""
        return self.reply if self.latency is None else self.latency

    @property
    def round_trip(self) -> int:
        """µs from a message on a run's channel to its answer, where nothing is before it (L-30)."""
        return self.up + self.message + self.down

    @model_validator(mode="after")
    def says_each_way_once(self) -> Network:
        given = sorted({"request", "reply"} & self.model_fields_set)
        if self.latency is not None and given:
            raise wrong(
                f"latency is the time of both ways, and {given[0]} is given as well", "keep `latency`, or write `request` and `reply`"
            )
        return self

    def database_curve(self, workflows: int) -> Curve:
        """The time of a claim in the database of a scenario with as many workflows."""
        if self.database == "measured":
            return measured_curve(workflows)
        if isinstance(self.database, dict):
            return tuple(sorted(self.database.items()))
        assert isinstance(self.database, int)
        return ((0, self.database),)


def measured_curve(workflows: int) -> Curve:
    """The measured curve for as many workflows: linear between the measured numbers, level outside them, whole microseconds."""
    return tuple((active, _between(times, workflows)) for active, times in MEASURED.items())


def _between(times: tuple[int, int, int], workflows: int) -> int:
    left_x, left_y = MEASURED_WORKFLOWS[0], times[0]
    for right_x, right_y in zip(MEASURED_WORKFLOWS, times, strict=True):
        if workflows <= right_x:
            return left_y + (right_y - left_y) * max(workflows - left_x, 0) // max(right_x - left_x, 1)
        left_x, left_y = right_x, right_y
    return left_y
