"""pydantic's errors in plain words: the place in the tree, what is wrong, what to write instead."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from fastlanes_sim.core.quoting import show, suggest
from fastlanes_sim.scenario.yaml.places import Finding, Path

_EXAMPLES = {
    "horizon": "horizon: 1d",
    "projects": "projects: {clinic: {workflows: {register: {triggers: []}}}}",
    "workers": 'workers: [{workloops: "manual>*:5"}]',
    "workflows": "workflows: {register: {triggers: []}}",
    "service": "service: 2s",
    "arrivals": "arrivals: {poisson: 1/min}",
    "cron": 'cron: "*/5 * * * *"',
    "from": "from: 10m",
    "to": "to: 15m",
    "mean": "mean: 2s",
    "shape": "shape: 2",
    "values": "values: [1s, 2s]",
    "size": "size: 100",
    "time": "time: 4s",
    "probability": "probability: 5%",
}


def findings(error: ValidationError, tree: Any, model: type[BaseModel]) -> list[Finding]:
    """Everything that pydantic found wrong in `tree`."""
    return [_finding(details, tree, model) for details in error.errors(include_url=False)]


def _finding(details: ErrorDetails, tree: Any, model: type[BaseModel]) -> Finding:
    kind, value, context = details["type"], details.get("input"), details.get("ctx", {})
    loc = details["loc"]
    path = _path(loc, tree)
    key = loc[-1] if loc else ""
    if kind == "missing":
        example = _EXAMPLES.get(str(key))
        return Finding(path, f"`{key}` is missing", f"add `{example}`" if example else f"add `{key}`")
    if kind == "extra_forbidden":
        return Finding(path, f"unknown key {show(key)}", suggest(key, _keys_at(path[:-1], tree, model)), about_key=True)
    if key == "[key]":
        message = context.get("message", f"{show(value)} is not a name")
        return Finding(path, message, context.get("hint") or "put quotes around it", about_key=True, offset=context.get("offset"))
    if kind == "wrong":
        return Finding(path, context["message"], context["hint"], offset=context["offset"])
    if kind == "union_tag_not_found":
        first, *others = _kinds(path, tree, model)
        return Finding(path, "`type` is missing", f"add `type: {first}`, {_either(others)}")
    message, hint = _words(kind, value, context, details["msg"])
    return Finding(path, message, hint, wants_quotes=kind == "string_type" and isinstance(value, int | float))


def _words(kind: str, value: Any, context: dict[str, Any], fallback: str) -> tuple[str, str]:
    shown = show(value)
    if value is None and kind.endswith("_type"):
        return "there is no value", "write one after the colon, or remove the key"
    if kind in ("int_type", "int_from_float"):
        return f"{shown} is not a whole number", _without_underscores(value) or "write a plain number such as 5"
    if kind == "float_type":
        return f"{shown} is not a number", _without_underscores(value) or "write a plain number such as 0.5"
    if kind == "finite_number":
        return f"{shown} is not a finite number", "write an ordinary number"
    if kind == "bool_type":
        return f"{shown} is neither true nor false", "write true or false (in YAML 1.2, yes and no are texts)"
    if kind == "string_type":
        return f"{shown} is not a text", f'put quotes around it: "{json.dumps(value)}"' if isinstance(
            value, int | float
        ) else "write a text here"
    if kind in ("dict_type", "model_type", "model_attributes_type"):
        return f"{shown} is not a mapping", "write `key: value` pairs here, indented"
    if kind == "list_type":
        return f"{shown} is not a list", "begin each entry with `- `, or write [a, b]"
    if kind in ("greater_than_equal", "greater_than", "less_than_equal", "less_than"):
        limit = next(iter(context.values()))
        word = {"greater_than_equal": "at least", "greater_than": "more than", "less_than_equal": "at most", "less_than": "less than"}[kind]
        return f"{shown} is out of range", f"write a number that is {word} {limit}"
    if kind == "too_short":
        return "this is empty", "it needs at least one entry"
    if kind in ("literal_error", "enum"):
        allowed = [name.strip(" '") for name in str(context.get("expected", "")).replace(" or ", ", ").split(",")]
        return f"unknown value {shown}", suggest(value, allowed)
    if kind == "string_pattern_mismatch":
        return f"{shown} is not a name", "write small letters, digits, - and _, beginning with a letter or digit"
    if kind == "invalid_key":
        return "a key here is a number", "put quotes around the key"
    if kind == "union_tag_invalid":
        allowed = [name.strip(" '") for name in str(context.get("expected_tags", "")).split(",")]
        return f"unknown type {show(context.get('tag'))}", suggest(context.get("tag"), allowed)
    if kind.startswith("datetime") or kind.startswith("date_"):
        return f"{shown} is not a time", "write a local time such as 2026-01-05 or 2026-01-05T06:00"
    return fallback, "see docs/scenario.md, or the examples in scenarios/"


def _without_underscores(value: Any) -> str:
    """The hint for `1_000`, which is a number in YAML 1.1 only; else empty."""
    is_older = isinstance(value, str) and re.fullmatch(r"[+-]?[0-9][0-9_]*(\.[0-9_]*)?", value) is not None
    return f"YAML 1.2 has no numbers with underscores: write {value.replace('_', '')}" if is_older and "_" in value else ""


def _path(loc: Sequence[str | int], tree: Any) -> Path:
    """The error's place in the tree as written: without union tags, and no deeper than the writing goes."""
    path: list[str | int] = []
    node: Any = tree
    for position, part in enumerate(loc):
        if position >= 2 and loc[position - 2] == "triggers" and isinstance(loc[position - 1], int):
            continue  # pydantic's name for the kind of trigger, not a key; `cron` would be both
        in_list = isinstance(node, list) and isinstance(part, int) and 0 <= part < len(node)
        if in_list or (isinstance(node, dict) and part in node):
            path.append(part)
            node = node[part]
        elif isinstance(node, dict) and position == len(loc) - 1 and part != "[key]":
            path.append(part)
    return tuple(path)


