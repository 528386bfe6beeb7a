"""The small values that scenario files are made of, each with the spelling that people use for it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from fastlanes_sim.units import parse_duration, parse_rate


class Strict(BaseModel):
    """A part of a scenario: unknown keys are errors, values are never bent into another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def _duration(value: Any) -> int:
    if value == 0 and not isinstance(value, bool):
        return 0
    if isinstance(value, bool) or not isinstance(value, str):
        raise ValueError(f"{value!r} is not a duration: write a number and a unit (us, ms, s, m, h, d), such as 30s")
    return parse_duration(value)


def _rate(value: Any) -> float:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a rate: write a number and a unit of time, such as 1/min")
    return parse_rate(value)


Duration = Annotated[
    int,
    BeforeValidator(_duration),
    WithJsonSchema({"type": ["string", "integer"], "description": "a duration such as 500ms, 30s, 5m, 1h30m", "examples": ["30s"]}),
]
"""Microseconds, written as `30s`."""

PositiveDuration = Annotated[
    int,
    BeforeValidator(_duration),
    Field(gt=0),
    WithJsonSchema({"type": "string", "description": "a duration above zero such as 500ms, 30s, 5m, 1h30m", "examples": ["30s"]}),
]

Rate = Annotated[
    float,
    BeforeValidator(_rate),
    WithJsonSchema({"type": "string", "description": "a rate such as 1/min, 0.5/s, 200/h", "examples": ["1/min"]}),
]
"""Events a second, written as `1/min`."""

Limit = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=1, le=100_000)]
