"""The run table and the run log as one pandas table for people and files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from fastlanes_sim.core import large_arrays
from fastlanes_sim.core.run_log import NEVER, RunLog, arrived
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import SECOND
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.measures.times import INTERVALS, IntervalName, interval
from fastlanes_sim.results.attribution import Attribution
from fastlanes_sim.results.replies import answers
from fastlanes_sim.rules.causes import Cause
from fastlanes_sim.rules.creation import QUEUES, QUEUES_IN_WORDS
from fastlanes_sim.rules.lifecycle import State

PORTION = 1 << 18
"""Runs whose rows are in memory at a time while a file of them is written."""
COLUMNS: dict[str, str] = {
    "run": "number of the run in the run table, from 0: the order of creation, further attempts behind",
    "project": "name of the run's project",
    "workflow": "name of the run's workflow",
    "source": "what made the run, as project/workflow/index:kind",
    "queue": f"the lane: {QUEUES_IN_WORDS} (L-3)",
    "priority": "0 immediate, 1 normal (L-1)",
    "inserted_at": "when Lightning created the run (UTC, µs)",
    "claimed_at": "when Lightning gave it to a worker (UTC, µs); NaT if it did not by the end",
    "received_at": "when it took its slot on the worker (UTC, µs); NaT if it did not by the end",
    "started_at": "when it started on the worker (UTC, µs); NaT if it did not by the end",
    "finished_at": "when it ended on the worker (UTC, µs); NaT if it did not by the end",
    "ended_at": "when it reached a final state in Lightning, which learns of its end later (UTC, µs); NaT if it did not by the end",
    "freed_at": "when its slot was free again (UTC, µs); NaT if it was not by the end, or its worker's process ended, or the slot is lost",
    "state": "its state at the end of the simulation (L-1)",
    "worker": "name of the worker that claimed it; missing if none did",
    "workloop": "token of the workloop that claimed it; missing if none did",
    "sync": "a caller waits for its end (L-20)",
    "attempt": "number of the caller's attempt, from 1",
    "wait_s": "from insertion to start (s); NaN if not reached",
    "queue_s": "from insertion to claim (s); NaN if not reached",
    "startup_s": "from claim to start (s); NaN if not reached",
    "service_s": "from start to the end on the worker (s); NaN if not reached",
    "response_s": "from insertion to the end in Lightning (s); NaN if not reached",
    "gateway_timeout": "its sync caller got a 504 (L-20)",
}
"""What each column means, with its unit."""

MEANINGS = {
    Cause.CLAIM_LIMIT: "hidden by the claim limit (L-11)",
    Cause.CONCURRENCY: "beyond its project's or workflow's limit (L-14)",
    Cause.UNSERVED: "no workloop takes its queue (L-6)",
    Cause.OUTAGE: "no worker that takes it is connected (W-12)",
    Cause.LEAKED: "every slot that takes it is lost, to runs or to claims that nobody answers (W-13a, W-16)",
    Cause.CLAIM: "the claim that wins it is under way (W-16)",
    Cause.SLOTS: "every slot that takes it is busy (W-1)",
    Cause.PENDING: "free slots are taken up by unanswered claims (W-16)",
    Cause.STOPPED: "there is room, and nobody is going to ask (W-6)",
    Cause.POLLING: "there is room, and nobody has asked yet (W-7, L-17)",
    Cause.START: "after the claim, up to the start (W-15)",
}
CAUSE_COLUMNS: dict[str, str] = {
    f"{cause.label}_us": f"part of the wait that this cause had (µs; docs/attribution.md): {MEANINGS[cause]}" for cause in Cause
}
"""The columns of a table with attribution, one a cause. Their sum is the wait; of a run that never started, up to its end or the log's."""
CALL_COLUMNS: dict[str, str] = {
    "caller": "number of the run that called it (K-1); missing if it came from outside",
    "child_us": "part of the response in which it held its slot and waited for runs that it had called (µs; K-5)",
}
"""The last columns where runs call others (docs/chains.md)."""


@dataclass(frozen=True, slots=True)
class Calls:
    """Who called whom, one entry a row of the run table."""

    caller: npt.NDArray[np.int64]
    """Its row, or NEVER."""
    child: npt.NDArray[np.int64]
    """µs of its response in which the run waited for others."""


def unit_of(column: str) -> str:
    """`s`, `µs`, `instant (UTC)`, or nothing for what has no unit."""
    return "s" if column.endswith("_s") else "µs" if column.endswith("_us") else "instant (UTC)" if column.endswith("_at") else ""


