"""`fastlanes-sim explain`: the life of one run."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from fastlanes_sim.cli import budget, progress
from fastlanes_sim.cli import scenario_options as options
from fastlanes_sim.core.errors import FastlanesError


def explain(
    scenario: options.ScenarioArgument,
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="Its number (column `run` of the table of runs), slowest, slowest:SCOPE, slowest_work_order or slowest_work_order:SCOPE.",
        ),
    ] = "slowest",
    layout: options.Layout = None,
    seed: options.Seed = None,
    horizon: options.Horizon = None,
    sets: options.Sets = None,
    engine: options.Engine = "auto",
    everything: Annotated[bool, typer.Option("--all", help="Show every claim and every stretch of its wait.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    force: options.Force = False,
) -> None:
    """Explain the life of one run, claim by claim.

    Simulates the scenario and shows what happened to the run and when, what held it back, and which claims took other runs meanwhile. SCOPE
    is a lane, project.NAME or workflow.PROJECT.NAME, e.g. slowest:fast_lane. Where runs call others it also shows the work order as a
    whole and its critical path.
    """
    from fastlanes_sim.api.verbs import load_scenario, simulate

    wanted, _, scope = run.partition(":")
    if not run.isdecimal() and wanted not in ("slowest", "slowest_work_order"):
        raise FastlanesError(f"{run} is no run", "write its number, or slowest, or such as slowest:fast_lane or slowest_work_order:all")
    loaded = load_scenario(scenario, layout=layout, seed=seed, horizon=horizon, overrides=options.overrides(sets))
    budget.check(loaded, force=force, engine=engine, is_single=True, keeps_claims=True)
    with progress.shown(loaded.scenario.name, loaded.scenario.horizon) as report:
        result = simulate(loaded, engine=engine, record_claims=True, force=True, progress=report)
    if result.log.interrupted:
        raise KeyboardInterrupt
    slowest = result.slowest if wanted == "slowest" else result.slowest_work_order
    life = result.life(int(run) if run.isdecimal() else slowest(scope or "all"))
    if as_json:
        typer.echo(json.dumps(life.to_json(), indent=2))
        return
    from fastlanes_sim.reports.text.run_life import text

    typer.echo(text(life, result.start, loaded.scenario.timezone, everything=everything))
