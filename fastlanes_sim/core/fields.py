"""The small values that people write, each with its usual spelling, as pydantic types; and how a validator reports an error."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection
from enum import StrEnum
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from fastlanes_sim.core.quoting import show, suggest
from fastlanes_sim.core.units import parse_duration, parse_rate, parse_size


def wrong(message: str, hint: str = "", offset: int | None = None) -> PydanticCustomError:
    """An error for a validator to raise. `offset` counts characters from the beginning of a text value to the mistake."""
    return PydanticCustomError("wrong", "{message}", {"message": message, "hint": hint, "offset": offset})


class Strict(BaseModel):
    """A part of what users write. Unknown keys are errors, every number is finite, and no value is converted to another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True, allow_inf_nan=False)


def _read(parse: Callable[[str], Any], text: str) -> Any:
    try:
        return parse(text)
    except ValueError as error:
        message, _, hint = str(error).rpartition(": ")
        raise wrong(message or hint, hint if message else "") from None


def read_duration(value: Any) -> int:
    if isinstance(value, str):
        return int(_read(parse_duration, value))
    if value == 0 and not isinstance(value, bool):
        return 0
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if value < 0:
            raise wrong(f"{show(value)} is negative", "a duration is 0s or more")
        raise wrong(f"{show(value)} has no unit", f"write {value}s for seconds or {value}ms for milliseconds")
    raise wrong(f"{show(value)} is not a duration", "write a number and a unit (us, ms, s, m, h, d), such as 30s")


def _positive_duration(value: Any) -> int:
    duration = read_duration(value)
    if duration == 0:
        raise wrong("this duration must be above zero", "write a longer one, such as 30s")
    return duration


def read_rate(value: Any) -> float:
    if not isinstance(value, str):
        raise wrong(f"{show(value)} is not a rate", "write a number and a unit of time, such as 1/min")
    rate = float(_read(parse_rate, value))
    if not math.isfinite(rate) or rate > 1e6:
        raise wrong(f"{show(value)} is more than a million a second", "write a smaller rate, such as 10/s")
    return rate


Duration = Annotated[
    int,
    BeforeValidator(read_duration),
    WithJsonSchema({"type": ["string", "integer"], "description": "a duration such as 500ms, 30s, 5m, 1h30m", "examples": ["30s"]}),
]
"""Microseconds, written as `30s`."""

PositiveDuration = Annotated[
    int,
    BeforeValidator(_positive_duration),
    WithJsonSchema({"type": "string", "description": "a duration above zero such as 500ms, 30s, 5m, 1h30m", "examples": ["30s"]}),
]

Rate = Annotated[
    float,
    BeforeValidator(read_rate),
    WithJsonSchema({"type": "string", "description": "a rate such as 1/min, 0.5/s, 200/h", "examples": ["1/min"]}),
]
"""Events a second, written as `1/min`."""


_PERCENTAGE = re.compile(r"\s*(\+?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)\s*%\s*", re.ASCII)


def read_share(value: Any) -> float | None:
    """`5%` or 0.05 as 0.05; None of what is neither, or does not lie between 0 and 1."""
    match = _PERCENTAGE.fullmatch(value) if isinstance(value, str) else None
    share = value if match is None else float(match[1]) / 100
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        return None
    return float(share)


def _probability(value: Any) -> float:
    share = read_share(value)
    if share is None:
        raise wrong(f"{show(value)} is not a probability", "write a percentage such as 5%, or a number such as 0.05, between 0% and 100%")
    return share


Probability = Annotated[
    float,
    BeforeValidator(_probability),
    WithJsonSchema({"type": ["string", "number"], "description": "a probability such as 5% or 0.05", "examples": ["5%"]}),
]
"""From 0 to 1, written as `5%` or `0.05`."""


def _read_part(value: Any) -> float:
    part = read_share(value)
    if part is None:
        raise wrong(f"{show(value)} is no part of the service", "write 0% (its start) to 100% (its end)")
    return part


