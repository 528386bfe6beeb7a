"""Recorded lives of runs and workers, message by message, replayed through an engine (lives.md, lives.schema.md)."""

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
from fastlanes_sim.conformance.within import difference_within
from fastlanes_sim.core.errors import ConformanceError
from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import MILLISECOND
from fastlanes_sim.deployment.deployment import Deployment, Incidents, Latency, Lightning, Project, Worker, Workflow
from fastlanes_sim.engines.selection import Engine
from fastlanes_sim.rules.creation import NORMAL, Queue
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.process import Exit
from fastlanes_sim.rules.worker_options import effective_backoff

COMPARED = ("conn_events", "claims", "lives", "work_available", "exits", "slots")
_CLAIM_COLUMNS = (
    *("push_ms", "worker", "workloop", "segment", "attempt", "wire_ms"),
    *("begin_ms", "server_ms", "reply_ms", "run", "error", "lost"),
)
_LIFE_COLUMNS = (
    *("id", "claimed_ms", "worker", "workloop", "received_ms", "joined_ms", "planned_ms", "executed_ms"),
    *("start_ms", "end_ms", "completed_ms", "told_ms", "freed_ms", "messages", "timeouts"),
)
_COLUMNS: dict[str, tuple[str, ...]] = {
    "conn_events": ("t_ms", "worker", "what"),
    "claims": _CLAIM_COLUMNS,
    "lives": _LIFE_COLUMNS,
    "work_available": ("t_ms", "worker"),
    "exits": ("t_ms", "worker", "how"),
}
"""Of what is compared with a tolerance: not the slots, which are an instant."""
_OUTCOMES = {"success": State.SUCCESS, "fail": State.FAILED, "crash": State.CRASHED, "die": State.EXCEPTION}


def replay(path: Path, engine: Engine = "reference", tolerance: int = 0) -> Iterator[CaseResult]:
    """Each case of a file of recorded lives, compared row by row; times may be `tolerance` ms apart (`within`).

    Raises:
        ConformanceError: a line that is not a recorded case.
    """
    for number, line in numbered_lines(path):
        try:
            case = json.loads(line)
            result = compare(case, engine, tolerance)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError, ArithmeticError, RecursionError) as error:
            raise ConformanceError(f"{path}:{number}: not a recorded life: {type(error).__name__}: {error}", HINT) from error
        yield result


def compare(case: dict[str, Any], engine: Engine = "reference", tolerance: int = 0) -> CaseResult:
    """Simulate one case and list where the engine and the recording part."""
    params = case["params"]
    log = log_of(deployment_of(params), table_of(params), engine)
    simulated = timeline(log, params)
    recorded: dict[str, list[Any]] = {
        "conn_events": [tuple(row) for row in case["conn_events"]],
        "claims": in_columns(case["claims"], case["claims_cols"], _CLAIM_COLUMNS),
        "lives": in_columns(case["lives"], case["lives_cols"], _LIFE_COLUMNS),
        "work_available": [tuple(row) for row in case["work_available"]],
        "exits": [tuple(row) for row in case["exits"]],
        "slots": [None if loops is None else [tuple(loop) for loop in loops] for loops in case["slots"]],
    }
    if tolerance:
        found = (difference_within(part, recorded[part], simulated[part], _COLUMNS[part], tolerance) for part in _COLUMNS)
    else:
        found = (first_difference(part, recorded[part], simulated[part]) for part in COMPARED)
    differences = tuple(text for text in found if text)
    return CaseResult(str(case["id"]), not differences, differences)


def deployment_of(params: dict[str, Any]) -> Deployment:
    """The recording's workers and Lightning, as an engine's deployment.

    Raises:
        ValueError: logs in batches, which the rules do not cover.
    """
    if params["batch_logs"]:
        raise ValueError("with batches of logs the worker behaves otherwise: no rule covers them")
    database = params["database_ms"]
    times = tuple(time * MILLISECOND for time in database) if isinstance(database, list) else ()
    return Deployment(
        projects=(Project("recorded"),),
        workflows=(Workflow("recorded", 0),),
        workers=tuple(_worker(index, spec, params) for index, spec in enumerate(params["workers"])),
        lightning=Lightning(
            claim_limit=UNLIMITED,
            debounce=None if params["debounce_ms"] is None else params["debounce_ms"] * MILLISECOND,
            janitor_first=None,
            claims="serial",
        ),
        latency=Latency(
            up=params["up_ms"] * MILLISECOND,
            database=((0, 0 if times else database * MILLISECOND),),
            database_times=times,
            message=params["message_ms"] * MILLISECOND,
            down=params["down_ms"] * MILLISECOND,
        ),
        incidents=Incidents(claim_errors=_spans(params["claim_errors"]), silent=_spans(params["silent"])),
        horizon=params["horizon_ms"] * MILLISECOND,
    )


