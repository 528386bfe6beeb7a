"""`fastlanes-sim run`: one simulation of one scenario, its verdict, its tables, its files."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from fastlanes_sim.cli import output_options as outputs
from fastlanes_sim.cli import progress
from fastlanes_sim.cli import scenario_options as options
from fastlanes_sim.cli.outputs import Outputs
from fastlanes_sim.cli.replications import play
from fastlanes_sim.cli.verdict import decided, exit_code
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.engines.selection import Engine


def run(
    scenario: Annotated[Path, typer.Argument(help="The scenario file (YAML).")],
    layout: Annotated[str | None, typer.Option(help='A layout for all workers, as "fast_lane:1 manual>*:4".')] = None,
    seed: options.Seed = None,
    horizon: options.Horizon = None,
    sets: options.Sets = None,
    engine: options.Engine = "auto",
    out: options.Out = None,
    as_json: options.AsJson = False,
    charts: Annotated[bool, typer.Option("--charts/--no-charts", help="Draw charts.")] = True,
    replications: Annotated[int | None, typer.Option(help="Play that many and give intervals; with --until the most.", min=2)] = None,
    until: Annotated[str | None, typer.Option(help="Replications until an interval is this narrow: p99(fast_lane.response):5%.")] = None,
    advice: Annotated[bool, typer.Option("--advise", help="Simulate what might shorten the waits, and say what did.")] = False,
    processes: options.Processes = None,
    scheduler: options.Scheduler = None,
    format: outputs.Format = "parquet",
    undecided: outputs.Undecided = None,
    junit: outputs.Junit = None,
    github: outputs.Github = None,
    html: outputs.Html = None,
    trace: outputs.Trace = None,
    trace_window: outputs.TraceWindow = None,
    export: Annotated[
        Path | None, typer.Option(help="Also write the runs as CSV in the columns that `calibrate` and `validate` read.")
    ] = None,
) -> None:
    """Simulate a scenario once: the verdict first, then a table a lane, then where the files are."""
    from fastlanes_sim.api.verbs import load, replicate, simulate

    loaded = load(scenario, layout=layout, seed=seed, horizon=horizon, overrides=options.overrides(sets))
    for warning in loaded.warnings:
        typer.echo(f"warning: {warning}", err=True)
    told = Outputs(junit, github, undecided, html, trace, trace_window)
    told.span(loaded.scenario)
    directory = out or Path("results") / loaded.scenario.name

    is_experiment = replications is not None or until is not None
    if is_experiment:
        single = {"--export": export, "--trace": trace, "--advise": advice, "--format": format != "parquet"}
        misplaced = next((name for name, given in single.items() if given), None)
        if misplaced is not None:
            raise FastlanesError(f"{misplaced} is of one simulation\n    hint: leave --replications and --until out")
    told.check_places(directory)
    if is_experiment:
        many = partial(replicate, loaded, replications, until=until, engine=engine, processes=processes, scheduler=scheduler)
        raise typer.Exit(play(many, told, loaded.warnings, directory, as_json, charts))

    with progress.shown(loaded.scenario.name, loaded.scenario.horizon) as report:
        result = simulate(loaded, engine=engine, record_claims=trace is not None, progress=report)

    found = _advised(result, engine) if advice and not result.log.interrupted else []

    from fastlanes_sim.reports import text
    from fastlanes_sim.reports.output import write_result

    written = write_result(result, directory, charts=charts, format=format)
    if export is not None:
        from fastlanes_sim.results.export_writer import write_export

        write_export(export, result.table, result.log, result.deployment, result.start)
        written.append(export)
    written += told.write_trace(result)
    written += told.write(result, lambda: result.page(found), directory, loaded.warnings)
    if as_json:
        advised = {"advice": [one.to_json() for one in found]} if advice else {}
        typer.echo(json.dumps(result.summary() | advised, indent=2, sort_keys=True))
    else:
        from rich.console import Console

        console = Console()
        text.print_result(result, console)
        if found:
            text.print_advice(found, console)
        typer.echo("Wrote:")
        for path in written:
            typer.echo(f"  {path}")
    raise typer.Exit(decided(exit_code(result), undecided))


def _advised(result: Any, engine: Engine) -> Any:
    """What to change. Interrupted, there is no advice, and the result stands."""
    from fastlanes_sim.api.verbs import advise

    try:
        with progress.counted("simulations for advice") as report:
            return advise(result, engine=engine, progress=None if report is None else lambda played: report(played, 0))
    except KeyboardInterrupt:
        typer.echo("interrupted: no advice", err=True)
        return []
