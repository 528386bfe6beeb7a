"""One value of a YAML text set or taken away, and everything else left as it is written: comments, order, quotes, blank lines.

Nothing is trusted: what comes out is read again, and must be the tree that was wanted.
"""

from __future__ import annotations

import copy
import re
from typing import Any

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.scenario.yaml.one_line import flow, name
from fastlanes_sim.scenario.yaml.places import Path
from fastlanes_sim.scenario.yaml.tree import Node, read_yaml

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_./+-]*( [A-Za-z0-9_./+-]+)*")
"""Texts that need no quotes in any place, unless YAML reads something else in them (which is tried)."""


def with_value(text: str, path: Path, value: Any) -> str:
    """The text with a value at a place of its tree. Mappings on the way that are missing are made; a list may be longer by one entry.

    Args:
        path: keys, and places in lists counted from 0.
        value: a plain tree; None takes away what is there.

    Raises:
        FastlanesError: the text is no YAML, or there is no such place, or what is there cannot be edited this way (an alias).
    """
    root, flaws = read_yaml(text)
    if root is None or flaws:
        raise FastlanesError("the text has mistakes", "correct them first: they are marked at their lines")
    wanted = _wanted(root.plain(), path, value)
    edited = _without(text, root, path) if value is None else _with(text, root, path, value)
    found, new_flaws = read_yaml(edited)
    if found is None or new_flaws or found.plain() != wanted:
        where = ".".join(map(str, path))
        raise FastlanesError(f"{where} cannot be changed without changing the text around it", "change it in the text")
    return edited


def _wanted(tree: Any, path: Path, value: Any) -> Any:
    tree = copy.deepcopy(tree)
    node = tree
    for place, part in enumerate(path[:-1]):
        if isinstance(node, dict) and node.get(part) is None and value is not None:
            node[part] = [] if isinstance(path[place + 1], int) else {}
        node = _child(node, part, path)
    last = path[-1]
    if isinstance(node, list) and isinstance(last, int) and 0 <= last <= len(node):
        node[last : last + 1] = [] if value is None else [copy.deepcopy(value)]
    elif isinstance(node, dict) and value is None:
        node.pop(last, None)
    elif isinstance(node, dict):
        node[last] = copy.deepcopy(value)
    else:
        raise _no_place(path)
    return tree


def _child(node: Any, part: str | int, path: Path) -> Any:
    if isinstance(node, list) and isinstance(part, int) and 0 <= part < len(node):
        return node[part]
    if isinstance(node, dict) and part in node:
        return node[part]
    raise _no_place(path)


def _no_place(path: Path) -> FastlanesError:
    return FastlanesError(f"there is no {'.'.join(map(str, path))} to change", "look at the text")


def _with(text: str, root: Node, path: Path, value: Any) -> str:
    """Replace the value, or add it to the deepest node that is there."""
    node = root
    for depth, part in enumerate(path):
        child = _of(node, part)
        if child is None or (child.kind == "scalar" and child.value is None and depth < len(path) - 1):
            rest = _nested(path[depth + 1 :], value)
            if child is not None:
                return _spliced(text, child, rest)
            return _added(text, node, part, rest)
        node = child
    return _spliced(text, node, value)


def _of(node: Node, part: str | int) -> Node | None:
    if node.kind == "mapping":
        entry = node.entries.get(part)
        return None if entry is None else entry[2]
    if node.kind == "list" and isinstance(part, int) and part < len(node.items):
        return node.items[part]
    return None


def _nested(path: Path, value: Any) -> Any:
    for part in reversed(path):
        value = [value] if isinstance(part, int) else {part: value}
    return value


def _spliced(text: str, node: Node, value: Any) -> str:
    if node.is_shared:
        raise FastlanesError("this value has an anchor: it may stand in several places", "change it in the text")
    begin, end = node.begin, _end(text, node)
    space = "" if begin == 0 or text[begin - 1] in " [{\n" else " "
    return text[:begin] + space + _written(value, text[begin:end]) + text[end:]


