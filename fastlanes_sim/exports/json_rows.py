"""Runs as JSON: one object a line, objects one behind the other, or a list of objects, which another object may hold."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from fastlanes_sim.exports.problems import Broken, ExportError

Entry = dict[str, Any]
_NO_OBJECT = Broken("this is not a JSON object", "write it again: one object a line, whole")
_DECODER = json.JSONDecoder()
_BETWEEN = re.compile(r"[\s,]*")
_NEXT_OBJECT = re.compile(r"^\{", re.MULTILINE)


def objects(lines: Iterable[str], source: str, is_run: Callable[[Entry], bool]) -> Iterator[tuple[int, Entry | Broken]]:
    """(line, object) of each object, or what is wrong with it. In a list, objects are counted instead of lines.

    Args:
        is_run: whether an object has a heading of a run. One that has none may hold the list of runs: `{"data": [{…}, …]}`.

    Raises:
        ExportError: a list, or the first object, is cut short or no JSON.
    """
    begin, lines = _two_lines(lines)
    if begin and begin[0].lstrip().startswith("["):
        yield from _of_list(_json("".join(lines), source))
        return
    of_lines = any(not isinstance(_object(text), Broken) for text in begin)
    found = _one_a_line(lines) if of_lines else _one_behind_the_other("".join(lines), source)
    first = next(found, None)
    if first is None:
        return
    if _held(first[1], is_run) is None:
        yield first
        yield from found
    else:
        yield from _of_list([value for _, entry in chain([first], found) for value in _held(entry, is_run) or [entry]])


def text_of(value: Any) -> str:
    """An entry of an object as a text; what is nested stays JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _two_lines(lines: Iterable[str]) -> tuple[list[str], Iterable[str]]:
    """The first two lines that are not blank, and all lines."""
    stream, begin, taken = iter(lines), [], []
    for text in stream:
        taken.append(text)
        if text.strip():
            begin.append(text)
            if len(begin) == 2:
                break
    return begin, chain(taken, stream)


def _one_a_line(lines: Iterable[str]) -> Iterator[tuple[int, Entry | Broken]]:
    return ((line, _object(text)) for line, text in enumerate(lines, 1) if text.strip())


def _one_behind_the_other(text: str, source: str) -> Iterator[tuple[int, Entry | Broken]]:
    """Objects of several lines each, as jq writes them. Behind a broken one, the next line that begins with a brace begins one."""
    place, line, counted, is_first = 0, 1, 0, True
    while True:
        between = _BETWEEN.match(text, place)
        place = place if between is None else between.end()
        if place == len(text):
            return
        line += text.count("\n", counted, place)
        counted = place
        try:
            value, place = _DECODER.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            if is_first:
                raise _no_json(source, error) from None
            yield line, _NO_OBJECT
            following = _NEXT_OBJECT.search(text, place + 1)
            if following is None:
                return
            place = following.start()
        else:
            yield line, value if isinstance(value, dict) else _NO_OBJECT
        is_first = False


def _of_list(values: Iterable[Any]) -> Iterator[tuple[int, Entry | Broken]]:
    return ((number, value if isinstance(value, dict) else _NO_OBJECT) for number, value in enumerate(values, 1))


def _json(text: str, source: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _no_json(source, error) from None


def _no_json(source: str, error: Exception) -> ExportError:
    line = getattr(error, "lineno", 1)
    return ExportError(f"{source}:{line}: this is not JSON", "write it again, or write one object a line (.jsonl)")


def _object(text: str) -> Entry | Broken:
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return _NO_OBJECT
    return value if isinstance(value, dict) else _NO_OBJECT


def _held(entry: Entry | Broken, is_run: Callable[[Entry], bool]) -> list[Any] | None:
    """The one list of objects that an object holds which is no run itself."""
    if isinstance(entry, Broken) or is_run(entry):
        return None
    lists = [value for value in entry.values() if isinstance(value, list) and value and isinstance(value[0], dict)]
    return lists[0] if len(lists) == 1 else None
