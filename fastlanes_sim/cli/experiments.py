"""How the commands that play many simulations end: files written, words or JSON printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import typer

from fastlanes_sim.reports.reportable import Told

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastlanes_sim.cli.outputs import Outputs
    from fastlanes_sim.core.errors import Problem


class Experiment(Told, Protocol):
    """What such a command has found."""

    def page(self) -> Any: ...
    def summary(self) -> dict[str, object]: ...
    def text(self) -> str: ...


def tell(
    found: Experiment, written: list[Path], directory: Path, outputs: Outputs, warnings: Iterable[Problem] = (), *, as_json: bool
) -> None:
    """Write what is asked for beside the files `written` already, then print."""
    paths = written + outputs.write(found, found.page, directory, warnings)
    if as_json:
        typer.echo(json.dumps(found.summary(), indent=2, sort_keys=True))
    else:
        typer.echo(found.text())
        typer.echo("Wrote:\n" + "\n".join(f"  {path}" for path in paths))
