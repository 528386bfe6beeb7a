"""`fastlanes-sim validate`: would this deployment have done what the export says was done?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from fastlanes_sim.cli import export_options as options
from fastlanes_sim.cli import progress
from fastlanes_sim.cli.exit_codes import ExitCode
from fastlanes_sim.core.errors import FastlanesError


def validate(
    export: options.ExportArgument = None,
    dsn: options.Dsn = None,
    layout: options.Layout = None,
    replicas: options.Replicas = 1,
    backoff: options.Backoff = None,
    deployment: options.Deployment = None,
    replications: Annotated[int, typer.Option(help="Number of replays, each with workers that poll at other instants.", min=5)] = 99,
    seed: Annotated[int, typer.Option(help="Seed of what an export does not say.", min=0)] = 1,
    times: options.Times = "UTC",
    strict: options.Strict = False,
    rejects: options.Rejects = None,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder for validation.json and qq.png.")] = Path("results/validation"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON, and nothing else.")] = False,
) -> None:
    """Replay an export and compare the model with it.

    The runs are replayed through the deployment that served them. The exit code is 0 if the model agrees, and 99 if it does not.
    """
    from fastlanes_sim.api.validation import ValidationResult
    from fastlanes_sim.calibration.validate import validate as replay
    from fastlanes_sim.reports.text.validation import comparison_table

    served = options.deployed(layout, replicas, backoff, deployment, with_incidents=True)
    if served is None:
        raise FastlanesError("name what served the export\n    hint: add --layout 'fast_lane:1 manual>*:4' or --deployment scenario.yaml")
    runs = options.read(export, dsn, times, strict, rejects)
    with progress.counted("replaying") as report:
        found = ValidationResult.from_plain(replay(runs, served, replications=replications, seed=seed, progress=report))
    written = found.write(out)
    if as_json:
        typer.echo(json.dumps(found.summary(), indent=2, sort_keys=True))
    else:
        from rich.console import Console

        typer.echo(found.text())
        Console().print(comparison_table(found))
        typer.echo("Wrote:\n" + "\n".join(f"  {path}" for path in written))
    raise typer.Exit(ExitCode.MISSED if found.rejected else ExitCode.MET)
