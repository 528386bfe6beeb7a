"""YAML 1.2 as a tree that remembers its places, built from parser events without ever constructing an object or recursing.

Everything that makes YAML dangerous or surprising ends here: tags, merge keys, duplicate keys, anchor bombs, bottomless nesting,
numbers that are none.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.reader import ReaderError

DEEPEST = 32
MOST_NODES = 200_000
MOST_ALIASES = 100
MOST_EXPANDED = 20_000
"""Nodes that aliases may repeat, all together: enough for shared settings, too few for a bomb."""
LARGEST = 2**63 - 1
_NO_ENDS = {0x2028: 0xF828, 0x2029: 0xF829, 0x85: 0xF885}
"""Characters that end a line for the parser, and not in YAML 1.2: it gets others instead, for private use."""
_ENDS = {other: end for end, other in _NO_ENDS.items()}
_TAG = "tag:yaml.org,2002:"
_KNOWN_TAGS = ("str", "int", "float", "bool", "null", "map", "seq", "timestamp")


@dataclass(slots=True)
class Node:
    """A value and where it stands; lines and columns count from 1."""

    line: int
    column: int
    kind: Literal["scalar", "mapping", "list"]
    value: Any = None
    quoted: bool = False
    entries: dict[Any, tuple[int, int, Node]] = field(default_factory=dict)
    """Of a mapping: key -> (line and column of the key, value)."""
    items: list[Node] = field(default_factory=list)
    size: int = 1
    """Nodes in it, aliases expanded."""
    depth: int = 1
    """Levels of it, aliases expanded."""
    begin: int = 0
    """Its first character, counted from the beginning of the text."""
    end: int = 0
    """The character after its last. A mapping or a list without brackets ends where what follows begins, comments included."""
    is_flow: bool = False
    """A mapping or a list in brackets."""
    is_shared: bool = False
    """It has an anchor: it may stand in several places."""

    def plain(self) -> Any:
        if self.kind == "mapping":
            return {key: node.plain() for key, (_, _, node) in self.entries.items()}
        if self.kind == "list":
            return [node.plain() for node in self.items]
        return self.value


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong with the YAML itself; line 0 means the file as a whole."""

    line: int
    column: int
    message: str
    hint: str
    path: str = ""
    """The keys and places in lists that lead to it, with points in between; empty where that is not known."""


class _HopelessError(Exception):
    """Reading on makes no sense."""

    def __init__(self, line: int, column: int, message: str, hint: str) -> None:
        super().__init__(message)
        self.flaw = Flaw(line, column, message, hint)


def _too_deep(line: int, column: int) -> _HopelessError:
    hint = "a scenario needs fewer than ten: check the brackets, and what aliases stand for"
    return _HopelessError(line, column, f"nested more than {DEEPEST} levels deep", hint)


class _Lines:
    """Lines and columns of a text, from 1. The parser's own count other ends of lines as well, such as U+2028."""

    def __init__(self, text: str) -> None:
        self._begins = [0, *(place + 1 for place, letter in enumerate(text) if letter == "\n")]

    def place(self, mark: Any) -> tuple[int, int]:
        line = bisect_right(self._begins, mark.index)
        return line, mark.index - self._begins[line - 1] + 1


def read_yaml(text: str) -> tuple[Node | None, list[Flaw]]:
    """The document's tree, None where there is none, and everything wrong with it."""
    lines = _Lines(text)
    builder = _Builder(lines)
    try:
        root = builder.build(YAML(typ="safe", pure=True).parse(text.translate(_NO_ENDS)))
    except _HopelessError as hopeless:
        return None, [*builder.flaws, hopeless.flaw]
    except MarkedYAMLError as error:
        return None, [*builder.flaws, _syntax_flaw(error, lines)]
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        column = error.position - (text.rfind("\n", 0, error.position) + 1) + 1
        message = f"the character U+{ord(text[error.position]):04X} is not allowed in YAML"
        return None, [Flaw(line, column, message, "remove it: a scenario is a text file")]
    except (YAMLError, ValueError, RecursionError) as error:
        return None, [*builder.flaws, Flaw(0, 0, f"this is not YAML: {error}", "see the examples in scenarios/")]
    return root, builder.flaws


