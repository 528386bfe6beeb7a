"""What makes runs: triggers, and people pressing buttons. Each kind says its lane by L-3."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from fastlanes_sim.core.fields import Count, Duration, Name, PositiveDuration, Rate, Strict, exactly_one_kind, wrong
from fastlanes_sim.distributions.distribution import Distribution
from fastlanes_sim.scenario.callers import Callers
from fastlanes_sim.scenario.schedule import check_cron, check_timezone, check_week, check_week_time

WeekTime = Annotated[str, AfterValidator(check_week_time)]
TimeZone = Annotated[str, AfterValidator(check_timezone)]
CronExpression = Annotated[str, AfterValidator(check_cron)]


class Burst(Strict):
    """`size` runs, evenly spread over `over`, beginning `at` these offsets, or `every` so often from `first` on."""

    size: Count
    """How many runs each burst has."""
    over: Duration = 0
    """How long it lasts; 0s: all at once."""
    at: list[Duration] | None = None
    """When bursts begin, from the start."""
    every: PositiveDuration | None = None
    """Or how often they begin."""
    first: Duration = 0
    """With `every`: when the first begins."""

    @model_validator(mode="after")
    def says_when(self) -> Burst:
        if (self.at is None) == (self.every is None):
            raise wrong("a burst says once when it happens", "write either `at` (a list of offsets from the start) or `every` (a period)")
        return self


class Arrivals(Strict):
    """Exactly one kind of arrival process.

    `every` begins at the start, `at` lists offsets from it. `piecewise` maps local times of the week to rates of a Poisson process:
    `"08:00"` is every day, `"mon-fri 08:00"` and `"sat 10:00"` the named days; each rate holds until the next time named in the week.
    """

    poisson: Rate | None = None
    """At random, so many on average."""
    piecewise: Annotated[dict[WeekTime, Rate], Field(min_length=1)] | None = None
    """At random, with a rate that depends on the time of the week."""
    every: PositiveDuration | None = None
    """One run so often, from the start on."""
    at: list[Duration] | None = None
    """A run at each of these offsets from the start."""
    burst: Burst | None = None
    """Many at once."""

    @field_validator("piecewise")
    @classmethod
    def names_each_time_once(cls, value: dict[str, float] | None) -> dict[str, float] | None:
        if value is not None:
            check_week(value)
        return value

    @model_validator(mode="after")
    def is_of_exactly_one_kind(self) -> Arrivals:
        exactly_one_kind(self, "arrivals")
        return self


class _Trigger(Strict):
    service: Distribution
    """From a run's start to its end."""
    startup: Distribution | None = None
    """From the worker's receipt of a run to its start; the scenario's `startup` where absent."""
    adaptor: Name | None = None
    """That these runs load on their worker (I-10); the workflow's where absent."""
    failures: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of runs that end as `failed`."""


class Webhook(_Trigger):
    """A webhook: `reply: after_completion` is the sync webhook of the fast lane."""

    type: Literal["webhook"]
    reply: Literal["after_completion", "before_start", "custom"] = "before_start"
    """When the caller is answered. It decides the lane (L-3)."""
    arrivals: Arrivals
    """When requests come."""
    callers: Callers | None = None
    """Callers who ask again after a 504, a 429 or a 503; without this they give up."""

    @model_validator(mode="after")
    def has_callers_who_wait(self) -> Webhook:
        if self.callers is not None and self.reply == "before_start" and self.callers.retry_on != [503]:
            raise wrong(
                "the callers of this webhook get their reply before the run starts: only a 503 is a reason to ask again",
                "write `reply: after_completion`, or `retry_on: [503]`, or leave `callers` out",
            )
        return self


class Cron(_Trigger):
    """A cron trigger of five fields in the scenario's time zone, or its own. Looked at once a minute, on the minute (L-21)."""

    type: Literal["cron"]
    cron: CronExpression
    """Minute, hour, day of the month, month, day of the week: `*/5 * * * *`."""
    timezone: TimeZone | None = None
    """The scenario's where absent."""
    runs_per_tick: Count = 1
    """Runs created one after another at each tick, such as a job that fans out."""


class Kafka(_Trigger):
    """Messages of a Kafka topic."""

    type: Literal["kafka"]
    arrivals: Arrivals


class Manual(_Trigger):
    """Somebody clicks Run."""

    type: Literal["manual"]
    arrivals: Arrivals


class Retry(_Trigger):
    """Somebody retries a single run."""

    type: Literal["retry"]
    arrivals: Arrivals


class BulkRetry(_Trigger):
    """Somebody selects many work orders and retries them: usually with `arrivals: {burst: …}`."""

    type: Literal["bulk_retry"]
    arrivals: Arrivals


Trigger = Annotated[Webhook | Cron | Kafka | Manual | Retry | BulkRetry, Field(discriminator="type")]
