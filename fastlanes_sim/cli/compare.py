"""`fastlanes-sim compare`: deployments on the same traffic, with paired intervals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from fastlanes_sim.cli import pool_options as options
from fastlanes_sim.cli import progress
from fastlanes_sim.cli.exit_codes import ExitCode
from fastlanes_sim.cli.run import overrides
from fastlanes_sim.engines import Engine


def compare(
    scenarios: Annotated[list[Path], typer.Argument(help="One scenario file with several --layout, or several files.")],
    layouts: Annotated[list[str] | None, typer.Option("--layout", help="A layout to compare. Repeatable.")] = None,
    replications: Annotated[int | None, typer.Option(help="How many; by default as many as take some seconds.", min=2)] = None,
    metrics: Annotated[list[str] | None, typer.Option("--metric", help="As p99(fast_lane.response). Repeatable.")] = None,
    seed: Annotated[int | None, typer.Option(help="Instead of the scenario's seed.", min=0)] = None,
    horizon: Annotated[str | None, typer.Option(help="Instead of the scenario's horizon, as 6h.")] = None,
    sets: Annotated[list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Any other value. Repeatable.")] = None,
    engine: Annotated[Engine, typer.Option(help="What simulates: the results are the same.")] = "auto",
    processes: options.Processes = None,
    scheduler: options.Scheduler = None,
    out: Annotated[Path | None, typer.Option(help="Where to write; results/NAME by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON and nothing else.")] = False,
) -> None:
    """Compare deployments: the same runs meet every one of them, differences come with intervals."""
    from fastlanes_sim import api
    from fastlanes_sim.reports.experiments import save_plot
    from fastlanes_sim.results.files import write_atomically, write_summary

    changes = overrides(sets or [])
    with progress.counted("replications") as report:
        found = api.compare(
            list(scenarios),
            layouts=layouts,
            replications=replications,
            statistics=metrics,
            seed=seed,
            horizon=horizon,
            overrides=changes,
            engine=engine,
            processes=processes,
            scheduler=scheduler,
            progress=report,
        )
    first = next(iter(found.results.values()))
    folder = out or Path("results") / first.scenario.scenario.name
    files = [folder / name for name in ("comparison.json", "comparison.parquet", "comparison.png")]
    write_summary(files[0], found.summary())
    write_atomically(files[1], lambda path: found.values.to_parquet(path, index=False))
    save_plot(found.plot(), files[2])
    if as_json:
        typer.echo(json.dumps(found.summary(), indent=2, sort_keys=True))
    else:
        typer.echo(found.text())
        typer.echo("Wrote:\n" + "\n".join(f"  {file}" for file in files))
    raise typer.Exit(ExitCode.INTERRUPTED if found.interrupted else ExitCode.MET)
