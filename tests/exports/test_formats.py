"""Exports in the formats that people have say the same as ours: dialects, packings, encodings, dates, headings."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import sys
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from fastlanes_sim.core.units import DAY
from fastlanes_sim.exports.as_written import AsWritten, columns_of
from fastlanes_sim.exports.export import Export
from fastlanes_sim.exports.problems import ExportError
from fastlanes_sim.exports.read import read_export
from fastlanes_sim.exports.reading_report import reading_text

HEAD = ["id", "project", "workflow", "queue", "state", "inserted_at", "claimed_at", "started_at", "finished_at"]
TIMES = HEAD[5:]
ROWS = [
    [f"run-{n}", "clinic", name, "default", "success", *(f"2026-01-{13 + n:02d} 06:0{n}:{step:02d}.250000" for step in range(4))]
    for n, name in enumerate(["café", "cafè", "übung", "café"])
]
NAMES = ["café", "cafè", "übung"]


def text(rows: list[list[str]] = ROWS, head: list[str] = HEAD, separator: str = ",", quote: str = "") -> str:
    return "\n".join(separator.join(f"{quote}{cell}{quote}" for cell in row) for row in [head, *rows]) + "\n"


def written(folder: Path, content: str | bytes, name: str = "runs.csv", **options: Any) -> Export:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_export(path, as_written=AsWritten(**options))


def same(export: Export, other: Export) -> bool:
    columns = ("inserted_at", "claimed_at", "started_at", "finished_at", "state", "queue", "priority", "workflow")
    return export.workflows == other.workflows and all((getattr(export, c) == getattr(other, c)).all() for c in columns)


@pytest.fixture
def plain(tmp_path: Path) -> Export:
    export = written(tmp_path, text(), "plain.csv")
    assert [workflow.name for workflow in export.workflows] == NAMES
    assert export.reading.encoding == "UTF-8"
    return export


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("quote", ["", '"', "'"])
def test_any_separator_and_quote(tmp_path: Path, plain: Export, separator: str, quote: str) -> None:
    assert same(written(tmp_path, text(separator=separator, quote=quote)), plain)


def test_a_separator_that_the_file_names_itself(tmp_path: Path, plain: Export) -> None:
    broken = [*ROWS[:2], ["run-9"], *ROWS[2:]]
    export = written(tmp_path, "sep=;\r\n" + text(broken, separator=";"))
    assert same(export, plain)
    assert [problem.line for problem in export.reading.problems] == [5]


def test_a_decimal_comma(tmp_path: Path, plain: Export) -> None:
    rows = [[*row[:5], *(time.replace(".", ",") for time in row[5:])] for row in ROWS]
    assert same(written(tmp_path, text(rows, separator=";")), plain)


@pytest.mark.parametrize("packing", ["gz", "bz2", "xz", "zst", "lz4", "zip"])
def test_packed_files_whatever_they_are_called(tmp_path: Path, plain: Export, packing: str) -> None:
    data = text().encode()
    path = tmp_path / "runs.data"
    if packing == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("folder/runs.csv", data)
    elif packing in ("zst", "lz4"):
        with pa.CompressedOutputStream(str(path), {"zst": "zstd", "lz4": "lz4"}[packing]) as out:
            out.write(data)
    else:
        path.write_bytes({"gz": gzip, "bz2": bz2, "xz": lzma}[packing].compress(data))  # type: ignore[attr-defined]
    assert same(read_export(path), plain)


def test_a_packed_file_that_is_cut_short_and_an_archive_of_two_are_refused_and_what_macos_adds_is_not_counted(tmp_path: Path) -> None:
    for cut in (gzip.compress(text().encode())[:-10], lzma.compress(text().encode())[:-10]):
        with pytest.raises(ExportError, match="cut short or damaged"):
            written(tmp_path, cut)
    with zipfile.ZipFile(tmp_path / "mac.zip", "w") as archive:
        for name in ("runs/", "runs/runs.csv", "__MACOSX/runs/._runs.csv", "runs/.DS_Store", "runs/._runs.csv"):
            archive.writestr(name, text() if name == "runs/runs.csv" else b"\0\5\x16\7")
    assert len(read_export(tmp_path / "mac.zip")) == len(ROWS)
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a.csv", text())
        archive.writestr("b.csv", text())
    with pytest.raises(ExportError, match="the archive has 2 files"):
        read_export(tmp_path / "two.zip")


def test_json_lines_and_lists_and_their_broken_lines(tmp_path: Path, plain: Export) -> None:
    objects = [dict(zip(HEAD, row, strict=True)) for row in ROWS]
    lines = "\n".join(map(json.dumps, objects)) + "\n"
    assert same(written(tmp_path, lines, "runs.jsonl"), plain)
    assert same(written(tmp_path, json.dumps(objects, indent=2), "runs.json"), plain)
    with_broken = lines.replace("\n", "\n{broken\n", 1)
    export = written(tmp_path, with_broken, "broken.jsonl")
    assert same(export, plain)
    assert [(problem.line, problem.message) for problem in export.reading.problems] == [(2, "this is not a JSON object")]
    with pytest.raises(ExportError, match=r"cut\.json:\d+: this is not JSON"):
        written(tmp_path, json.dumps(objects, indent=2)[:-20], "cut.json")
    options = [entry | {"options": {"run_timeout_ms": 60_000}, "finished_at": None} for entry in objects]
    export = written(tmp_path, "\n".join(map(json.dumps, options)), "options.jsonl")
    assert export.run_timeout is not None
    assert set(export.run_timeout.tolist()) == {60_000_000}
    assert set(export.finished_at.tolist()) == {-1}
    nested = [entry | {"options": json.dumps(json.dumps({"run_timeout_ms": 60_000}))} for entry in objects]
    assert set(written(tmp_path, json.dumps(nested), "nested.json").run_timeout.tolist()) == {60_000_000}  # type: ignore[union-attr]


def test_objects_of_several_lines_and_a_list_that_an_object_holds(tmp_path: Path, plain: Export) -> None:
    """As jq, and as interfaces on the web write them."""
    objects = [dict(zip(HEAD, row, strict=True)) for row in ROWS]
    several = [json.dumps(entry, indent=2) for entry in objects]
    for content in (
        "\n".join(several),
        "\n\n" + "\n".join(several),
        ",\n".join(several),
        "".join(several),
        json.dumps({"data": objects}),
        "\n" + json.dumps({"meta": {"page": 1}, "data": objects}, indent=1),
        "\n".join(json.dumps({"data": page}) for page in (objects[:2], objects[2:])),
    ):
        assert same(written(tmp_path, content, "runs.json"), plain), content
    broken = written(tmp_path, "\n".join([several[0], '{"id": broken\n}', *several[1:]]), "runs.json")
    assert same(broken, plain)
    assert [problem.line for problem in broken.reading.problems] == [several[0].count("\n") + 2]
    for content in ("[]", "[1]", '{"data": []}', "\n".join(several)[:50], json.dumps({"data": objects}, indent=1)[:-5]):
        with pytest.raises(ExportError, match="hint: "):
            written(tmp_path, content, "runs.json")


def test_a_line_that_is_a_list_costs_itself(tmp_path: Path, plain: Export) -> None:
    lines = [json.dumps(dict(zip(HEAD, row, strict=True))) for row in ROWS]
    export = written(tmp_path, "\n".join([*lines[:3], "[1, 2]", "3", lines[3]]), "runs.jsonl")
    assert same(export, plain)
    assert [(p.line, p.message) for p in export.reading.problems] == [(n, "this is not a JSON object") for n in (4, 5)]


def test_each_object_may_have_headings_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lightning had no queues, then it had; what had not happened is left out."""
    monkeypatch.setattr("fastlanes_sim.exports.read.ROWS_AT_ONCE", 3)
    rows = [dict(zip(HEAD, ROWS[0], strict=True)) | {"id": str(number), "queue": "fast_lane"} for number in range(10)]
    for row in rows[:7]:
        del row["queue"]
    del rows[9]["finished_at"]
    rows[8]["runTimeoutMs"] = 60_000  # type: ignore[assignment]
    export = written(tmp_path, "\n".join(map(json.dumps, rows)), "runs.jsonl")
    assert export.has_queue
    assert np.bincount(export.queue).tolist() == [7, 3]
    assert export.run_timeout is not None
    assert export.run_timeout.tolist() == [*8 * [-1], 60_000_000, -1]
    assert (export.finished_at == -1).tolist() == [*9 * [False], True]
    for row in rows:
        row.pop("claimed_at")
    with pytest.raises(ExportError, match=r"runs\.jsonl:1: the objects lack claimed_at"):
        written(tmp_path, "\n".join(map(json.dumps, rows)), "runs.jsonl")


