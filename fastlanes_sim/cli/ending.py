"""How the commands that run experiments end: files written, words or JSON printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from fastlanes_sim.api.facade import Facade
    from fastlanes_sim.experiments.advice import Advice


def note_reused(replications: int) -> None:
    """Say how many replications were in the store already."""
    if replications:
        typer.echo(f"note: {replications:,} replications were computed before", err=True)


def _fitting(text: str) -> str:
    """In a terminal, broken at its width. In a pipe a sentence stays one line, for those who search it."""
    if not sys.stdout.isatty():
        return text
    from fastlanes_sim.reports.text.terminal import console, wrapped

    return wrapped(text, console().width)


def show(found: Facade, written: Sequence[Path], *, as_json: bool, advice: Sequence[Advice] | None = None) -> None:
    """Print the summary as JSON; or the report's text, then the files. With advice where there is any."""
    if as_json:
        advised = {} if advice is None else {"advice": [one.to_json() for one in advice]}
        typer.echo(json.dumps(found.summary() | advised, indent=2, sort_keys=True))
    else:
        typer.echo(_fitting(found.text()))
        if advice:
            from fastlanes_sim.reports.text.advice import print_advice
            from fastlanes_sim.reports.text.terminal import console

            typer.echo()
            print_advice(advice, console())
        typer.echo("Wrote:\n" + "\n".join(f"  {path}" for path in written))
