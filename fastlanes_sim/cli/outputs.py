"""Where `run` and `compare` tell their result, beside the terminal and the folder of results: a page, CI's formats."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperCommand

from fastlanes_sim.errors import FastlanesError
from fastlanes_sim.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fastlanes_sim.errors import Problem
    from fastlanes_sim.reports.page.parts import Page
    from fastlanes_sim.reports.result import Result
    from fastlanes_sim.reports.told import Told
    from fastlanes_sim.scenario.schema import Scenario

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


@dataclass(frozen=True, slots=True)
class Outputs:
    junit: Path | None = None
    github: bool | None = None
    undecided: Literal["pass", "fail"] | None = None

    html: str | None = None
    """"" for report.html beside the results."""

    def write(self, told: Told, page: Callable[[], Page], directory: Path, warnings: Iterable[Problem] = ()) -> list[Path]:
        """Returns the files written. Annotations go to standard error, where GitHub reads them as well: the output may be JSON."""
        written = []
        if self.junit is not None:
            from fastlanes_sim.reports.junit import write_junit

            write_junit(self.junit, told.cases, told.metadata, self.undecided)
            written.append(self.junit)
        if self.html is not None:
            from fastlanes_sim.reports.page.render import write_page

            written.append(Path(self.html) if self.html else directory / "report.html")
            write_page(written[-1], page())
        from fastlanes_sim.reports import github

        if github.wanted(self.github):
            for line in github.workflow_commands(told.cases, warnings, self.undecided, github.workspace()):
                typer.echo(line, err=True)
            if github.append_summary(github.markdown(told)) is None:
                typer.echo("note: GITHUB_STEP_SUMMARY is not set: no step summary", err=True)
        return written


def check_window(file: Path | None, window: str, scenario: Scenario) -> None:
    """Before anything is simulated.

    Raises:
        FastlanesError: there is no trace to take it of, or it is none.
    """
    from fastlanes_sim.reports.trace import parse_window

    if file is None:
        raise FastlanesError("--trace-window is of a trace\n    cure: add --trace trace.json")
    begin, _ = parse_window(window, scenario.start, scenario.timezone)
    if begin >= scenario.horizon:
        after = format_duration(scenario.horizon)
        raise FastlanesError(
            f"--trace-window {window}: begins after the simulation's end\n    cure: name times within the {after} it takes"
        )


def write_trace(result: Result, file: Path, window: str | None) -> Path:
    from fastlanes_sim.reports import trace

    scenario = result.scenario.scenario
    begin, end = trace.parse_window(window, scenario.start, scenario.timezone) if window else (0, result.log.ended_on)
    trace.write_trace(file, result, begin, end)
    return file
