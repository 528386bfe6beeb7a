"""`fastlanes-sim validate`: would this deployment have done what the export says was done?"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from fastlanes_sim.cli import export_options as options
from fastlanes_sim.cli import progress
from fastlanes_sim.cli.exit_codes import OF_VERDICT
from fastlanes_sim.core.errors import FastlanesError

if TYPE_CHECKING:
    from fastlanes_sim.exports.export import Export


def validate(
    export: options.ExportArgument = None,
    dsn: options.Dsn = None,
    layout: options.Layout = None,
    replicas: options.Replicas = None,
    backoff: options.Backoff = None,
    deployment: options.Deployment = None,
    fitted: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Test this scenario, fitted to the export, instead of replaying the export.")
    ] = None,
    prometheus: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Lightning's own metrics of the same time: OpenMetrics text, or JSON of a range query."),
    ] = None,
    replications: Annotated[int, typer.Option(help="Number of replays, each with workers that poll at other instants.", min=5)] = 99,
    seed: Annotated[int, typer.Option(help="Seed of what an export does not say.", min=0)] = 1,
    times: options.Times = None,
    columns: options.Columns = None,
    time_format: options.TimeFormat = None,
    encoding: options.Encoding = None,
    strict: options.Strict = False,
    rejects: options.Rejects = None,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder for validation.json and qq.png.")] = Path("results/validation"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON, and nothing else.")] = False,
) -> None:
    """Replay an export and compare the model with it.

    The runs are replayed through the deployment that served them. With --fitted, a scenario is simulated instead that was fitted to them.
    The exit code is 0 if the model agrees, 99 if it does not, and 98 if there are too few runs to tell.
    """
    from fastlanes_sim.api.validation import ValidationResult
    from fastlanes_sim.calibration.validate import validate as replay
    from fastlanes_sim.exports.prometheus import read_prometheus
    from fastlanes_sim.reports.text.validation import comparison_table
    from fastlanes_sim.results.files import check_folder, check_place

    check_folder(out)
    if rejects is not None:
        check_place(rejects)
    read = options.reader(
        export, dsn, times=times, columns=columns, time_format=time_format, encoding=encoding, strict=strict, rejects=rejects
    )
    if fitted is not None:
        workers = {"--layout": layout, "--replicas": replicas, "--backoff": backoff, "--deployment": deployment}
        given = [option for option, value in workers.items() if value is not None]
        if given:
            raise FastlanesError("--fitted has workers of its own", f"leave {' and '.join(given)} out")
        if prometheus is not None:
            raise FastlanesError("--prometheus is compared with replays\n    hint: leave --fitted out, and add --layout")
        _validate_fit(read, fitted, replications, seed, out, as_json)
    served = options.deployed(layout, replicas, backoff, deployment, with_incidents=True)
    if served is None:
        raise FastlanesError("name what served the export\n    hint: add --layout 'fast_lane:1 manual>*:4' or --deployment scenario.yaml")
    runs = read()
    metrics = None if prometheus is None else read_prometheus(prometheus)
    with progress.counted("replaying") as report:
        tell = partial(typer.echo, err=True)
        plain = replay(runs, served, replications=replications, seed=seed, progress=report, metrics=metrics, tell=tell)
    found = ValidationResult.from_plain(plain)
    written = found.write(out)
    if as_json:
        typer.echo(json.dumps(found.summary(), indent=2, sort_keys=True))
    else:
        from fastlanes_sim.reports.text.terminal import console

        typer.echo(found.text())
        console().print(comparison_table(found))
        typer.echo("Wrote:\n" + "\n".join(f"  {path}" for path in written))
    raise typer.Exit(OF_VERDICT[found.outcome])


def _validate_fit(read: Callable[[], Export], fitted: Path, replications: int, seed: int, out: Path, as_json: bool) -> NoReturn:
    from fastlanes_sim.api.fit import FitResult
    from fastlanes_sim.calibration.fit_check import check_fit
    from fastlanes_sim.scenario.load import load_scenario

    scenario = load_scenario(fitted).scenario
    runs = read()
    with progress.counted("simulating") as report:
        tell = partial(typer.echo, err=True)
        found = FitResult.from_plain(check_fit(runs, scenario, replications=replications, seed=seed, progress=report, tell=tell))
    if as_json:
        found.write(out)
        typer.echo(json.dumps(found.summary(), indent=2, sort_keys=True))
    else:
        options.show_fit(found, out)
    raise typer.Exit(OF_VERDICT[found.outcome])
