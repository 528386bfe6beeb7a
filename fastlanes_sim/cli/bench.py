"""`fastlanes-sim bench`: the benchmark suite, workload by workload and layout by layout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fastlanes_sim.cli import budget, progress
from fastlanes_sim.cli import scenario_options as options
from fastlanes_sim.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from fastlanes_sim.engines.selection import Engine
    from fastlanes_sim.suite.index import Suite

STORE = "store.sqlite"
"""In the folder of results: what has been computed, for the next time."""


def bench(
    suite: Annotated[str, typer.Option(metavar="SUITE", help="Name of the suite.")] = "suite-2",
    layouts: Annotated[
        list[str] | None,
        typer.Option(
            "--layout", metavar="LAYOUT", help='Layout of the suite by name, or another, e.g. "fast_lane:2 manual>*:rest". Repeatable.'
        ),
    ] = None,
    workloads: Annotated[
        list[str] | None, typer.Option("--workload", metavar="WORKLOAD", help="Workload of the suite. Repeatable.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Shorter horizons and few replications: a smoke test in a minute.")] = False,
    replications: Annotated[int | None, typer.Option(help="Number of replications. Default: the suite's.", min=2)] = None,
    sets: options.Sets = None,
    processes: options.Processes = None,
    scheduler: options.Scheduler = None,
    engine: options.Engine = "auto",
    out: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Folder for the results. Default: results/SUITE.")] = None,
    as_json: options.AsJson = False,
    force: options.Force = False,
) -> None:
    """Run the benchmark suite and rank layouts.

    Writes a table of workloads by layouts, ranks and a composite score. Interrupted, the same command continues where it stopped.
    """
    from fastlanes_sim.api import suite_verbs
    from fastlanes_sim.results.files import check_folder
    from fastlanes_sim.suite.index import load_suite

    folder = out or Path("results") / (f"{suite}-quick" if quick else suite)
    _check_budget(load_suite(suite), workloads, layouts, options.overrides(sets), quick, replications, engine, force)
    check_folder(folder)
    try:
        with progress.counted("replications") as report:
            found = suite_verbs.bench(
                suite,
                workloads=workloads,
                layouts=layouts,
                overrides=options.overrides(sets),
                replications=replications,
                quick=quick,
                store=folder / STORE,
                engine=engine,
                processes=processes,
                scheduler=scheduler,
                force=True,
                progress=report,
            )
    except KeyboardInterrupt:
        typer.echo(f"Interrupted. What was computed is kept in {folder / STORE}: the same command continues from there.", err=True)
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    written = found.write(folder)
    if as_json:
        typer.echo(json.dumps(found.summary(), indent=2, sort_keys=True))
        return
    typer.echo(found.text())
    if found.reused:
        typer.echo(f"({found.reused:,} replications were in {folder / STORE} already.)")
    typer.echo("Wrote:\n" + "\n".join(f"  {path}" for path in written))


def _check_budget(
    suite: Suite,
    workloads: list[str] | None,
    layouts: list[str] | None,
    changes: dict[str, object],
    quick: bool,
    replications: int | None,
    engine: Engine,
    force: bool,
) -> None:
    chosen, laid_out = suite.chosen_workloads(workloads).values(), suite.chosen_layouts(layouts).values()
    scenarios = [workload.load(layout, changes, quick=quick) for workload in chosen for layout in laid_out]
    count = replications or (suite.quick_replications if quick else suite.replications)
    budget.check(scenarios, force=force, engine=engine, simulations=count * len(scenarios))
