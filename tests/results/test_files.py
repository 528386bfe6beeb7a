import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.reports.exporters.runs_parquet import RUNS_PARQUET
from fastlanes_sim.results.files import write_atomically, write_summary
from fastlanes_sim.results.frame import COLUMNS, runs_frame
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.lifecycle import State
from tests.support.synthetic_logs import DEPLOYMENT, Row, played

START = datetime(2026, 1, 5, tzinfo=UTC)


def write_runs(path: Path, frame: pd.DataFrame, metadata: dict[str, object]) -> None:
    """As `run` writes them."""
    report = SimpleNamespace(portions=lambda: [frame], metadata=metadata)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"".join(RUNS_PARQUET.content(SimpleNamespace(report=report))))


@pytest.fixture
def frame():
    rows = [Row(0, 1.5, 2, 40, State.SUCCESS, Queue.FAST_LANE, sync=True, workloop=0), Row(60), Row(70, 71), Row(101)]
    return runs_frame(*played(*rows), DEPLOYMENT, START)


def test_one_documented_row_a_run_that_was_created(frame):
    assert list(frame.columns) == list(COLUMNS)
    assert len(frame) == 3
    first = frame.iloc[0]
    assert (first.project, first.workflow, first.queue, first.state) == ("clinic", "register", "fast_lane", "success")
    assert (first.worker, first.workloop, first.gateway_timeout) == ("w", "fast_lane:1", True)
    assert (first.wait_s, first.queue_s, first.startup_s, first.service_s, first.response_s) == (2, 1.5, 0.5, 38, 40)
    assert first.claimed_at == pd.Timestamp("2026-01-05T00:00:01.5Z")
    assert frame.inserted_at.dtype == "datetime64[us, UTC]"


def test_what_was_not_reached_is_missing(frame):
    second = frame.iloc[1]
    assert pd.isna([second.claimed_at, second.started_at, second.ended_at, second.worker, second.workloop]).all()
    assert np.isnan([second.wait_s, second.response_s]).all()
    assert frame.iloc[2].workloop == "manual>*:4"


def test_parquet_is_the_same_bytes_and_describes_itself(frame, tmp_path):
    for name in ("a", "b"):
        write_runs(tmp_path / name / "runs.parquet", frame, {"seed": 7, "versions": {"b": "2", "a": "1"}})
    a, b = (tmp_path / name / "runs.parquet" for name in ("a", "b"))
    assert a.read_bytes() == b.read_bytes()
    schema = pq.read_schema(a)
    assert schema.metadata == {b"seed": b"7", b"versions": b'{"a": "1", "b": "2"}'}
    assert schema.field("wait_s").metadata[b"description"].decode() == COLUMNS["wait_s"]
    back = pd.read_parquet(a)
    assert back.wait_s.equals(frame.wait_s)
    assert back.inserted_at.equals(frame.inserted_at)
    assert back.queue.tolist() == frame.queue.tolist()


def test_a_log_without_runs_can_be_written(tmp_path):
    write_runs(tmp_path / "runs.parquet", runs_frame(*played(), DEPLOYMENT, START), {})
    assert len(pd.read_parquet(tmp_path / "runs.parquet")) == 0


def test_summary_keys_stand_in_order(tmp_path):
    write_summary(tmp_path / "summary.json", {"b": 1, "a": {"d": "µ", "c": None}})
    text = (tmp_path / "summary.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"a": {"c": None, "d": "µ"}, "b": 1}
    assert text.index('"a"') < text.index('"b"')


def test_a_failed_write_leaves_the_old_file_alone(tmp_path):
    path = tmp_path / "summary.json"
    path.write_text("old")
    with pytest.raises(ValueError, match="JSON compliant"):
        write_summary(path, {"x": float("nan")})

    def half(temporary):
        temporary.write_text("ne")
        raise OSError("disk full")

    with pytest.raises(FastlanesError, match=r"summary\.json: disk full\n    hint: "):
        write_atomically(path, half)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["summary.json"]


def test_metrics_need_no_pandas():
    code = "import sys, fastlanes_sim, fastlanes_sim.measures.judge, fastlanes_sim.api.result"
    code += "; print([m for m in ('pandas', 'matplotlib', 'scipy') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
