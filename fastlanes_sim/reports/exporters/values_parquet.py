"""The tables of values of an experiment as Parquet: a row a replication and measure, or a row a design point and measure."""

from __future__ import annotations

from collections.abc import Mapping

from fastlanes_sim.reports.exporters.exporter import EXPERIMENTS, Content, Exportable, Exporter


def _content(one: Exportable) -> Mapping[str, Content]:
    from io import BytesIO

    files: dict[str, Content] = {}
    for stem, frame in one.report.frames().items():
        out = BytesIO()
        frame.to_parquet(out, index=False)
        files[f"{stem}.parquet"] = [out.getvalue()]
    return files


VALUES_PARQUET = Exporter("values", "Write the tables of values as Parquet.", EXPERIMENTS, _content, is_folder=True)