def _written(value: Any, before: str = "") -> str:
    """On one line; a text in the same quotes as what was there before, or bare where that does."""
    if isinstance(value, str) and before[:1] not in ('"', "'") and _PLAIN.fullmatch(value):
        root, flaws = read_yaml(value)
        if root is not None and not flaws and root.value == value:
            return value
    if isinstance(value, str) and before[:1] == "'" and "\n" not in value:
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name(str(key))}: {_written(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return flow(value)


def _end(text: str, node: Node) -> int:
    """Of what belongs to the value itself: without the space, blank lines and comments after it."""
    if node.kind == "scalar" or node.is_flow:
        return node.end
    return max((_end(text, child) for child in _children(node)), default=node.end)


def _children(node: Node) -> list[Node]:
    return [*node.items, *(child for _, _, child in node.entries.values())]


def _added(text: str, node: Node, part: str | int, value: Any) -> str:
    if node.is_shared:
        raise FastlanesError("this value has an anchor: it may stand in several places", "change it in the text")
    entry = f"{name(part)}: {_written(value)}" if isinstance(part, str) else _written(value)
    if node.is_flow:
        place = node.end - 1
        comma = ", " if _children(node) else ""
        before = text[: _end_of_last(text, node)] if _children(node) else text[:place]
        return before + comma + entry + text[len(before) :]
    children = _children(node)
    if not children:
        raise FastlanesError("there is nothing here yet to add to", "write it into the text")
    end = _end_of_line(text, max(_end(text, child) for child in children))
    indent = " " * (_column(node) - 1)
    dash = "" if isinstance(part, str) else "- "
    ended = text[:end] if text[:end].endswith("\n") else text[:end] + "\n"
    return f"{ended}{indent}{dash}{entry}\n{text[end:]}"


def _column(node: Node) -> int:
    """Of the keys, or of the dashes."""
    return min((column for _, column, _ in node.entries.values()), default=node.column)


def _end_of_last(text: str, node: Node) -> int:
    return max(_end(text, child) for child in _children(node))


def _end_of_line(text: str, place: int) -> int:
    """After the rest of the line, a comment at its end included."""
    end = text.find("\n", place)
    return len(text) if end < 0 else end + 1


def _without(text: str, root: Node, path: Path) -> str:
    node = root
    for part in path[:-1]:
        child = _of(node, part)
        if child is None:
            return text
        node = child
    child = _of(node, path[-1])
    if child is None:
        return text
    if len(_children(node)) == 1 and len(path) > 1:  # an empty mapping is no YAML in a block: take its key with it
        return _emptied(text, node, child)
    begin, end = _whole(text, node, path[-1], child)
    return text[:begin] + text[end:]


def _emptied(text: str, node: Node, child: Node) -> str:
    empty = "[]" if node.kind == "list" else "{}"
    if node.is_flow:
        return text[: node.begin] + empty + text[node.end :]
    return text[: node.begin].rstrip() + " " + empty + text[_end(text, child) :]


def _whole(text: str, node: Node, part: str | int, child: Node) -> tuple[int, int]:
    """From the entry's beginning to where the next one may begin."""
    begin = _begin_of_entry(text, node, part, child)
    end = _end(text, child)
    if not node.is_flow:
        line = text.rfind("\n", 0, begin) + 1
        return (line, _end_of_line(text, end)) if not text[line:begin].strip() else (begin, end)
    after = re.compile(r"\s*,\s*").match(text, end)
    if after is not None:
        return begin, after.end()
    before = re.compile(r",\s*$").search(text[:begin])
    return (begin if before is None else before.start()), end


def _begin_of_entry(text: str, node: Node, part: str | int, child: Node) -> int:
    if node.kind == "mapping":
        line, column, _ = node.entries[part]
        return sum(len(one) + 1 for one in text.split("\n")[: line - 1]) + column - 1
    return child.begin if node.is_flow else text.rfind("-", 0, child.begin)
