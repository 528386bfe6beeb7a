"""Where `run` and `compare` tell their result, beside the terminal and the folder of results: a page, a trace, CI's formats."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.units import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fastlanes_sim.core.errors import Problem
    from fastlanes_sim.reports.html.page import Page
    from fastlanes_sim.reports.reportable import Told
    from fastlanes_sim.reports.result import Result
    from fastlanes_sim.scenario.schema import Scenario


@dataclass(frozen=True, slots=True)
class Outputs:
    junit: Path | None = None
    github: bool | None = None
    undecided: Literal["pass", "fail"] | None = None
    html: str | None = None
    """"" for report.html beside the results."""
    trace: Path | None = None
    """Of one simulation only."""
    window: str | None = None
    """Of the trace."""

    def write(self, told: Told, page: Callable[[], Page], directory: Path, warnings: Iterable[Problem] = ()) -> list[Path]:
        """Returns the files written. Annotations go to standard error, where GitHub reads them as well: the output may be JSON."""
        written = []
        if self.junit is not None:
            from fastlanes_sim.reports.junit import write_junit

            write_junit(self.junit, told.cases, told.metadata, self.undecided)
            written.append(self.junit)
        if self.html is not None:
            from fastlanes_sim.reports.html.render import write_page

            written.append(Path(self.html) if self.html else directory / "report.html")
            write_page(written[-1], page())
        from fastlanes_sim.reports import github

        if github.wanted(self.github):
            for line in github.workflow_commands(told.cases, warnings, self.undecided, github.workspace()):
                typer.echo(line, err=True)
            if github.append_summary(github.markdown(told)) is None:
                typer.echo("note: GITHUB_STEP_SUMMARY is not set: no step summary", err=True)
        return written

    def check_places(self, directory: Path) -> None:
        """Whether all can be written; to be asked before anything is simulated.

        Raises:
            FastlanesError: a folder cannot be made, or a file is one.
        """
        files = [path for path in (self.junit, self.trace, Path(self.html) if self.html else None) if path is not None]
        for folder in (directory, *(file.parent for file in files)):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise FastlanesError(f"{folder}: no results can be written there: {error.strerror}\n    hint: name another place") from None
        for file in files:
            if file.is_dir():
                raise FastlanesError(f"{file} is a folder\n    hint: name a file in it")

    def span(self, scenario: Scenario) -> tuple[int, int]:
        """Of the trace, in µs since the start; to be asked for before anything is simulated.

        Raises:
            FastlanesError: there is a window without a trace, or it is none.
        """
        from fastlanes_sim.reports.trace import parse_window

        if self.window is None:
            return 0, scenario.horizon
        if self.trace is None:
            raise FastlanesError("--trace-window is of a trace\n    hint: add --trace trace.json")
        begin, end = parse_window(self.window, scenario.start, scenario.timezone)
        if begin >= scenario.horizon:
            cure = f"name times within the {format_duration(scenario.horizon)} it takes"
            raise FastlanesError(f"--trace-window {self.window}: begins after the simulation's end\n    hint: {cure}")
        return begin, end

    def write_trace(self, result: Result) -> list[Path]:
        from fastlanes_sim.reports.trace import write_trace

        if self.trace is None:
            return []
        write_trace(self.trace, result, *self.span(result.scenario.scenario))
        return [self.trace]