def test_arrow_files_and_streams_and_parquet(tmp_path: Path, plain: Export) -> None:
    frame = pd.DataFrame(ROWS, columns=HEAD)
    frame[TIMES] = frame[TIMES].apply(pd.to_datetime)
    frame["workflow"] = frame["workflow"].astype("category")
    table = pa.Table.from_pandas(frame)
    with pa.ipc.new_file(tmp_path / "runs.arrow", table.schema) as out:
        out.write_table(table)
    with pa.ipc.new_stream(tmp_path / "runs.arrows", table.schema) as out:
        out.write_table(table)
    frame.to_parquet(tmp_path / "runs.data")
    for name in ("runs.arrow", "runs.arrows", "runs.data"):
        assert same(read_export(tmp_path / name), plain), name


def test_numbers_and_nested_options_of_parquet(tmp_path: Path, plain: Export) -> None:
    """A data frame makes numbers with a fraction of times of which some are missing."""
    frame = pd.DataFrame(ROWS, columns=HEAD)
    frame[TIMES] = frame[TIMES].apply(lambda times: pd.to_datetime(times).astype("datetime64[ms]").astype("int64"))
    frame["claimed_at"] = frame["claimed_at"].astype("float64")
    frame["options"] = [{"run_timeout_ms": 60_000, "since": pd.Timestamp("2026-01-05")}] * len(ROWS)
    frame.to_parquet(tmp_path / "runs.parquet")
    export = read_export(tmp_path / "runs.parquet")
    assert same(export, plain)
    assert export.run_timeout is not None
    assert set(export.run_timeout.tolist()) == {60_000_000}
    table = pa.Table.from_pandas(frame.drop(columns="options"))
    pairs = pa.array([[("run_timeout_ms", 60_000)]] * len(ROWS), pa.map_(pa.string(), pa.int64()))
    with pa.ipc.new_file(tmp_path / "runs.arrow", (table := table.append_column("options", pairs)).schema) as out:
        out.write_table(table)
    export = read_export(tmp_path / "runs.arrow")
    assert export.run_timeout is not None
    assert set(export.run_timeout.tolist()) == {60_000_000}


