"""How text and tables lie in a terminal: 80 columns, readable without colour."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING, Any

from fastlanes_sim.reports.report import Table

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table as RichTable


def aligned(table: Table) -> list[str]:
    """The head and the rows as lines of a terminal."""
    cells = [table.head, *table.rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def print_wrapped(console: Console, line: str, indent: str = "") -> None:
    """A line of words, broken at the console's width."""
    wrapped = fill(line, console.width, initial_indent=indent, subsequent_indent=f"{indent}  ", break_on_hyphens=False)
    console.print(wrapped, markup=False, highlight=False)


def rich_table(title: str, caption: str | None = None) -> RichTable:
    """An empty table in our looks."""
    from rich import box
    from rich.table import Table as RichTable

    style: dict[str, Any] = {"title_justify": "left", "title_style": "bold", "box": box.SIMPLE_HEAD, "pad_edge": False}
    return RichTable(title=title, caption=caption, caption_justify="left", **style)
