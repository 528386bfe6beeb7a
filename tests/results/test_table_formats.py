"""The table of runs in other formats, and its columns in the docs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fastlanes_sim import simulate
from fastlanes_sim.api.result import Result
from fastlanes_sim.reports.exporters.runs_csv import csv_bytes
from fastlanes_sim.results.frame import CAUSE_COLUMNS, COLUMNS, unit_of


@pytest.fixture(scope="module")
def quick() -> Result:
    return simulate("scenarios/quickstart.yaml", horizon="20min", engine="reference")


@pytest.fixture(scope="module")
def files(quick: Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    for format in ("parquet", "csv", "arrow"):
        quick.write(folder, charts=False, format=format)
    return folder


def test_arrow_and_parquet_hold_the_same_and_say_where_it_comes_from(quick: Result, files: Path):
    with pa.memory_map(str(files / "runs.arrow")) as source:
        arrow = pa.ipc.open_file(source).read_all()
    parquet = pq.read_table(files / "runs.parquet")
    assert arrow.schema.metadata == parquet.schema.metadata
    assert [field.metadata for field in arrow.schema] == [field.metadata for field in parquet.schema]
    pd.testing.assert_frame_equal(arrow.to_pandas(), parquet.to_pandas())
    metadata = {key.decode(): value.decode() for key, value in arrow.schema.metadata.items()}
    assert (metadata["seed"], metadata["scenario"], metadata["scenario_hash"]) == ("1", "quickstart", quick.scenario.hash)
    assert set(json.loads(metadata["versions"])) >= {"python", "fastlanes_sim", "numpy"}
    units = {field.name: field.metadata[b"unit"].decode() for field in arrow.schema}
    assert (units["wait_s"], units["slots_us"], units["inserted_at"], units["queue"]) == ("s", "µs", "instant (UTC)", "")


def test_csv_holds_the_same(files: Path):
    csv = pd.read_csv(files / "runs.csv", parse_dates=[name for name in COLUMNS if name.endswith("_at")])
    parquet = pd.read_parquet(files / "runs.parquet")
    assert list(csv.columns) == list(parquet.columns)
    for name in csv.columns:
        one, other = csv[name], parquet[name]
        if name.endswith("_at"):
            assert (one.dropna() == other.dropna()).all(), name
        elif name.endswith("_s"):
            assert one.equals(other), name
        else:
            assert one.dropna().astype(str).tolist() == other.dropna().astype(str).tolist(), name
        assert one.isna().tolist() == other.isna().tolist(), name


def test_the_same_bytes_every_time(quick: Result, files: Path, tmp_path: Path):
    for format in ("csv", "arrow"):
        quick.write(tmp_path, charts=False, format=format)
        assert (tmp_path / f"runs.{format}").read_bytes() == (files / f"runs.{format}").read_bytes()


def test_written_in_portions_it_holds_the_same(quick: Result, files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("fastlanes_sim.results.frame.PORTION", 7)
    for format in ("parquet", "csv", "arrow"):
        quick.write(tmp_path, charts=False, format=format)
    assert (tmp_path / "runs.csv").read_bytes() == (files / "runs.csv").read_bytes()
    assert pq.ParquetFile(tmp_path / "runs.parquet").num_row_groups == -(-len(quick.table) // 7) > 1
    assert pq.read_table(tmp_path / "runs.parquet").equals(pq.read_table(files / "runs.parquet"), check_metadata=True)
    with pa.memory_map(str(tmp_path / "runs.arrow")) as source:
        pd.testing.assert_frame_equal(pa.ipc.open_file(source).read_pandas(), pd.read_feather(files / "runs.arrow"))


def test_what_is_forgotten_for_memory_is_computed_anew(quick: Result, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("fastlanes_sim.results.observed._KEPT_ROWS", 1)
    forgetful = Result(quick.scenario, quick.deployment, quick.table, quick.log, quick.seed)
    assert forgetful.summary() == quick.summary()
    assert len(forgetful.observed._samples) <= 2


def test_names_that_a_spreadsheet_would_compute_are_defused(quick: Result, tmp_path: Path):
    assert b",'=1+1," in csv_bytes(quick.runs.head(1).assign(workflow="=1+1"))


def test_the_docs_have_the_columns(quick: Result):
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \| (.*) \|$", Path("docs/exports.md").read_text(), re.MULTILINE)
    expected = COLUMNS | CAUSE_COLUMNS
    assert [name for name, _, _ in rows] == list(expected) == list(quick.runs.columns)
    for name, unit, meaning in rows:
        assert (unit.strip(), meaning) == (unit_of(name), expected[name]), name
