"""The table of runs as CSV, which cannot hold metadata.

Instants are ISO 8601 in UTC, what is missing is empty, and names that a spreadsheet would compute get an apostrophe in front.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from fastlanes_sim.reports.exporters.exporter import Content, Exportable, Exporter
from fastlanes_sim.reports.report import HasRuns, ReportKind

if TYPE_CHECKING:
    import pandas as pd

NAMES = ("project", "workflow", "source", "worker")
"""Columns whose texts somebody else chose."""


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """A frame of `results.frame`."""
    return str(_plain(frame).to_csv(None, index=False, lineterminator="\n")).encode()


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """As texts where a CSV would otherwise depend on who reads it."""
    from fastlanes_sim.core import escaping

    columns = {}
    for name, column in ((str(name), column) for name, column in frame.items()):
        if name in NAMES:
            columns[name] = column.astype(object).map(escaping.csv, na_action="ignore")
        elif name.endswith("_at"):
            columns[name] = column.dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return frame.assign(**columns)


def _content(one: Exportable) -> Content:
    for place, frame in enumerate(cast(HasRuns, one.report).portions()):
        content = csv_bytes(frame)
        yield content if not place else content[content.index(b"\n") + 1 :]


RUNS_CSV = Exporter("csv", "Write the table of runs as CSV.", frozenset({ReportKind.SIMULATION}), _content)
