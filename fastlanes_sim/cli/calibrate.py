"""`fastlanes-sim calibrate`: an export of real runs becomes a scenario."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from fastlanes_sim.cli import export_options as options
from fastlanes_sim.cli import progress
from fastlanes_sim.cli.exit_codes import OF_VERDICT, ExitCode
from fastlanes_sim.cli.memory import return_large_arrays, return_what_is_free
from fastlanes_sim.core.errors import FastlanesError


def calibrate(
    export: options.ExportArgument = None,
    dsn: options.Dsn = None,
    out: Annotated[Path, typer.Option(metavar="FILE", help="Scenario file to write.")] = Path("calibrated.yaml"),
    layout: options.Layout = None,
    replicas: options.Replicas = None,
    backoff: options.Backoff = None,
    deployment: options.Deployment = None,
    timezone: Annotated[str, typer.Option(metavar="ZONE", help="Time zone of crons, and of the scenario.")] = "UTC",
    since: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="TIME",
            help="When the export begins, e.g. 2026-01-05T06:00+03:00; without an offset, in the zone of --times. Default: from the runs.",
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="When the export ends, written like --from. Default: from the runs.")
    ] = None,
    times: options.Times = None,
    columns: options.Columns = None,
    time_format: options.TimeFormat = None,
    encoding: options.Encoding = None,
    strict: options.Strict = False,
    rejects: options.Rejects = None,
    anonymous: Annotated[bool, typer.Option("--anonymous", help="Number projects and workflows instead of naming them.")] = False,
    resamples: Annotated[
        int, typer.Option(help="Number of resamples of the export's days, which --inputs of other commands needs. 0: none.", min=0)
    ] = 50,
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Simulate the scenario that was written, and compare it with the export.")
    ] = True,
    check_out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Folder for fit.json and fit.png, the comparison with the export.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the scenario file if it exists.")] = False,
) -> None:
    """Fit a scenario to an export of real runs.

    Fits arrivals, service times, start-up and limits. The scenario can be simulated at once. It is simulated and compared with the export:
    the exit code is 99 if it does not behave like it, and 98 if there are too few runs to compare.
    """
    return_large_arrays()
    if not check and check_out is not None:
        raise FastlanesError("--check-out is for the check, and --no-check leaves it out", "leave one of them out")
    read = options.reader(
        export, dsn, times=times, columns=columns, time_format=time_format, encoding=encoding, strict=strict, rejects=rejects
    )
    begin, end = (None if at is None else options.instant(option, at, times) for option, at in (("--from", since), ("--until", until)))
    if out.exists() and not force:
        raise FastlanesError(f"{out} is there already\n    hint: name another file with --out, or add --force")
    from fastlanes_sim.api.calibration import CalibrationResult
    from fastlanes_sim.calibration.calibrate import calibrate as fit
    from fastlanes_sim.calibration.unsure import with_uncertainty
    from fastlanes_sim.results.files import check_folder, check_place

    for file in (out, *([] if rejects is None else [rejects])):
        check_place(file)
    if check_out is not None:
        check_folder(check_out)
    served = options.deployed(layout, replicas, backoff, deployment)
    options.check_zone("--timezone", timezone)
    runs = read()
    if anonymous:
        runs = runs.anonymous()
    span = options.span(runs, begin, end)
    with progress.counted("fitting") as report:
        fitted = fit(runs, served, timezone=timezone, span=span, progress=report)
    found = CalibrationResult.from_plain(with_uncertainty(fitted, resamples))
    written = found.written(out, force=force)
    for warning in written.warnings:
        typer.echo(f"warning: {warning}", err=True)
    for note in found.notes:
        typer.echo(f"note: {note}", err=True)
    typer.echo(f"Wrote {out}: {found.triggers:,} triggers of {len(found.workflows):,} workflows.")
    typer.echo(f"Try:   fastlanes-sim run {out}")
    if check:
        return_what_is_free()
        try:
            with progress.counted("checking the fit") as report:
                compared = found.check(progress=report, tell=partial(typer.echo, err=True), scenario=written.scenario)
        except KeyboardInterrupt:
            typer.echo(f"Interrupted: {out} is there, and is not checked. validate --fitted {out} checks it.", err=True)
            raise typer.Exit(ExitCode.INTERRUPTED) from None
        options.show_fit(compared, check_out)
        raise typer.Exit(OF_VERDICT[compared.outcome])
