"""What makes runs: triggers, and people who press buttons.

A new kind of trigger is a class here, a member of `Trigger`, and a line in `rules.rulesets` that says its lane (L-3).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator, model_validator

from fastlanes_sim.core.fields import Count, Duration, Name, PositiveDuration, Probability, Rate, Strict, exactly_one_kind, wrong
from fastlanes_sim.core.units import DAY, SECOND
from fastlanes_sim.distributions.distribution import Distribution
from fastlanes_sim.rules.rulesets import Origin
from fastlanes_sim.scenario.dependence import Batch, Factors, Gaps, Modulated, Trend
from fastlanes_sim.scenario.schedule import check_cron, check_timezone, check_week, check_week_time, cron_ticks, week_segments

WeekTime = Annotated[str, AfterValidator(check_week_time)]
TimeZone = Annotated[str, AfterValidator(check_timezone)]
CronExpression = Annotated[str, AfterValidator(check_cron)]
Answer = Literal[504, 429, 503]
_A_WHILE, _ENOUGH_TICKS = 60 * DAY, 2_000


class Burst(Strict):
    """`size` runs, evenly spread over `over`. Bursts begin at the offsets `at`, or once in the period `every`, from `first` on."""

    size: Count
    """How many runs each burst has."""
    over: Duration = 0
    """How long a burst lasts. 0s: all runs at once."""
    at: list[Duration] | None = None
    """When bursts begin, from the start."""
    every: PositiveDuration | None = None
    """Or the period in which they begin."""
    first: Duration = 0
    """With `every`: when the first one begins."""

    def expected_runs(self, horizon: int) -> float:
        if self.every is not None:
            return self.size * max(0, (horizon - self.first) // self.every + 1)
        return self.size * _within(self.at or (), horizon)

    @model_validator(mode="after")
    def says_when(self) -> Burst:
        if (self.at is None) == (self.every is None):
            raise wrong("a burst needs either `at` or `every`", "write `at` (a list of offsets from the start), or `every` (a period)")
        if self.every is None and "first" in self.model_fields_set:
            raise wrong("`first` says nothing without `every`", "add it to the times in `at`, or write `every` (a period) instead of `at`")
        return self


_KINDS = ("poisson", "piecewise", "every", "at", "burst")


class Arrivals(Strict):
    """Exactly one kind of arrival process; those with a rate may have more to say.

    `every` begins at the start, `at` lists offsets from it. `piecewise` maps local times of the week to rates of a Poisson process:
    `"08:00"` is every day, `"mon-fri 08:00"` and `"sat 10:00"` the named days; each rate holds until the next time named in the week.
    A time that the clocks skip means the instant of the change, a time that they show twice the first.
    """

    poisson: Rate | None = None
    """At random, with this rate on average."""
    piecewise: Annotated[dict[WeekTime, Rate], Field(min_length=1)] | None = None
    """At random, with a rate that depends on the time of the week."""
    every: PositiveDuration | None = None
    """One run in each period of this length, from the start on."""
    at: list[Duration] | None = None
    """A run at each of these offsets from the start."""
    burst: Burst | None = None
    """Many at once."""
    batch: Batch | None = None
    """With a rate: how many runs are requested together at each arrival. The rate is that of the batches. Default: one."""
    gaps: Gaps | None = None
    """With a rate: clumped or regular arrivals (a renewal process). Default: a Poisson process."""
    days: Annotated[float, Field(ge=0.001, le=10)] | None = None
    """With a rate: each local day has a random factor of its own, with mean 1 and this coefficient of variation (a gamma distribution)."""
    trend: Trend | None = None
    """With a rate: a factor that rises or falls."""
    modulated: Modulated | None = None
    """With a rate: factors that change at random times."""

    @property
    def has_rate(self) -> bool:
        """Whether arrivals come at random. The others come at set times."""
        return self.poisson is not None or self.piecewise is not None

    def expected_runs(self, timezone: str, begin: datetime, horizon: int) -> float:
        if self.has_rate:
            return self._expected_at_a_rate(timezone, begin, horizon)
        if self.every is not None:
            return horizon // self.every + 1
        if self.at is not None:
            return _within(self.at, horizon)
        assert self.burst is not None
        return self.burst.expected_runs(horizon)

    def _expected_at_a_rate(self, timezone: str, begin: datetime, horizon: int) -> float:
        segments = [(0, self.poisson)] if self.poisson is not None else week_segments(self.piecewise or {}, timezone, begin, horizon)
        ends = [*(at for at, _ in segments[1:]), horizon]
        factor = (self.batch.mean if self.batch else 1.0) * (self.modulated.mean if self.modulated else 1.0)
        trend = self.trend.total if self.trend else (lambda at: float(at))
        return factor * sum(rate * (trend(end) - trend(at)) for (at, rate), end in zip(segments, ends, strict=True)) / SECOND

    @field_validator("piecewise")
    @classmethod
    def names_each_time_once(cls, value: dict[str, float] | None) -> dict[str, float] | None:
        if value is not None:
            check_week(value)
        return value

    @model_validator(mode="after")
    def is_of_exactly_one_kind(self) -> Arrivals:
        exactly_one_kind(self, "arrivals", _KINDS)
        extra = [name for name in type(self).model_fields if name not in _KINDS and getattr(self, name) is not None]
        if extra and not self.has_rate:
            raise wrong(f"`{extra[0]}` needs arrivals with a rate", "write `poisson` or `piecewise`, or remove it")
        return self


def _within(times: Sequence[int], horizon: int) -> int:
    return sum(at <= horizon for at in times)


class Callers(Strict):
    """Callers who ask again. Without this they give up at the first 504, 429 or 503."""

    attempts: Annotated[int, Field(ge=2, le=20)] = 3
    """Requests in total, including the first. Then the caller gives up."""
    retry_on: list[Answer] = Field(default=[504, 429], min_length=1)
    """504: no reply within `webhook_response_timeout` (L-20). 429: refused by the project's `admission`. 503: Lightning is down,
    or goes down while they wait (I-2, I-5)."""
    pause: Distribution = Distribution(constant="1s")  # type: ignore[arg-type]
    """From the answer to the first request until the second request."""
    factor: Annotated[float, Field(ge=1, le=100)] = 2.0
    """Each further pause is longer by this factor: exponential backoff."""
    longest_pause: PositiveDuration | None = None
    """No pause is longer, unless a Retry-After asks for it."""
    heeds_retry_after: bool = True
    """After a 429 the pause is at least the project's `retry_after`."""

    @field_validator("retry_on")
    @classmethod
    def names_each_answer_once(cls, value: list[Answer]) -> list[Answer]:
        if len(set(value)) < len(value):
            raise wrong("an answer appears twice", "write each once, such as [504, 429]")
        return value


