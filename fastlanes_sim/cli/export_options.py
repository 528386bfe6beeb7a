"""Options that `calibrate` and `validate` share: where the runs come from, and what served them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fastlanes_sim.cli import progress
from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.quoting import show

if TYPE_CHECKING:
    from fastlanes_sim.api.fit import FitResult
    from fastlanes_sim.calibration.deployment_part import Deployed
    from fastlanes_sim.exports.as_written import AsWritten
    from fastlanes_sim.exports.export import Export

_LACKS_ZERO = re.compile(r"(?<=[-T ])(?=[0-9](?![0-9]))")
"""Where a month, a day or an hour of one digit begins, which people write."""
DSN_VARIABLE = "FASTLANES_SIM_DSN"
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
    typer.Option(
        metavar="URL", help=f"Read from this PostgreSQL of Lightning. Default where no file is named: {DSN_VARIABLE} of the environment."
    ),
]
Layout = Annotated[
    str | None, typer.Option(metavar="LAYOUT", help='Layout of the workers that served the runs, e.g. "fast_lane:1 manual>*:4".')
]
Replicas = Annotated[int | None, typer.Option(help="Number of workers with that layout. Needs --layout. Default: 1.", min=1)]
Backoff = Annotated[str | None, typer.Option(metavar="LEAST/MOST", help="Their WORKER_BACKOFF, e.g. 1/10. Needs --layout.")]
Deployment = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Take workers, lightning, network and slos from this scenario instead.")
]
Times = Annotated[
    str | None, typer.Option(metavar="ZONE", help="Time zone of a file's times without an offset. Default: UTC, as Lightning writes them.")
]
Strict = Annotated[bool, typer.Option("--strict", help="Stop if a row makes no sense, instead of leaving it out.")]
Rejects = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the rows that were left out as CSV, with line and reason.")]


def reader(
    export: Path | None,
    dsn: str | None,
    *,
    times: str | None,
    columns: str | None,
    time_format: str | None,
    encoding: str | None,
    strict: bool,
    rejects: Path | None,
) -> Callable[[], Export]:
    """What reads the export and reports what was read.

    Raises:
        FastlanesError: there is nothing to read, or an option says nothing of what is read. Nothing was read so far.
    """
    from fastlanes_sim.exports.as_written import AsWritten, columns_of

    if export is not None and dsn is not None:
        raise FastlanesError("a file of runs and --dsn are both given", "leave one of them out")
    named, dsn = ("--dsn", dsn) if dsn is not None else (DSN_VARIABLE, os.environ.get(DSN_VARIABLE) or None)
    if export is None and dsn is None:
        raise FastlanesError("nothing says where the runs are", "name a file, such as runs.csv, or a database with --dsn")
    of_a_file = {"--times": times, "--columns": columns, "--time-format": time_format, "--encoding": encoding}
    given = [option for option, value in of_a_file.items() if value is not None]
    if export is None and given:
        raise FastlanesError(f"{given[0]} says how a file is written, and {named} names a database", f"leave {' and '.join(given)} out")
    if times is not None:
        check_zone("--times", times)
    written = AsWritten({} if columns is None else columns_of(columns), time_format, encoding)
    return partial(_read, export, dsn, times or "UTC", strict, rejects, written)


def _read(export: Path | None, dsn: str | None, times: str, strict: bool, rejects: Path | None, written: AsWritten) -> Export:
    from fastlanes_sim.exports.postgres import read_database
    from fastlanes_sim.exports.read import read_export
    from fastlanes_sim.exports.reading_report import reading_text, rejects_csv

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


def instant(option: str, text: str, times: str | None) -> int:
    """A time as µs since 1970; without an offset, a local time of the zone of --times.

    Raises:
        FastlanesError: it is no time.
    """
    from fastlanes_sim.scenario.schedule import EPOCH, microseconds, since_epoch

    try:
        at = datetime.fromisoformat(_LACKS_ZERO.sub("0", text.strip()))
        return since_epoch(at, times or "UTC") if at.tzinfo is None else microseconds(EPOCH, at)
    except (ValueError, OverflowError):
        hint = "write such as 2026-01-05, 2026-01-05T06:00 or 2026-01-05T06:00+03:00"
        raise FastlanesError(f"{option} {show(text)}: not a time", hint) from None


def span(runs: Export, begin: int | None, end: int | None) -> tuple[int, int] | None:
    """From when to when the export watched (µs since 1970), where somebody says; what nobody says is taken from the runs.

    Raises:
        FastlanesError: there is a run outside.
    """
    if begin is None and end is None:
        return None
    from fastlanes_sim.calibration.window import window

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
    layout: str | None, replicas: int | None, backoff: str | None, deployment: Path | None, *, with_incidents: bool = False
) -> Deployed | None:
    """What served the runs, None if nobody says. `with_incidents`: what went wrong then is taken over, too."""
    from fastlanes_sim.api.export_verbs import deployed as served_by

    if layout is not None and deployment is not None:
        raise FastlanesError("name either --layout or --deployment\n    hint: a deployment has its own workers")
    of_a_layout = [option for option, value in (("--replicas", replicas), ("--backoff", backoff)) if value is not None]
    if layout is None and of_a_layout:
        needed = f"{' and '.join(of_a_layout)} {'need' if len(of_a_layout) > 1 else 'needs'} --layout"
        raise FastlanesError(needed, "add --layout" if deployment is None else "leave it out: a deployment has its own workers")
    if deployment is not None:
        found = served_by(None, deployment=deployment)
        incidents = ("incidents",) if found is not None and any(found.incidents.values()) and not with_incidents else ()
        if found is not None and (incidents or found.left_out):
            typer.echo(f"note: {', '.join((*incidents, *found.left_out))} of {deployment} are not taken over", err=True)
        return found
    return served_by(layout, replicas, backoff)
