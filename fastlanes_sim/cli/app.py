"""Puts the commands together, and turns whatever goes wrong into words and an exit code."""

from __future__ import annotations

import sys
import traceback
from typing import NoReturn

import typer

from fastlanes_sim import __version__
from fastlanes_sim.cli import (
    baseline,
    bench,
    calibrate,
    compare,
    conform,
    demo,
    diff,
    explain,
    init,
    rig,
    run,
    schema,
    search,
    sensitivity,
    studio,
    sweep,
    traffic,
    validate,
)
from fastlanes_sim.cli.exit_codes import ExitCode
from fastlanes_sim.cli.report_options import ReportingCommand
from fastlanes_sim.cli.safe_output import safe_streams
from fastlanes_sim.cli.signals import leave_interrupted
from fastlanes_sim.core.errors import FastlanesError, ScenarioError, of_the_system, out_of_memory
from fastlanes_sim.core.interruption import is_interruption

app = typer.Typer(
    name="fastlanes-sim",
    help="Which worker layout keeps a sync webhook fast? A capacity simulator of OpenFn Lightning's Fast Lanes.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # Plain help: importing rich would cost more than all the rest of it.
)
app.command("init")(init.init)
app.command("run", cls=ReportingCommand)(run.run)
app.command("explain")(explain.explain)
app.command("compare", cls=ReportingCommand)(compare.compare)
app.command("diff")(diff.diff)
app.command("sweep", cls=ReportingCommand)(sweep.sweep)
app.command("sensitivity", cls=ReportingCommand)(sensitivity.sensitivity)
app.command("search", cls=ReportingCommand)(search.search)
app.command("studio")(studio.studio)
app.command("bench")(bench.bench)
app.add_typer(baseline.app, name="baseline")
app.command("demo")(demo.demo)
app.command("calibrate")(calibrate.calibrate)
app.command("validate")(validate.validate)
app.command("conform")(conform.conform)
app.command("rig")(rig.rig)
app.command("traffic")(traffic.traffic)
app.command("schema")(schema.schema)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"fastlanes-sim {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Print the version and exit."),
) -> None:
    pass


_TYPER_INTERRUPTED = 130
"""What Typer makes of a Ctrl-C that no command has caught."""


def run_app() -> None:
    """Run the command line; never returns."""
    try:
        with safe_streams() as out:
            try:
                _run()
            except SystemExit:
                out.flush()
                if out.reader_has_left:
                    sys.exit(ExitCode.READER_HAS_LEFT)
                raise
    except FastlanesError as error:  # what was left to write could not be written
        with safe_streams():
            print(f"fastlanes-sim: {error}", file=sys.stderr)
        sys.exit(ExitCode.USAGE)


def _run() -> NoReturn:
    try:
        app()
        raise AssertionError("Typer exits")
    except ScenarioError as error:
        for line in error.lines:
            print(line, file=sys.stderr)
        count = len(error.problems)
        print(f"{count} problem{'s' if count != 1 else ''}; nothing was simulated, nothing written.", file=sys.stderr)
        sys.exit(ExitCode.INVALID)
    except (FastlanesError, OSError) as error:
        if is_interruption(error):
            leave_interrupted()
        print(f"fastlanes-sim: {of_the_system(error) if isinstance(error, OSError) else error}", file=sys.stderr)
        sys.exit(ExitCode.USAGE)
    except MemoryError as error:
        print(f"fastlanes-sim: {out_of_memory(error)}", file=sys.stderr)
        sys.exit(ExitCode.USAGE)
    except KeyboardInterrupt:
        leave_interrupted()
    except SystemExit as left:
        if left.code == _TYPER_INTERRUPTED:
            leave_interrupted()
        raise
    except Exception as error:
        if is_interruption(error):
            leave_interrupted()
        traceback.print_exc()
        print("fastlanes-sim: this is a bug of ours. Please report the lines above with the scenario.", file=sys.stderr)
        sys.exit(ExitCode.BUG)
