"""One way in for CSV, Parquet and PostgreSQL: all become texts in chunks, so that all are judged alike."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from fastlanes_sim.exports.columns import COLUMNS, missing_columns, places
from fastlanes_sim.exports.csv_rows import delimiter_of, rows
from fastlanes_sim.exports.export import Export
from fastlanes_sim.exports.parse import Chunk, Parser
from fastlanes_sim.exports.problems import ExportError, Reading

ROWS_AT_ONCE = 20_000
Progress = Callable[[int, int], None]
"""Called now and then with (how far, how far in all); bytes of a file, rows of a database, whose number is not known: 0."""


def read_export(path: str | Path, *, timezone: str = "UTC", strict: bool = False, progress: Progress | None = None) -> Export:
    """Read a CSV (also gzipped) or Parquet file of runs.

    Args:
        path: a file that ends in .parquet is Parquet, any other CSV with a header line.
        timezone: of times without an offset; Lightning stores UTC.
        strict: stop at the first chunk with a row that makes no sense, instead of leaving such rows out.
        progress: called now and then with (bytes read, bytes in all).

    Raises:
        ExportError: no such file, columns missing, or (strict) a row that makes no sense.
    """
    path = Path(path)
    if not path.is_file():
        raise ExportError(f"{path}: there is no such file", "check the path")
    parser = Parser(Reading(str(path)), timezone)
    try:
        if path.suffix.lower() == ".parquet":
            _read_parquet(path, parser, strict, progress)
        else:
            with path.open("rb") as raw:
                unpacked: Any = gzip.GzipFile(fileobj=raw) if path.suffix.lower() == ".gz" else raw
                size = path.stat().st_size
                report = None if progress is None else (lambda: progress(raw.tell(), size))
                lines = io.TextIOWrapper(unpacked, encoding="utf-8-sig", errors="replace", newline="")
                read_lines(lines, parser, strict, report)
    except (EOFError, gzip.BadGzipFile):
        raise ExportError(f"{path}: the file is cut short or not gzipped", "write it again, or name it .csv") from None
    return finish(parser, strict)


def read_lines(lines: Iterable[str], parser: Parser, strict: bool, report: Callable[[], None] | None = None) -> None:
    """Feed a CSV with a header line to the parser; `report` is called after each chunk."""
    source = iter(lines)
    header = next(source, "")
    delimiter = delimiter_of(header, COLUMNS)
    names = next((row for _, row in rows([header], None, delimiter) if row), [])
    where = _columns(names, parser.reading.source)
    waiting: list[list[str]] = []
    numbers: list[int] = []

    def hand_over() -> None:
        by_place = list(zip(*waiting, strict=True))
        if waiting:
            parser.add(Chunk({name: list(by_place[place]) for name, place in where.items()}, numbers.copy()))
        waiting.clear()
        numbers.clear()
        if strict:
            parser.reading.refuse_problems()
        if report is not None:
            report()

    for line, row in rows(source, len(names), delimiter, first_line=2):
        if row is None:
            parser.broken(line)
            continue
        waiting.append(row)
        numbers.append(line)
        if len(waiting) == ROWS_AT_ONCE:
            hand_over()
    hand_over()


def finish(parser: Parser, strict: bool) -> Export:
    """The export read so far."""
    export = parser.finish()
    if strict:
        parser.reading.refuse_problems()
    return export


def _read_parquet(path: Path, parser: Parser, strict: bool, progress: Progress | None) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        names = file.schema_arrow.names
    except (pa.ArrowException, OSError):
        raise ExportError(f"{path}: this is not a Parquet file", "export it again, or name it .csv if it is one") from None
    where = _columns(names, parser.reading.source)
    done, total = 0, file.metadata.num_rows
    for batch in file.iter_batches(batch_size=ROWS_AT_ONCE, columns=[names[place] for place in where.values()]):
        numbers = list(range(done + 1, done + 1 + batch.num_rows))
        columns = dict(zip(where, (list(_texts(batch.column(names[place]))) for place in where.values()), strict=True))
        parser.add(Chunk(columns, numbers))
        done += batch.num_rows
        if strict:
            parser.reading.refuse_problems()
        if progress is not None:
            progress(done, total)


def _texts(column: Any) -> Iterator[str]:
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", column.type.tz and "UTC"), safe=False)
    try:
        values = column.cast(pa.string()).to_pylist()
    except pa.ArrowException:
        values = [None if value is None else str(value) for value in column.to_pylist()]
    return ("" if value is None else value for value in values)


def _columns(header: list[str], source: str) -> dict[str, int]:
    where = places(header)
    absent = missing_columns(where)
    if absent:
        columns = "\n".join(f"      {name}: {meaning}" for name, meaning in COLUMNS.items())
        raise ExportError(f"{source}:1: the header lacks {', '.join(absent)}", f"name the columns in the first line:\n{columns}")
    return where
