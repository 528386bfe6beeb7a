"""The table of runs as Parquet, each column with its description, the file with seed, scenario and versions."""

from __future__ import annotations

from fastlanes_sim.reports.exporters.exporter import Content, Exportable, Exporter
from fastlanes_sim.reports.report import ReportKind


def _content(one: Exportable) -> Content:
    from io import BytesIO

    import pyarrow.parquet as pq

    from fastlanes_sim.results.files import described

    table, out = described(one.report.frames()["runs"], one.report.metadata), BytesIO()
    with pq.ParquetWriter(out, table.schema, compression="zstd") as writer:
        writer.write_table(table)
    return [out.getvalue()]


RUNS_PARQUET = Exporter("parquet", "Write the table of runs as Parquet.", frozenset({ReportKind.SIMULATION}), _content)
