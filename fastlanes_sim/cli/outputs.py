"""Where `run` and `compare` tell their result, beside the terminal and the folder of results: CI's formats."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastlanes_sim.errors import Problem
    from fastlanes_sim.reports.told import Told

Junit = Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write the verdicts as JUnit XML, a case an objective.")]
Github = Annotated[
    bool | None,
    typer.Option(
        "--github/--no-github", help="Step summary and annotations of GitHub Actions; by default where one runs.", show_default=False
    ),
]
Undecided = Annotated[Literal["pass", "fail"] | None, typer.Option(help="What an undecided objective counts as.")]


@dataclass(frozen=True, slots=True)
class Outputs:
    junit: Path | None = None
    github: bool | None = None
    undecided: Literal["pass", "fail"] | None = None

    def write(self, told: Told, warnings: Iterable[Problem] = ()) -> list[Path]:
        """Returns the files written. Annotations go to standard error, where GitHub reads them as well: the output may be JSON."""
        written = []
        if self.junit is not None:
            from fastlanes_sim.reports.junit import write_junit

            write_junit(self.junit, told.cases, told.metadata, self.undecided)
            written.append(self.junit)
        from fastlanes_sim.reports import github

        if github.wanted(self.github):
            for line in github.workflow_commands(told.cases, warnings, self.undecided, github.workspace()):
                typer.echo(line, err=True)
            if github.append_summary(github.markdown(told)) is None:
                typer.echo("note: GITHUB_STEP_SUMMARY is not set: no step summary", err=True)
        return written
