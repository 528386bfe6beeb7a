"""Values as the text of a scenario: what is built in Python is checked by the very code that checks files."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from os import PathLike, fspath
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from fastlanes_sim.api.traffic_frame import is_frame, kept
from fastlanes_sim.core.errors import Problem, ScenarioError
from fastlanes_sim.core.units import DAY, HOUR, MILLISECOND, MINUTE, SECOND

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
"""Keys that somebody might read as something else than a text."""
_UNITS = {"d": DAY, "h": HOUR, "m": MINUTE, "s": SECOND, "ms": MILLISECOND, "us": 1}
_BYTES = {"GB": 10**9, "MB": 10**6, "kB": 10**3}
_PER = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}
DEEPEST = 40
"""A tree that is deeper is surely a mistake; the reader of scenarios refuses it sooner."""


def scenario_text(tree: Mapping[Any, Any]) -> str:
    """A mapping as YAML: reading it gives the same values.

    Values may be numbers, texts, mappings, sequences, dates, time spans, paths, enumerations, numbers of NumPy and parts of a `Scenario`; a
    DataFrame stands for a file of its rows, as in `{"replay": frame}`.

    Raises:
        ScenarioError: a value is of another type; it is named by its key path.
    """
    return "".join(f"{line}\n" for line in _block(plain(tree, ()), ""))


def plain(value: Any, path: tuple[Any, ...]) -> Any:
    """A value as YAML knows it: numbers, texts, lists and mappings instead of what `scenario_text` takes.

    Args:
        path: where it stands, for errors.

    Raises:
        ScenarioError: it, or a part of it, has no place in a scenario.
    """
    if len(path) > DEEPEST:
        raise _wrong(path, "the values are nested too deeply", "write mappings and lists that do not contain themselves")
    if isinstance(value, BaseModel):
        return plain(spelled(value), path)
    if isinstance(value, Enum):
        return plain(value.value, path)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {plain(key, (*path, key)): plain(one, (*path, key)) for key, one in value.items()}
    if isinstance(value, Sequence | range) and not isinstance(value, bytes | bytearray):
        return [plain(one, (*path, place)) for place, one in enumerate(value)]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"{value // timedelta(microseconds=1)}us"
    if isinstance(value, PathLike):
        return fspath(value)
    if is_frame(value):
        return kept(value)
    if hasattr(value, "tolist"):  # of NumPy
        return plain(value.tolist(), path)
    raise _wrong(
        path, f"a value of the type {type(value).__name__} has no place in a scenario", "write a number, a text, a list or a mapping"
    )


def _wrong(path: tuple[Any, ...], message: str, hint: str) -> ScenarioError:
    dotted = ".".join(map(str, path))
    return ScenarioError([Problem(dotted or "scenario", 0, 0, dotted, message, hint)])


def _block(value: Any, indent: str) -> Iterator[str]:
    """Mappings and lists line by line; what is empty in flow style."""
    if isinstance(value, dict):
        entries: Iterator[tuple[str, Any]] = ((f"{_key(key)}:", one) for key, one in value.items())
    else:
        entries = (("-", one) for one in value)
    for head, one in entries:
        if isinstance(one, dict | list) and one:
            first, *rest = _block(one, f"{indent}  ")
            yield from (f"{indent}- {first.lstrip()}", *rest) if head == "-" else (f"{indent}{head}", first, *rest)
        else:
            yield f"{indent}{head} {_scalar(one)}"


def _key(key: Any) -> str:
    return key if isinstance(key, str) and _PLAIN.match(key) and key.lower() not in _WORDS else _scalar(key)


def _scalar(value: Any) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return ".nan" if math.isnan(value) else ".inf" if value > 0 else "-.inf"
    return json.dumps(value)


def spelled(model: BaseModel) -> dict[str, Any]:
    """A part of a scenario as its file would say it: what was set, with durations and rates as texts."""
    fields = type(model).model_fields
    return {
        fields[name].alias or name: _spelled_field(getattr(model, name), fields[name]) for name in fields if name in model.model_fields_set
    }


def _spelled_field(value: Any, field: FieldInfo) -> Any:
    read = next((one.func for one in field.metadata if isinstance(one, BeforeValidator)), None)
    return _readable(value, read) if read is not None else _spelled(value, field.annotation)


def _spelled(value: Any, annotation: Any) -> Any:
    """By the annotation, which knows how a number of a file is read."""
    if value is None or isinstance(value, BaseModel):
        return value
    kind, arguments = get_origin(annotation), get_args(annotation)
    if kind is Annotated:
        read = next((one.func for one in arguments[1:] if isinstance(one, BeforeValidator)), None)
        return _readable(value, read) if read is not None else _spelled(value, arguments[0])
    if kind in (Union, UnionType):
        return _spelled(value, next(one for one in arguments if one is not type(None)))
    if kind is list:
        return [_spelled(one, arguments[0]) for one in value]
    if kind is dict:
        return {key: _spelled(one, arguments[1]) for key, one in value.items()}
    return value


def _readable(value: Any, read: Any) -> Any:
    """The spelling that is read as exactly this value: as it is, as a duration, a size, thousandths, a rate, a curve of durations."""
    tries = [value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        tries += [_duration(value), _size(value), value / 1_000, *_rates(float(value))]
    if isinstance(value, dict):
        tries += [{key: _duration(one) for key, one in value.items()}]
    for one in tries:
        try:
            if read(one) == value:
                return one
        except Exception:  # of which kind a refusal is, is the reader's matter
            continue
    return value


def _duration(us: Any) -> str:
    """In the largest unit of which it is a whole number."""
    unit, size = next(((unit, size) for unit, size in _UNITS.items() if us % size == 0), ("us", 1))
    return f"{us // size:.0f}{unit}"


def _size(size: float) -> str:
    """In the largest unit of a thousand of which it is a whole number."""
    unit, times = next(((unit, times) for unit, times in _BYTES.items() if size % times == 0), ("B", 1))
    return f"{size // times:.0f}{unit}"


def _rates(value: float) -> list[str]:
    """Spellings of about this many events a second, the shortest first: one of them is read as exactly that many."""
    texts = []
    for unit, seconds in _PER.items():
        number = value * seconds
        for near in (number, math.nextafter(number, math.inf), math.nextafter(number, 0)):
            texts.append(f"{Decimal(repr(near)):f}/{unit}")
    return sorted(texts, key=len)
