"""A result's files: the run log, the summary, the charts."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from fastlanes_sim.reports.result import Result
from fastlanes_sim.results.files import write_summary, write_table

Format = Literal["parquet", "csv", "arrow"]


def write_result(result: Result, directory: Path, *, charts: bool = True, format: Format = "parquet") -> list[Path]:
    """Write runs.parquet (or .csv, .arrow), summary.json and, if wanted, the charts into `directory`; returns the paths written."""
    written = [directory / f"runs.{format}", directory / "summary.json"]
    write_table(written[0], result.runs, result.metadata)
    write_summary(written[1], result.summary())
    if charts:
        from fastlanes_sim.reports.pictures import save_charts

        written += save_charts(result, directory)
    return written