def test_a_workbook(tmp_path: Path, plain: Export) -> None:
    """A workbook written by hand: the first sheet, texts and numbers."""
    pytest.importorskip("python_calamine")
    cells = "".join("<row>" + "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row) + "</row>" for row in [HEAD, *ROWS])
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    types = "http://schemas.openxmlformats.org/package/2006/content-types"
    book = "application/vnd.openxmlformats-officedocument.spreadsheetml."
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{types}"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
        f'relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="{book}sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{book}worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" Type="{office}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets><sheet name="runs" sheetId="1" r:id="r1"/></sheets>'
        "</workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{relations}"><Relationship Id="r1" Type="{office}/worksheet" '
        'Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(tmp_path / "runs.xlsx", "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + part)
    assert same(read_export(tmp_path / "runs.xlsx"), plain)


def test_a_workbook_without_its_extra_says_which(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with zipfile.ZipFile(tmp_path / "runs.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "")
    with pytest.raises(ExportError, match=r"fastlanes_sim\[excel\]"):
        read_export(tmp_path / "runs.xlsx")


def test_rows_of_a_sheet_with_an_empty_top(tmp_path: Path, plain: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers and dates are cells of their own kinds."""
    import datetime

    sheet = [[""] * 9, HEAD, *([*row[:5], *map(datetime.datetime.fromisoformat, row[5:])] for row in ROWS), [""] * 9]
    fake = ModuleType("python_calamine")
    fake.CalamineError = ValueError  # type: ignore[attr-defined]
    book = type("Book", (), {"get_sheet_by_index": lambda self, index: self, "to_python": lambda self, skip_empty_area: sheet})
    fake.load_workbook = lambda path: book()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "python_calamine", fake)
    with zipfile.ZipFile(tmp_path / "runs.xlsx", "w") as archive:
        archive.writestr("[Content_Types].xml", "")
    assert same(read_export(tmp_path / "runs.xlsx"), plain)


@pytest.mark.parametrize(
    ("codec", "name"),
    [("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"), ("utf-16-be", "UTF-16"), ("cp1252", "Windows-1252")],
)
def test_an_encoding_is_recognised_and_named_and_no_two_names_become_one(tmp_path: Path, plain: Export, codec: str, name: str) -> None:
    export = written(tmp_path, text().encode(codec))
    assert same(export, plain)
    assert export.reading.encoding == name
    assert (name in reading_text(export.reading)) == (name != "UTF-8")


def test_an_encoding_can_be_said(tmp_path: Path) -> None:
    rows = [[row[0], "клиника", name, *row[3:]] for row, name in zip(ROWS, ["приём", "отчёт", "приём", "отчёт"], strict=True)]
    export = written(tmp_path, text(rows).encode("cp1251"), encoding="windows-1251")
    assert [workflow.name for workflow in export.workflows] == ["приём", "отчёт"]
    assert len(written(tmp_path, text(rows).encode("cp1251")).workflows) == 2
    for none in ("klingon", "rot13", "hex", "undefined", "idna", "punycode", "a\0b"):
        with pytest.raises(ExportError, match="--encoding: there is no such encoding"):
            AsWritten(encoding=none)


def test_a_name_that_cannot_be_decoded_is_an_error_with_its_line(tmp_path: Path) -> None:
    """One Latin-1 name in a file that is UTF-8 otherwise; a byte that Windows-1252 does not have."""
    rows = text().encode().split(b"\n")
    rows[2] = rows[2].replace("cafè".encode(), b"caf\xe8")
    export = written(tmp_path, b"\n".join(rows))
    assert [(p.line, p.column) for p in export.reading.problems] == [(3, "workflow")]
    assert "cannot be decoded as UTF-8" in str(export.reading.problems[0])
    assert [workflow.name for workflow in export.workflows] == ["café", "übung"]
    unknown = text().encode("cp1252").replace(b"\xfcbung", b"\x81bung")
    export = written(tmp_path, unknown)
    assert [(p.line, p.column) for p in export.reading.problems] == [(4, "workflow")]
    assert "cannot be decoded as Windows-1252" in str(export.reading.problems[0])


@pytest.mark.parametrize(
    "style", ["%d/%m/%Y %H:%M:%S.%f", "%m/%d/%Y %H:%M:%S.%f", "%d.%m.%Y %H:%M:%S,%f", "%d-%m-%Y %H:%M:%S.%f", "%m/%d/%Y %I:%M:%S.%f %p"]
)
def test_dates_are_read_day_or_month_first_where_that_is_unambiguous(tmp_path: Path, plain: Export, style: str) -> None:
    rows = [[*row[:5], *(pd.Timestamp(time).strftime(style) for time in row[5:])] for row in ROWS]
    assert same(written(tmp_path, text(rows, separator=";")), plain)
    assert same(written(tmp_path, text(rows, separator=";"), time_format=style), plain)


def test_dates_that_may_be_either_are_refused_until_somebody_says(tmp_path: Path) -> None:
    rows = [[*row[:5], *(f"05/0{n + 1}/2026 06:00" for _ in range(4))] for n, row in enumerate(ROWS)]
    with pytest.raises(ExportError, match="day first or month first") as refused:
        written(tmp_path, text(rows))
    assert "--time-format" in str(refused.value)
    export = written(tmp_path, text(rows), time_format="%d/%m/%Y %H:%M")
    assert pd.Timestamp(export.inserted_at[-1], unit="us") == pd.Timestamp("2026-04-05 06:00")


@pytest.mark.parametrize("none", ["", "mixed", "ISO8601", "100%%", "%", "%Q", "%s", "%d %d", "%Y %U", "%G"])
def test_a_format_that_is_none_is_refused(none: str) -> None:
    """pandas has words of its own, with which it guesses, month first."""
    with pytest.raises(ExportError, match="--time-format: this is not a format of times"):
        AsWritten(time_format=none)


@pytest.mark.parametrize("style", ["%d/%m/%Y %I:%M:%S %p", "%d-%m-%Y %H:%M", "%d/%m/%Y %H:%M:%S.%f", "%d/%m/%Y"])
def test_the_format_that_is_proposed_reads_the_file(tmp_path: Path, style: str) -> None:
    rows = [[*row[:5], *(pd.Timestamp(f"2026-01-0{n + 1} 18:20:30.5").strftime(style) for _ in range(4))] for n, row in enumerate(ROWS)]
    with pytest.raises(ExportError, match="day first or month first") as refused:
        written(tmp_path, text(rows))
    assert f"'{style}'" in str(refused.value)
    assert len(written(tmp_path, text(rows), time_format=style)) == len(ROWS)


@pytest.mark.parametrize("content", [b"", b"\n", b" \n\r\n", b"\xef\xbb\xbf\n", b"sep=;\n\n"])
def test_an_empty_file_is_called_empty(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ExportError, match="the file is empty"):
        written(tmp_path, content)


@pytest.mark.parametrize("begin", ["\n", "\r\n  \n", "sep=,\n\n"])
def test_blank_lines_before_the_header_are_lines_and_no_more(tmp_path: Path, plain: Export, begin: str) -> None:
    export = written(tmp_path, begin + text([ROWS[0], ["run-9"], *ROWS[1:]]))
    assert same(export, plain)
    assert [problem.line for problem in export.reading.problems] == [3 + begin.count("\n")]


def test_a_folder_is_called_one(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="this is a folder"):
        read_export(tmp_path)
    with pytest.raises(ExportError, match="there is no such file"):
        read_export(tmp_path / "nothing.csv")


@pytest.mark.parametrize("end", ["", "\n}"])
def test_a_field_may_be_as_long_as_what_a_run_was_given(tmp_path: Path, plain: Export, end: str) -> None:
    """Python's own limit is 131,072 characters."""
    rows = [[*row, '"{""x"": ""' + 200_000 * "a" + end + '"""'] for row in ROWS]
    assert same(written(tmp_path, text(rows, [*HEAD, "body"])), plain)


def test_a_field_that_is_too_long_costs_its_row_and_is_named(tmp_path: Path) -> None:
    export = written(tmp_path, text([*ROWS[:2], [*ROWS[2][:2], 16_000_001 * "a", *ROWS[2][3:]], ROWS[3]]))
    assert len(export) == 3
    assert [(p.line, p.message) for p in export.reading.problems] == [(4, "a field has more than 16 million characters")]


@pytest.mark.parametrize("unit", [1, 1_000, 1_000_000, 1_000_000_000])
def test_times_since_1970(tmp_path: Path, plain: Export, unit: int) -> None:
    rows = [[*row[:5], *(f"{pd.Timestamp(time).value / 1e9 * unit:.{2 if unit == 1 else 0}f}" for time in row[5:])] for row in ROWS]
    assert same(written(tmp_path, text(rows)), plain)


def test_headings_can_be_said(tmp_path: Path, plain: Export) -> None:
    head = ["Key", "Tenant", "Flow Name", "queue", "state", "Created", "Claimed At", "started at", "Done"]
    columns = columns_of("id=key, project=Tenant,workflow=flow name,inserted_at=Created,finished_at=Done")
    assert same(written(tmp_path, text(head=head), columns=columns), plain)
    with pytest.raises(ExportError, match="the header lacks id, workflow, inserted_at, finished_at") as refused:
        written(tmp_path, text(head=head))
    assert "--columns" in str(refused.value)
    with pytest.raises(ExportError, match="there is no column ident"):
        AsWritten(columns={"ident": "x"})
    with pytest.raises(ExportError, match="OURS=HEADING"):
        columns_of("id")


@pytest.mark.parametrize("name", ["runs.csv", "runs.jsonl"])
def test_a_heading_that_is_said_and_that_nobody_wrote_is_refused_with_those_that_there_are(tmp_path: Path, name: str) -> None:
    head = ["id", "project", "workflow", "Lane", *HEAD[4:]]
    lines = "\n".join(json.dumps(dict(zip(head, row, strict=True))) for row in ROWS)
    content = text(head=head) if name == "runs.csv" else lines
    assert written(tmp_path, content, name, columns={"queue": "lane"}).has_queue
    with pytest.raises(ExportError, match=r"runs\.\w+:1: --columns queue: there is no heading `Lnae`") as refused:
        written(tmp_path, content, name, columns={"queue": "Lnae"})
    assert "`Lane`" in refused.value.hint


def test_a_first_line_without_any_heading_is_not_repeated(tmp_path: Path) -> None:
    """It is a row of the export."""
    with pytest.raises(ExportError, match="there is no heading `Key`") as refused:
        written(tmp_path, text()[len(",".join(HEAD)) + 1 :], columns={"id": "Key"})
    assert "clinic" not in str(refused.value)


def test_a_heading_that_is_said_wins_over_one_that_is_known(tmp_path: Path, plain: Export) -> None:
    head = ["id", "project", "name", "queue", "state", *TIMES, "workflow"]
    assert same(written(tmp_path, text([[*row, "other"] for row in ROWS], head), columns={"workflow": "name"}), plain)


@pytest.mark.parametrize("rows", [3, 1_000])
def test_a_later_part_of_the_file_may_tell_what_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    """From the fifth of January to the sixteenth, in parts of three rows and at once: the thirteenth says that days come first."""
    monkeypatch.setattr("fastlanes_sim.exports.read.ROWS_AT_ONCE", rows)
    days = [f"{day:02d}/01/2026" for day in range(5, 17)]
    lines = [f"r{place},w,{day} 06:00,{day} 06:01,{day} 06:02,{day} 06:03" for place, day in enumerate(days)]
    file = tmp_path / "runs.csv"
    file.write_text("\n".join(["id,workflow,inserted_at,claimed_at,started_at,finished_at", *lines]))
    found = read_export(file)
    assert len(found) == 12
    assert np.diff(found.inserted_at).tolist() == [DAY] * 11
    file.write_text("\n".join(["id,workflow,inserted_at,claimed_at,started_at,finished_at", *lines[:8]]))
    with pytest.raises(ExportError, match="day first or month first"):
        read_export(file)
