"""Random lives of runs and workers, in the terms of the recordings, by the engines and by the statement that was made from the text alone.

Times are few and round, so that much happens in one millisecond: most of what two implementations may read differently is an order.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastlanes_sim.conformance.lives import COMPARED, deployment_of, table_of, timeline
from fastlanes_sim.engines.selection import Engine, run_engine
from tests.conformance.lives_statement import play
from tests.support.engines import ENGINE_NAMES

LAYOUTS = ["*:1", "*:3", "manual>*:2 fast_lane:1", "fast_lane>*:1 *:1", "default:2 manual:1 *:1", "*:1 *:1 *:1"]
COLUMNS = ["id", "arrival_ms", "queue", "dataclip", "creds", "install_ms", "start_ms", "duration_ms", "log_ms", "outcome", "timeout_ms"]
COLUMNS += ["join_fails", "plan_lost"]
INSTANTS = st.sampled_from([0, 1, 50, 100, 150, 500, 1_000, 1_050, 1_500, 2_000, 2_100, 3_000, 4_000, 5_000, 7_500, 10_000])
SHORT = st.sampled_from([0, 0, 1, 10, 50, 100])


@st.composite
def spans(draw: st.DrawFn, most: int) -> list[list[int]]:
    """Disjoint, in order, never touching."""
    bounds = sorted(set(draw(st.lists(st.integers(1, 120), max_size=2 * most))))
    pairs = [[first * 100, second * 100] for first, second in zip(bounds[::2], bounds[1::2], strict=False)]
    assert all(before[1] < after[0] for before, after in pairwise(pairs))
    return pairs


@st.composite
def workers(draw: st.DrawFn) -> dict[str, Any]:
    low, high = draw(st.sampled_from([(1_000, 10_000), (1_000, 10_000), (100, 500), (500.5, 700.9), (2_000, 1_000)]))
    worker = {
        "workloops": draw(st.sampled_from(LAYOUTS)),
        "backoff_min_ms": low,
        "backoff_max_ms": high,
        "connect_ms": draw(st.sampled_from([0, 0, 50, 1_000])),
        "outages": draw(st.one_of(st.just([]), spans(2))),
    }
    if draw(st.booleans()):
        worker |= {"sigterm_ms": draw(INSTANTS), "grace_ms": draw(st.sampled_from([1, 500, 1_000, 5_000, 60_000]))}
    return worker


@st.composite
def runs(draw: st.DrawFn, number: int) -> list[Any]:
    return [
        f"r{number}",
        draw(INSTANTS),
        draw(st.sampled_from(["default", "fast_lane", "manual"])),
        draw(st.sampled_from([1, 1, 0])),
        draw(st.sampled_from([0, 0, 1, 3])),
        draw(SHORT),
        draw(SHORT),
        draw(st.sampled_from([0, 1, 100, 500, 950, 1_000, 3_000])),
        draw(st.lists(st.sampled_from([0, 1, 50, 100, 500, 1_000]), max_size=4)),
        draw(st.sampled_from(["success", "success", "fail", "crash", "die"])),
        draw(st.sampled_from([300_000, 300_000, 500, 100])),
        int(draw(st.integers(0, 19)) == 0),
        int(draw(st.integers(0, 39)) == 0),
    ]


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    rows = sorted([draw(runs(number)) for number in range(draw(st.integers(0, 12)))], key=lambda row: row[1])
    return {
        "workers": draw(st.lists(workers(), min_size=1, max_size=3)),
        "up_ms": draw(SHORT),
        "down_ms": draw(SHORT),
        "database_ms": draw(st.one_of(st.sampled_from([0, 1, 100, 700]), st.lists(st.sampled_from([0, 50, 500]), min_size=1, max_size=4))),
        "message_ms": draw(st.sampled_from([0, 0, 1, 20])),
        "message_timeout_ms": draw(st.sampled_from([30_000, 1_000, 500, 100, 35])),
        "debounce_ms": draw(st.sampled_from([None, 0, 500])),
        "claim_timeout_s": draw(st.sampled_from([3_600, 1, 0.5])),
        "refuse_ms": draw(st.sampled_from([0, 3])),
        "reconnect_open_ms": draw(st.sampled_from([0, 30, 1_000])),
        "claim_errors": draw(spans(1)),
        "silent": draw(spans(1)),
        "batch_logs": False,
        "horizon_ms": draw(st.sampled_from([3_000, 15_000, 70_000])),
        "runs_cols": COLUMNS,
        "runs": rows,
    }


def in_lists(rows: Any) -> Any:
    return [in_lists(row) for row in rows] if isinstance(rows, list | tuple) else rows


@pytest.mark.parametrize("engine", ENGINE_NAMES)
@given(params=cases())
def test_the_engines_do_what_the_text_says(engine: Engine, params: dict[str, Any]) -> None:
    stated = play(params)
    simulated = timeline(run_engine(deployment_of(params), table_of(params), engine=engine, record_claims=True), params)
    for part in COMPARED:
        assert in_lists(simulated[part]) == in_lists(stated[part]), part
