"""A result's files: the run log, the summary, the charts."""

from __future__ import annotations

from pathlib import Path

from fastlanes_sim.reports.result import Result
from fastlanes_sim.results.files import write_runs, write_summary


def write_result(result: Result, directory: Path, *, charts: bool = True) -> list[Path]:
    """Write runs.parquet, summary.json and, if wanted, the charts into `directory`; returns the paths written."""
    written = [directory / "runs.parquet", directory / "summary.json"]
    write_runs(written[0], result.runs, result.metadata)
    write_summary(written[1], result.summary())
    if charts:
        from fastlanes_sim.reports.pictures import save_charts

        written += save_charts(result, directory)
    return written
