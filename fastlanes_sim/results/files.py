"""Results on disk: the run log as Parquet, the summary as JSON. Same result, same bytes."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastlanes_sim.exports.csv_injection import neutral

if TYPE_CHECKING:
    import pandas as pd


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """`write` fills a temporary file beside `path`, which then takes its place: nobody ever sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        # mkstemp makes files private; a result is an ordinary file.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_runs(path: Path, frame: pd.DataFrame, metadata: Mapping[str, object]) -> None:
    """The frame of `results.frame` as Parquet, each column with its description, the file with `metadata` (seed, scenario, versions)."""
    write_run_parts(path, [frame], metadata)


def write_run_parts(path: Path, frames: Iterable[pd.DataFrame], metadata: Mapping[str, object]) -> None:
    """The same for frames that follow one another, of which only one is in memory at a time (`engines.kernel.streaming`)."""
    import pyarrow.parquet as pq

    def write(temporary: Path) -> None:
        writer = None
        try:
            for frame in frames:
                table = _described(frame, metadata)
                writer = writer or pq.ParquetWriter(temporary, table.schema, compression="zstd")
                writer.write_table(table)
        finally:
            if writer is not None:
                writer.close()

    write_atomically(path, write)


def write_table(path: Path, frame: pd.DataFrame, metadata: Mapping[str, object]) -> None:
    """The frame as the file's name ends: `.parquet`, `.arrow` (IPC file, also known as Feather 2) or `.csv`, which cannot hold metadata.

    In a CSV instants are ISO 8601 in UTC, what is missing is empty, and names that a spreadsheet would compute get an apostrophe in front.
    """
    if path.suffix == ".csv":
        write_atomically(path, lambda temporary: _plain(frame).to_csv(temporary, index=False, lineterminator="\n"))
    elif path.suffix == ".arrow":
        write_atomically(path, lambda temporary: _write_arrow(temporary, _described(frame, metadata)))
    else:
        write_runs(path, frame, metadata)


def _write_arrow(path: Path, table: Any) -> None:
    import pyarrow as pa

    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(table)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """As texts where a CSV would otherwise depend on who reads it."""
    columns = {}
    for name, column in ((str(name), column) for name, column in frame.items()):
        if name in NAMES:
            columns[name] = column.astype(object).map(neutral, na_action="ignore")
        elif name.endswith("_at"):
            columns[name] = column.dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return frame.assign(**columns)


NAMES = ("project", "workflow", "source", "worker")
"""Columns whose texts somebody else chose."""


def _described(frame: pd.DataFrame, metadata: Mapping[str, object]) -> Any:
    import pyarrow as pa

    from fastlanes_sim.results.frame import CAUSE_COLUMNS, COLUMNS, unit_of

    table = pa.Table.from_pandas(frame, preserve_index=False)
    described = [
        field.with_metadata({"description": (COLUMNS | CAUSE_COLUMNS).get(field.name, ""), "unit": unit_of(field.name)})
        for field in table.schema
    ]
    # pandas' own metadata would be replaced here; its version would make the bytes depend on it.
    texts = {key: value if isinstance(value, str) else json.dumps(value, sort_keys=True) for key, value in metadata.items()}
    return table.cast(pa.schema(described, metadata=dict(sorted(texts.items()))))


def write_summary(path: Path, summary: Mapping[str, Any]) -> None:
    """Keys in alphabetical order, so that two summaries can be compared line by line."""
    text = json.dumps(summary, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
    write_atomically(path, lambda temporary: temporary.write_bytes(text.encode()))
