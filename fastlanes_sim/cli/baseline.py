"""`fastlanes-sim baseline record|check`: what a scenario came to, kept in a file, and later versions held against it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from fastlanes_sim.cli import output_options as outputs
from fastlanes_sim.cli import progress
from fastlanes_sim.cli import scenario_options as options
from fastlanes_sim.cli.exit_codes import ExitCode
from fastlanes_sim.cli.outputs import Outputs
from fastlanes_sim.core.errors import FastlanesError

FOLDER = Path("results") / "baselines"
Layout = Annotated[str | None, typer.Option(help='A layout for all workers, as "fast_lane:1 manual>*:4".')]

app = typer.Typer(no_args_is_help=True, help="Regression checks: record what scenarios come to, and hold later versions against it.")


@app.command()
def record(
    scenarios: Annotated[list[str], typer.Argument(help="Scenario files, or workloads as suite-1/cron_storm.")],
    name: Annotated[str | None, typer.Option(help="Of the baseline; the scenario's own by default.")] = None,
    layout: Layout = None,
    seed: options.Seed = None,
    horizon: options.Horizon = None,
    sets: options.Sets = None,
    metrics: Annotated[list[str] | None, typer.Option("--metric", help="What to keep, as p99(fast_lane.response). Repeatable.")] = None,
    replications: Annotated[int, typer.Option(help="How many.", min=2)] = 10,
    engine: options.Engine = "auto",
    processes: options.Processes = None,
    out: Annotated[Path, typer.Option(help="The folder of baselines.")] = FOLDER,
) -> None:
    """Play scenarios and write what they come to, a file a scenario; meant to be committed."""
    from fastlanes_sim.experiments.executors import Pool
    from fastlanes_sim.suite.baseline import write_baseline
    from fastlanes_sim.suite.record import record as play_and_keep

    if name is not None and len(scenarios) > 1:
        raise FastlanesError("--name is of one baseline\n    hint: record the scenarios one by one, or leave --name out")
    changes = _changes(layout, sets)
    changes |= {key: value for key, value in (("seed", seed), ("horizon", horizon)) if value is not None}
    for scenario in scenarios:
        with progress.counted(scenario) as report:
            found = play_and_keep(
                scenario,
                changes,
                name=name,
                statistics=metrics or (),
                replications=replications,
                engine=engine,
                pool=Pool(processes),
                progress=report,
            )
        typer.echo(f"Wrote {write_baseline(found, out)}")


@app.command()
def check(
    baselines: Annotated[list[Path] | None, typer.Argument(help="Files of baselines; by default all of results/baselines.")] = None,
    layout: Layout = None,
    sets: options.Sets = None,
    strict: Annotated[bool, typer.Option("--strict", help="Any real change counts, better ones too.")] = False,
    engine: options.Engine = "auto",
    processes: options.Processes = None,
    as_json: options.AsJson = False,
    junit: outputs.Junit = None,
    github: outputs.Github = None,
) -> None:
    """Play them again: exit 99 if something became worse for real, 0 if what changed is noise, or better."""
    from fastlanes_sim.experiments.executors import Pool
    from fastlanes_sim.reports.baseline import CheckResult
    from fastlanes_sim.suite.baseline import read_baseline
    from fastlanes_sim.suite.check import check as hold_against

    files = baselines or sorted(FOLDER.glob("*.json"))
    if not files:
        raise FastlanesError(f"there are no baselines in {FOLDER}\n    hint: record one: fastlanes-sim baseline record SCENARIO")
    recorded = [read_baseline(file) for file in files]
    with progress.counted("replications") as report:
        checked = hold_against(recorded, _changes(layout, sets), engine=engine, pool=Pool(processes), progress=report)
    found = CheckResult(checked, strict)
    Outputs(junit, github).write(found, _no_page, FOLDER)
    typer.echo(json.dumps(found.summary(), indent=2, sort_keys=True) if as_json else found.text())
    raise typer.Exit(ExitCode.MISSED if found.regressed else ExitCode.MET)


def _changes(layout: str | None, sets: list[str] | None) -> dict[str, object]:
    from fastlanes_sim.scenario.overrides import layout_override

    return options.overrides(sets) | (layout_override(layout) if layout is not None else {})


def _no_page() -> NoReturn:
    raise AssertionError("a check writes no page")
