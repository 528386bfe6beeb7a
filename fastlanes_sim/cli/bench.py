"""`fastlanes-sim bench`: the benchmark suite, workload by workload and layout by layout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from fastlanes_sim.cli import progress
from fastlanes_sim.cli import scenario_options as options
from fastlanes_sim.cli.exit_codes import ExitCode

STORE = "store.sqlite"
"""In the folder of results: what has been played, for the next time."""


def bench(
    suite: Annotated[str, typer.Option(help="Which suite.")] = "suite-1",
    layouts: Annotated[
        list[str] | None,
        typer.Option("--layout", help='A layout of the suite by name, or another as "fast_lane:2 manual>*:rest". Repeatable.'),
    ] = None,
    workloads: Annotated[list[str] | None, typer.Option("--workload", help="A workload of the suite. Repeatable.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Shorter horizons, few replications: a smoke test in a minute.")] = False,
    replications: Annotated[int | None, typer.Option(help="Instead of the suite's number.", min=2)] = None,
    sets: options.Sets = None,
    processes: options.Processes = None,
    scheduler: options.Scheduler = None,
    engine: options.Engine = "auto",
    out: Annotated[Path | None, typer.Option(help="Where to write; results/SUITE by default.")] = None,
    as_json: options.AsJson = False,
) -> None:
    """Play the benchmark suite: a table workload x layout, ranks, and a composite score. Interrupted, it goes on where it was."""
    from fastlanes_sim.experiments.executors import Pool
    from fastlanes_sim.experiments.store import Store
    from fastlanes_sim.reports.bench import BenchResult, write_bench
    from fastlanes_sim.suite.bench import run_bench
    from fastlanes_sim.suite.index import load_suite

    directory = out or Path("results") / (f"{suite}-quick" if quick else suite)
    try:
        with Store(directory / STORE) as store, progress.counted("replications") as report:
            found = run_bench(
                load_suite(suite),
                workloads=workloads,
                layouts=layouts,
                changes=options.overrides(sets),
                replications=replications,
                quick=quick,
                store=store,
                engine=engine,
                pool=Pool(processes, scheduler),
                progress=report,
            )
    except KeyboardInterrupt:
        typer.echo(f"Interrupted. What was played is kept in {directory / STORE}: the same command goes on from there.", err=True)
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    result = BenchResult(**{name: value for name, value in vars(found).items() if name in BenchResult.__dataclass_fields__})
    written = write_bench(result, directory)
    if as_json:
        typer.echo(json.dumps(result.summary(), indent=2, sort_keys=True))
        return
    typer.echo(result.text())
    if result.reused:
        typer.echo(f"({result.reused:,} replications were in {directory / STORE} already.)")
    typer.echo("Wrote:\n" + "\n".join(f"  {path}" for path in written))