def runs_frame(
    table: RunTable,
    log: RunLog,
    deployment: Deployment,
    start: datetime,
    *,
    number_from: int = 0,
    attribution: Attribution | None = None,
    attempt: npt.NDArray[np.int16] | None = None,
    calls: Calls | None = None,
) -> pd.DataFrame:
    """One row a run that was created, with the columns of `COLUMNS` and, given `attribution`, of `CAUSE_COLUMNS`.

    `start` is the instant (with a time zone) of time 0,
    `number_from` the number of the table's first run,
    `attempt` the numbers of the callers' attempts, where the table is a part of another one,
    `calls` what `CALL_COLUMNS` are, where runs call others.

    Runs that an interrupted simulation never came to have no row. A duration that was not reached is NaN here: quantiles of this
    table leave such runs out, measures do not.
    """
    here = arrived(log)
    origin = np.datetime64(start.astimezone(UTC).replace(tzinfo=None), "us")
    workflows, projects = deployment.workflows, deployment.projects
    workflow = table.workflow[here]
    project_of = np.array([w.project for w in workflows], np.int64)
    loops = [(worker.name, loop.id) for worker in deployment.workers for loop in worker.workloops]
    first = np.cumsum([0, *(len(worker.workloops) for worker in deployment.workers)])
    loop = np.where(log.worker == NEVER, NEVER, first[log.worker] + log.workloop)[here]

    answered = answers(table, log, deployment.lightning.webhook_timeout, deployment.incidents.down)

    def instant(times: npt.NDArray[np.int64]) -> pd.DatetimeIndex:
        values = origin + times[here].astype("timedelta64[us]")
        values[times[here] == NEVER] = np.datetime64("NaT", "us")
        return pd.DatetimeIndex(values).tz_localize("UTC")

    def seconds(name: IntervalName) -> npt.NDArray[np.float64]:
        span = interval(name, log)
        return np.where(span.complete, span.length / SECOND, np.nan)[here]

    columns: dict[str, Any] = {
        "run": number_from + np.flatnonzero(here),
        "project": _named(project_of[workflow], [p.name for p in projects]),
        "workflow": _named(workflow, [w.name for w in workflows]),
        "source": _named(table.source[here], list(table.sources)),
        "queue": _named(table.queue[here], list(QUEUES)),
        "priority": table.priority[here],
        "inserted_at": instant(log.inserted_at),
        "claimed_at": instant(log.claimed_at),
        "received_at": instant(log.received_at),
        "started_at": instant(log.started_at),
        "finished_at": instant(log.finished_at),
        "ended_at": instant(log.ended_at),
        "freed_at": instant(log.freed_at),
        "state": _named(log.state[here], [state.name.lower() for state in State]),
        "worker": _named(log.worker[here], [worker.name for worker in deployment.workers]),
        "workloop": _named(loop, [name for _, name in loops]),
        "sync": table.sync[here],
        "attempt": (table.attempt if attempt is None else attempt)[here],
        **{f"{name}_s": seconds(name) for name in INTERVALS},
        "gateway_timeout": (table.sync & answered.timed_out)[here],
    }
    frame = {name: columns[name] for name in COLUMNS}
    if attribution is not None:
        frame |= {name: attribution.of(cause)[here] for name, cause in zip(CAUSE_COLUMNS, Cause, strict=True)}
    if calls is not None:
        caller = calls.caller[here]
        frame |= {"caller": pd.arrays.IntegerArray(caller, caller == NEVER), "child_us": calls.child[here]}
    return pd.DataFrame(frame)


def runs_frames(
    table: RunTable,
    log: RunLog,
    deployment: Deployment,
    start: datetime,
    attribution: Attribution | None = None,
    calls: Calls | None = None,
) -> Iterator[pd.DataFrame]:
    """The frame of `runs_frame` in portions, one after another: of a long simulation the whole takes gigabytes. One at least."""
    attempt = table.attempt
    for begin in range(0, max(len(table), 1), PORTION):
        rows = slice(begin, begin + PORTION)
        part = None if attribution is None else Attribution(attribution.micros[rows])
        yield runs_frame(
            table.rows(rows),
            log.rows(rows),
            deployment,
            start,
            number_from=begin,
            attribution=part,
            attempt=attempt[rows],
            calls=None if calls is None else Calls(calls.caller[rows], calls.child[rows]),
        )
        large_arrays.release()


def _named(codes: npt.NDArray[Any], names: list[str]) -> Any:
    """A categorical of names, from indices into a list that may name something twice (workflows of two projects); NEVER is missing."""
    distinct: dict[str, int] = {}
    place = np.array([distinct.setdefault(name, len(distinct)) for name in names] + [NEVER], np.int64)
    return pd.Categorical.from_codes(place[codes], categories=pd.Index(list(distinct), dtype="str"))
