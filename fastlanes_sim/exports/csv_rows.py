"""CSV rows with the line on which each begins. A broken row costs one row, not the rest of the file."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator


class _Lines:
    """Physical lines that can be put back."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._back: list[str] = []
        self.number = 0
        self.taken: list[str] = []
        """Lines of the row being read."""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._back.pop() if self._back else next(self._lines)
        self.number += 1
        self.taken.append(line)
        return line

    def put_back_all_but_the_first(self) -> None:
        again = self.taken[1:]
        self.number -= len(again)
        self._back.extend(reversed(again))


def rows(
    lines: Iterable[str], width: int | None, delimiter: str, first_line: int = 1, quote: str = '"'
) -> Iterator[tuple[int, list[str] | None]]:
    """(line, fields) of each row; fields are None where there are not `width` of them. Blank lines are skipped.

    A quote that is never closed swallows the rows after it: they are put back and read one by one.
    """
    source = _Lines(lines)
    reader = csv.reader(source, delimiter=delimiter, quotechar=quote)
    while True:
        source.taken.clear()
        begins = source.number + first_line
        try:
            row: list[str] | None = next(reader)
        except StopIteration:
            return
        except csv.Error:
            row = None
        if row == []:
            continue
        if row is None or (width is not None and len(row) != width):
            source.put_back_all_but_the_first()
            row = None
        yield begins, row


def delimiter_of(header: str, known: Callable[[list[str]], int]) -> str:
    """Comma, semicolon, tab or bar: the one that brings most known names out of the header.

    Args:
        known: counts the known names of a header.
    """
    text = header.rstrip("\r\n")
    return max(",;\t|", key=lambda delimiter: known(text.split(delimiter)))


def quote_of(header: str) -> str:
    """The quote around the first name, or `"`."""
    return "'" if header.lstrip()[:1] == "'" else '"'
