"""The table of runs as an Arrow IPC file, also known as Feather 2, with what Parquet holds."""

from __future__ import annotations

from typing import cast

from fastlanes_sim.reports.exporters.exporter import Content, Exportable, Exporter
from fastlanes_sim.reports.exporters.pieces import Pieces
from fastlanes_sim.reports.report import HasRuns, ReportKind


def _content(one: Exportable) -> Content:
    import pyarrow as pa

    from fastlanes_sim.results.files import described

    report, out, writer = cast(HasRuns, one.report), Pieces(), None
    for frame in report.portions():
        table = described(frame, one.report.metadata)
        writer = writer or pa.ipc.new_file(out, table.schema)
        writer.write_table(table)
        yield from out.take()
    if writer is not None:
        writer.close()
    yield from out.take()


RUNS_ARROW = Exporter("arrow", "Write the table of runs as Arrow.", frozenset({ReportKind.SIMULATION}), _content)
