"""`run --watch`: once more whenever the scenario is saved, on a screen that shows the newest result, until somebody ends it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from fastlanes_sim.cli.exit_codes import ExitCode
from fastlanes_sim.cli.safe_output import OutputError, Stream
from fastlanes_sim.core.errors import FastlanesError, Problem, ScenarioError

if TYPE_CHECKING:
    from fastlanes_sim.results.result_diff import StoredResult

EVERY = 0.2
"""Seconds between two looks at the file."""
_CLEAR = "\x1b[2J\x1b[3J\x1b[H"
"""The screen and what has scrolled off it, then the first line (ECMA-48, xterm)."""

Stamp = tuple[int, int, int] | None


def again_on_save(scenario: Path, once: Callable[[], ExitCode]) -> ExitCode:
    """Call `once` now and whenever the file has been saved. Returns the code of what is on the screen, when Ctrl-C or SIGTERM ends it or
    nobody reads standard output any more.

    What is wrong with the scenario is shown where the result would be: it is being written.

    Raises:
        ScenarioError: there is no such file to begin with.
        FastlanesError: nothing can be shown.
    """
    if not scenario.is_file():
        hint = "name a scenario file; `fastlanes-sim init` writes a first one"
        raise ScenarioError([Problem(str(scenario), 0, 0, "", "there is no such file to watch", hint)])
    code = ExitCode.INTERRUPTED
    try:
        while True:
            seen = _stamp(scenario)
            _clear()
            code = ExitCode.INTERRUPTED  # nothing is on the screen
            code = _shown(once)
            if code == ExitCode.INTERRUPTED:
                return code
            typer.echo(f"\n{datetime.now():%H:%M:%S}  Save {scenario} to simulate it again; Ctrl-C ends.")
            sys.stdout.flush()
            if not _wait_for_another(scenario, seen):
                return code
    except KeyboardInterrupt:
        typer.echo("", err=True)
        return code


def telling_changes(folder: Path, begin: Callable[[], ExitCode]) -> ExitCode:
    """Simulate into a folder of results, and say what has changed since what was there before."""
    before = _read(folder)
    code = begin()
    after = _read(folder)
    if before is not None and after is not None and before.path == after.path:
        from fastlanes_sim.reports.text.result_diff import changes_text
        from fastlanes_sim.results.result_diff import ResultDiff

        said = changes_text(ResultDiff(before, after))
        typer.echo(f"\n{said}" if said else "\nNothing has changed since the last time.")
    return code


def _read(folder: Path) -> StoredResult | None:
    """What was written last; None if nothing was, or no result of ours."""
    from fastlanes_sim.results.result_diff import FILES, read_result

    there = [folder / name for name in FILES if (folder / name).is_file()]
    try:
        return read_result(max(there, key=lambda file: file.stat().st_mtime_ns)) if there else None
    except FastlanesError:
        return None


def _shown(once: Callable[[], ExitCode]) -> ExitCode:
    try:
        return once()
    except ScenarioError as error:
        typer.echo("\n".join(error.lines))
        return ExitCode.INVALID
    except OutputError:
        raise
    except FastlanesError as error:
        typer.echo(f"fastlanes-sim: {error}")
        return ExitCode.USAGE


def _wait_for_another(scenario: Path, seen: Stamp) -> bool:
    """Return when the file is another, and has been so for one look: editors write it in several steps, or put another in its place.
    False if nobody reads what is shown any more."""
    last = seen
    while True:
        if isinstance(sys.stdout, Stream) and sys.stdout.look_for_reader():
            return False
        time.sleep(EVERY)
        now = _stamp(scenario)
        if now is not None and now != seen and now == last:
            return True
        last = now


def _stamp(scenario: Path) -> Stamp:
    try:
        found = scenario.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _clear() -> None:
    """Of a terminal; elsewhere results stand below each other."""
    if sys.stdout.isatty():
        unfiltered = getattr(sys.stdout, "unfiltered", sys.stdout)
        unfiltered.write(_CLEAR)
        unfiltered.flush()
