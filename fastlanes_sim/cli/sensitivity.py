"""`fastlanes-sim sensitivity`: which of the values that a planner guessed decides the answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fastlanes_sim.cli import budget, ending, progress
from fastlanes_sim.cli import scenario_options as options
from fastlanes_sim.cli.exit_codes import ExitCode
from fastlanes_sim.cli.report_options import ReportOptions, with_report_options
from fastlanes_sim.reports.report import ReportKind


@with_report_options(ReportKind.SENSITIVITY)
def sensitivity(
    scenario: options.ScenarioArgument,
    over: Annotated[
        list[str] | None,
        typer.Option(
            "--over",
            metavar="PATH=LOW..HIGH",
            help="Uncertain value and its range, e.g. traffic=0.5..2. Repeatable. Default: the ranges in the scenario, or all guesses.",
        ),
    ] = None,
    spread: Annotated[str, typer.Option(metavar="SHARE", help="How far a value may be off that has no range of its own.")] = "25%",
    replications: Annotated[int, typer.Option(help="Number of replications of every design point.", min=2)] = 3,
    trajectories: Annotated[int, typer.Option(help="Number of paths of the Morris screening.", min=2)] = 8,
    samples: Annotated[int, typer.Option(help="Number of samples for the Sobol indices, a power of 2.", min=2)] = 64,
    keep: Annotated[int, typer.Option(help="How many values are examined closely after the screening.", min=1)] = 4,
    metrics: options.Metrics = None,
    layout: options.Layout = None,
    seed: options.Seed = None,
    horizon: options.Horizon = None,
    sets: options.Sets = None,
    engine: options.Engine = "auto",
    processes: options.Processes = None,
    scheduler: options.Scheduler = None,
    out: options.Out = None,
    as_json: options.AsJson = False,
    charts: options.Charts = True,
    force: options.Force = False,
    *,
    reports: ReportOptions,
) -> None:
    """Show which uncertain values decide the answer.

    Varies what a planner guessed (rates, durations, burst sizes): each value alone, then all together. Reports the share of each value
    in the variance of the result, and from which value on an objective fails. All design points get the same runs. Interrupted or
    killed, the same command continues where it stopped.
    """
    from fastlanes_sim.api import verbs

    share = options.share("--spread", spread)
    overrides = options.overrides(sets)
    asked = verbs.questions(scenario, over or (), spread=share, layout=layout, seed=seed, horizon=horizon, overrides=overrides)
    warnings = asked.scenario.warnings
    for warning in warnings:
        typer.echo(f"warning: {warning}", err=True)
    many = verbs.most_simulations(asked, replications, trajectories=trajectories, samples=samples, keep=keep)
    budget.check(asked.alone.valid, force=force, engine=engine, simulations=many)
    folder = out or Path("results") / asked.scenario.scenario.name
    places = reports.plan(ReportKind.SENSITIVITY, "sensitivity", folder, charts=charts)
    with progress.counted("replications") as report:
        found = verbs.sensitivity(
            asked,
            replications=replications,
            trajectories=trajectories,
            samples=samples,
            keep=keep,
            measures=metrics,
            store=folder / options.STORE,
            engine=engine,
            processes=processes,
            scheduler=scheduler,
            force=True,
            progress=report,
        )
    ending.note_reused(found.reused)
    written = reports.write(found, places, warnings=warnings)
    ending.show(found, written, as_json=as_json)
    bug = next((point.failure for point in found.failed if point.failure is not None and not point.failure.by_user), None)
    if bug is not None:
        typer.echo(bug.traceback or bug.message, err=True)
    if found.interrupted:
        typer.echo("interrupted: the same command continues from here", err=True)
        raise typer.Exit(ExitCode.INTERRUPTED)
    if bug is not None:
        raise typer.Exit(ExitCode.BUG)
