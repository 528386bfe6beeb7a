"""Runs as JSON: one object a line, or one list of objects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from fastlanes_sim.exports.problems import ExportError

Row = dict[str, str]


def objects(lines: Iterable[str], source: str) -> Iterator[tuple[int, Row | None]]:
    """(line, heading -> text) of each object; None where a line is none. In a list, objects are counted instead of lines.

    Raises:
        ExportError: a list that is cut short or has something else than objects.
    """
    numbered = enumerate(lines, 1)
    for line, text in numbered:
        if not text.strip():
            continue
        if text.lstrip()[0] == "[":
            yield from _of_list(text + "".join(rest for _, rest in numbered), source)
            return
        yield line, _object(text)


def _of_list(text: str, source: str) -> Iterator[tuple[int, Row | None]]:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise ExportError(f"{source}:{line}: this is not JSON", "write it again, or write one object a line (.jsonl)") from None
    for number, value in enumerate(values, 1):
        yield number, _texts(value) if isinstance(value, dict) else None


def _object(text: str) -> Row | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return _texts(value) if isinstance(value, dict) else None


def _texts(value: dict[str, Any]) -> Row:
    """Each entry as a text; what is nested stays JSON."""
    return {key: "" if entry is None else entry if isinstance(entry, str) else json.dumps(entry) for key, entry in value.items()}
