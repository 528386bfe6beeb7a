"""`fastlanes-sim search`: the cheapest deployment that meets its objectives, or the highest traffic that one sustains."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fastlanes_sim.cli import budget, ending, progress
from fastlanes_sim.cli import scenario_options as options
from fastlanes_sim.cli.exit_codes import OF_VERDICT, ExitCode
from fastlanes_sim.cli.report_options import ReportOptions, Undecided, with_report_options
from fastlanes_sim.cli.verdict import decided
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.reports.report import ReportKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fastlanes_sim.api.capacity import CapacityResult
    from fastlanes_sim.api.search import SearchResult
    from fastlanes_sim.experiments.feasibility import Contender


@with_report_options(ReportKind.SEARCH, ReportKind.CAPACITY_SEARCH)
def search(
    scenario: Annotated[Path, typer.Argument(help="Scenario file (YAML) with objectives.", show_default=False)],
    slots: Annotated[
        str | None, typer.Option(metavar="RANGE", help="Find the cheapest layout with this many slots per worker, e.g. 1..12.")
    ] = None,
    traffic: Annotated[
        str | None, typer.Option(metavar="RANGE", help="Find the highest traffic among these factors, e.g. 0.5..4:0.1.")
    ] = None,
    replicas: Annotated[
        str | None, typer.Option(metavar="RANGE", help="Number of workers, e.g. 1..3. Default: as many as the scenario has.")
    ] = None,
    cost_slot: Annotated[float | None, typer.Option(help="Price of a slot. Needs --slots. Default: 1.", min=0)] = None,
    cost_replica: Annotated[
        float | None, typer.Option(help="Price of a worker, whatever its slots. Needs --slots. Default: 0.", min=0)
    ] = None,
    layout: Annotated[str | None, typer.Option(metavar="LAYOUT", help="Layout for all workers. Needs --traffic.")] = None,
    confidence: Annotated[str, typer.Option(metavar="SHARE", help="Probability that the answer is right.")] = "95%",
    tolerance: Annotated[
        str, typer.Option(metavar="SHARE", help="Indifference zone: what meets a bound by less than this share of it may be discarded.")
    ] = "1%",
    implied: Annotated[
        bool, typer.Option("--implied/--as-written", help="Whether what arrives must be finished too, though no objective says so.")
    ] = True,
    inputs: options.Inputs = False,
    confirming: Annotated[int, typer.Option(help="Number of replications that confirm a layout. More show rarer events.", min=2)] = 100,
    most: Annotated[
        int, typer.Option("--replications", help="Maximum number of replications of one layout. It then stays undecided.", min=22)
    ] = 420,
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
    """Find the cheapest layout, or the highest sustainable traffic.

    With --slots: the cheapest deployment that meets every objective. With --traffic: the highest factor of the traffic at which one
    deployment meets them. Interrupted or killed, the same command continues where it stopped.
    """
    from fastlanes_sim.api import verbs

    _one_of(slots, traffic, layout, {"--replicas": replicas, "--cost-slot": cost_slot, "--cost-replica": cost_replica})
    changes = options.overrides(sets)
    base = verbs.load_scenario(scenario, seed=seed, horizon=horizon, overrides=changes)
    for warning in base.warnings:
        typer.echo(f"warning: {warning}", err=True)
    budget.check(base, force=force, engine=engine)
    folder = out or Path("results") / base.scenario.name
    kind, stem = (ReportKind.CAPACITY_SEARCH, "traffic") if traffic is not None else (ReportKind.SEARCH, "search")
    places = reports.plan(kind, stem, folder, charts=charts)
    common: dict[str, Any] = {
        "confidence": options.share("--confidence", confidence),
        "tolerance": options.share("--tolerance", tolerance),
        "confirming": confirming,
        "most": most,
        "implied": implied,
        "inputs": inputs,
        "seed": seed,
        "horizon": horizon,
        "overrides": changes,
        "store": folder / options.STORE,
        "engine": engine,
        "processes": processes,
        "scheduler": scheduler,
        "force": True,  # checked above
    }
    found: SearchResult | CapacityResult
    with progress.counted("replications") as report:
        if traffic is not None:
            found = verbs.highest_traffic(scenario, traffic, layout=layout, progress=report, **common)
        else:
            prices = {"cost_slot": cost_slot, "cost_replica": cost_replica}
            common |= {name: price for name, price in prices.items() if price is not None}
            found = verbs.search(scenario, slots or "", replicas, progress=report, **common)
    ending.note_reused(found.reused)
    written = reports.write(found, places, warnings=base.warnings, undecided=undecided)
    ending.show(found, written, as_json=as_json)
    if _is_bug(found.played):
        raise typer.Exit(ExitCode.BUG)
    raise typer.Exit(ExitCode.INTERRUPTED if found.interrupted else decided(OF_VERDICT[found.outcome], undecided))


def _one_of(slots: str | None, traffic: str | None, layout: str | None, of_slots: Mapping[str, object]) -> None:
    if (slots is None) == (traffic is None):
        raise FastlanesError(
            "give either --slots or --traffic\n    hint: --slots 1..12 finds the cheapest layout, --traffic 0.5..4:0.1 the highest traffic"
        )
    misplaced = next((option for option, value in of_slots.items() if traffic is not None and value is not None), None)
    if misplaced == "--replicas":
        raise FastlanesError("--replicas needs --slots", "with --traffic write --set 'workers.*.replicas=3'")
    if misplaced is not None:
        raise FastlanesError(f"{misplaced} needs --slots", "leave it out: a search with --traffic compares no prices")
    if slots is not None and layout is not None:
        raise FastlanesError("--layout needs --traffic\n    hint: leave --layout out; a search with --slots has layouts of its own")


def _is_bug(trials: Iterable[Contender]) -> bool:
    """Whether one failed through no fault of the user's; its traceback is printed."""
    failures = [one.failure for one in trials if one.failure is not None and not one.failure.by_user]
    if failures:
        typer.echo(failures[0].traceback or failures[0].message, err=True)
    return bool(failures)
