"""The distributions that a scenario may name. A new family is a file beside this one and a field here."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
from pydantic import GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from fastlanes_sim.core.fields import Duration, Strict, exactly_one_kind, with_short_forms
from fastlanes_sim.distributions.constant import Constant
from fastlanes_sim.distributions.empirical import Empirical
from fastlanes_sim.distributions.exponential import Exponential
from fastlanes_sim.distributions.family import Family, Times
from fastlanes_sim.distributions.gamma import Gamma
from fastlanes_sim.distributions.lognormal import Lognormal
from fastlanes_sim.distributions.weibull import Weibull


class Distribution(Strict):
    """Exactly one kind. `5s` alone is short for `{constant: 5s}`, a list for `{empirical: {values: …}}`."""

    constant: Duration | None = None
    """Always the same."""
    exponential: Exponential | None = None
    lognormal: Lognormal | None = None
    gamma: Gamma | None = None
    weibull: Weibull | None = None
    empirical: Empirical | None = None

    @property
    def family(self) -> Family:
        """The one that is given."""
        (given,) = (value for _, value in self if value is not None)
        return given if isinstance(given, Family) else Constant.model_construct(value=given)

    def expectation(self) -> float:
        """The mean, µs."""
        return self.family.expectation()

    def sample(self, size: int, random: np.random.Generator) -> Times:
        """`size` durations, whole µs. A larger sample from the same generator begins with the same numbers."""
        return self.family.sample(size, random)

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
        exactly_one_kind(self, "distribution")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The mapping, and the short forms beside it."""
        return with_short_forms(
            core_schema,
            handler,
            {"type": ["string", "integer"], "description": "a constant duration such as 500ms"},
            {"type": "array", "items": {"type": ["string", "integer"]}, "minItems": 1},
        )


FAMILIES: tuple[type[Family], ...] = tuple(
    kind
    for field in Distribution.model_fields.values()
    for kind in get_args(field.annotation)
    if isinstance(kind, type) and issubclass(kind, Family)
)
"""In the order of the fields above; the constant is not among them."""
