"""What `calibrate` and `validate` have in common: where the runs come from, and what they were served by."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fastlanes_sim.cli import progress
from fastlanes_sim.core.errors import FastlanesError

if TYPE_CHECKING:
    from fastlanes_sim.calibration.deployment_part import Deployed
    from fastlanes_sim.exports.export import Export

ExportArgument = Annotated[Path | None, typer.Argument(help="A CSV (also .csv.gz) or Parquet file of runs.", show_default=False)]
Dsn = Annotated[str | None, typer.Option(help="Instead of a file: a PostgreSQL of Lightning's, read only.", envvar="FASTLANES_SIM_DSN")]
Layout = Annotated[str | None, typer.Option(help='The layout of the workers that served it, as "fast_lane:1 manual>*:4".')]
Replicas = Annotated[int, typer.Option(help="How many workers of that layout there were.", min=1)]
Backoff = Annotated[str | None, typer.Option(help="Their WORKER_BACKOFF, as 1/10.")]
Deployment = Annotated[Path | None, typer.Option(help="A scenario whose workers, lightning, network and slos to take instead.")]
Times = Annotated[str, typer.Option(metavar="ZONE", help="The zone of times without an offset; Lightning's are UTC.")]
Strict = Annotated[bool, typer.Option("--strict", help="Stop if a row makes no sense, instead of leaving it out.")]
Rejects = Annotated[Path | None, typer.Option(help="Write the rows that were left out, with line and reason, as CSV.")]


def read(export: Path | None, dsn: str | None, times: str, strict: bool, rejects: Path | None) -> Export:
    """Read the export, and say what was read."""
    from fastlanes_sim.exports.postgres import read_database
    from fastlanes_sim.exports.read import read_export
    from fastlanes_sim.exports.reading_report import reading_text, rejects_csv

    if (export is None) == (dsn is None):
        raise FastlanesError("name either a file of runs or --dsn\n    hint: fastlanes-sim calibrate runs.csv")
    check_zone("--times", times)
    with progress.counted("reading") as report:
        if export is not None:
            runs = read_export(export, timezone=times, strict=strict, progress=report)
        else:
            runs = read_database(dsn or "", strict=strict, progress=report)
    typer.echo(reading_text(runs.reading), err=True)
    if rejects is not None:
        from fastlanes_sim.results.files import write_atomically

        text = rejects_csv(runs.reading)
        write_atomically(rejects, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    return runs


def check_zone(option: str, name: str) -> None:
    """
    Raises:
        FastlanesError: there is no such time zone.
    """
    from fastlanes_sim.scenario.schedule import check_timezone

    try:
        check_timezone(name)
    except ValueError as error:
        raise FastlanesError(f"{option}: {error}\n    hint: write a name of the IANA database, such as Africa/Addis_Ababa") from None


def deployed(layout: str | None, replicas: int, backoff: str | None, deployment: Path | None) -> Deployed | None:
    """What served the runs, None if nobody says."""
    from fastlanes_sim.calibration.deployment_part import from_layout, from_scenario

    if layout is not None and deployment is not None:
        raise FastlanesError("name either --layout or --deployment\n    hint: a deployment has its own workers")
    if deployment is not None:
        found = from_scenario(deployment)
        if found.left_out:
            typer.echo(f"note: {', '.join(found.left_out)} of {deployment} are not taken over", err=True)
        return found
    if layout is None and (replicas != 1 or backoff is not None):
        raise FastlanesError("--replicas and --backoff are of a layout\n    hint: add --layout")
    return None if layout is None else from_layout(layout, replicas, backoff)