class _Trigger(Strict):
    """What all kinds have."""

    type: str
    service: Distribution
    """From a run's start to its end."""
    startup: Distribution | None = None
    """From a run's launch to its start. Default: the scenario's `startup`."""
    adaptor: Name | None = None
    """The adaptor that these runs load on their worker (I-10). Default: the workflow's."""
    service_factors: Factors | None = None
    """What services depend on: the run before, the hour, the load. Default: nothing, each is drawn on its own."""
    startup_factors: Factors | None = None
    """What startups depend on, such as a time without runs, after which everything is cold. Default: nothing."""
    failures: Probability = 0.0
    """The share of runs that end as `failed`."""

    @property
    def origin(self) -> Origin:
        """How the runs are made, as far as L-3 distinguishes: it decides their lane."""
        return Origin(self.type)

    @property
    def is_sync(self) -> bool:
        """Whether a caller waits for the run's end (L-20)."""
        return False

    @property
    def most_attempts(self) -> int:
        """How many requests one caller makes at most."""
        return 1

    def expected_runs(self, timezone: str, begin: datetime, horizon: int) -> float:
        """How many runs it makes on average from `begin` (UTC) to `horizon` µs later. `timezone` is the scenario's."""
        raise NotImplementedError


class _Arriving(_Trigger):
    """Whose runs come as an arrival process says."""

    arrivals: Arrivals
    """When its runs are requested."""

    def expected_runs(self, timezone: str, begin: datetime, horizon: int) -> float:
        return self.arrivals.expected_runs(timezone, begin, horizon)


