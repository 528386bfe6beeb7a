"""Files that are cut short or damaged, and what is given instead of a file: one error with a hint, whatever a library makes of it."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fastlanes_sim.core.escaping import terminal
from fastlanes_sim.exports.as_written import AsWritten
from fastlanes_sim.exports.postgres import read_database
from fastlanes_sim.exports.problems import ExportError
from fastlanes_sim.exports.read import looks_like_dsn, read_export

HEADER = ("id", "workflow", "inserted_at", "claimed_at", "started_at", "finished_at")
ROWS = [(f"r{i}", f"w{i % 3}", *(f"2026-01-05 06:{i % 60:02d}:0{k}" for k in range(4))) for i in range(300)]
CSV = "\n".join(",".join(row) for row in (HEADER, *ROWS)).encode()
TABLE = pa.table({name: [row[place] for row in ROWS] for place, name in enumerate(HEADER)})


def packed(codec: str) -> bytes:
    out = pa.BufferOutputStream()
    with pa.CompressedOutputStream(out, codec) as stream:
        stream.write(CSV)
    return out.getvalue().to_pybytes()


def arrow(new: Callable[..., object]) -> bytes:
    out = pa.BufferOutputStream()
    with new(out, TABLE.schema) as writer:  # type: ignore[attr-defined]
        writer.write_table(TABLE)
    return out.getvalue().to_pybytes()


def parquet(**how: object) -> bytes:
    out = pa.BufferOutputStream()
    pq.write_table(TABLE, out, **how)
    return out.getvalue().to_pybytes()


def archive(tmp_path: Path) -> bytes:
    with zipfile.ZipFile(tmp_path / "new.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("runs.csv", CSV)
    return (tmp_path / "new.zip").read_bytes()


KINDS: dict[str, Callable[[Path], bytes]] = {
    "csv": lambda _: CSV,
    "csv.gz": lambda _: gzip.compress(CSV),
    "csv.bz2": lambda _: bz2.compress(CSV),
    "csv.xz": lambda _: lzma.compress(CSV),
    "csv.zst": lambda _: packed("zstd"),
    "csv.lz4": lambda _: packed("lz4"),
    "zip": archive,
    "parquet": lambda _: parquet(),
    "plain.parquet": lambda _: parquet(use_dictionary=False, compression="none"),
    "arrow": lambda _: arrow(pa.ipc.new_file),
    "arrows": lambda _: arrow(pa.ipc.new_stream),
    "json": lambda _: json.dumps([dict(zip(HEADER, row, strict=True)) for row in ROWS[:50]]).encode(),
    "jsonl": lambda _: "\n".join(json.dumps(dict(zip(HEADER, row, strict=True))) for row in ROWS).encode(),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_file_is_read(kind: str, tmp_path: Path):
    (tmp_path / f"runs.{kind}").write_bytes(KINDS[kind](tmp_path))
    assert len(read_export(tmp_path / f"runs.{kind}")) in (50, 300)


@pytest.mark.parametrize("kind", ["csv.gz", "csv.bz2", "csv.xz", "csv.zst", "csv.lz4", "zip", "parquet", "arrow"])
def test_a_file_that_is_cut_short_is_refused(kind: str, tmp_path: Path):
    whole, path = KINDS[kind](tmp_path), tmp_path / f"runs.{kind}"
    path.write_bytes(whole[: len(whole) * 2 // 3])
    with pytest.raises(ExportError, match="hint: "):
        read_export(path)


def written_twice(folder: Path, column: str, values: list[str]) -> list[Path]:
    """The same runs, with another column of that name, in each format that can have two."""
    twice = pa.Table.from_arrays([*TABLE.columns, pa.array(values)], names=[*TABLE.column_names, column])
    pq.write_table(twice, folder / "runs.parquet")
    with pa.ipc.new_file(folder / "runs.arrow", twice.schema) as writer:
        writer.write_table(twice)
    lines = [(*HEADER, column), *((*row, value) for row, value in zip(ROWS, values, strict=True))]
    (folder / "runs.csv").write_text("\n".join(map(",".join, lines)))
    return [folder / f"runs.{kind}" for kind in ("parquet", "arrow", "csv")]


@pytest.mark.parametrize("column", ["id", "run_id", "Inserted At"])
def test_two_columns_that_mean_the_same_are_one_if_they_are_equal(column: str, tmp_path: Path):
    values = [row[2 if column == "Inserted At" else 0] for row in ROWS]
    for path in written_twice(tmp_path, column, values):
        assert len(read_export(path)) == 300
    values[7] = "another"
    for path, line in zip(written_twice(tmp_path, column, values), (8, 8, 9), strict=True):
        with pytest.raises(ExportError, match=rf"{path.name}:{line}: two columns mean \w+ and differ here: columns [13] and 7") as refused:
            read_export(path)
        assert "another" not in str(refused.value)


def test_of_two_columns_that_mean_the_same_one_can_be_said(tmp_path: Path):
    for path in written_twice(tmp_path, "run_id", [f"x{number}" for number in range(300)]):
        assert len(read_export(path, as_written=AsWritten({"id": "run_id"}))) == 300


def test_two_entries_of_an_object_that_mean_the_same_are_refused_if_they_differ(tmp_path: Path):
    rows = [dict(zip(HEADER, row, strict=True)) | {"runId": row[0]} for row in ROWS]
    (tmp_path / "runs.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert len(read_export(tmp_path / "runs.jsonl")) == 300
    rows[4]["runId"] = "another"
    (tmp_path / "runs.jsonl").write_text("\n".join(map(json.dumps, rows)))
    with pytest.raises(ExportError, match=r"runs\.jsonl:5: two columns mean id and differ here: `id` and `runId`"):
        read_export(tmp_path / "runs.jsonl")


def test_bytes_that_are_no_text_in_a_time_cost_one_row(tmp_path: Path):
    path = tmp_path / "runs.csv"
    path.write_bytes(CSV.replace(b"2026-01-05 06:03:00", b"2026-01-\x90\x81 06:03:00", 1))
    assert len(read_export(path, as_written=None)) == 299


@pytest.mark.parametrize("text", ["[" * 100_000, '{"id": ' * 50_000])
def test_json_that_is_nested_too_deeply_is_refused(text: str, tmp_path: Path):
    (tmp_path / "runs.json").write_text(text)
    with pytest.raises(ExportError, match="hint: "):
        read_export(tmp_path / "runs.json")


SECRET = "s3cret"
DSNS = (
    f"postgresql://reader:{SECRET}@127.0.0.1:1/lightning",
    f"postgres://reader:{SECRET}@127.0.0.1:1/lightning?connect_timeout=1",
    f"host=127.0.0.1 port=1 user=reader password={SECRET} dbname=lightning",
    f"password = '{SECRET} and more' host=127.0.0.1 port=1",
)


@pytest.mark.parametrize("dsn", DSNS)
def test_a_password_is_never_repeated(dsn: str, capsys):
    assert looks_like_dsn(dsn)
    with pytest.raises(ExportError) as refused:
        read_export(dsn)
    with pytest.raises(ExportError) as unreachable:
        read_database(dsn)
    for error in (refused, unreachable):
        assert SECRET not in str(error.value)
        assert "hint: " in str(error.value)
    assert SECRET not in terminal(f"{dsn}: there is no such file")


def test_what_is_no_dsn_stays_as_it_is():
    for text in ("runs.csv", "a=b.csv", "C:/runs.csv", "https://example.org/a@b", "tcp://host:8786", "a password is needed"):
        assert not looks_like_dsn(text)
        assert terminal(text) == text


@pytest.mark.parametrize("dsn", ["postgresql://reader@h\udcffst/x", "host=\udcc3 dbname=x", "nothing like it", "x\0y"])
def test_a_dsn_that_is_none_is_refused(dsn: str):
    with pytest.raises(ExportError, match="hint: "):
        read_database(dsn)


def test_two_columns_that_mean_the_same_may_spell_a_missing_value_in_two_ways(tmp_path: Path):
    rows = [dict(zip(HEADER, row, strict=True)) | {"worker": "", "worker_name": None} for row in ROWS]
    (tmp_path / "runs.jsonl").write_text("\n".join(map(json.dumps, rows)))
    lines = [(*HEADER, "worker", "worker_name"), *((*row, "NULL", "\\N") for row in ROWS)]
    (tmp_path / "runs.csv").write_text("\n".join(map(",".join, lines)))
    for name in ("runs.jsonl", "runs.csv"):
        assert len(read_export(tmp_path / name)) == 300