Part = Annotated[
    float,
    BeforeValidator(_read_part),
    WithJsonSchema({"type": ["string", "number"], "description": "a part of the service such as 50% or 0.5", "examples": ["50%"]}),
]
"""Of a service, from 0 to 1, written as `50%`."""


def _read_processors(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0.001 <= value <= 10_000:
        raise wrong(f"{show(value)} is no number of processors", "write a number from 0.001 to 10000, such as 4 or 0.5")
    if abs(1_000 * value - round(1_000 * value)) > 1e-6:
        raise wrong(f"{show(value)} is no whole number of thousandths of a processor", "write three decimals at most, such as 0.25")
    return round(1_000 * value)


Processors = Annotated[
    int,
    BeforeValidator(_read_processors),
    WithJsonSchema({"type": "number", "description": "processors such as 4 or 0.5", "examples": [4]}),
]
"""Thousandths of a processor, written as `0.5`."""


def _read_size(value: Any) -> int:
    if not isinstance(value, str):
        raise wrong(f"{show(value)} is not a size", "write a number and a unit (MB, GB, Mi, Gi), such as 500MB")
    return int(_read(parse_size, value))


Size = Annotated[
    int,
    BeforeValidator(_read_size),
    WithJsonSchema({"type": "string", "description": "a size such as 500MB, 2Gi", "examples": ["500MB"]}),
]
"""Bytes, written as `500MB`."""

Limit = Annotated[int, Field(ge=1, le=1_000_000_000)]
"""The highest is as good as none, and fits into what engines count with."""
Count = Annotated[int, Field(ge=1, le=100_000)]
Weight = Annotated[float, Field(ge=0, le=10**12)]
"""Of one of several, in relation to the others: so small that the sum of all is finite."""


def check_name(value: str) -> str:
    """Refuse what is no name of a project, workflow or worker."""
    if not value.strip() or len(value) > 80 or not value.isprintable() or set(value) & set("/."):
        raise wrong(f"{show(value)} is not a name", "a name has 1 to 80 printable characters, none of them `/` or `.`")
    return value


Name = Annotated[str, AfterValidator(check_name)]
"""Of a project, workflow or worker: `/` and `.` are taken by the names of sources and by override paths."""

E = TypeVar("E", bound=StrEnum)


def one_of(kind: type[E]) -> BeforeValidator:
    """Accepts the values of an enumeration by their spelling."""

    def names_a_member(value: Any) -> Any:
        if isinstance(value, kind):
            return value
        if isinstance(value, str) and value in list(kind):
            return kind(value)
        raise wrong(f"unknown value {show(value)}", suggest(value, [member.value for member in kind]))

    return BeforeValidator(names_a_member)


def with_short_forms(core_schema: CoreSchema, handler: GetJsonSchemaHandler, *short: JsonSchemaValue) -> JsonSchemaValue:
    """The JSON schema of a model of which exactly one field is given, and beside the mapping the short forms in which it may be written."""
    reference = handler(core_schema)
    whole = handler.resolve_ref_schema(reference)
    mapping = {**whole, "minProperties": 1, "maxProperties": 1}
    whole.clear()
    whole.update(description=mapping.get("description", ""), anyOf=[*short, mapping])
    return reference


def exactly_one_kind(model: BaseModel, what: str, among: Collection[str] | None = None) -> None:
    """Refuse a model of alternatives that has none of them, or several.

    `what` is the alternative's name; the alternatives are all fields, or those `among` which only one may be given.
    """
    kinds = [name for name in type(model).model_fields if among is None or name in among]
    given = [name for name in kinds if getattr(model, name) is not None]
    if len(given) != 1:
        problem = f"has both {' and '.join(given)}" if given else "has none"
        raise wrong(f"exactly one kind of {what} is needed, this {problem}", f"write one of {', '.join(kinds)}")
