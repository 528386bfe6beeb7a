"""One way in for every format: all become texts in chunks, so that all are judged alike."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from fastlanes_sim.exports.as_written import AsWritten
from fastlanes_sim.exports.columns import COLUMNS, missing_columns, places
from fastlanes_sim.exports.csv_rows import delimiter_of, quote_of, rows
from fastlanes_sim.exports.encoding import ERRORS, recognised
from fastlanes_sim.exports.excel_rows import sheet_rows
from fastlanes_sim.exports.export import Export
from fastlanes_sim.exports.json_rows import objects
from fastlanes_sim.exports.packing import broken_told, kind_of, unpacked
from fastlanes_sim.exports.parse import Chunk, Parser
from fastlanes_sim.exports.problems import ExportError, Reading

ROWS_AT_ONCE = 20_000
_PIECE = 1 << 20
_SEPARATOR_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)
"""What some spreadsheets write in front of the header."""
Progress = Callable[[int, int], None]
"""Called now and then with (how far, how far in all); bytes of a file, rows of a database, whose number is not known: 0."""
Report = Callable[[], None]
_Broken = tuple[str, str]
"""What is said of a row that is none, and its hint."""
_FIELDS: _Broken = ("not as many fields as the header", "quote fields that hold a comma or a quote")
_OBJECT: _Broken = ("this is not a JSON object", "write it again: one object a line, whole")


def read_export(
    path: str | Path,
    *,
    timezone: str = "UTC",
    strict: bool = False,
    as_written: AsWritten | None = None,
    progress: Progress | None = None,
) -> Export:
    """Read a file of runs: CSV of any dialect, JSON, Parquet, Arrow, or a workbook; text also packed (gzip, bzip2, xz, zstd, lz4, zip).

    Args:
        path: the format is told by what the file begins with.
        timezone: of times without an offset; Lightning stores UTC.
        strict: stop at the first chunk with a row that makes no sense, instead of leaving such rows out.
        as_written: what the file does not say of how it is written.
        progress: called now and then with (bytes read, bytes in all).

    Raises:
        ExportError: no such file, columns missing, or (strict) a row that makes no sense.
    """
    if looks_like_dsn(str(path)):  # It may have a password, and must not be repeated.
        raise ExportError(
            "this is the address of a database, not a file", "name it with --dsn, better without its password: see PGPASSFILE"
        )
    path = Path(path)
    if not path.is_file():
        raise ExportError(f"{path}: there is no such file", "check the path")
    parser = Parser(Reading(str(path)), timezone, as_written or AsWritten())
    with broken_told(path):
        kind = "parquet" if path.suffix.lower() == ".parquet" else kind_of(path)
        if kind in ("parquet", "arrow", "arrow stream"):
            _read_arrow(path, kind, parser, strict, progress)
        elif kind == "excel":
            _read_rows(sheet_rows(path), parser, strict)
        else:
            _read_text(path, kind, parser, strict, progress)
    return finish(parser, strict)


def looks_like_dsn(text: str) -> bool:
    """Whether this is where a database is, such as `postgresql://reader:secret@host/lightning` or `host=db password=secret`."""
    return re.match(r"\s*(postgres(ql)?://|(\w+\s*=\s*\S*\s+)*(host|user|password|dbname)\s*=)", text) is not None


def _read_text(path: Path, kind: str, parser: Parser, strict: bool, progress: Progress | None) -> None:
    codec = parser.as_written.encoding
    if codec is None:
        with path.open("rb") as raw:
            file = unpacked(path, raw, kind)
            found = recognised(iter(lambda: file.read(_PIECE), b""))
        codec, parser.reading.encoding = found.codec, found.name
    else:
        parser.reading.encoding = codec
    with path.open("rb") as raw:
        size = path.stat().st_size
        report = None if progress is None else (lambda: progress(raw.tell(), size))
        lines = io.TextIOWrapper(unpacked(path, raw, kind), encoding=codec, errors=ERRORS, newline="")
        first = next(lines, "").lstrip("\ufeff")
        if first.lstrip()[:1] in ("{", "["):
            _read_json(chain([first], lines), parser, strict, report)
        else:
            read_lines(chain([first], lines), parser, strict, report)


def read_lines(lines: Iterable[str], parser: Parser, strict: bool, report: Report | None = None) -> None:
    """Feed a CSV with a header line to the parser; `report` is called after each chunk."""
    source = iter(lines)
    header, first_line = next(source, ""), 1
    told = _SEPARATOR_LINE.fullmatch(header.strip("\r\n"))
    if told is not None:
        header, first_line = next(source, ""), 2
    aliases = parser.as_written.aliases
    delimiter = told[1] if told else delimiter_of(header, lambda names: len(places(names, aliases)))
    quote = quote_of(header)
    names = next((row for _, row in rows([header], None, delimiter, quote=quote) if row), [])
    chunks = _Chunks(parser, names, strict, report, first_line)
    for line, row in rows(source, len(names), delimiter, first_line=first_line + 1, quote=quote):
        chunks.add(line, row)
    chunks.hand_over()


class _Chunks:
    """Rows that wait until there are enough for the parser."""

    def __init__(
        self, parser: Parser, names: Sequence[str], strict: bool, report: Report | None, header_line: int = 1, broken: _Broken = _FIELDS
    ) -> None:
        self._parser, self._strict, self._report, self._broken = parser, strict, report, broken
        self._where = _columns(names, parser, header_line)
        self._waiting: list[Sequence[str]] = []
        self._numbers: list[int] = []

    def add(self, line: int, row: Sequence[str] | None) -> None:
        if row is None:
            self._parser.broken(line, *self._broken)
            return
        self._waiting.append(row)
        self._numbers.append(line)
        if len(self._waiting) == ROWS_AT_ONCE:
            self.hand_over()

    def hand_over(self) -> None:
        if self._waiting:
            by_place = list(zip(*self._waiting, strict=True))
            columns = {name: list(by_place[place]) for name, place in self._where.items()}
            self._parser.add(Chunk(columns, self._numbers.copy()))
        self._waiting.clear()
        self._numbers.clear()
        if self._strict:
            self._parser.reading.refuse_problems()
        if self._report is not None:
            self._report()


def _read_json(lines: Iterable[str], parser: Parser, strict: bool, report: Report | None) -> None:
    """Headings are those of the first thousand objects: later ones may leave some out."""
    found = objects(lines, parser.reading.source)
    first = [entry for _, entry in zip(range(1_000), found, strict=False)]
    names = list(dict.fromkeys(name for _, entry in first if entry is not None for name in entry))
    chunks = _Chunks(parser, names, strict, report, broken=_OBJECT)
    for line, entry in chain(first, found):
        chunks.add(line, None if entry is None else [entry.get(name, "") for name in names])
    chunks.hand_over()


def _read_rows(table: list[list[str]], parser: Parser, strict: bool) -> None:
    """A sheet: the first row that is not empty is the header."""
    begin = next((place for place, row in enumerate(table) if any(cell.strip() for cell in row)), len(table))
    chunks = _Chunks(parser, table[begin] if begin < len(table) else [], strict, None, begin + 1)
    for line, row in enumerate(table[begin + 1 :], begin + 2):
        if any(cell.strip() for cell in row):
            chunks.add(line, row)
    chunks.hand_over()


def finish(parser: Parser, strict: bool) -> Export:
    """The export read so far."""
    export = parser.finish()
    if strict:
        parser.reading.refuse_problems()
    return export


def _read_arrow(path: Path, kind: str, parser: Parser, strict: bool, progress: Progress | None) -> None:
    """Parquet and Arrow; a row's number counts as its line."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    file: Any
    try:
        if kind == "parquet":
            file = pq.ParquetFile(path)
            schema, total = file.schema_arrow, file.metadata.num_rows
        else:
            source = pa.memory_map(str(path))
            file = pa.ipc.open_file(source) if kind == "arrow" else pa.ipc.open_stream(source)
            schema, total = file.schema, 0
    except (pa.ArrowException, OSError, ValueError):
        raise ExportError(f"{path}: this is not a {kind.capitalize()} file", "export it again, or name it .csv if it is one") from None
    names = schema.names
    where = _columns(names, parser)
    used = [names[place] for place in where.values()]
    done = 0
    for batch in _batches(file, kind, used):
        batch.validate(full=True)  # offsets that lead out of memory would end the process
        numbers = list(range(done + 1, done + 1 + batch.num_rows))
        here = batch.schema.names
        columns = {name: list(_texts(batch.column(here.index(names[place])))) for name, place in where.items()}
        parser.add(Chunk(columns, numbers))
        done += batch.num_rows
        if strict:
            parser.reading.refuse_problems()
        if progress is not None:
            progress(done, total)


def _batches(file: Any, kind: str, names: list[str]) -> Iterator[Any]:
    """Batches of no more than `ROWS_AT_ONCE` rows."""
    if kind == "parquet":
        yield from file.iter_batches(batch_size=ROWS_AT_ONCE, columns=names)
        return
    parts = (file.get_batch(place) for place in range(file.num_record_batches)) if kind == "arrow" else iter(file)
    for part in parts:
        for first in range(0, part.num_rows, ROWS_AT_ONCE):
            yield part.slice(first, ROWS_AT_ONCE)


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


def _columns(header: Sequence[str], parser: Parser, line: int = 1) -> dict[str, int]:
    if not any(name.strip() for name in header):
        raise ExportError(f"{parser.reading.source}: the file is empty", "export the runs again, with a header line (docs/traffic.md)")
    where = places(header, parser.as_written.aliases)
    absent = missing_columns(where)
    if absent:
        columns = "\n".join(f"      {name}: {meaning}" for name, meaning in COLUMNS.items())
        hint = f"name the columns in the first line, or say what they are called (--columns id=RunID,…):\n{columns}"
        raise ExportError(f"{parser.reading.source}:{line}: the header lacks {', '.join(absent)}", hint)
    return where
