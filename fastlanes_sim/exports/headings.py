"""From the headings of a file to our columns, and what is refused: columns that are missing, or that are there twice and differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from fastlanes_sim.core.quoting import show
from fastlanes_sim.exports.as_written import AsWritten
from fastlanes_sim.exports.columns import COLUMNS, FURTHER, is_missing, missing_columns, places, plain_name
from fastlanes_sim.exports.hints import Hints
from fastlanes_sim.exports.json_rows import Entry, text_of
from fastlanes_sim.exports.problems import ExportError

_ALL = (*COLUMNS, *FURTHER)
Where = dict[str, list[int]]
"""Our name of a column -> its places in a row."""


class Headings:
    """Of a file: what they mean, and where a message has to say that they are."""

    def __init__(self, source: str, as_written: AsWritten, hints: Hints) -> None:
        self.aliases = as_written.aliases
        self._columns = as_written.columns
        self.source, self._hints = source, hints

    def known(self, header: Sequence[str]) -> Where:
        return places(header, self.aliases)

    def of_header(self, header: Sequence[str], line: int = 1) -> Where:
        """Where each column stands.

        Raises:
            ExportError: a column is missing, or a heading of `--columns`.
        """
        where = self.known(header)
        self.refuse_unknown(header, where, line)
        self.refuse_missing(where, f"{self.source}:{line}: the header lacks")
        return where

    def refuse_missing(self, where: Where, lacks: str) -> None:
        absent = missing_columns(where)
        if absent:
            columns = "\n".join(f"      {name}: {meaning}" for name, meaning in COLUMNS.items())
            raise ExportError(f"{lacks} {', '.join(absent)}", f"{self._hints.headings}:\n{columns}")

    def refuse_unknown(self, header: Iterable[str], where: Where, line: int) -> None:
        """A heading that somebody named and nobody wrote. Headings are repeated only where one is known: else they may be a row."""
        there = list(header)
        plain = set(map(plain_name, there))
        for name, heading in self._columns.items():
            if plain_name(heading) not in plain:
                listed = f"; the headings are {', '.join(map(show, there))}" if where else ""
                hint = f"look at the first line{listed}"
                raise ExportError(f"{self.source}:{line}: --columns {name}: there is no heading {show(heading)}", hint)

    def refuse_different(self, name: str, first: Sequence[str], other: Sequence[str], which: str, lines: Sequence[int]) -> None:
        """Two columns that mean the same: either may be of a run, the other of what a join added to it.

        Args:
            which: how both are called.
            lines: of the values.

        Raises:
            ExportError: they differ.
        """
        pairs = enumerate(zip(first, other, strict=True))
        row = next((row for row, (one, another) in pairs if one != another and not (is_missing(one) and is_missing(another))), None)
        if row is not None:
            message = f"{self.source}:{lines[row]}: two columns mean {name} and differ here: {which}"
            raise ExportError(message, self._hints.twice.format(name=name))


class ObjectRows:
    """Objects as rows: a place for each of our columns. Objects may differ in their headings, and any may have one that none had before."""

    def __init__(self, headings: Headings) -> None:
        self._headings = headings
        self._where: Where = {}
        self._seen: set[str] = set()
        self._first = 0
        """The line of the first object, or 0."""
        self._plan: Callable[[tuple[str, ...]], _Plan] = lru_cache(maxsize=1_000)(self._planned)

    def columns(self) -> Where:
        """Where each column stands that some object had by now.

        Raises:
            ExportError: a column is missing.
        """
        if missing_columns(self._where):
            self._headings.refuse_unknown(self._seen, self._where, self._first)
        self._headings.refuse_missing(self._where, f"{self._headings.source}:{self._first}: the objects lack")
        return self._where

    def finish(self) -> None:
        """
        Raises:
            ExportError: there was no object, or none had a heading of `--columns`.
        """
        if not self._first:
            raise ExportError(f"{self._headings.source}: there is no JSON object in it", "write one object a line, or a list of objects")
        self._headings.refuse_unknown(self._seen, self._where, self._first)

    def is_run(self, entry: Entry) -> bool:
        """Whether an object has the heading of a column."""
        return bool(self._headings.known(tuple(entry)))

    def row(self, entry: Entry, line: int) -> list[str]:
        """
        Raises:
            ExportError: two entries mean the same column and differ.
        """
        self._first = self._first or line
        plan = self._plan(tuple(entry))
        for name, one, other in plan.twice:
            self._headings.refuse_different(name, [text_of(entry[one])], [text_of(entry[other])], f"{show(one)} and {show(other)}", [line])
        return ["" if key is None else value if isinstance(value := entry[key], str) else text_of(value) for key in plan.keys]

    def _planned(self, keys: tuple[str, ...]) -> _Plan:
        """Of objects with these headings."""
        found = self._headings.known(keys)
        self._where.update((name, [place]) for place, name in enumerate(_ALL) if name in found)
        self._seen.update(keys)
        twice = tuple((name, keys[first], keys[other]) for name, (first, *others) in found.items() for other in others)
        return _Plan(tuple(keys[found[name][0]] if name in found else None for name in _ALL), twice)


class _Plan(NamedTuple):
    """Where in an object a row is to be found."""

    keys: tuple[str | None, ...]
    """The heading of each of our columns."""
    twice: tuple[tuple[str, str, str], ...]
    """Our name of a column, and two headings that mean it."""