def _syntax_flaw(error: MarkedYAMLError, lines: _Lines) -> Flaw:
    mark = error.problem_mark or error.context_mark
    line, column = lines.place(mark) if mark is not None else (0, 0)
    problem = error.problem or "unreadable"
    hint = "check the indentation, the colons and the quotes of this line and the one before"
    if "'\\t'" in problem or "tab" in problem:
        hint = "YAML indents with spaces: replace the tab"
    elif "alias" in (error.context or "") or "anchor" in (error.context or ""):
        hint = "a value that begins with * or & needs quotes"
    elif "mapping values are not allowed" in problem:
        hint = "put quotes around a text that contains `: `, or check the indentation"
    context = f"{error.context}: " if error.context else ""
    return Flaw(line, column, f"the YAML is broken here: {context}{problem}", hint)


class _Builder:
    def __init__(self, lines: _Lines) -> None:
        self._lines = lines
        self.flaws: list[Flaw] = []
        self._resolver = YAML(typ="safe", pure=True).resolver
        self._stack: list[_Open] = []
        self._anchors: dict[str, Node] = {}
        self._nodes = self._aliases = self._expanded = self._documents = 0
        self._root: Node | None = None

    def build(self, events: Iterator[Any]) -> Node | None:
        for event in events:
            line, column = self._lines.place(event.start_mark)
            if isinstance(event, DocumentStartEvent):
                self._documents += 1
                if self._documents > 1:
                    raise _HopelessError(line, column, "a second document begins here", "one file holds one scenario: remove it")
            elif isinstance(event, AliasEvent):
                self._add(self._alias(event, line, column), line, column)
            elif isinstance(event, ScalarEvent):
                self._add(self._anchored(event, self._scalar(event, line, column)), line, column)
            elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
                self._open(event, line, column)
            elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
                done = self._stack.pop()
                done.node.end = event.end_mark.index
                if done.anchor is not None:
                    self._anchors[done.anchor] = done.node
                self._add(done.node, done.node.line, done.node.column)
        return self._root

    def _open(self, event: Any, line: int, column: int) -> None:
        if len(self._stack) >= DEEPEST:
            raise _too_deep(line, column)
        self._refuse_tag(event, line, column)
        if self._stack and self._stack[-1].awaits_key:
            raise _HopelessError(line, column, "a mapping or a list cannot be a key", "write a plain name before the colon")
        kind: Literal["mapping", "list"] = "mapping" if isinstance(event, MappingStartEvent) else "list"
        node = Node(line, column, kind, begin=event.start_mark.index, is_flow=bool(event.flow_style), is_shared=event.anchor is not None)
        self._stack.append(_Open(node, event.anchor))

    def _anchored(self, event: Any, node: Node) -> Node:
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, event: Any, line: int, column: int) -> Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            raise _HopelessError(
                line, column, f"the alias *{event.anchor} has no anchor before it", 'a text that begins with * needs quotes, as in "*:5"'
            )
        self._aliases += 1
        self._expanded += node.size
        if self._aliases > MOST_ALIASES or self._expanded > MOST_EXPANDED:
            raise _HopelessError(
                line,
                column,
                f"too many aliases: at most {MOST_ALIASES}, standing for at most {MOST_EXPANDED:,} values",
                "write the values out, or use `copies`",
            )
        return node

    def _refuse_tag(self, event: Any, line: int, column: int) -> None:
        tag = None if event.tag is None else str(event.tag)
        if tag not in (None, "!") and str(tag).removeprefix(_TAG) not in _KNOWN_TAGS:
            self._flaw(line, column, f"tags such as {tag} are not allowed", "write the plain value")

    def _scalar(self, event: Any, line: int, column: int) -> Node:
        self._refuse_tag(event, line, column)
        text = _joined_surrogates(event.value.translate(_ENDS))
        if text is None:
            self._flaw(line, column, "half a surrogate pair is not a character", "write the character itself")
            text = ""
        quoted = event.style is not None
        tag = str(event.tag) if event.tag is not None else self._implied_tag(text, event.implicit)
        value = self._value(tag.removeprefix(_TAG), text, line, column)
        places = event.start_mark.index, event.end_mark.index
        return Node(line, column, "scalar", value, quoted, begin=places[0], end=places[1], is_shared=event.anchor is not None)

    def _implied_tag(self, text: str, implicit: Any) -> str:
        """What kind of value a text without a tag is. The resolver takes `1_000` and `0b11` for numbers, as YAML 1.1 does."""
        tag = str(self._resolver.resolve(ScalarNode, text, implicit))
        is_older = tag.removeprefix(_TAG) in ("int", "float") and ("_" in text or text.lstrip("+-").startswith("0b"))
        return f"{_TAG}str" if is_older else tag

    def _flaw(self, line: int, column: int, message: str, hint: str) -> None:
        parts = [open_.place for open_ in self._stack]
        self.flaws.append(Flaw(line, column, message, hint, ".".join(str(part) for part in parts if part is not None)))

    def _value(self, tag: str, text: str, line: int, column: int) -> Any:
        """Dates stay text: the fields that want one read it themselves."""
        if tag == "null":
            return None
        if tag == "bool":
            return text.lower() == "true"
        if tag == "merge":
            self._flaw(line, column, "merge keys (<<) are not part of YAML 1.2", "write the keys out")
            return text
        if tag in ("int", "float"):
            number = _number(tag, text)
            if number is None:
                self._flaw(line, column, f"{text[:40]} is not a finite number of reasonable size", "write an ordinary number")
                return 1
            return number
        return text

    def _add(self, node: Node, line: int, column: int) -> None:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise _HopelessError(line, column, f"more than {MOST_NODES:,} values", "describe traffic with rates or bursts")
        if not self._stack:
            self._root = node
            return
        top = self._stack[-1]
        top.node.size += node.size
        top.node.depth = max(top.node.depth, node.depth + 1)
        if len(self._stack) + node.depth > DEEPEST:
            raise _too_deep(line, column)
        if top.node.kind == "list":
            top.node.items.append(node)
        elif top.awaits_key:
            self._key(top, node, line, column)
        else:
            key, key_line, key_column = top.key
            top.awaits_key = True
            if key is not _DUPLICATE:
                top.node.entries[key] = (key_line, key_column, node)

    def _key(self, top: _Open, node: Node, line: int, column: int) -> None:
        key = node.value
        if node.kind != "scalar" or key is None or isinstance(key, (bool, float)):
            self._flaw(line, column, "a key is a name or a whole number", "put quotes around the key")
            key = f"{key}"
        if key in top.node.entries:
            first = top.node.entries[key][0]
            self._flaw(line, column, f"the key `{str(key)[:60]}` appears a second time (first in line {first})", "keep one")
            key = _DUPLICATE
        top.key = (key, line, column)
        top.awaits_key = False


_DUPLICATE = object()


@dataclass(slots=True)
class _Open:
    """A mapping or list under construction."""

    node: Node
    anchor: str | None
    awaits_key: bool = True
    key: tuple[Any, int, int] = (None, 0, 0)

    def __post_init__(self) -> None:
        self.awaits_key = self.node.kind == "mapping"

    @property
    def place(self) -> Any:
        """The key, or the place in the list, of the value that comes next; None where a key comes next."""
        if self.node.kind == "list":
            return len(self.node.items)
        return None if self.awaits_key or self.key[0] is _DUPLICATE else self.key[0]


def _joined_surrogates(text: str) -> str | None:
    """JSON writes characters beyond U+FFFF as two escapes; None where one half is missing."""
    if not any("\ud800" <= letter <= "\udfff" for letter in text):
        return text
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        return None


def _number(tag: str, text: str) -> int | float | None:
    if len(text) > 40 or "_" in text:
        return None
    try:
        number = int(text, 0 if text.lstrip("+-").lower().startswith(("0x", "0o", "0b")) else 10) if tag == "int" else float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and abs(number) <= LARGEST else None
