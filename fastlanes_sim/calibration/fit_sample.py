"""What an export and a simulation of its fit are compared by: the same few numbers of every run, from either."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.large_arrays import aside
from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import HOUR, MINUTE
from fastlanes_sim.exports.export import Export
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.scenario.expansion import placed_workflows
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.traffic.replay import begin_of, replayed_rows

Times = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RunSample:
    """One entry a run, in order of insertion. Times are µs; insertions since the scenario's start."""

    inserted: Times
    queue: npt.NDArray[np.int8]
    workflow: npt.NDArray[np.int32]
    """Place among the scenario's workflows; -1 where nobody asks."""
    wait: Floats
    """From insertion to claim; infinite where it was not claimed; NaN where nobody simulated it."""
    service: Floats
    """From start to end; NaN where it did not end, or was lost, or where it does not matter."""

    def part(self, rows: Any) -> RunSample:
        return RunSample(*(_taken(getattr(self, field.name), rows) for field in fields(self)))


def of_export(scenario: Scenario, export: Export) -> RunSample:
    """The runs of the export that fall into the scenario's span."""
    rows: Any = replayed_rows(scenario, export)
    rows = slice(None) if len(rows) == len(export) else rows  # of a large export most columns are then views
    index = {workflow.full_name: place for place, workflow in enumerate(placed_workflows(scenario))}
    place_of = np.array([index.get(f"{w.project}/{w.name}", -1) for w in export.workflows], np.int32)
    inserted, claimed = export.inserted_at[rows], export.claimed_at[rows]
    wait = np.maximum(claimed - inserted, 0).astype(np.float64)
    wait[claimed == NEVER] = np.inf
    started, finished = export.started_at[rows], export.finished_at[rows]
    service = (finished - started).astype(np.float64)
    service[(started == NEVER) | (finished == NEVER) | (finished < started) | (export.state[rows] == State.LOST)] = np.nan
    inserted = inserted - begin_of(scenario)
    return RunSample(aside(inserted), export.queue[rows], place_of[export.workflow[rows]], aside(wait), aside(service))


def of_traffic(table: RunTable) -> RunSample:
    """Runs that were drawn and not simulated: first requests, killed at their timeout, which counts from the launch (L-19)."""
    here = slice(0, table.first_requests)
    lasts = table.timeout[here] - table.startup_time[here]
    np.maximum(lasts, 0, out=lasts)
    np.minimum(lasts, table.service_time[here], out=lasts)
    service = aside(lasts.astype(np.float64))
    return RunSample(table.inserted_at[here], table.queue[here], table.workflow[here], _unknown(len(service)), service)


def _unknown(size: int) -> Floats:
    return np.broadcast_to(np.nan, size)  # takes no memory


def together(parts: Sequence[RunSample]) -> RunSample:
    """All their runs; at least one part."""
    return RunSample(*(_joined([getattr(part, field.name) for part in parts]) for field in fields(RunSample)))


def _taken(column: Any, rows: Any) -> Any:
    """What is the same of all runs takes no memory, and neither does a part of it."""
    if column.strides != (0,) or not len(column):
        return column[rows]
    return np.broadcast_to(column[0], len(range(len(column))[rows]) if isinstance(rows, slice) else len(rows))


def _joined(parts: list[Any]) -> Any:
    if all(part.strides == (0,) for part in parts) and len({str(part[0]) for part in parts if len(part)}) == 1:
        return np.broadcast_to(next(part[0] for part in parts if len(part)), sum(map(len, parts)))
    return aside(np.concatenate(parts))


def of_simulation(table: RunTable, log: RunLog) -> RunSample:
    """Runs and what became of them."""
    ended = (log.started_at != NEVER) & (log.ended_at != NEVER) & (log.state != State.LOST)
    here = log.inserted_at != NEVER
    service = np.where(ended, log.ended_at - log.started_at, np.nan)[here]
    return replace(waits_of(table, log), service=service, workflow=table.workflow[here])


def waits_of(table: RunTable, log: RunLog) -> RunSample:
    """Runs and how long they waited, in their lanes."""
    here: Any = log.inserted_at != NEVER
    here = slice(None) if here.all() else here
    inserted, claimed = log.inserted_at[here], log.claimed_at[here]
    wait = (claimed - inserted).astype(np.float64)
    wait[claimed == NEVER] = np.inf
    return RunSample(inserted, table.queue[here], np.broadcast_to(np.int32(-1), len(wait)), wait, _unknown(len(wait)))


@dataclass(frozen=True, slots=True)
class Clock:
    """The stretches of equal length in which arrivals are counted."""

    step: int
    whole: npt.NDArray[np.bool_]
    """Which stretches were watched from end to end."""

    @classmethod
    def of(cls, begin: int, horizon: int, gaps: tuple[tuple[int, int], ...]) -> Clock:
        """Hours; ten minutes or minutes where the scenario has fewer than twelve of them. Gaps are µs since 1970, as `begin` is."""
        step = next((step for step in (HOUR, 10 * MINUTE, MINUTE) if horizon >= 12 * step), MINUTE)
        starts = np.arange(max(horizon // step, 1)) * step
        whole = np.ones(len(starts), np.bool_)
        for since, until in gaps:
            whole &= (starts + step <= since - begin) | (starts >= until - begin)
        return cls(step, whole)

    def counts(self, inserted: Times) -> Times:
        counted = np.bincount(inserted // self.step, minlength=len(self.whole))[: len(self.whole)]
        return np.asarray(counted[self.whole], np.int64)

    @property
    def name(self) -> str:
        return {HOUR: "an hour", 10 * MINUTE: "ten minutes", MINUTE: "a minute"}[self.step]
