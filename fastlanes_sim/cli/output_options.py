"""How `run` and `compare` are told where else their result goes: a page, a trace, CI's formats."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from typer.core import TyperCommand

Junit = Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write the verdicts as JUnit XML, a case an objective.")]
Github = Annotated[
    bool | None,
    typer.Option(
        "--github/--no-github", help="Step summary and annotations of GitHub Actions; by default where one runs.", show_default=False
    ),
]
Undecided = Annotated[Literal["pass", "fail"] | None, typer.Option(help="What an undecided objective counts as.")]
Html = Annotated[
    str | None, typer.Option("--html", metavar="[FILE]", help="Write one page with everything; report.html beside the results by default.")
]
Format = Annotated[
    Literal["parquet", "csv", "arrow"], typer.Option("--format", help="Of the table of runs; docs/exports.md has its columns.")
]
Trace = Annotated[Path | None, typer.Option("--trace", metavar="FILE", help="Write a trace for ui.perfetto.dev (JSON).")]
TraceWindow = Annotated[
    str | None, typer.Option(metavar="FROM..TO", help="Of the trace: 06:00..06:10 by the scenario's clock, or 6h..6h10m since the start.")
]
BESIDE = "--html="
"""`--html` without a FILE, as the parser wants it."""


def with_place_of_page(arguments: list[str]) -> list[str]:
    """Let `--html` stand alone: only what follows it and ends in .html or .htm is its FILE."""
    return [
        BESIDE if one == "--html" and not after.lower().endswith((".html", ".htm")) else one for one, after in pairwise([*arguments, ""])
    ]


class Telling(TyperCommand):
    """A command with `--html [FILE]`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, with_place_of_page(args))
