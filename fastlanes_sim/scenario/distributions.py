"""How long something takes: the distributions a scenario may name."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from fastlanes_sim.core.fields import Duration, PositiveDuration, Strict, exactly_one_kind, wrong

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
            raise wrong("a lognormal needs two parameters", "write either median and p95, or mean and sd")
        if self.median is not None and self.p95 is not None and self.p95 <= self.median:
            raise wrong("the p95 of a lognormal lies above its median", "write a longer p95, or `constant`")
        return self


class Gamma(Strict):
    """With shape 1 an exponential; the larger the shape, the closer to the mean."""

    mean: PositiveDuration
    shape: Positive


class Weibull(Strict):
    """A shape below 1 has a heavier tail than an exponential, above 1 a lighter one."""

    mean: PositiveDuration
    shape: Annotated[float, Field(ge=0.05, le=1000)]


class Empirical(Strict):
    """One of the listed durations, each as likely as its weight (equal where no weights are given)."""

    values: Annotated[list[Duration], Field(min_length=1)]
    weights: list[Annotated[float, Field(ge=0)]] | None = None

    @model_validator(mode="after")
    def weights_match_values(self) -> Empirical:
        if self.weights is not None and (len(self.weights) != len(self.values) or sum(self.weights) <= 0):
            raise wrong("the weights do not fit the values", "write as many weights as values, not all of them zero")
        return self


class Distribution(Strict):
    """Exactly one kind. `5s` alone is short for `{constant: 5s}`, a list for `{empirical: {values: …}}`."""

    constant: Duration | None = None
    """Always the same."""
    exponential: Exponential | None = None
    lognormal: Lognormal | None = None
    gamma: Gamma | None = None
    weibull: Weibull | None = None
    empirical: Empirical | None = None

    @model_validator(mode="before")
    @classmethod
    def a_bare_value_is_short(cls, value: Any) -> Any:
        if isinstance(value, list):
            return {"empirical": {"values": value}}
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            return {"constant": value}
        return value

    @model_validator(mode="after")
    def is_of_exactly_one_kind(self) -> Distribution:
        exactly_one_kind(self, "a distribution")
        return self
