"""How the commands that play replications end: files written, words or JSON printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from fastlanes_sim.cli.outputs import Outputs
    from fastlanes_sim.errors import Problem
    from fastlanes_sim.reports.experiments import ComparisonResult, ReplicatedResult


def tell(
    found: ReplicatedResult | ComparisonResult,
    values: pd.DataFrame,
    directory: Path,
    name: str,
    outputs: Outputs,
    warnings: Iterable[Problem] = (),
    *,
    as_json: bool,
    charts: bool = True,
) -> None:
    """Write the files NAME.* into `directory` and what else is asked for, then print."""
    from fastlanes_sim.reports.experiments import write_experiment

    written = write_experiment(found, values, directory, name, charts=charts)
    written += outputs.write(found, found.page, directory, warnings)
    if as_json:
        typer.echo(json.dumps(found.summary(), indent=2, sort_keys=True))
    else:
        typer.echo(found.text())
        typer.echo("Wrote:\n" + "\n".join(f"  {path}" for path in written))