def _worker(index: int, spec: dict[str, Any], params: dict[str, Any]) -> Worker:
    least, most = effective_backoff(spec["backoff_min_ms"], spec["backoff_max_ms"])
    sigterm = spec.get("sigterm_ms")
    return Worker(
        name=str(index),
        workloops=workloops_of(spec["workloops"]),
        backoff_min_ms=least,
        backoff_max_ms=most,
        connect_at=spec["connect_ms"] * MILLISECOND,
        start_up=spec["connect_ms"] * MILLISECOND,  # every process exists from 0 on
        stops_at=None if sigterm is None else sigterm * MILLISECOND,
        grace=None if sigterm is None else spec["grace_ms"] * MILLISECOND,
        outages=_spans(spec["outages"]),
        claim_timeout=whole_milliseconds(params["claim_timeout_s"]),
        refusal=params["refuse_ms"] * MILLISECOND,
        reconnection=params["reconnect_open_ms"] * MILLISECOND,
        run_channel="whole",
        message_timeout=params["message_timeout_ms"] * MILLISECOND,
    )


def _spans(spans: list[list[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((begins * MILLISECOND, ends * MILLISECOND) for begins, ends in spans)


def table_of(params: dict[str, Any]) -> RunTable:
    """The recording's runs, by arrival and then by row, in which order Lightning creates them."""
    rows = rows_by_arrival(params)
    count = len(rows)

    def times(name: str) -> Any:
        return np.array([row[name] * MILLISECOND for row in rows], np.int64)

    lines = [[line * MILLISECOND for line in row["log_ms"]] for row in rows]
    return RunTable(
        inserted_at=times("arrival_ms"),
        workflow=np.zeros(count, np.int32),
        queue=np.array([Queue.named(row["queue"]) for row in rows], np.int8),
        priority=np.full(count, NORMAL, np.int8),
        service_time=times("duration_ms"),
        startup_time=times("start_ms"),
        timeout=times("timeout_ms"),
        outcome=np.array([_OUTCOMES[row["outcome"]] for row in rows], np.int8),
        sync=np.zeros(count, np.bool_),
        join_fails=np.array([bool(row["join_fails"]) for row in rows], np.bool_),
        source=np.zeros(count, np.int32),
        sources=("recorded",),
        install_time=times("install_ms"),
        credentials=np.array([row["creds"] for row in rows], np.int8),
        has_input=np.array([bool(row["dataclip"]) for row in rows], np.bool_),
        plan_lost=np.array([bool(row["plan_lost"]) for row in rows], np.bool_),
        log_first=np.cumsum([0, *map(len, lines)]),
        log_at=np.array([line for own in lines for line in own], np.int64),
    )


def timeline(log: RunLog, params: dict[str, Any]) -> dict[str, list[Any]]:
    """The engine's log in the recording's terms: milliseconds, and runs by their recorded names."""
    names = [row["id"] for row in rows_by_arrival(params)]
    claims = [
        (
            milliseconds(row.pushed_at),
            row.worker,
            row.workloop,
            row.segment,
            row.attempt,
            milliseconds(row.sent_at),
            milliseconds(row.began_at),
            milliseconds(row.decided_at),
            milliseconds(row.replied_at),
            None if row.run is None else names[row.run],
            None if row.error is None else int(row.error),
            row.lost,
        )
        for row in log.claims
    ]
    place = {row["id"]: index for index, row in enumerate(rows_of(params))}
    claimed = sorted(np.flatnonzero(log.claimed_at != NEVER).tolist(), key=lambda run: place[names[run]])
    return {
        "conn_events": [(milliseconds(time), worker, what) for time, worker, what in log.connections],
        "claims": claims,
        "lives": [_life(log, run, names[run]) for run in claimed],
        "work_available": [(milliseconds(time), worker) for time, worker in log.wake_ups],
        "exits": [(milliseconds(time), worker, Exit(how).label) for time, worker, how in log.exits],
        "slots": [None if loops is None else [(int(loop.stopped), loop.held, loop.open) for loop in loops] for loops in log.slots],
    }


def _life(log: RunLog, run: int, name: str) -> tuple[Any, ...]:
    detail = log.details[run]
    return (
        name,
        milliseconds(int(log.claimed_at[run])),
        int(log.worker[run]),
        int(log.workloop[run]),
        milliseconds(int(log.received_at[run])),
        milliseconds(detail.joined_at),
        milliseconds(detail.planned_at),
        milliseconds(detail.handed_over_at),
        milliseconds(int(log.started_at[run])),
        milliseconds(int(log.finished_at[run])),
        milliseconds(int(log.ended_at[run])),
        milliseconds(detail.told_at),
        milliseconds(int(log.freed_at[run])),
        detail.messages,
        detail.timeouts,
    )
