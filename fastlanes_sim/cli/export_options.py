"""Options that `calibrate` and `validate` share: where the runs come from, and what served them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fastlanes_sim.cli import progress
from fastlanes_sim.core.errors import FastlanesError

if TYPE_CHECKING:
    from fastlanes_sim.api.fit import FitResult
    from fastlanes_sim.calibration.deployment_part import Deployed
    from fastlanes_sim.exports.as_written import AsWritten
    from fastlanes_sim.exports.export import Export

ExportArgument = Annotated[
    Path | None, typer.Argument(help="File of runs: CSV, JSON, Parquet, Arrow or Excel; text also packed.", show_default=False)
]
Columns = Annotated[
    str | None, typer.Option(metavar="OURS=HEADING,…", help="Headings of the file that differ from ours, e.g. id=RunID,workflow=Flow.")
]
TimeFormat = Annotated[str | None, typer.Option(metavar="FORMAT", help="Format of times, e.g. '%d/%m/%Y %H:%M:%S'. Default: recognised.")]
Encoding = Annotated[str | None, typer.Option(metavar="NAME", help="Encoding of a text file, e.g. windows-1252. Default: recognised.")]
Dsn = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Read from this PostgreSQL of Lightning instead of a file.", envvar="FASTLANES_SIM_DSN"),
]
Layout = Annotated[
    str | None, typer.Option(metavar="LAYOUT", help='Layout of the workers that served the runs, e.g. "fast_lane:1 manual>*:4".')
]
Replicas = Annotated[int, typer.Option(help="Number of workers with that layout.", min=1)]
Backoff = Annotated[str | None, typer.Option(metavar="LEAST/MOST", help="Their WORKER_BACKOFF, e.g. 1/10.")]
Deployment = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Take workers, lightning, network and slos from this scenario instead.")
]
Times = Annotated[str, typer.Option(metavar="ZONE", help="Time zone of times without an offset. Lightning writes UTC.")]
Strict = Annotated[bool, typer.Option("--strict", help="Stop if a row makes no sense, instead of leaving it out.")]
Rejects = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the rows that were left out as CSV, with line and reason.")]


def as_written(columns: str | None, time_format: str | None, encoding: str | None) -> AsWritten:
    """How the file is written, where somebody says."""
    from fastlanes_sim.exports.as_written import AsWritten, columns_of

    return AsWritten({} if columns is None else columns_of(columns), time_format, encoding)


def read(export: Path | None, dsn: str | None, times: str, strict: bool, rejects: Path | None, written: AsWritten) -> Export:
    """Read the export, and report what was read."""
    from fastlanes_sim.exports.postgres import read_database
    from fastlanes_sim.exports.read import read_export
    from fastlanes_sim.exports.reading_report import reading_text, rejects_csv

    if (export is None) == (dsn is None):
        raise FastlanesError("name either a file of runs or --dsn\n    hint: fastlanes-sim calibrate runs.csv")
    check_zone("--times", times)
    with progress.counted("reading") as report:
        if export is not None:
            runs = read_export(export, timezone=times, strict=strict, as_written=written, progress=report)
        else:
            runs = read_database(dsn or "", strict=strict, progress=report)
    typer.echo(reading_text(runs.reading), err=True)
    if rejects is not None:
        from fastlanes_sim.results.files import write_atomically

        text = rejects_csv(runs.reading)
        write_atomically(rejects, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    return runs


def show_fit(found: FitResult, folder: Path | None) -> None:
    """Print the comparison of a fitted scenario with its export, and write it where somebody asks for it."""
    typer.echo(found.text())
    if folder is not None:
        typer.echo("Wrote:\n" + "\n".join(f"  {path}" for path in found.write(folder)))


def span(runs: Export, since: datetime | None, until: datetime | None, times: str) -> tuple[int, int] | None:
    """From when to when the export watched (µs since 1970), where somebody says; what nobody says is taken from the runs.

    Raises:
        FastlanesError: there is a run outside.
    """
    if since is None and until is None:
        return None
    from fastlanes_sim.calibration.window import window
    from fastlanes_sim.scenario.schedule import since_epoch

    begin, end = (None if at is None else since_epoch(at, times) for at in (since, until))
    if begin is None or end is None:
        whole = window(runs)
        begin, end = (whole[0] if begin is None else begin), (whole[1] if end is None else end)
    if not len(runs) or not begin <= int(runs.inserted_at[0]) <= int(runs.inserted_at[-1]) < end:
        raise FastlanesError(
            "--from and --until leave out runs of the export\n    hint: they say when it begins and ends; filter the file instead"
        )
    return begin, end


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


def deployed(
    layout: str | None, replicas: int, backoff: str | None, deployment: Path | None, *, with_incidents: bool = False
) -> Deployed | None:
    """What served the runs, None if nobody says. `with_incidents`: what went wrong then is taken over, too."""
    from fastlanes_sim.api.export_verbs import deployed as served_by

    if layout is not None and deployment is not None:
        raise FastlanesError("name either --layout or --deployment\n    hint: a deployment has its own workers")
    if deployment is not None:
        found = served_by(None, deployment=deployment)
        incidents = ("incidents",) if found is not None and any(found.incidents.values()) and not with_incidents else ()
        if found is not None and (incidents or found.left_out):
            typer.echo(f"note: {', '.join((*incidents, *found.left_out))} of {deployment} are not taken over", err=True)
        return found
    if layout is None and (replicas != 1 or backoff is not None):
        raise FastlanesError("--replicas and --backoff need --layout\n    hint: add --layout")
    return served_by(layout, replicas, backoff)
