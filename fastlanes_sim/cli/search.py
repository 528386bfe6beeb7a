"""`fastlanes-sim search`: the cheapest deployment that meets its objectives, or the highest traffic that one carries."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fastlanes_sim.cli import output_options as outputs
from fastlanes_sim.cli import progress
from fastlanes_sim.cli import scenario_options as options
from fastlanes_sim.cli.exit_codes import OF_VERDICT, ExitCode
from fastlanes_sim.cli.outputs import Outputs
from fastlanes_sim.cli.verdict import decided
from fastlanes_sim.core.errors import FastlanesError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastlanes_sim.experiments.feasibility import Contender
    from fastlanes_sim.reports.capacity_search import CarriedResult
    from fastlanes_sim.reports.search import SearchResult


def search(
    scenario: Annotated[Path, typer.Argument(help="The scenario file (YAML), with objectives.")],
    slots: Annotated[str | None, typer.Option(help="Of each worker, as 1..12: look for the cheapest layout.")] = None,
    traffic: Annotated[str | None, typer.Option(help="Factors, as 0.5..4:0.1: look for the highest that is carried.")] = None,
    replicas: Annotated[str | None, typer.Option(help="Workers, as 1..3; by default as many as the scenario has.")] = None,
    cost_slot: Annotated[float, typer.Option(help="Price of a slot.", min=0)] = 1.0,
    cost_replica: Annotated[float, typer.Option(help="Price of a worker, whatever its slots.", min=0)] = 0.0,
    layout: Annotated[str | None, typer.Option(help="With --traffic: a layout for all workers.")] = None,
    confidence: Annotated[str, typer.Option(help="Probability with which the answer is right.")] = "95%",
    tolerance: Annotated[str, typer.Option(help="Who meets a bound by less than this part of it may be discarded.")] = "10%",
    confirming: Annotated[int, typer.Option(help="Replications that confirm a layout: more show rarer events.", min=2)] = 100,
    most: Annotated[int, typer.Option("--replications", help="At most, of one layout; then it stays undecided.", min=22)] = 420,
    seed: options.Seed = None,
    horizon: options.Horizon = None,
    sets: options.Sets = None,
    engine: options.Engine = "auto",
    processes: options.Processes = None,
    scheduler: options.Scheduler = None,
    out: options.Out = None,
    as_json: options.AsJson = False,
    charts: Annotated[bool, typer.Option("--charts/--no-charts", help="Draw a chart.")] = True,
    undecided: outputs.Undecided = None,
    junit: outputs.Junit = None,
    github: outputs.Github = None,
    html: outputs.Html = None,
) -> None:
    """Find the cheapest deployment that meets every objective, or with --traffic the highest traffic that one carries."""
    from fastlanes_sim.api import verbs
    from fastlanes_sim.cli.experiments import tell
    from fastlanes_sim.experiments.factors import parse_numbers
    from fastlanes_sim.reports.search import write_search

    _one_of(slots, traffic, replicas, layout)
    changes = options.overrides(sets)
    base = verbs.load(scenario, seed=seed, horizon=horizon, overrides=changes)
    for warning in base.warnings:
        typer.echo(f"warning: {warning}", err=True)
    directory = out or Path("results") / base.scenario.name
    common: dict[str, Any] = {
        "confidence": _share("--confidence", confidence),
        "tolerance": _share("--tolerance", tolerance),
        "confirming": confirming,
        "most": most,
        "seed": seed,
        "horizon": horizon,
        "overrides": changes,
        "store": directory / options.STORE,
        "engine": engine,
        "processes": processes,
        "scheduler": scheduler,
    }
    found: SearchResult | CarriedResult
    with progress.counted("replications") as report:
        if traffic is not None:
            found = verbs.highest_traffic(scenario, parse_numbers("--traffic", traffic), layout=layout, progress=report, **common)
        else:
            each = None if replicas is None else _whole("--replicas", replicas)
            common |= {"cost_slot": cost_slot, "cost_replica": cost_replica}
            found = verbs.search(scenario, _whole("--slots", slots or ""), each, progress=report, **common)
    if found.reused:
        typer.echo(f"note: {found.reused:,} replications were computed before", err=True)
    written = write_search(found, directory, "traffic" if traffic is not None else "search", charts=charts)
    tell(found, written, directory, Outputs(junit, github, undecided, html), base.warnings, as_json=as_json)
    if _is_bug(found.played):
        raise typer.Exit(ExitCode.BUG)
    raise typer.Exit(ExitCode.INTERRUPTED if found.interrupted else decided(OF_VERDICT[found.outcome], undecided))


def _one_of(slots: str | None, traffic: str | None, replicas: str | None, layout: str | None) -> None:
    if (slots is None) == (traffic is None):
        raise FastlanesError("what is looked for?\n    hint: give either --slots 1..12 or --traffic 0.5..4:0.1")
    if traffic is not None and replicas is not None:
        raise FastlanesError("--replicas is of a search for a layout\n    hint: with --traffic write --set 'workers.*.replicas=3'")
    if slots is not None and layout is not None:
        raise FastlanesError("--layout is of --traffic: a search for a layout has its own\n    hint: leave --layout out")


def _whole(option: str, text: str) -> list[int]:
    from fastlanes_sim.experiments.factors import parse_numbers

    numbers = parse_numbers(option, text)
    if any(number != int(number) or number < 1 for number in numbers):
        raise FastlanesError(f"{option} {text}: not all of these are whole numbers of 1 or more\n    hint: write such as 1..12 or 2,4,8")
    return [int(number) for number in numbers]


def _share(option: str, text: str) -> float:
    try:
        return float(text.strip().removesuffix("%")) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        raise FastlanesError(f"{option} {text}: not a share\n    hint: write such as 95% or 0.95") from None


def _is_bug(trials: Iterable[Contender]) -> bool:
    """Whether one failed through no fault of the user's; its traceback is told."""
    failures = [one.failure for one in trials if one.failure is not None and not one.failure.by_user]
    if failures:
        typer.echo(failures[0].traceback or failures[0].message, err=True)
    return bool(failures)
