"""What tables and summaries say of runs that call others (docs/chains.md)."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from fastlanes_sim import simulate
from fastlanes_sim.api.result import Result
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.reports.text.simulation import text as printed
from fastlanes_sim.results.frame import CALL_COLUMNS, CAUSE_COLUMNS, COLUMNS


@pytest.fixture(scope="module")
def found() -> Result:
    """Five slots, twenty callers at once: each waits 30 s in vain."""
    return simulate("scenarios/calls_itself.yaml", horizon="10min", engine="reference")


def test_the_table_of_runs_names_the_caller(found: Result):
    runs = found.runs
    assert list(runs.columns) == [*COLUMNS, *CAUSE_COLUMNS, *CALL_COLUMNS]
    caller = runs.set_index("run")["caller"].dropna()
    assert caller.to_dict() == {run: one for run, one in enumerate(found.table.called_by.tolist()) if one != NEVER and run in caller.index}
    assert len(caller) == 20
    waited = runs[runs.workflow == "import_message"]
    assert (waited["child_us"] == 30_000_000).all()
    assert (runs[runs.workflow != "import_message"]["child_us"] == 0).all()


def test_in_files_and_in_portions_as_well(found: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("fastlanes_sim.results.frame.PORTION", 7)
    found.write(tmp_path, charts=False)
    written = pd.read_parquet(tmp_path / "runs.parquet", dtype_backend="numpy_nullable")
    assert written["caller"].tolist() == found.runs["caller"].tolist()
    assert written["child_us"].tolist() == found.runs["child_us"].tolist()
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["lanes"]["default"]["work_orders"]["number"] == 20
    assert summary["lanes"]["default"]["work_orders"]["runs"] == 40
    assert list(summary["responses"]) == ["workflow.clinic.import_message"]
    assert summary["responses"]["workflow.clinic.import_message"]["all"]["child_s"] == 30


def test_without_calls_there_is_nothing_of_it():
    quick = simulate("scenarios/quickstart.yaml", horizon="10min", engine="reference")
    assert list(quick.runs.columns) == [*COLUMNS, *CAUSE_COLUMNS]
    assert "responses" not in quick.summary()
    assert "work_orders" not in quick.summary()["lanes"]["all"]


def test_what_is_printed_says_what_slots_and_work_orders_waited_for(found: Result):
    text = " ".join(printed(found).split())
    assert "the runs in them waited for runs that they had called (`child`)" in text
    assert "The slowest work order (run " in text
    assert "`slots` of clinic/match_patient" in text
    assert "What responses were made of" in text
    life = found.life(found.slowest_work_order())
    assert life.work_order is not None
    assert sum(life.parts) == found.log.ended_at[life.run] - found.log.inserted_at[life.run]
    assert sum(step.length for step in life.work_order.path) == life.work_order.end - life.work_order.begin
    assert life.to_json()["work_order"]["runs"] == 2
