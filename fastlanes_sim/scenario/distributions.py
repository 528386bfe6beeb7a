"""How long something takes: the distributions a scenario may name."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from fastlanes_sim.scenario.fields import Duration, PositiveDuration, Strict

Positive = Annotated[float, Field(gt=0)]


class Exponential(Strict):
    mean: PositiveDuration


class Lognormal(Strict):
    """By median and 95th percentile, or by mean and standard deviation."""

    median: PositiveDuration | None = None
    p95: PositiveDuration | None = None
    mean: PositiveDuration | None = None
    sd: PositiveDuration | None = None

    @model_validator(mode="after")
    def names_one_pair_of_parameters(self) -> Lognormal:
        given = {name for name in ("median", "p95", "mean", "sd") if getattr(self, name) is not None}
        if given not in ({"median", "p95"}, {"mean", "sd"}):
            raise ValueError("a lognormal needs either median and p95, or mean and sd")
        if self.median is not None and self.p95 is not None and self.p95 <= self.median:
            raise ValueError("the p95 of a lognormal lies above its median")
        return self


class Gamma(Strict):
    mean: PositiveDuration
    shape: Positive


class Empirical(Strict):
    """One of the listed durations, each as likely as its weight (equal where no weights are given)."""

    values: Annotated[list[Duration], Field(min_length=1)]
    weights: list[Annotated[float, Field(ge=0)]] | None = None

    @model_validator(mode="after")
    def weights_match_values(self) -> Empirical:
        if self.weights is not None and (len(self.weights) != len(self.values) or sum(self.weights) <= 0):
            raise ValueError("weights must be as many as values, and not all zero")
        return self


class Distribution(Strict):
    """Exactly one kind. `5s` alone is short for `{constant: 5s}`, a list for `{empirical: {values: …}}`."""

    constant: Duration | None = None
    exponential: Exponential | None = None
    lognormal: Lognormal | None = None
    gamma: Gamma | None = None
    empirical: Empirical | None = None

    @model_validator(mode="before")
    @classmethod
    def a_bare_duration_is_constant(cls, value: Any) -> Any:
        return {"constant": value} if isinstance(value, (str, int, float)) else value

    @model_validator(mode="after")
    def is_of_exactly_one_kind(self) -> Distribution:
        if len(self.model_fields_set) != 1:
            raise ValueError("a distribution has exactly one kind: constant, exponential, lognormal, gamma or empirical")
        return self
