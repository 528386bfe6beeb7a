"""How text and tables lie in a terminal: 80 columns, readable without colour."""

from __future__ import annotations

import os
import re
import sys
from textwrap import fill
from typing import TYPE_CHECKING, Any, TextIO

from fastlanes_sim.core.escaping import terminal
from fastlanes_sim.reports.report import Table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as RichTable

_NARROWEST = 20
"""Columns; a terminal that says of itself that it is narrower is not believed (COLUMNS=0)."""
_USUAL = 80
_PREFIX = re.compile(r" *([A-Z]{3,} +)?")
"""Before the words of a line: spaces, and a verdict."""


def console(file: TextIO | None = None, *, stderr: bool = False, **looks: Any) -> Console:
    """Where tables are printed: in a text nothing is markup, an emoji or highlighted. By default standard output, without its filter,
    which would take the colours out: what is printed here has passed `escaping.terminal`. In a notebook it is a text as well: Rich would
    show it, and leave nothing for who asked for the text."""
    from rich.console import Console

    if file is None:
        stream = sys.stderr if stderr else sys.stdout
        file = getattr(stream, "unfiltered", stream)
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns) < _NARROWEST:
        looks.setdefault("width", _USUAL)
    made = Console(file=file, force_jupyter=False, markup=False, emoji=False, highlight=False, **looks)
    if made.width < _NARROWEST:
        made.width = _USUAL
    return made


def aligned(table: Table) -> list[str]:
    """The head and the rows as lines of a terminal."""
    cells = [table.head, *table.rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def print_wrapped(console: Console, line: str, indent: str = "") -> None:
    """A line of words, broken at the console's width."""
    wrapped = fill(terminal(line), console.width, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False)
    console.print(wrapped, markup=False, highlight=False)


def wrapped(text: str, width: int) -> str:
    """A text whose long lines of words are broken at the width, below where they began. Rows of a table stay as they are."""
    return "\n".join(_wrapped_line(line, width) for line in text.split("\n"))


def _wrapped_line(line: str, width: int) -> str:
    prefix = _PREFIX.match(line)
    begins = prefix.end() if prefix else 0
    if len(line) <= width or begins > width // 2 or "  " in line[begins:]:
        return line
    return fill(
        line, width, subsequent_indent=" " * (begins if prefix and prefix[1] else begins + 2 if begins else 0), break_on_hyphens=False
    )


def print_line(console: Console, line: str = "", style: str | None = None) -> None:
    """A line as it stands, for copying: it is not broken."""
    console.print(terminal(line), style=style, markup=False, highlight=False, soft_wrap=True)


def rich_table(title: str, caption: str | None = None) -> RichTable:
    """An empty table in our looks. Cells are shown as they stand, whichever console prints them: a text, or a `Text` with a style."""
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    class Literal(RichTable):
        def add_column(self, header: Any = "", *rest: Any, **looks: Any) -> None:
            super().add_column(_literal(header), *rest, **looks)

        def add_row(self, *cells: Any, **looks: Any) -> None:
            super().add_row(*map(_literal, cells), **looks)

    def _literal(cell: Any) -> Text:
        return Text(terminal(cell.plain), cell.style) if isinstance(cell, Text) else Text(terminal(cell))

    looks: dict[str, Any] = {"title_justify": "left", "title_style": "bold", "box": box.SIMPLE_HEAD, "pad_edge": False}
    return Literal(title=_literal(title), caption=None if caption is None else _literal(caption), caption_justify="left", **looks)
