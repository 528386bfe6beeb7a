"""`fastlanes-sim calibrate`: an export of real runs becomes a scenario."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fastlanes_sim.cli import export_options as options
from fastlanes_sim.cli import progress
from fastlanes_sim.core.errors import FastlanesError


def calibrate(
    export: options.ExportArgument = None,
    dsn: options.Dsn = None,
    out: Annotated[Path, typer.Option(help="The scenario to write.")] = Path("calibrated.yaml"),
    layout: options.Layout = None,
    replicas: options.Replicas = 1,
    backoff: options.Backoff = None,
    deployment: options.Deployment = None,
    timezone: Annotated[str, typer.Option(help="Of crons, and of the scenario.")] = "UTC",
    times: options.Times = "UTC",
    strict: options.Strict = False,
    rejects: options.Rejects = None,
    anonymous: Annotated[bool, typer.Option("--anonymous", help="Number projects and workflows instead of naming them.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there already.")] = False,
) -> None:
    """Fit a scenario to an export of Lightning's runs: arrivals, service times, start-up, limits."""
    if out.exists() and not force:
        raise FastlanesError(f"{out} is there already\n    hint: name another file with --out, or add --force")
    from fastlanes_sim.calibration.calibrate import calibrate as fit
    from fastlanes_sim.calibration.scenario_text import scenario_text
    from fastlanes_sim.results.files import write_atomically
    from fastlanes_sim.scenario.load import load_scenario, slug

    served = options.deployed(layout, replicas, backoff, deployment)
    options.check_zone("--timezone", timezone)
    runs = options.read(export, dsn, times, strict, rejects)
    if anonymous:
        runs = runs.anonymous()
    with progress.counted("fitting") as report:
        found = fit(runs, served, timezone=timezone, progress=report)
    text = scenario_text(found, slug(out.stem))

    def write(temporary: Path) -> None:
        temporary.write_text(text, encoding="utf-8")
        # What is written runs at once, or is not written.
        load_scenario(temporary)

    write_atomically(out, write)
    for warning in load_scenario(out).warnings:
        typer.echo(f"warning: {warning}", err=True)
    for note in found.notes:
        typer.echo(f"note: {note}", err=True)
    typer.echo(f"Wrote {out}: {sum(len(w.triggers) for w in found.workflows):,} triggers of {len(found.workflows):,} workflows.")
    typer.echo(f"Try:   fastlanes-sim run {out}")
