"""How arrivals and services depend on one another, on the time and on chance that lasts: what independent draws do not have."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from fastlanes_sim.core.fields import Count, PositiveDuration, Strict, Weight, exactly_one_kind, wrong
from fastlanes_sim.scenario.schedule import check_week, check_week_time

Factor = Annotated[float, Field(ge=0, le=1_000)]
LEAST_OF_LOAD = 0.1
"""Factor of a duration, however few runs come (`Load`)."""
PositiveFactor = Annotated[float, Field(gt=0, le=1_000)]


class Sizes(Strict):
    """One of the listed sizes, each as likely as its weight (equal where no weights are given)."""

    values: Annotated[list[Count], Field(min_length=1)]
    weights: list[Weight] | None = None

    @model_validator(mode="after")
    def weights_match_values(self) -> Sizes:
        if self.weights is not None and (len(self.weights) != len(self.values) or sum(self.weights) <= 0):
            raise wrong("the weights do not match the values", "write as many weights as values, not all of them zero")
        return self


class Batch(Strict):
    """How many runs are requested together, at each arrival. Exactly one kind."""

    fixed: Count | None = None
    """Always so many."""
    geometric: Annotated[float, Field(ge=1, le=100_000)] | None = None
    """At least one, so many on average: each further run is as likely as the one before."""
    sizes: Sizes | None = None
    """From a list."""

    @property
    def mean(self) -> float:
        if self.sizes is not None:
            weights = self.sizes.weights or [1.0] * len(self.sizes.values)
            return sum(size * weight for size, weight in zip(self.sizes.values, weights, strict=True)) / sum(weights)
        return float(self.fixed or self.geometric or 1)

    @model_validator(mode="after")
    def is_of_exactly_one_kind(self) -> Batch:
        exactly_one_kind(self, "batch")
        return self


class Gaps(Strict):
    """How arrivals follow one another: a renewal process with the same rate. With a shape of 1 it is a Poisson process."""

    kind: Literal["gamma", "weibull"] = "gamma"
    """The distribution of the times between arrivals."""
    shape: Annotated[float, Field(ge=0.05, le=1_000)]
    """Below 1 arrivals are clumped, above 1 they are more regular."""


class Trend(Strict):
    """A factor for the rate that rises or falls steadily, and then stays."""

    begin: Factor
    """At the start."""
    end: Factor
    """At the end of `over`, and from then on."""
    over: PositiveDuration
    """How long it takes. It changes in steps of an hour."""

    def total(self, until: float) -> float:
        """µs from the start, each counted with its factor."""
        moving = min(until, self.over)
        return self.begin * moving + (self.end - self.begin) * moving**2 / (2 * self.over) + self.end * (until - moving)


class Modulated(Strict):
    """A Markov-modulated rate: it is multiplied by one factor after another, each for an exponential time."""

    factors: Annotated[list[Factor], Field(min_length=2, max_length=20)]
    """In their order; after the last the first comes again."""
    stays: list[PositiveDuration]
    """How long each factor lasts on average."""

    @property
    def mean(self) -> float:
        return sum(factor * stay for factor, stay in zip(self.factors, self.stays, strict=True)) / sum(self.stays)

    @model_validator(mode="after")
    def stays_match_factors(self) -> Modulated:
        if len(self.stays) != len(self.factors):
            raise wrong("the stays do not match the factors", "write as many stays as factors")
        return self


class Tick(Strict):
    """Runs right after a regular instant take longer, or shorter."""

    every: PositiveDuration
    """The period, counted from midnight (UTC), such as 1h."""
    within: PositiveDuration
    """Runs that are requested within so much after each instant."""
    factor: PositiveFactor


class Load(Strict):
    """Durations follow the number of runs that were requested shortly before, of the same trigger."""

    within: PositiveDuration
    """How long before."""
    usual: Annotated[float, Field(ge=0.001, le=1_000_000)]
    """The number at which they are as the distribution says."""
    slope: Annotated[float, Field(ge=-10, le=10)]
    """1: they are as much longer as there are more runs. 0.5: half as much. None is shorter than a tenth."""


class Idle(Strict):
    """The first run after a time without any takes longer: something has gone cold."""

    after: PositiveDuration
    """How long no run of the same trigger was requested. The first run of all counts, too."""
    factor: PositiveFactor


class Factors(Strict):
    """What services, or startups, depend on. Each part is optional; factors multiply."""

    previous: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """How much a run's is like that of the run requested before it: an autoregressive process of order 1 with this correlation (of the
    normal scores). The distribution stays the same."""
    hours: Annotated[dict[str, PositiveFactor], Field(min_length=1)] | None = None
    """Factors by local time of the week, written as in `piecewise`: `"08:00"` is every day, `"mon-fri 08:00"` the named days."""
    tick: Tick | None = None
    """Right after regular instants."""
    load: Load | None = None
    """With the number of runs shortly before."""
    idle: Idle | None = None
    """After a time without runs."""

    @model_validator(mode="after")
    def names_each_time_once(self) -> Factors:
        if self.hours is not None:
            for time in self.hours:
                check_week_time(time)
            check_week(self.hours)
        return self
