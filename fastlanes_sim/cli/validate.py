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
    replications: Annotated[int, typer.Option(help="How often to replay it, with workers that poll at other instants.", min=5)] = 39,
    seed: Annotated[int, typer.Option(help="Of what an export does not tell.", min=0)] = 1,
    times: options.Times = "UTC",
    strict: options.Strict = False,
    rejects: options.Rejects = None,
    out: Annotated[Path, typer.Option(help="Where to write validation.json and qq.png.")] = Path("results/validation"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON and nothing else.")] = False,
) -> None:
    """Replay an export through the deployment that served it; exit 0 if the model agrees, 99 if it does not."""
    from fastlanes_sim.calibration.validate import validate as compare
    from fastlanes_sim.reports.validation import comparison_table, save_qq
    from fastlanes_sim.results.files import write_summary

    served = options.deployed(layout, replicas, backoff, deployment)
    if served is None:
        raise FastlanesError("name what served the export\n    hint: add --layout 'fast_lane:1 manual>*:4' or --deployment scenario.yaml")
    runs = options.read(export, dsn, times, strict, rejects)
    with progress.counted("replaying") as report:
        found = compare(runs, served, replications=replications, seed=seed, progress=report)
    write_summary(out / "validation.json", found.to_json())
    picture = save_qq(found, out / "qq.png")
    if as_json:
        typer.echo(json.dumps(found.to_json(), indent=2, sort_keys=True))
    else:
        from rich.console import Console

        typer.echo(found.words)
        for lane in found.lanes:
            typer.echo(f"  {lane.words}")
        Console().print(comparison_table(found))
        typer.echo(f"Wrote:\n  {out / 'validation.json'}\n  {picture}")
    raise typer.Exit(ExitCode.MISSED if found.rejected else ExitCode.MET)
