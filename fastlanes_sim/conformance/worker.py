"""Recorded timelines of the real worker, replayed through an engine (worker.md, "Reading `worker.jsonl`")."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from fastlanes_sim.conformance.case_result import CaseResult
from fastlanes_sim.conformance.recordings import HINT, numbered_lines
from fastlanes_sim.conformance.timelines import (
    UNLIMITED,
    first_difference,
    in_columns,
    log_of,
    milliseconds,
    rows_by_arrival,
    rows_of,
    whole_milliseconds,
    workloops_of,
)
from fastlanes_sim.core.errors import ConformanceError
from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import MILLISECOND, SECOND
from fastlanes_sim.deployment.deployment import Deployment, Latency, Lightning, Project, Worker, Workflow
from fastlanes_sim.engines.selection import Engine
from fastlanes_sim.rules.creation import NORMAL, Queue
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.worker_options import effective_backoff

COMPARED = ("conn_events", "claims", "runs", "work_available")
_CLAIM_COLUMNS = ("push_ms", "worker", "workloop", "segment", "attempt", "wire_ms", "server_ms", "reply_ms", "run", "lost")
_RUN_COLUMNS = ("id", "claimed_ms", "worker", "workloop", "received_ms", "started_ms", "finished_ms", "failed_ms")


def replay(path: Path, engine: Engine = "reference") -> Iterator[CaseResult]:
    """Each case of a file of timelines, compared event by event.

    Raises:
        ConformanceError: a line that is not a recorded timeline.
    """
    for number, line in numbered_lines(path):
        try:
            case = json.loads(line)
            result = compare(case, engine)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, ArithmeticError, RecursionError) as error:
            raise ConformanceError(f"{path}:{number}: not a recorded timeline: {type(error).__name__}: {error}", HINT) from error
        yield result


def compare(case: dict[str, Any], engine: Engine = "reference") -> CaseResult:
    """Simulate one case and list where the engine and the recording part."""
    params = case["params"]
    log = log_of(deployment_of(params), table_of(params), engine)
    simulated = timeline(log, params)
    recorded = {
        "conn_events": [tuple(row) for row in case["conn_events"]],
        "claims": in_columns(case["claims"], case["claims_cols"], _CLAIM_COLUMNS),
        "runs": in_columns(case["runs"], case["runs_cols"], _RUN_COLUMNS),
        "work_available": [tuple(row) for row in case["work_available"]],
    }
    differences = [text for part in COMPARED if (text := first_difference(part, recorded[part], simulated[part]))]
    return CaseResult(str(case["id"]), not differences, tuple(differences))


def deployment_of(params: dict[str, Any]) -> Deployment:
    """The recording's workers and Lightning, as an engine's deployment, in the simplified world of these recordings."""
    latency = params["latency"]
    pairs = [(latency["l1"], latency["l2"])] if latency["kind"] == "const" else latency["values"]
    return Deployment(
        projects=(Project("recorded"),),
        workflows=(Workflow("recorded", 0),),
        workers=tuple(_worker(index, spec, params) for index, spec in enumerate(params["workers"])),
        lightning=Lightning(
            claim_limit=UNLIMITED,
            debounce=None if params["debounce_ms"] is None else params["debounce_ms"] * MILLISECOND,
            notification=params["push_ms"] * MILLISECOND,
            janitor_first=None,
            claims="parallel",
        ),
        latency=Latency(pairs=tuple((l1 * MILLISECOND, l2 * MILLISECOND) for l1, l2 in pairs)),
        horizon=params["horizon_ms"] * MILLISECOND,
    )


def _worker(index: int, spec: dict[str, Any], params: dict[str, Any]) -> Worker:
    least, most = effective_backoff(spec["backoff_min_ms"], spec["backoff_max_ms"])
    verify = params["verify_ms"]
    return Worker(
        name=str(index),
        workloops=workloops_of(spec["workloops"]),
        backoff_min_ms=least,
        backoff_max_ms=most,
        connect_at=spec["connect_ms"] * MILLISECOND,
        outages=tuple((begins * MILLISECOND, ends * MILLISECOND) for begins, ends in spec["outages"]),
        claim_timeout=whole_milliseconds(params["claim_timeout_s"]),
        verification=None if verify is None else verify * MILLISECOND,
        refusal=params["refuse_ms"] * MILLISECOND,
        reconnection=params["reconnect_open_ms"] * MILLISECOND,
        run_channel="simplified",
    )


def table_of(params: dict[str, Any]) -> RunTable:
    """The recording's runs, by arrival and then by row, in which order Lightning creates them."""
    rows = rows_by_arrival(params)
    count = len(rows)
    return RunTable(
        inserted_at=np.array([row["arrival_ms"] * MILLISECOND for row in rows], np.int64),
        workflow=np.zeros(count, np.int32),
        queue=np.array([Queue.named(row["queue"]) for row in rows], np.int8),
        priority=np.full(count, NORMAL, np.int8),
        service_time=np.array([row["duration_ms"] * MILLISECOND for row in rows], np.int64),
        startup_time=np.array([row["join_ms"] * MILLISECOND for row in rows], np.int64),
        timeout=np.full(count, UNLIMITED * SECOND, np.int64),
        outcome=np.full(count, State.SUCCESS, np.int8),
        sync=np.zeros(count, np.bool_),
        join_fails=np.array([bool(row["join_fails"]) for row in rows], np.bool_),
        source=np.zeros(count, np.int32),
        sources=("recorded",),
    )


def timeline(log: RunLog, params: dict[str, Any]) -> dict[str, list[tuple[Any, ...]]]:
    """The model's log in the recording's terms: milliseconds, and runs by their recorded names."""
    names = [row["id"] for row in rows_by_arrival(params)]
    claims = [
        (
            milliseconds(row.pushed_at),
            row.worker,
            row.workloop,
            row.segment,
            row.attempt,
            milliseconds(row.sent_at),
            milliseconds(row.decided_at),
            milliseconds(row.replied_at),
            None if row.run is None else names[row.run],
            row.lost,
        )
        for row in log.claims
    ]
    place = {row["id"]: index for index, row in enumerate(rows_of(params))}
    claimed = sorted(np.flatnonzero(log.claimed_at != NEVER).tolist(), key=lambda run: place[names[run]])
    runs = [
        (
            names[run],
            milliseconds(int(log.claimed_at[run])),
            int(log.worker[run]),
            int(log.workloop[run]),
            milliseconds(log.received.get(run)),
            milliseconds(int(log.started_at[run])),
            milliseconds(int(log.ended_at[run])),
            milliseconds(log.join_failed.get(run)),
        )
        for run in claimed
    ]
    return {
        "conn_events": [(milliseconds(time), worker, what) for time, worker, what in log.connections],
        "claims": claims,
        "runs": runs,
        "work_available": [(milliseconds(time), worker) for time, worker in log.wake_ups],
    }
