"""`fastlanes-sim baseline record|check`: what a scenario came to, kept in a file, and later versions held against it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fastlanes_sim.cli import budget, progress
from fastlanes_sim.cli import scenario_options as options
from fastlanes_sim.cli.exit_codes import ExitCode
from fastlanes_sim.cli.report_options import ReportingCommand, ReportOptions, Undecided, with_report_options
from fastlanes_sim.cli.verdict import decided
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.reports.report import ReportKind

if TYPE_CHECKING:
    from fastlanes_sim.api.baseline import CheckResult

FOLDER = Path("results") / "baselines"

app = typer.Typer(no_args_is_help=True, help="Record results, and check later versions against them.")


@app.command()
def record(
    scenarios: Annotated[list[str], typer.Argument(help="Scenario files, or workloads such as suite-2/cron_storm.", show_default=False)],
    name: Annotated[str | None, typer.Option(metavar="NAME", help="Name of the baseline. Default: the scenario's.")] = None,
    layout: options.Layout = None,
    seed: options.Seed = None,
    horizon: options.Horizon = None,
    sets: options.Sets = None,
    metrics: Annotated[
        list[str] | None, typer.Option("--metric", metavar="MEASURE", help="Measure to keep, e.g. p99(fast_lane.wait). Repeatable.")
    ] = None,
    replications: Annotated[int, typer.Option(help="Number of replications.", min=2)] = 10,
    engine: options.Engine = "auto",
    processes: options.Processes = None,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder of baselines.")] = FOLDER,
    force: options.Force = False,
) -> None:
    """Simulate scenarios and record the results as baselines.

    Writes one file per scenario. The files are meant to be committed.
    """
    from fastlanes_sim.api.suite_verbs import record_baseline
    from fastlanes_sim.api.verbs import load_scenario
    from fastlanes_sim.results.files import check_place
    from fastlanes_sim.suite.baseline import legal_name, write_baseline
    from fastlanes_sim.suite.index import scenario_file

    if name is not None and len(scenarios) > 1:
        raise FastlanesError("--name needs a single scenario\n    hint: record the scenarios one by one, or leave --name out")
    changes = options.overrides(sets)
    loaded = [load_scenario(scenario_file(one), layout=layout, seed=seed, horizon=horizon, overrides=changes) for one in scenarios]
    budget.check(loaded, force=force, engine=engine, simulations=replications * len(loaded))
    check_place(out / f"{legal_name(name or 'any')}.json")
    for scenario in scenarios:
        with progress.counted(scenario) as report:
            found = record_baseline(
                scenario,
                name=name,
                measures=metrics or (),
                replications=replications,
                layout=layout,
                seed=seed,
                horizon=horizon,
                overrides=changes,
                engine=engine,
                processes=processes,
                force=True,
                progress=report,
            )
        typer.echo(f"Wrote {write_baseline(found, out)}")


@app.command(cls=ReportingCommand)
@with_report_options(ReportKind.BASELINE_CHECK)
def check(
    baselines: Annotated[
        list[Path] | None, typer.Argument(help="Files of baselines. Default: all in results/baselines.", show_default=False)
    ] = None,
    layout: options.Layout = None,
    sets: options.Sets = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on any real change, better ones too.")] = False,
    at_least: Annotated[
        str, typer.Option(metavar="SHARE", help="Ignore differences smaller than this share of the recorded value, e.g. 5%.")
    ] = "0%",
    engine: options.Engine = "auto",
    processes: options.Processes = None,
    undecided: Undecided = None,
    as_json: options.AsJson = False,
    force: options.Force = False,
    *,
    reports: ReportOptions,
) -> None:
    """Simulate again and report what became worse.

    The exit code is 99 if something became worse for real, 98 if runs that are still open may hide that, and 0 if what changed is noise,
    smaller than --at-least, or better. A baseline that cannot be compared (98), or whose scenario is not valid (104), does not keep the
    others from it. --undecided says what 98 counts as.
    """
    from fastlanes_sim.api.suite_verbs import check_baselines

    files = baselines or sorted(FOLDER.glob("[!.]*.json"))  # a hidden file is none
    if not files:
        raise FastlanesError(f"there are no baselines in {FOLDER}\n    hint: record one: fastlanes-sim baseline record SCENARIO")
    planned = reports.plan(ReportKind.BASELINE_CHECK, "check", FOLDER, charts=False)
    with progress.counted("replications") as report:
        found = check_baselines(
            files,
            strict=strict,
            at_least=options.share("--at-least", at_least),
            layout=layout,
            overrides=options.overrides(sets),
            engine=engine,
            processes=processes,
            force=force,
            progress=report,
        )
    reports.write(found, planned, undecided=undecided)
    typer.echo(json.dumps(found.summary(), indent=2, sort_keys=True) if as_json else found.text())
    raise typer.Exit(decided(_exit_code(found), undecided))


def _exit_code(found: CheckResult) -> ExitCode:
    left = [one.why_not for one in found.checked if one.why_not is not None]
    if found.regressed:
        return ExitCode.MISSED
    if any(one.is_invalid for one in left):
        return ExitCode.INVALID
    return ExitCode.UNDECIDED if found.is_open else ExitCode.MET
