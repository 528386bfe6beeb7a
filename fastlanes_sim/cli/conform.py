"""`fastlanes-sim conform`: recorded cases of the real thing, replayed through the very code that `run` uses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from fastlanes_sim.cli import scenario_options as options
from fastlanes_sim.cli.exit_codes import ExitCode
from fastlanes_sim.core.errors import FastlanesError


def conform(
    kind: Annotated[
        Literal["claims", "worker", "lives", "workloops"],
        typer.Argument(
            help="What was recorded: PostgreSQL's claims, the worker's timelines, lives of its runs, or its parser and command line.",
            show_default=False,
        ),
    ],
    files: Annotated[list[Path], typer.Argument(help="Files of recorded cases. They may be gzipped (.gz).", show_default=False)],
    engine: options.Engine = "reference",
    tolerance: Annotated[
        str | None, typer.Option(metavar="DURATION", help="Of `lives` recorded in wall-clock time: times may be so far apart, e.g. 50ms.")
    ] = None,
    most: Annotated[int, typer.Option("--show", help="Number of differing cases to show in detail. The others are only named.")] = 5,
) -> None:
    """Replay recorded cases of the real software.

    The exit code is 0 only if all cases agree.
    """
    from fastlanes_sim.api import suite_verbs
    from fastlanes_sim.core.units import MILLISECOND, parse_duration

    if tolerance is not None and kind != "lives":
        raise FastlanesError("--tolerance is for lives: other recordings are exact", "leave it out")
    try:
        within = 0 if tolerance is None else parse_duration(tolerance) // MILLISECOND
    except ValueError as error:
        raise FastlanesError(f"--tolerance: {error}", "write a duration such as 5ms") from error

    differing, total = 0, 0
    for file in files:
        for result in suite_verbs.conform(kind, file, engine=engine, tolerance=within):
            total += 1
            if result.agrees:
                continue
            differing += 1
            typer.echo(f"{file}: case {result.case} differs")
            for difference in result.differences[:5] if differing <= most else ():
                typer.echo(f"    {difference}")
    typer.echo(f"agree {total - differing} of {total}")
    raise typer.Exit(ExitCode.MET if total and not differing else ExitCode.BUG)
