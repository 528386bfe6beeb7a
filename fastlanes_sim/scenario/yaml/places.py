"""From a place in the scenario's tree to the place in the file that it was read from."""

from __future__ import annotations

from dataclasses import dataclass

from fastlanes_sim.core.errors import Problem
from fastlanes_sim.scenario.yaml.source import Source
from fastlanes_sim.scenario.yaml.tree import Node

Path = tuple[str | int, ...]
"""Of a value in the tree: keys of mappings, and places in lists counted from 0."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong, or suspicious, at a place of the scenario's tree."""

    path: Path
    message: str
    hint: str
    about_key: bool = False
    """The key is meant, not its value."""
    wants_quotes: bool = False
    """A number stands where a text is wanted."""
    offset: int | None = None
    """Characters from the beginning of a text value to the mistake."""

    @property
    def dotted(self) -> str:
        """The path as `workers.0.workloops`."""
        return ".".join(map(str, self.path))


@dataclass(frozen=True, slots=True)
class FilePlaces:
    """Finds places of one file."""

    source: Source
    root: Node

    def problem(self, finding: Finding) -> Problem:
        """The finding at its line and column."""
        return self.source.problem(*self.place(finding), finding.dotted, finding.message, finding.hint)

    def place(self, finding: Finding) -> tuple[int, int]:
        """Line and column of the value, or of its key; of the last key written where the value is missing."""
        node, (line, column) = self.root, (self.root.line, self.root.column)
        for position, part in enumerate(finding.path):
            last = position == len(finding.path) - 1
            if node.kind == "mapping" and part in node.entries:
                key_line, key_column, child = node.entries[part]
                by_key = (last and finding.about_key) or child.kind == "mapping" or (child.value is None and child.kind == "scalar")
                line, column = (key_line, key_column) if by_key else (child.line, child.column)
            elif node.kind == "list" and isinstance(part, int) and part < len(node.items):
                child = node.items[part]
                line, column = child.line, child.column
            else:
                break
            node = child
        if finding.offset is not None and node.kind == "scalar" and not finding.about_key:
            column = self._inside(node, finding.offset)
        return line, column

    def missing(self, path: Path) -> Path | None:
        """The first place on the way to a value that the file says nothing of; None where it says the value."""
        node = self.root
        for position, part in enumerate(path):
            if node.kind == "mapping" and part in node.entries:
                node = node.entries[part][2]
            elif node.kind == "list" and isinstance(part, int) and part < len(node.items):
                node = node.items[part]
            else:
                return path[:position] if node.kind == "scalar" and node.value is None else path[: position + 1]
        return None

    def _inside(self, node: Node, offset: int) -> int:
        """The column of a character of a text value, where the file shows the value as it is: on one line and without escapes."""
        written = self.source.lines[node.line - 1] if node.line <= len(self.source.lines) else ""
        begin = node.column - 1 + node.quoted
        return begin + offset + 1 if written.startswith(str(node.value), begin) else node.column
