"""The table of runs as Parquet, each column with its description, the file with seed, scenario and versions."""

from __future__ import annotations

from typing import cast

from fastlanes_sim.reports.exporters.exporter import Content, Exportable, Exporter
from fastlanes_sim.reports.exporters.pieces import Pieces
from fastlanes_sim.reports.report import HasRuns, ReportKind


def _content(one: Exportable) -> Content:
    import pyarrow.parquet as pq

    from fastlanes_sim.results.files import described

    report, out, writer = cast(HasRuns, one.report), Pieces(), None
    for frame in report.portions():
        table = described(frame, one.report.metadata)
        writer = writer or pq.ParquetWriter(out, table.schema, compression="zstd")
        writer.write_table(table)
        yield from out.take()
    if writer is not None:
        writer.close()
    yield from out.take()


RUNS_PARQUET = Exporter("parquet", "Write the table of runs as Parquet.", frozenset({ReportKind.SIMULATION}), _content)
