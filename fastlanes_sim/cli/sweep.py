"""`fastlanes-sim sweep`: a grid over values of a scenario. Kill it, start it again: nothing finished is computed twice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fastlanes_sim.cli import budget, ending, progress
from fastlanes_sim.cli import scenario_options as options
from fastlanes_sim.cli.exit_codes import OF_VERDICT, ExitCode
from fastlanes_sim.cli.report_options import ReportOptions, Undecided, with_report_options
from fastlanes_sim.cli.verdict import decided
from fastlanes_sim.reports.report import ReportKind

if TYPE_CHECKING:
    from fastlanes_sim.api.sweep import SweepResult


@with_report_options(ReportKind.SWEEP)
def sweep(
    scenario: options.ScenarioArgument,
    over: Annotated[
        list[str],
        typer.Option(
            "--vary",
            metavar="PATH=VALUES",
            help="Factor and its values, e.g. workers.0.replicas=1..8 or layout=A,B. Repeatable.",
            show_default=False,
        ),
    ],
    replications: Annotated[int, typer.Option(help="Number of replications of every design point.", min=2)] = 10,
    surface: Annotated[
        bool, typer.Option("--surface", help="Also show what a quadratic through the points predicts between them. It is no simulation.")
    ] = False,
    metrics: options.Metrics = None,
    seed: options.Seed = None,
    horizon: options.Horizon = None,
    sets: options.Sets = None,
    engine: options.Engine = "auto",
    processes: options.Processes = None,
    scheduler: options.Scheduler = None,
    out: options.Out = None,
    as_json: options.AsJson = False,
    charts: options.Charts = True,
    undecided: Undecided = None,
    force: options.Force = False,
    *,
    reports: ReportOptions,
) -> None:
    """Simulate a grid of values of a scenario, with intervals.

    Every combination of values is a design point; all of them get the same runs. Interrupted or killed, the same command continues
    where it stopped. With more --replications only the new ones are computed.
    """
    from fastlanes_sim.api import verbs

    planned = verbs.plan(scenario, over, seed=seed, horizon=horizon, overrides=options.overrides(sets))
    for warning in planned.warnings:
        typer.echo(f"warning: {warning}", err=True)
    budget.check(planned.valid, force=force, engine=engine, simulations=replications * len(planned.valid))
    if surface:
        from fastlanes_sim.experiments.surface import check

        check(planned.settings)
    folder = out or Path("results") / planned.valid[0].scenario.name
    places = reports.plan(ReportKind.SWEEP, "sweep", folder, charts=charts)
    with progress.counted("replications") as report:
        found = verbs.sweep(
            planned,
            replications=replications,
            measures=metrics,
            store=folder / options.STORE,
            engine=engine,
            processes=processes,
            scheduler=scheduler,
            surface=surface,
            force=True,
            progress=report,
        )
    ending.note_reused(found.reused)
    written = reports.write(found, places, warnings=planned.warnings, undecided=undecided)
    ending.show(found, written, as_json=as_json)
    raise typer.Exit(_exit_code(found, undecided))


def _exit_code(found: SweepResult, undecided: Undecided) -> ExitCode:
    """Of the worst point. A point that failed through no fault of the user's is a bug, whatever the others say."""
    bug = next((point for point in found.failed if point.failure and not point.failure.by_user), None)
    if bug is not None and bug.failure is not None:
        typer.echo(bug.failure.traceback or bug.failure.message, err=True)
    if found.interrupted:
        typer.echo("interrupted: the same command continues from here", err=True)
        return ExitCode.INTERRUPTED
    if bug is not None:
        return ExitCode.BUG
    from fastlanes_sim.measures.outcome import worst

    return decided(OF_VERDICT[worst(point.verdict for point in found.points)], undecided)
