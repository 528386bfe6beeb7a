"""How the commands that run experiments end: files written, words or JSON printed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from fastlanes_sim.api.facade import Facade


def show(found: Facade, written: Sequence[Path], *, as_json: bool) -> None:
    """Print the summary as JSON; or the report's text, then the files."""
    if as_json:
        typer.echo(json.dumps(found.summary(), indent=2, sort_keys=True))
    else:
        typer.echo(found.text())
        typer.echo("Wrote:\n" + "\n".join(f"  {path}" for path in written))
