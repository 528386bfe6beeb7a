"""Chunks in, chunks out: together they are what the whole table would have given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastlanes_sim.core.errors import EngineError
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.engines.kernel.simulation import simulate_kernel
from fastlanes_sim.engines.kernel.streaming import in_chunks, stream_kernel
from fastlanes_sim.results.files import write_run_parts
from fastlanes_sim.results.frame import runs_frame
from tests.support.deployments import SECOND, attempt, deployment, run, table, worker
from tests.support.strategies import deployments, tables

COLUMNS = ("inserted_at", "refused_at", "claimed_at", "started_at", "ended_at", "state", "worker", "workloop")


@given(deployments(), tables(callers_try_again=False), st.integers(1, 25))
def test_the_chunks_together_are_the_whole(deployed: Deployment, runs: RunTable, size: int):
    whole = simulate_kernel(deployed, runs)
    parts = list(stream_kernel(deployed, in_chunks(runs, size)))
    assert sum(len(rows) for rows, _ in parts) == len(runs)
    if parts:
        np.testing.assert_array_equal(np.concatenate([rows.inserted_at for rows, _ in parts]), runs.inserted_at)
        for name in COLUMNS:
            np.testing.assert_array_equal(np.concatenate([getattr(log, name) for _, log in parts]), getattr(whole, name), err_msg=name)


def test_what_has_ended_leaves_before_the_next_chunk_is_read():
    deployed = deployment(worker("*:5", dispatch="ideal"))
    runs = table([run(10 * number, 1) for number in range(40)])
    read = []

    def chunks():
        for chunk in in_chunks(runs, 10):
            read.append(len(chunk))
            yield chunk

    sizes = []
    for rows, _ in stream_kernel(deployed, chunks()):
        sizes.append((len(rows), sum(read)))
    assert sizes[0] == (9, 10)  # the tenth run still runs when the next chunk is due
    assert sum(size for size, _ in sizes) == 40


def test_runs_beyond_the_horizon_are_given_back_too():
    runs = table([run(32, 1), run(76, 1)])
    parts = list(stream_kernel(deployment(worker("*:1"), horizon=10 * SECOND), in_chunks(runs, 1)))
    assert [rows.inserted_at.tolist() for rows, _ in parts] == [[32 * SECOND], [76 * SECOND]]
    assert all((log.claimed_at == -1).all() for _, log in parts)


def test_chunks_out_of_order_are_refused():
    runs = table([run(number, 1) for number in range(20)])
    deployed = deployment(worker("*:5"), horizon=60 * SECOND)
    with pytest.raises(EngineError, match="sort the runs"):
        list(stream_kernel(deployed, [runs.rows(slice(10, 20)), runs.rows(slice(0, 10))]))


def test_callers_that_try_again_are_refused():
    runs = table([run(1, 1, "fast_lane", again=[attempt(1, after_timeout=1)]), run(2, 1)])
    with pytest.raises(EngineError, match="cannot be streamed"):
        next(in_chunks(runs, 1))
    with pytest.raises(EngineError, match="cannot be streamed"):
        list(stream_kernel(deployment(worker("*:5")), [runs]))


def test_parts_on_disk_are_one_file_of_all_runs(tmp_path: Path):
    deployed = deployment(worker("*:5", dispatch="ideal"))
    runs = table([run(number, 3) for number in range(50)])
    start = pd.Timestamp("2026-01-05", tz="UTC").to_pydatetime()

    def frames():
        first = 0
        for rows, log in stream_kernel(deployed, in_chunks(runs, 7)):
            yield runs_frame(rows, log, deployed, start, number_from=first)
            first += len(rows)

    write_run_parts(tmp_path / "runs.parquet", frames(), {"seed": 1})
    whole = runs_frame(runs, simulate_kernel(deployed, runs), deployed, start)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "runs.parquet"), whole, check_dtype=False, check_categorical=False)
