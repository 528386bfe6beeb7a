"""What the reader of an export may have to be told, because the file does not say it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from fastlanes_sim.exports.columns import COLUMNS, FURTHER, plain_name
from fastlanes_sim.exports.encoding import can_read
from fastlanes_sim.exports.problems import ExportError


@dataclass(frozen=True, slots=True)
class AsWritten:
    """How an export is written, where that is not to be seen."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Our name of a column -> its heading in the file."""
    time_format: str | None = None
    """Of times, as `strptime` has it: `%d/%m/%Y %H:%M:%S`."""
    encoding: str | None = None
    """Of text files. Default: recognised."""

    def __post_init__(self) -> None:
        """
        Raises:
            ExportError: there is no such column, format or encoding.
        """
        for name in self.columns:
            if name not in COLUMNS and name not in FURTHER:
                known = ", ".join([*COLUMNS, *FURTHER])
                raise ExportError(f"--columns: there is no column {name}", f"write OURS=HEADING, such as id=RunID; ours are {known}")
        if self.time_format is not None and not _reads_times(self.time_format):
            hint = "write one of %Y %m %d %H %I %p %M %S %f %z for each part, such as '%d/%m/%Y %H:%M:%S'"
            raise ExportError("--time-format: this is not a format of times", hint)
        if self.encoding is not None and not can_read(self.encoding):
            hint = "write utf-8, windows-1252, utf-16 or another of Python's"
            raise ExportError("--encoding: there is no such encoding", hint)

    @property
    def aliases(self) -> dict[str, str]:
        """Heading, as `plain_name` has it -> our name."""
        return {plain_name(heading): name for name, heading in self.columns.items()}


def _reads_times(time_format: str) -> bool:
    """Whether pandas takes it for a format. What has no directive (`mixed`) would have it guess, month first."""
    if "%" not in time_format.replace("%%", ""):
        return False
    import pandas as pd

    try:
        pd.to_datetime(pd.Series(["2026"], dtype="object"), format=time_format, utc=True, errors="coerce")
    except (ValueError, re.error):
        return False
    return True


def columns_of(text: str) -> dict[str, str]:
    """`id=RunID,inserted_at=Created` as a mapping.

    Raises:
        ExportError: it is not of this form.
    """
    found = {}
    for part in text.split(","):
        name, equals, heading = part.partition("=")
        if not (equals and name.strip() and heading.strip()):
            raise ExportError("--columns: this is not OURS=HEADING,…", "write id=RunID,inserted_at=Created")
        found[name.strip()] = heading.strip()
    return found
