"""`fastlanes-sim traffic`: the scenario's requests for a real Lightning."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from fastlanes_sim.cli import scenario_options as options
from fastlanes_sim.core.errors import FastlanesError


def traffic(
    scenario: options.ScenarioArgument,
    kind: Annotated[
        Literal["k6", "ndjson"], typer.Option("--as", help="A k6 script of the webhooks, or all runs as a JSON object a line.")
    ] = "ndjson",
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="File to write. Default: standard output.")] = None,
    seed: options.Seed = None,
    horizon: options.Horizon = None,
    sets: options.Sets = None,
) -> None:
    """Write a scenario's traffic, for a real Lightning.

    The export of what it did then can be put to `validate`.
    """
    from fastlanes_sim.api.scenario_argument import load_scenario
    from fastlanes_sim.deployment.from_scenario import deployment as deployment_of
    from fastlanes_sim.results.files import write_bytes
    from fastlanes_sim.rig import staging
    from fastlanes_sim.traffic.generate import generate

    loaded = load_scenario(scenario, seed=seed, horizon=horizon, overrides=options.overrides(sets))
    deployment, table = deployment_of(loaded.scenario), generate(loaded.scenario)
    if kind == "k6":
        if not any(staging.is_posted(table, row) for row in range(table.first_requests)):
            raise FastlanesError(f"{scenario} has no webhooks", "write the whole schedule with --as ndjson")
        text = staging.k6(table, deployment, loaded.scenario.name, loaded.scenario.seed)
    else:
        text = "".join(f"{line}\n" for line in staging.ndjson(table, deployment))
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_bytes(out, [text.encode()])
        typer.echo(f"Wrote:\n  {out}")
