"""A simulated log in the columns of a production export, so that both can be read alike."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from uuid import UUID

import numpy as np

from fastlanes_sim.core import escaping
from fastlanes_sim.core.run_log import NEVER, RunLog, arrived
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.exports.columns import COLUMNS
from fastlanes_sim.results.files import write_bytes
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.lifecycle import State

_LEFT_OUT = ("work_order",)
"""A simulated run has no work order."""
_ROWS_AT_ONCE = 10_000


def as_exported(log: RunLog) -> RunLog:
    """The log as an export shows it: `claimed_at` is stamped when the claim's query begins (L-10), and a run ends when its worker says that
    it did, not when Lightning learns of it. Where Lightning has not learnt of it, the export shows no end, or the janitor's (L-18).

    Only columns of runs, nothing of the lists and counts.
    """
    shown = log.rows(slice(None))
    shown.claimed_at = log.began_at
    is_the_workers = (log.ended_at != NEVER) & (log.finished_at != NEVER) & (log.state != State.LOST)
    shown.ended_at = np.where(is_the_workers, log.finished_at, log.ended_at)
    shown.started_at = np.where(log.state == State.CLAIMED, NEVER, log.started_at)  # Lightning does not know of it yet
    return shown


def write_export(path: Path, table: RunTable, log: RunLog, deployment: Deployment, start: datetime) -> None:
    """Write `export_csv` to a file."""
    write_bytes(path, export_csv(table, log, deployment, start))


def export_csv(table: RunTable, log: RunLog, deployment: Deployment, start: datetime) -> Iterator[bytes]:
    """The runs as a CSV of `exports.columns`, some thousand rows at a time. `start` is the instant (with a time zone) of time 0.

    Names that a spreadsheet would compute get an apostrophe in front; reading takes it away again.
    """
    origin = start.astimezone(UTC).replace(tzinfo=None)
    names = [
        (escaping.csv(deployment.projects[w.project].name), escaping.csv(w.name), w.concurrency, deployment.projects[w.project].concurrency)
        for w in deployment.workflows
    ]

    def instant(time: int) -> str:
        return "" if time == NEVER else (origin + timedelta(microseconds=time)).isoformat(" ", "microseconds")

    here, shown = arrived(log).nonzero()[0].tolist(), as_exported(log)
    columns = [
        column.tolist()
        for column in (
            table.workflow,
            table.queue,
            table.priority,
            log.state,
            shown.inserted_at,
            shown.claimed_at,
            shown.started_at,
            shown.ended_at,
        )
    ]
    queues, states = [queue.label for queue in Queue], [state.name.lower() for state in State]

    yield _lines([[name for name in COLUMNS if name not in _LEFT_OUT]])
    for first in range(0, len(here), _ROWS_AT_ONCE):
        rows = []
        for run in here[first : first + _ROWS_AT_ONCE]:
            workflow, queue, priority, state, *times = (column[run] for column in columns)
            project, name, own, shared = names[workflow]
            limits = (own or "", shared or "")
            rows.append([UUID(int=run), project, name, queues[queue], priority, states[state], *map(instant, times), *limits])
        yield _lines(rows)


def _lines(rows: list[list[object]]) -> bytes:
    out = StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode()
