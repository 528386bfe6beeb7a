"""The table of runs as an Arrow IPC file, also known as Feather 2, with what Parquet holds."""

from __future__ import annotations

from fastlanes_sim.reports.exporters.exporter import Content, Exportable, Exporter
from fastlanes_sim.reports.report import ReportKind


def _content(one: Exportable) -> Content:
    from io import BytesIO

    import pyarrow as pa

    from fastlanes_sim.results.files import described

    table, out = described(one.report.frames()["runs"], one.report.metadata), BytesIO()
    with pa.ipc.new_file(out, table.schema) as writer:
        writer.write_table(table)
    return [out.getvalue()]


RUNS_ARROW = Exporter("arrow", "Write the table of runs as Arrow.", frozenset({ReportKind.SIMULATION}), _content)
