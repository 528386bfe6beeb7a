"""The one who writes: formats and the places where each is to go, checked before anything is simulated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fastlanes_sim.reports.exporters.exporter import Exportable, Exporter
from fastlanes_sim.reports.exporters.formats import CHARTS, RUNS, STANDARD
from fastlanes_sim.reports.report import ReportKind
from fastlanes_sim.results.partial_files import sweep


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What to write, in this order: each format with its file, or with its folder."""

    entries: tuple[tuple[Exporter, Path], ...]

    def check_places(self) -> None:
        """Make the folders, so that what cannot be written is known before anything is simulated, and sweep them of what a process that was
        killed was writing there.

        Raises:
            FastlanesError: a folder cannot be made or written to, a file is one, or its name is too long.
        """
        from fastlanes_sim.results.files import check_folder, check_place

        for one, place in self.entries:
            (check_folder if one.is_folder else check_place)(place)
        for folder in dict.fromkeys(place if one.is_folder else place.parent for one, place in self.entries):
            sweep(folder)

    def write(self, exportable: Exportable) -> list[Path]:
        """Write everything, each file whole or not at all. Returns the files."""
        from fastlanes_sim.results.files import write_bytes

        written = []
        for one, place in self.entries:
            content = one.content(exportable)
            files = {place / name: part for name, part in content.items()} if isinstance(content, Mapping) else {place: content}
            for file, pieces in files.items():
                write_bytes(file, pieces)
                written.append(file)
        return written


def standard_plan(
    kind: ReportKind, stem: str, folder: Path, *, charts: bool = True, runs: str = "parquet", more: Iterable[tuple[Exporter, Path]] = ()
) -> ExportPlan:
    """What is written beside the results of every kind, then `more`.

    Args:
        stem: of the name of the summary; see `Report.stem`.
        runs: the format of the table of runs, a key of `formats.RUNS`; for a single simulation.
    """
    entries = [(RUNS[runs], folder / f"runs.{runs}")] if kind is ReportKind.SIMULATION else []
    for one in STANDARD:
        if kind in one.kinds:
            entries.append((one, folder if one.is_folder else folder / f"{stem}.json"))
    if charts and kind in CHARTS.kinds:
        entries.append((CHARTS, folder))
    return ExportPlan((*entries, *more))