def _keys_at(path: Path, tree: Any, model: type[BaseModel]) -> list[str]:
    """The keys that the model at this place allows."""
    found = _model(*_at(path, tree, model))
    return [field.alias or name for name, field in found.model_fields.items()] if found else []


def _kinds(path: Path, tree: Any, model: type[BaseModel]) -> list[str]:
    """What `type` may be at this place, where one of several models is wanted."""
    choices = _choices(_at(path, tree, model)[0])
    return [str(tag) for choice in choices for tag in get_args(choice.model_fields["type"].annotation)]


def _either(names: list[str]) -> str:
    return " or ".join([*filter(None, [", ".join(names[:-1])]), *names[-1:]])


def _at(path: Path, tree: Any, model: type[BaseModel]) -> tuple[Any, Any]:
    """(type, value) at this place."""
    annotation: Any = model
    node: Any = tree
    for part in path:
        annotation = _step(annotation, part, node)
        node = node[part]
    return annotation, node


def _step(annotation: Any, part: str | int, node: Any) -> Any:
    model = _model(annotation, node)
    if model is not None:
        return next((field.annotation for name, field in model.model_fields.items() if part in (name, field.alias)), Any)
    for choice in _choices(annotation):
        if get_origin(choice) is list and isinstance(part, int):
            return get_args(choice)[0]
        if get_origin(choice) is dict:
            return get_args(choice)[1]
    return Any


def _model(annotation: Any, node: Any) -> type[BaseModel] | None:
    """The model among the annotation's choices; of several, the one whose `type` the node names."""
    models = [choice for choice in _choices(annotation) if isinstance(choice, type) and issubclass(choice, BaseModel)]
    if len(models) > 1 and isinstance(node, dict):
        for model in models:
            tag = model.model_fields.get("type")
            if tag is not None and get_origin(tag.annotation) is Literal and node.get("type") in get_args(tag.annotation):
                return model
    return models[0] if models else None


def _choices(annotation: Any) -> list[Any]:
    if get_origin(annotation) is Annotated:
        return _choices(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [choice for part in get_args(annotation) for choice in _choices(part)]
    return [annotation]
