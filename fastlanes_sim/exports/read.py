"""One way in for every format: all become texts in chunks, so that all are judged alike."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from typing import Any

from fastlanes_sim.exports.as_written import AsWritten
from fastlanes_sim.exports.csv_rows import delimiter_of, quote_of, rows
from fastlanes_sim.exports.encoding import ERRORS, recognised
from fastlanes_sim.exports.excel_rows import sheet_rows
from fastlanes_sim.exports.export import Export
from fastlanes_sim.exports.headings import ObjectRows, Where
from fastlanes_sim.exports.hints import OF_A_COMMAND, Hints
from fastlanes_sim.exports.json_rows import objects
from fastlanes_sim.exports.packing import broken_told, kind_of, unpacked
from fastlanes_sim.exports.parse import Chunk, Parser
from fastlanes_sim.exports.problems import Broken, ExportError, Reading

ROWS_AT_ONCE = 20_000
_PIECE = 1 << 20
_SEPARATOR_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)
"""What some spreadsheets write in front of the header."""
Progress = Callable[[int, int], None]
"""Called now and then with (how far, how far in all); bytes of a file, rows of a database, whose number is not known: 0."""
Report = Callable[[], None]


def read_export(
    path: str | Path,
    *,
    timezone: str = "UTC",
    strict: bool = False,
    as_written: AsWritten | None = None,
    progress: Progress | None = None,
    hints: Hints = OF_A_COMMAND,
) -> Export:
    """Read a file of runs: CSV of any dialect, JSON, Parquet, Arrow, or a workbook; text also packed (gzip, bzip2, xz, zstd, lz4, zip).

    Args:
        path: the format is told by what the file begins with.
        timezone: of times without an offset; Lightning stores UTC.
        strict: stop at the first chunk with a row that makes no sense, instead of leaving such rows out.
        as_written: what the file does not say of how it is written.
        progress: called now and then with (bytes read, bytes in all).
        hints: what to do about it, for those who read it.

    Raises:
        ExportError: no such file, columns missing, or (strict) a row that makes no sense.
    """
    if looks_like_dsn(str(path)):  # It may have a password, and must not be repeated.
        raise ExportError(
            "this is the address of a database, not a file", "name it with --dsn, better without its password: see PGPASSFILE"
        )
    path = Path(path)
    if path.is_dir():
        hint = "name a file; make one of a folder of Parquet: pandas.read_parquet(FOLDER).to_parquet('runs.parquet')"
        raise ExportError(f"{path}: this is a folder", hint)
    if not path.is_file():
        what = "this is no file that can be read twice" if path.exists() else "there is no such file"
        raise ExportError(f"{path}: {what}", "write a file first" if path.exists() else "check the path")
    parser = Parser(Reading(str(path)), timezone, as_written or AsWritten(), hints)
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
        first, blank = _first_line(lines)
        if first.lstrip()[:1] in ("{", "["):
            _read_json(chain(repeat("\n", blank), [first], lines), parser, strict, report)
        else:
            read_lines(chain(repeat("\n", blank), [first], lines), parser, strict, report)


def _first_line(lines: Iterator[str]) -> tuple[str, int]:
    """The first line that is not blank, without a byte order mark, and how many blank ones are before it."""
    for blank, line in enumerate(lines):
        plain = line.lstrip("\ufeff")
        if plain.strip():
            return plain, blank
    return "", 0


def read_lines(lines: Iterable[str], parser: Parser, strict: bool, report: Report | None = None) -> None:
    """Feed a CSV with a header line to the parser; `report` is called after each chunk."""
    source = iter(lines)
    header, blank = _first_line(source)
    line = blank + 1
    told = _SEPARATOR_LINE.fullmatch(header.strip("\r\n"))
    if told is not None:
        header, blank = _first_line(source)
        line += blank + 1
    headings = parser.headings
    delimiter = told[1] if told else delimiter_of(header, lambda names: len(headings.known(names)))
    quote = quote_of(header)
    names = next((row for _, row in rows([header], None, delimiter, quote=quote) if not isinstance(row, Broken)), [])
    if not names:
        raise _empty(parser)
    where = headings.of_header(names, line)
    chunks = _Chunks(parser, lambda: where, strict, report)
    for number, row in rows(source, len(names), delimiter, first_line=line + 1, quote=quote):
        chunks.add(number, row)
    chunks.hand_over()


class _Chunks:
    """Rows that wait until there are enough for the parser."""

    def __init__(self, parser: Parser, where: Callable[[], Where], strict: bool, report: Report | None) -> None:
        self._parser, self._where, self._strict, self._report = parser, where, strict, report
        self._waiting: list[Sequence[str]] = []
        self._numbers: list[int] = []

    def add(self, line: int, row: Sequence[str] | Broken) -> None:
        if isinstance(row, Broken):
            self._parser.broken(line, row)
            return
        self._waiting.append(row)
        self._numbers.append(line)
        if len(self._waiting) == ROWS_AT_ONCE:
            self.hand_over()

    def hand_over(self) -> None:
        if self._waiting:
            by_place = list(zip(*self._waiting, strict=True))
            _add_chunk(self._parser, self._where(), by_place.__getitem__, self._numbers.copy())
        self._waiting.clear()
        self._numbers.clear()
        if self._strict:
            self._parser.reading.refuse_problems()
        if self._report is not None:
            self._report()


def _add_chunk(parser: Parser, where: Where, column: Callable[[int], Sequence[str]], lines: list[int]) -> None:
    """Give the parser rows of which each column is to be had by its place.

    Raises:
        ExportError: two columns mean the same and differ.
    """
    columns = {}
    for name, (first, *others) in where.items():
        columns[name] = list(column(first))
        for other in others:
            parser.headings.refuse_different(name, columns[name], list(column(other)), f"columns {first + 1} and {other + 1}", lines)
    parser.add(Chunk(columns, lines))


def _read_json(lines: Iterable[str], parser: Parser, strict: bool, report: Report | None) -> None:
    """Each object has headings of its own: what one leaves out is missing there, and any may have one that none had before."""
    as_rows = ObjectRows(parser.headings)
    chunks = _Chunks(parser, as_rows.columns, strict, report)
    for line, entry in objects(lines, parser.reading.source, as_rows.is_run):
        chunks.add(line, entry if isinstance(entry, Broken) else as_rows.row(entry, line))
    as_rows.finish()
    chunks.hand_over()


def _read_rows(table: list[list[str]], parser: Parser, strict: bool) -> None:
    """A sheet: the first row that is not empty is the header."""
    begin = next((place for place, row in enumerate(table) if any(cell.strip() for cell in row)), None)
    if begin is None:
        raise _empty(parser)
    where = parser.headings.of_header(table[begin], begin + 1)
    chunks = _Chunks(parser, lambda: where, strict, None)
    for line, row in enumerate(table[begin + 1 :], begin + 2):
        if any(cell.strip() for cell in row):
            chunks.add(line, row)
    chunks.hand_over()


def _empty(parser: Parser) -> ExportError:
    return ExportError(f"{parser.reading.source}: the file is empty", "export the runs again, with a header line (docs/traffic.md)")


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
    where = parser.headings.of_header(names)
    used = list(dict.fromkeys(names[place] for places in where.values() for place in places))
    done = 0
    for batch in _batches(file, kind, used):
        batch.validate(full=True)  # offsets that lead out of memory would end the process
        numbers = list(range(done + 1, done + 1 + batch.num_rows))
        _add_chunk(parser, where, partial(_column, batch, names), numbers)
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


def _column(batch: Any, names: Sequence[str], place: int) -> list[str]:
    """What stands at this place of the file; a batch may leave columns out, and names may be there twice."""
    before = names[:place].count(names[place])
    same = [here for here, name in enumerate(batch.schema.names) if name == names[place]]
    return list(_texts(batch.column(same[before])))


def _texts(column: Any) -> Iterator[str]:
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", column.type.tz and "UTC"), safe=False)
    if pa.types.is_nested(column.type):
        plain = dict if pa.types.is_map(column.type) else lambda value: value
        return ("" if value is None else json.dumps(plain(value), default=str) for value in column.to_pylist())
    try:
        values = column.cast(pa.string()).to_pylist()
    except pa.ArrowException:
        values = [None if value is None else str(value) for value in column.to_pylist()]
    return ("" if value is None else value for value in values)
