"""`fastlanes-sim compare`: deployments on the same traffic, with paired intervals."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from fastlanes_sim.cli import budget, ending, progress
from fastlanes_sim.cli import scenario_options as options
from fastlanes_sim.cli.exit_codes import OF_VERDICT, ExitCode
from fastlanes_sim.cli.report_options import ReportOptions, Undecided, with_report_options
from fastlanes_sim.cli.verdict import decided
from fastlanes_sim.reports.report import ReportKind


@with_report_options(ReportKind.COMPARISON)
def compare(
    scenarios: Annotated[list[Path], typer.Argument(help="One scenario file with several --layout, or several files.")],
    layouts: Annotated[list[str] | None, typer.Option("--layout", metavar="LAYOUT", help="Layout to compare. Repeatable.")] = None,
    replications: Annotated[int | None, typer.Option(help="Number of replications. Default: as many as take some seconds.", min=2)] = None,
    inputs: options.Inputs = False,
    metrics: options.Metrics = None,
    gate: Annotated[
        str | None, typer.Option(metavar="LAYOUT", help="Exit code by the objectives of this one. Without it the exit code is 0.")
    ] = None,
    implied: Annotated[
        bool,
        typer.Option("--implied/--as-written", help="Whether to tell, and hold against the gate, that it does not finish what arrives."),
    ] = True,
    seed: options.Seed = None,
    horizon: options.Horizon = None,
    sets: options.Sets = None,
    engine: options.Engine = "auto",
    processes: options.Processes = None,
    scheduler: options.Scheduler = None,
    out: options.Out = None,
    as_json: options.AsJson = False,
    undecided: Undecided = None,
    force: options.Force = False,
    *,
    reports: ReportOptions,
) -> None:
    """Compare deployments on the same runs, with intervals.

    Every deployment gets the same runs, so that differences can be taken run table by run table (common random numbers). Differences
    decide nothing by themselves: see --gate.
    """
    from fastlanes_sim.api import verbs

    changes = options.overrides(sets)
    first = verbs.load_scenario(scenarios[0], layout=layouts[0] if layouts else None, seed=seed, horizon=horizon, overrides=changes)
    laid_out: Sequence[str | None] = layouts or [None]
    several = [
        verbs.load_scenario(one, layout=layout, seed=seed, horizon=horizon, overrides=changes) for one in scenarios for layout in laid_out
    ]
    budget.check(
        several, force=force, engine=engine, simulations=sum((replications or 1) + budget.of_inputs(one, inputs) for one in several)
    )
    planned = reports.plan(ReportKind.COMPARISON, "comparison", out or Path("results") / first.scenario.name)
    with progress.counted("replications") as report:
        found = verbs.compare(
            list(scenarios),
            layouts=layouts,
            replications=replications,
            measures=metrics,
            seed=seed,
            horizon=horizon,
            overrides=changes,
            gate=gate,
            implied=implied,
            inputs=inputs,
            engine=engine,
            processes=processes,
            scheduler=scheduler,
            force=True,
            progress=report,
        )
    written = reports.write(found, planned, warnings=first.warnings, undecided=undecided)
    ending.show(found, written, as_json=as_json)
    if found.interrupted:
        raise typer.Exit(ExitCode.INTERRUPTED)
    raise typer.Exit(ExitCode.MET if found.outcome is None else decided(OF_VERDICT[found.outcome], undecided))
