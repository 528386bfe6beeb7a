"""CSV rows with the line on which each begins. A broken row costs one row, not the rest of the file."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator

from fastlanes_sim.exports.problems import Broken

_LONGEST_FIELD = 16_000_000
csv.field_size_limit(_LONGEST_FIELD)  # a run's input or output may stand beside its times: Python's 131,072 characters are few for that
_WIDTH = Broken("not as many fields as the header", "quote fields that hold a comma or a quote")
_LENGTH = Broken("a field has more than 16 million characters", "leave its column out, or close a quote that is open")


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
) -> Iterator[tuple[int, list[str] | Broken]]:
    """(line, fields) of each row, or what is wrong with it, such as not `width` fields. Blank lines are skipped.

    A quote that is never closed swallows the rows after it: they are put back and read one by one.
    """
    source = _Lines(lines)
    reader = csv.reader(source, delimiter=delimiter, quotechar=quote)
    while True:
        source.taken.clear()
        begins = source.number + first_line
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            broken = _LENGTH
        else:
            if not row:
                continue
            if width is None or len(row) == width:
                yield begins, row
                continue
            broken = _WIDTH
        source.put_back_all_but_the_first()
        yield begins, broken


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
