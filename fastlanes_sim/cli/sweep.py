"""`fastlanes-sim sweep`: a grid over values of a scenario. Kill it, start it again: nothing finished is computed twice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fastlanes_sim.cli import output_options as outputs
from fastlanes_sim.cli import progress
from fastlanes_sim.cli import scenario_options as options
from fastlanes_sim.cli.exit_codes import OF_VERDICT, ExitCode
from fastlanes_sim.cli.outputs import Outputs
from fastlanes_sim.cli.verdict import decided

if TYPE_CHECKING:
    from fastlanes_sim.reports.sweep import SweepResult


def sweep(
    scenario: Annotated[Path, typer.Argument(help="The scenario file (YAML).")],
    over: Annotated[
        list[str],
        typer.Option("--vary", metavar="PATH=VALUES", help="As workers.0.replicas=1..8, or layout=A,B. Repeatable."),
    ],
    replications: Annotated[int, typer.Option(help="Of every point. With more, only the new ones are played.", min=2)] = 10,
    metrics: Annotated[list[str] | None, typer.Option("--metric", help="As p99(fast_lane.response). Repeatable.")] = None,
    seed: options.Seed = None,
    horizon: options.Horizon = None,
    sets: options.Sets = None,
    engine: options.Engine = "auto",
    processes: options.Processes = None,
    scheduler: options.Scheduler = None,
    out: options.Out = None,
    as_json: options.AsJson = False,
    charts: Annotated[bool, typer.Option("--charts/--no-charts", help="Draw charts.")] = True,
    undecided: outputs.Undecided = None,
    junit: outputs.Junit = None,
    github: outputs.Github = None,
    html: outputs.Html = None,
) -> None:
    """Play every point of a grid over the scenario's values, with intervals. Interrupted or killed, it goes on where it was."""
    from fastlanes_sim.api import verbs
    from fastlanes_sim.cli.experiments import tell
    from fastlanes_sim.reports.sweep import write_sweep

    planned = verbs.plan(scenario, over, seed=seed, horizon=horizon, overrides=options.overrides(sets))
    for warning in planned.warnings:
        typer.echo(f"warning: {warning}", err=True)
    directory = out or Path("results") / planned.valid[0].scenario.name
    with progress.counted("replications") as report:
        found = verbs.sweep(
            planned,
            replications=replications,
            statistics=metrics,
            store=directory / options.STORE,
            engine=engine,
            processes=processes,
            scheduler=scheduler,
            progress=report,
        )
    if found.reused:
        typer.echo(f"note: {found.reused:,} replications were computed before", err=True)
    written = write_sweep(found, directory, charts=charts)
    tell(found, written, directory, Outputs(junit, github, undecided, html), planned.warnings, as_json=as_json)
    raise typer.Exit(_exit_code(found, undecided))


def _exit_code(found: SweepResult, undecided: str | None) -> ExitCode:
    """Of the worst point. A point that failed through no fault of the user's is a bug, whatever the others say."""
    bug = next((point for point in found.failed if point.failure and not point.failure.by_user), None)
    if bug is not None and bug.failure is not None:
        typer.echo(bug.failure.traceback or bug.failure.message, err=True)
    if found.interrupted:
        typer.echo("interrupted: the same command goes on from here", err=True)
        return ExitCode.INTERRUPTED
    if bug is not None:
        return ExitCode.BUG
    from fastlanes_sim.results.slo import worst

    return decided(OF_VERDICT[worst(point.verdict for point in found.points)], undecided)
