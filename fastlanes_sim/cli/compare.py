"""`fastlanes-sim compare`: deployments on the same traffic, with paired intervals."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fastlanes_sim.cli import output_options as outputs
from fastlanes_sim.cli import progress
from fastlanes_sim.cli import scenario_options as options
from fastlanes_sim.cli.exit_codes import OF_VERDICT, ExitCode
from fastlanes_sim.cli.outputs import Outputs
from fastlanes_sim.cli.verdict import decided


def compare(
    scenarios: Annotated[list[Path], typer.Argument(help="One scenario file with several --layout, or several files.")],
    layouts: Annotated[list[str] | None, typer.Option("--layout", help="A layout to compare. Repeatable.")] = None,
    replications: Annotated[int | None, typer.Option(help="How many; by default as many as take some seconds.", min=2)] = None,
    metrics: Annotated[list[str] | None, typer.Option("--metric", help="As p99(fast_lane.response). Repeatable.")] = None,
    gate: Annotated[
        str | None, typer.Option(metavar="LAYOUT", help="End like `run` by the objectives of this one; else differences decide nothing.")
    ] = None,
    seed: options.Seed = None,
    horizon: options.Horizon = None,
    sets: options.Sets = None,
    engine: options.Engine = "auto",
    processes: options.Processes = None,
    scheduler: options.Scheduler = None,
    out: options.Out = None,
    as_json: options.AsJson = False,
    undecided: outputs.Undecided = None,
    junit: outputs.Junit = None,
    github: outputs.Github = None,
    html: outputs.Html = None,
) -> None:
    """Compare deployments: the same runs meet every one of them, differences come with intervals."""
    from fastlanes_sim.api import verbs
    from fastlanes_sim.cli.experiments import tell
    from fastlanes_sim.reports.experiments import write_experiment

    changes = options.overrides(sets)
    with progress.counted("replications") as report:
        found = verbs.compare(
            list(scenarios),
            layouts=layouts,
            replications=replications,
            statistics=metrics,
            seed=seed,
            horizon=horizon,
            overrides=changes,
            gate=gate,
            engine=engine,
            processes=processes,
            scheduler=scheduler,
            progress=report,
        )
    first = next(iter(found.results.values()))
    directory = out or Path("results") / first.scenario.scenario.name
    told = Outputs(junit, github, undecided, html)
    written = write_experiment(found, found.values, directory, "comparison")
    tell(found, written, directory, told, first.scenario.warnings, as_json=as_json)
    if found.interrupted:
        raise typer.Exit(ExitCode.INTERRUPTED)
    raise typer.Exit(ExitCode.MET if found.outcome is None else decided(OF_VERDICT[found.outcome], undecided))