class Webhook(_Arriving):
    """A webhook: `reply: after_completion` is the sync webhook of the fast lane."""

    type: Literal["webhook"]
    arrivals: Arrivals = Arrivals(at=[])
    """When its runs are requested from outside. May be left out where another workflow calls it (K-1): then nobody else does."""
    reply: Literal["after_completion", "before_start", "custom"] = "before_start"
    """When the caller is answered. It decides the lane (L-3)."""
    callers: Callers | None = None
    """Callers who ask again after a 504, a 429 or a 503. Default: they give up."""

    @property
    def origin(self) -> Origin:
        by_reply = {
            "after_completion": Origin.SYNC_WEBHOOK,
            "before_start": Origin.ASYNC_WEBHOOK,
            "custom": Origin.CUSTOM_WEBHOOK,
        }
        return by_reply[self.reply]

    @property
    def is_sync(self) -> bool:
        return self.reply == "after_completion"

    @property
    def most_attempts(self) -> int:
        return 1 if self.callers is None else self.callers.attempts

    @model_validator(mode="after")
    def has_callers_who_wait(self) -> Webhook:
        if self.callers is not None and self.reply == "before_start" and self.callers.retry_on != [503]:
            raise wrong(
                "the callers of this webhook get their reply before the run starts: only a 503 is a reason to ask again",
                "write `reply: after_completion`, or `retry_on: [503]`, or remove `callers`",
            )
        return self


class Cron(_Trigger):
    """A cron trigger. Lightning looks at it once a minute, on the minute (L-21), and reads it in UTC. Where the scenario has another time
    zone, write `timezone: UTC` at a trigger that is copied from Lightning."""

    type: Literal["cron"]
    cron: CronExpression
    """Minute, hour, day of the month, month, day of the week: `*/5 * * * *`. As Lightning reads it: both days must match, so
    `0 0 1-7 * mon` is the first Monday; `*/2` are the even days; `22-4` goes round midnight."""
    timezone: TimeZone | None = None
    """Default: the scenario's."""
    runs_per_tick: Count = 1
    """Runs that are created one after another at each tick, such as by a job that fans out."""
    spread: Duration = 0
    """Where the workflow or its project has copies: they fire evenly over this time, on the minute, instead of all in one minute."""

    def expected_runs(self, timezone: str, begin: datetime, horizon: int) -> float:
        return self.runs_per_tick * _expected_ticks(self.cron, self.timezone or timezone, begin, horizon)


class Kafka(_Arriving):
    """Messages of a Kafka topic."""

    type: Literal["kafka"]


class Manual(_Arriving):
    """Somebody clicks Run."""

    type: Literal["manual"]


class Retry(_Arriving):
    """Somebody retries a single run."""

    type: Literal["retry"]


class BulkRetry(_Arriving):
    """Somebody selects many work orders and retries them: usually with `arrivals: {burst: …}`. What is requested at one instant is one bulk
    retry."""

    type: Literal["bulk_retry"]
    from_job: bool = False
    """They are retried from a job on. Then their runs are made at once. From the start they are made by background jobs, 100 work orders
    each, which wait for cron ticks, and cron ticks for them (L-21)."""


Trigger = Annotated[Webhook | Cron | Kafka | Manual | Retry | BulkRetry, Field(discriminator="type")]


@lru_cache(maxsize=4_096)
def _expected_ticks(cron: str, timezone: str, begin: datetime, horizon: int) -> float:
    """Counted for a while, then taken to go on like that."""
    a_while = min(horizon, _A_WHILE)
    ticks = len(cron_ticks(cron, timezone, begin, a_while))
    return len(cron_ticks(cron, timezone, begin, horizon)) if ticks < _ENOUGH_TICKS else ticks * horizon / a_while
