"""`fastlanes-sim run`: one simulation of one scenario, or replications of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from fastlanes_sim.cli import budget, ending, progress
from fastlanes_sim.cli import scenario_options as options
from fastlanes_sim.cli.exit_codes import OF_VERDICT, ExitCode
from fastlanes_sim.cli.report_options import ReportOptions, Undecided, with_report_options
from fastlanes_sim.cli.verdict import decided, exit_code
from fastlanes_sim.cli.watch import again_on_save, telling_changes
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.reports.report import ReportKind

if TYPE_CHECKING:
    from fastlanes_sim.experiments.advice import Advice
    from fastlanes_sim.scenario.load import LoadedScenario

By = Literal["lane", "project", "workflow"]


@dataclass(frozen=True, slots=True)
class Output:
    """Where the result goes, and what an undecided objective counts as."""

    reports: ReportOptions
    folder: Path
    as_json: bool
    charts: bool
    undecided: Undecided


@with_report_options(ReportKind.SIMULATION, ReportKind.REPLICATIONS)
def run(
    scenario: options.ScenarioArgument,
    layout: options.Layout = None,
    seed: options.Seed = None,
    horizon: options.Horizon = None,
    sets: options.Sets = None,
    engine: options.Engine = "auto",
    out: options.Out = None,
    as_json: options.AsJson = False,
    charts: options.Charts = True,
    replications: Annotated[int | None, typer.Option(help="Number of replications (the maximum with --until).", min=2)] = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="MEASURE:SHARE", help="Replicate until an interval is this narrow, e.g. p99(fast_lane.wait):5%."),
    ] = None,
    inputs: options.Inputs = False,
    rare: Annotated[
        bool,
        typer.Option("--rare", help="Replicate, and estimate rare tails such as p99.99 by splitting: some thousand simulations more."),
    ] = False,
    advice: Annotated[
        bool, typer.Option("--advise", help="Simulate changes that might help, and report what each does, at what price.")
    ] = False,
    by: Annotated[
        By | None,
        typer.Option(
            help="What the tables and the reasons for waits are by: those that waited longest, of replications all. Default: lane."
        ),
    ] = None,
    processes: Annotated[
        int | None,
        typer.Option(help="Number of processes for replications; a single simulation uses one. Default: as many as are worth it.", min=1),
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Compute replications on this Dask cluster, e.g. tcp://host:8786.", metavar="ADDRESS")
    ] = None,
    undecided: Undecided = None,
    force: options.Force = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Simulate again whenever the scenario is saved, without PNG charts. Ctrl-C ends.")
    ] = False,
    *,
    reports: ReportOptions,
) -> None:
    """Simulate a scenario once, or replicate it for intervals.

    Prints the verdicts on the objectives, then a table per lane, then the names of the files. With --replications or --until it
    prints means with confidence intervals instead; so does --inputs.
    """

    is_replicated = replications is not None or until is not None or inputs or rare
    if scheduler is not None and not is_replicated:
        raise FastlanesError(
            "--scheduler needs replications: a single simulation runs here", "add --replications 30, or leave --scheduler out"
        )

    def once(*, charts: bool = charts) -> ExitCode:
        from fastlanes_sim.api.verbs import load_scenario

        loaded = load_scenario(scenario, layout=layout, seed=seed, horizon=horizon, overrides=options.overrides(sets))
        for warning in loaded.warnings:
            typer.echo(f"warning: {warning}", err=True)
        settings = reports.read_settings(loaded.scenario)
        output = Output(reports, out or Path("results") / loaded.scenario.name, as_json, charts, undecided)
        if is_replicated:
            misplaced = reports.not_for(ReportKind.REPLICATIONS)
            if misplaced:
                raise FastlanesError(f"{misplaced[0]} needs a single run\n    hint: leave --replications, --until, --inputs and --rare out")
            budget.check(loaded, force=force, engine=engine, simulations=(replications or 1) + budget.of_inputs(loaded, inputs))
            evidence = {"replications": replications, "until": until, "inputs": inputs, "rare": rare, "measures": _measures(loaded, by)}
            where: dict[str, Any] = {"engine": engine, "processes": processes, "scheduler": scheduler}
            begin = partial(_replicate, loaded, output, evidence=evidence, where=where, advice=advice)
        else:
            budget.check(loaded, force=force, engine=engine, is_single=True, keeps_claims=reports.records_claims)
            begin = partial(_simulate, loaded, output, engine=engine, settings=settings, by=by or "lane", advice=advice)
        return telling_changes(output.folder, begin) if watch else begin()

    if watch and as_json:
        raise FastlanesError("--watch shows results on a screen, --json prints them for a program", "leave one of them out")
    if watch:
        raise typer.Exit(again_on_save(scenario, partial(once, charts=False)))
    raise typer.Exit(once())


def _measures(loaded: LoadedScenario, by: By | None) -> list[str] | None:
    """Of every project or workflow what is usual of a lane, and how often workloops stopped; None: what is usual."""
    if by is None or by == "lane":
        return None
    scope = {"project": "project.*", "workflow": "workflow.*.*"}[by]
    stopped = [] if loaded.scenario.lightning.broadcast_work_available else ["stopped_workloops"]
    return [f"mean({scope}.wait)", f"p99({scope}.wait)", f"p99({scope}.response)", *stopped]


def _replicate(loaded: LoadedScenario, output: Output, *, evidence: dict[str, Any], where: dict[str, Any], advice: bool) -> ExitCode:
    """Replications instead of one simulation: verdicts on intervals, one table of values. Advice is confirmed by as many."""
    from fastlanes_sim.api.verbs import replicate
    from fastlanes_sim.measures.outcome import worst

    planned = output.reports.plan(ReportKind.REPLICATIONS, "replications", output.folder, charts=output.charts)
    with progress.counted("replications") as report:
        found = replicate(loaded, force=True, progress=report, **evidence, **where)
    advised = _advised(found, **where) if advice and not found.interrupted else None
    written = output.reports.write(found, planned, warnings=loaded.warnings, undecided=output.undecided, advice=advised or [])
    output.reports.remove_outdated(found, output.folder, written)
    ending.show(found, written, as_json=output.as_json, advice=advised)
    if found.interrupted or (advice and advised is None):
        return ExitCode.INTERRUPTED
    return decided(OF_VERDICT[worst(one.verdict for one in found.verdicts)], output.undecided)


def _simulate(
    loaded: LoadedScenario, output: Output, *, engine: options.Engine, settings: dict[str, Any], by: By, advice: bool
) -> ExitCode:
    from fastlanes_sim.api.verbs import simulate

    reports = output.reports
    planned = reports.plan(ReportKind.SIMULATION, "summary", output.folder, charts=output.charts)
    with progress.shown(loaded.scenario.name, loaded.scenario.horizon) as report:
        result = simulate(loaded, engine=engine, record_claims=reports.records_claims, force=True, progress=report)
    advised = _advised(result, engine=engine) if advice and not result.log.interrupted else None
    found = advised or []
    written = reports.write(result, planned, warnings=loaded.warnings, undecided=output.undecided, settings=settings, advice=found)
    reports.remove_outdated(result, output.folder, written)
    if output.as_json:
        also = {"advice": [one.to_json() for one in found]} if advice else {}
        typer.echo(json.dumps(result.summary() | also, indent=2, sort_keys=True))
    else:
        from fastlanes_sim.experiments.work_estimate import one_sample
        from fastlanes_sim.reports.text.advice import print_advice
        from fastlanes_sim.reports.text.simulation import print_result
        from fastlanes_sim.reports.text.terminal import console

        terminal = console()
        print_result(result, terminal, by)
        if found:
            print_advice(found, terminal)
        if not result.log.interrupted:
            typer.echo(one_sample(loaded, engine) + "\n")
        typer.echo("Wrote:")
        for path in written:
            typer.echo(f"  {path}")
    if advice and advised is None:
        return ExitCode.INTERRUPTED
    return decided(exit_code(result), output.undecided)


def _advised(result: Any, **asked: Any) -> list[Advice] | None:
    """What to change. None: interrupted; the result is shown without advice."""
    from fastlanes_sim.api.verbs import advise

    try:
        with progress.counted("simulations for advice") as report:
            return advise(result, progress=report, **asked)
    except KeyboardInterrupt:
        typer.echo("interrupted: no advice", err=True)
        return None
