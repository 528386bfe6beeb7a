"""What may happen to the processes of a worker group: crashes, rolling deploys, autoscaling (docs/failures.md)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from fastlanes_sim.core.fields import Count, Duration, PositiveDuration, Strict, read_duration, wrong
from fastlanes_sim.core.units import MINUTE, SECOND
from fastlanes_sim.scenario.options import check_layout


def _read_restart(value: Any) -> Any:
    return value if value == "never" else read_duration(value)


Restart = Annotated[
    int | Literal["never"],
    BeforeValidator(_read_restart),
    WithJsonSchema({"type": ["string", "integer"], "description": "a duration such as 30s, or never"}),
]


class Crash(Strict):
    """A process dies, and with it all that it has in hand (F-5)."""

    at: Duration
    replica: Count | None = None
    """Which replica, counted from 1 as in its name; absent: all of them at once."""
    restart_after: Restart = 30 * SECOND
    """From the crash until the process after it connects, or `never` (F-6)."""


class Deploy(Strict):
    """Every replica is replaced by a new process, one batch after the other, as in a Kubernetes rolling update (F-7)."""

    at: Duration
    workloops: Annotated[str, AfterValidator(check_layout)] | None = None
    """WORKER_WORKLOOPS of the new version; absent: as before."""
    surge: Count | None = None
    """So many new processes at a time are started, and old ones stopped when they connect: never fewer than `replicas`. The default: 1."""
    max_unavailable: Count | None = None
    """Instead: so many old processes at a time are stopped, and new ones started at once: never more on duty than `replicas`."""
    start_up: Duration = 20 * SECOND
    """From a new process's start to its connection."""
    pause: Duration = 0
    """From one batch's connection to the next batch."""
    grace: Duration = 30 * SECOND
    """From SIGTERM to the kill of whatever still runs (F-4): terminationGracePeriodSeconds."""

    @property
    def together(self) -> int:
        """Replicas in a batch."""
        return self.surge or self.max_unavailable or 1

    @model_validator(mode="after")
    def replaces_in_one_way(self) -> Deploy:
        if self.surge is not None and self.max_unavailable is not None:
            raise wrong(
                "surge and max_unavailable are two ways to deploy", "keep `surge` (new ones first) or `max_unavailable` (old ones first)"
            )
        return self


class Autoscaling(Strict):
    """The number of replicas follows the runs that there are, as with KEDA and a Kubernetes HPA (A-1 to A-6)."""

    min: Annotated[int, Field(ge=0, le=100_000)] = 1
    """Replicas that are always kept."""
    max: Count
    """Replicas at most, those that drain among them."""
    runs_per_replica: Count
    """The target: a replica is wanted for each so many runs."""
    counts: Literal["available", "active"] = "available"
    """Which runs count, of the queues that the group serves: those that wait, or those that are claimed and started as well."""
    poll: PositiveDuration = 30 * SECOND
    """How often they are counted."""
    cool_down: Duration = 5 * MINUTE
    """How long fewer replicas must have been wanted before any is stopped."""
    start_up: Duration = 20 * SECOND
    """From a new process's start to its connection."""
    grace: Duration = 30 * SECOND
    """From SIGTERM to the kill of whatever still runs (F-4)."""

    @model_validator(mode="after")
    def has_room_between_least_and_most(self) -> Autoscaling:
        if self.min > self.max:
            raise wrong(f"min {self.min} is more than max {self.max}", "write a smaller `min`, or a larger `max`")
        return self
