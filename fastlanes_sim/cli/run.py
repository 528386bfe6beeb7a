"""`fastlanes-sim run`: one simulation of one scenario, its verdict, its tables, its files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from fastlanes_sim.cli import pool_options as options
from fastlanes_sim.cli import progress
from fastlanes_sim.cli.exit_codes import ExitCode
from fastlanes_sim.engines import Engine
from fastlanes_sim.errors import FastlanesError


def run(
    scenario: Annotated[Path, typer.Argument(help="The scenario file (YAML).")],
    layout: Annotated[str | None, typer.Option(help='A layout for all workers, as "fast_lane:1 manual>*:4".')] = None,
    seed: Annotated[int | None, typer.Option(help="Instead of the scenario's seed.", min=0)] = None,
    horizon: Annotated[str | None, typer.Option(help="Instead of the scenario's horizon, as 6h.")] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="Any other value, as lightning.ruleset=pre-4515. Repeatable.")
    ] = None,
    engine: Annotated[Engine, typer.Option(help="What simulates: the results are the same.")] = "auto",
    out: Annotated[Path | None, typer.Option(help="Where to write; results/NAME by default.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON and nothing else.")] = False,
    charts: Annotated[bool, typer.Option("--charts/--no-charts", help="Draw charts.")] = True,
    replications: Annotated[int | None, typer.Option(help="Play that many and give intervals; with --until the most.", min=2)] = None,
    until: Annotated[str | None, typer.Option(help="Replications until an interval is this narrow: p99(fast_lane.response):5%.")] = None,
    undecided: Annotated[Literal["pass", "fail"] | None, typer.Option(help="What an undecided objective counts as.")] = None,
    processes: options.Processes = None,
    scheduler: options.Scheduler = None,
    export: Annotated[
        Path | None, typer.Option(help="Also write the runs as CSV in the columns that `calibrate` and `validate` read.")
    ] = None,
) -> None:
    """Simulate a scenario once: the verdict first, then a table a lane, then where the files are."""
    from fastlanes_sim.api import load, simulate

    loaded = load(scenario, layout=layout, seed=seed, horizon=horizon, overrides=overrides(sets or []))
    for warning in loaded.warnings:
        typer.echo(f"warning: {warning}", err=True)

    if replications is not None or until is not None:
        if export is not None:
            raise FastlanesError("--export writes one simulation\n    cure: leave --replications and --until out")
        raise typer.Exit(_replicate(loaded, replications, until, undecided, engine, out, as_json, charts, processes, scheduler))

    with progress.shown(loaded.scenario.name, loaded.scenario.horizon) as report:
        result = simulate(loaded, engine=engine, progress=report)

    from fastlanes_sim.reports import text
    from fastlanes_sim.reports.output import write_result

    written = write_result(result, out or Path("results") / loaded.scenario.name, charts=charts)
    if export is not None:
        from fastlanes_sim.results.export import write_export

        write_export(export, result.table, result.log, result.deployment, result.start)
        written.append(export)
    if as_json:
        typer.echo(json.dumps(result.summary(), indent=2, sort_keys=True))
    else:
        from rich.console import Console

        text.print_result(result, Console())
        typer.echo("Wrote:")
        for path in written:
            typer.echo(f"  {path}")
    raise typer.Exit(decided(exit_code(result), undecided))


def _replicate(
    loaded: Any,
    replications: int | None,
    until: str | None,
    undecided: str | None,
    engine: Engine,
    out: Path | None,
    as_json: bool,
    charts: bool,
    processes: int | None,
    scheduler: str | None,
) -> ExitCode:
    """Replications instead of one simulation: verdicts on intervals, one table of values."""
    from fastlanes_sim.api import replicate
    from fastlanes_sim.reports.experiments import save_plot
    from fastlanes_sim.results.files import write_atomically, write_summary
    from fastlanes_sim.results.slo import worst

    with progress.counted("replications") as report:
        found = replicate(loaded, replications, until=until, engine=engine, processes=processes, scheduler=scheduler, progress=report)
    folder = out or Path("results") / loaded.scenario.name
    files = [folder / "replications.json", folder / "replications.parquet"]
    write_summary(files[0], found.summary())
    write_atomically(files[1], lambda path: found.frame.to_parquet(path, index=False))
    if charts:
        files.append(folder / "replications.png")
        save_plot(found.plot(), files[2])
    if as_json:
        typer.echo(json.dumps(found.summary(), indent=2, sort_keys=True))
    else:
        typer.echo(found.text())
        typer.echo("Wrote:\n" + "\n".join(f"  {file}" for file in files))
    if found.interrupted:
        return ExitCode.INTERRUPTED
    outcome = worst(one.verdict for one in found.verdicts)
    return decided({"missed": ExitCode.MISSED, "undecided": ExitCode.UNDECIDED, "met": ExitCode.MET}[outcome], undecided)


def decided(code: ExitCode, undecided: str | None) -> ExitCode:
    """What an undecided verdict counts as, where the user says so."""
    if code != ExitCode.UNDECIDED or undecided is None:
        return code
    return ExitCode.MET if undecided == "pass" else ExitCode.MISSED


def overrides(sets: list[str]) -> dict[str, object]:
    """What `--set` changes in a scenario, by dotted path.

    Raises:
        FastlanesError: a `--set` that is not PATH=VALUE.
    """
    from fastlanes_sim.scenario.overrides import parse_override

    try:
        return dict(map(parse_override, sets))
    except ValueError as error:
        raise FastlanesError(f"--set {error}") from error


def exit_code(result: Any) -> ExitCode:
    """The worst of what there is to say."""
    from fastlanes_sim.results.slo import overall

    if result.log.interrupted:
        return ExitCode.INTERRUPTED
    return {"missed": ExitCode.MISSED, "undecided": ExitCode.UNDECIDED, "met": ExitCode.MET}[overall(result.verdicts)]
