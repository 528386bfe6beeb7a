"""From the texts of an export to numbers, a chunk of rows at a time; rows that make no sense are reported and left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import compress, pairwise, repeat

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.large_arrays import aside
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.units import MINUTE, format_duration
from fastlanes_sim.exports.as_written import AsWritten
from fastlanes_sim.exports.columns import TIMES, are_missing, is_missing, plain_name, plain_name_of_camel
from fastlanes_sim.exports.encoding import is_undecoded
from fastlanes_sim.exports.export import Export, Times
from fastlanes_sim.exports.headings import Headings
from fastlanes_sim.exports.hints import OF_A_COMMAND, Hints
from fastlanes_sim.exports.local_times import set_passes
from fastlanes_sim.exports.outliers import outside, plausible, torn_off
from fastlanes_sim.exports.problems import SAME_ID, Broken, Reading, RowProblem, safe_key
from fastlanes_sim.exports.rows_read import RowsRead, joined
from fastlanes_sim.exports.slashed_dates import ambiguous, are_slashed, day_is_first
from fastlanes_sim.exports.time_texts import instants
from fastlanes_sim.exports.timeout_texts import timeout_in
from fastlanes_sim.exports.workflow_names import WorkflowNames, without_missing
from fastlanes_sim.rules.creation import NORMAL, QUEUES_IN_WORDS, Queue, legacy_queue
from fastlanes_sim.rules.lifecycle import FINAL, State

_UNKNOWN, _ABSENT = -2, -1
_PRIORITIES = {"0": 0, "0.0": 0, "0,0": 0, "immediate": 0, "1": 1, "1.0": 1, "1,0": 1, "normal": 1}
_QUEUES = {queue.label: int(queue) for queue in Queue}
_STATES = {state.name.lower(): int(state) for state in State}
_REMARKS = (
    "without a priority: taken as normal",
    "without a queue: by priority (L-4)",
    "without a state: told from the times",
    "without a workflow: taken together as `unnamed`",
    "without a project: taken together as `unnamed`",
    "not finished when exported",
    "in a final state without a finished_at: how long they took is not known",
    "in a state that is not final, with a finished_at: how long they took is not used",
    "in a state that comes before one of their times, such as available with a claimed_at",
    "successful without a started_at: how long they took is not known",
    "lost (L-18): how long they would have taken is not known",
    "with a time that the clocks of its zone showed twice: the one with which the run is shortest, else the first; write UTC",
)
"""What is remarkable about a row, a bit each: counted at the end, of those that are kept."""
_FINAL = np.isin(np.arange(len(State)), [int(state) for state in FINAL])
_OF_ZONES = 15 * MINUTE
"""Offsets of time zones differ by so much at least."""
_ENOUGH = 10
"""Rows from which on two columns show whether they are in one time zone."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows as texts: each column as long as `lines`."""

    columns: dict[str, list[str]]
    lines: list[int]


@dataclass
class Parser:
    """Collects chunks into an `Export`."""

    reading: Reading
    timezone: str = "UTC"
    """Of times without an offset."""
    as_written: AsWritten = field(default_factory=AsWritten)
    hints: Hints = OF_A_COMMAND
    _parts: list[RowsRead] = field(default_factory=list)
    _workflows: WorkflowNames = field(default_factory=WorkflowNames)
    _workers: dict[str, int] = field(default_factory=dict)
    _has_queue: bool = False
    _day_first: bool | None = None
    """Of slashed dates, once it is known."""
    _unsure: list[Chunk] = field(default_factory=list)
    """The first chunks, where their slashed dates may be read in two ways: a later one may tell."""

    @cached_property
    def headings(self) -> Headings:
        return Headings(self.reading.source, self.as_written, self.hints)

    def broken(self, line: int, row: Broken) -> None:
        """A row that is none: too many or too few fields, or not JSON."""
        self.reading.rows += 1
        self.reading.drop(RowProblem(self.reading.source, line, "", "", row.message, row.hint))

    def add(self, chunk: Chunk) -> None:
        if not chunk.lines:
            return
        if self._recognises_dates(chunk):
            for earlier in self._unsure:
                self._add(earlier)
            self._unsure.clear()
            self._add(chunk)
        else:
            self._unsure.append(chunk)

    def _add(self, chunk: Chunk) -> None:
        size = len(chunk.lines)
        self.reading.rows += size
        good = np.ones(size, np.bool_)

        def drop(bad: npt.NDArray[np.bool_], column: str, message: str, hint: str) -> None:
            for row in np.flatnonzero(bad & good).tolist():
                key = safe_key(chunk.columns["id"][row].strip())
                self.reading.drop(RowProblem(self.reading.source, chunk.lines[row], key, column, message, hint))
            good[bad] = False

        ids = np.fromiter(map(hash, chunk.columns["id"]), np.int64, size)
        drop(are_missing(chunk.columns["id"]), "id", "there is none", "export the run's id: a run is read once")
        for name in ("project", "workflow"):
            if name in chunk.columns:
                undecoded = _each(chunk.columns[name], is_undecoded).astype(np.bool_)
                drop(undecoded, name, f"it cannot be decoded as {self.reading.encoding or 'UTF-8'}", self.hints.encoding)
        times: dict[str, Times] = {}
        again: list[Times] = []
        for name in TIMES:
            found = instants(chunk.columns[name], self.timezone, self.as_written.time_format, self._day_first)
            times[name] = found.us
            again.append(found.again)
            drop(found.invalid, name, "this is not a time between 1970 and 2199", self.hints.time)
            drop(found.skipped, name, f"this time does not exist in {self.timezone}: clocks went forward", self.hints.zone)
        drop(times["inserted_at"] == NEVER, "inserted_at", "there is none", "a run that was never inserted cannot be placed: leave it out")
        shown_twice = set_passes(list(times.values()), again)
        priority = self._coded(chunk, "priority", _PRIORITIES)
        drop(priority == _UNKNOWN, "priority", "this is not a priority", "write 0 (immediate) or 1 (normal)")
        queue = self._coded(chunk, "queue", _QUEUES)
        drop(queue == _UNKNOWN, "queue", "this is not a queue", f"write {QUEUES_IN_WORDS} (L-2), or nothing")
        state = self._coded(chunk, "state", _STATES)
        drop(state == _UNKNOWN, "state", "this is not a state", f"write one of {', '.join(_STATES)} (L-1)")
        unprioritised, unqueued, unstated = priority == _ABSENT, (queue == _ABSENT) & ("queue" in chunk.columns), state == _ABSENT
        priority = np.where(priority == _ABSENT, np.where(queue == Queue.MANUAL, 0, NORMAL), priority)
        self._has_queue |= bool((queue >= 0).any())
        by_priority = np.array([legacy_queue(0), legacy_queue(1)])
        queue = np.where(queue == _ABSENT, by_priority[np.clip(priority, 0, 1)], queue)
        state = np.where(unstated, _state_by_times(times), state)
        workflow, unnamed = self._workflow(chunk, good)
        remarks = (unprioritised, unqueued, unstated, *unnamed, *_remarks_of_state(state, times), shown_twice)
        marks = np.sum([rows.astype(np.int16) << bit for bit, rows in enumerate(remarks)], axis=0, dtype=np.int16)
        order = chunk.columns.get("work_order")
        orders = (
            np.zeros(size, np.int64) if order is None else np.where(are_missing(order), 0, np.fromiter(map(hash, order), np.int64, size))
        )
        rows = RowsRead(
            **times,
            state=state,
            queue=queue,
            priority=priority,
            workflow=workflow,
            work_order=orders,
            id=ids,
            line=np.asarray(chunk.lines, np.int64),
            remarks=np.asarray(marks),
            run_timeout=_timeouts(chunk),
            worker=self._worker(chunk),
        )
        if not good.all():
            rows.keep(good)
        self._parts.append(rows)

    def finish(self) -> Export:
        """Everything read, in order; of the rows with one id the one that knows most of the run is kept.

        Raises:
            ExportError: the dates may be read in two ways.
        """
        if self._unsure:
            raise ambiguous(self.reading.source, (text for name in TIMES for text in self._unsure[0].columns[name]), self.hints)
        rows = joined(self._parts)
        once = _best_of_the_same(rows)
        self._drop(rows.line[~once], "id", SAME_ID, "export each run once: a join may have doubled it, or two exports overlap")
        bounds = plausible(rows.inserted_at[once])
        for name, times in rows.times.items():
            wrong = once & outside(times, bounds)
            problem, hint = "this date lies far away from those of all other rows", "correct it; it would stretch the time that was watched"
            self._drop(rows.line[wrong], name, problem, hint)
            once &= ~wrong
        self.reading.far = sorted(rows.line[once][torn_off(rows.inserted_at[once])].tolist())
        self.reading.problems.sort(key=lambda problem: problem.line)
        kept = np.flatnonzero(once)
        rows.keep(kept[np.argsort(rows.inserted_at[kept], kind="stable")])
        self.reading.kept = len(rows)
        for bit, remark in enumerate(_REMARKS):
            if count := int(np.count_nonzero(rows.remarks & (1 << bit))):
                self.reading.notes[remark] += count
        self._compare_clocks(rows.times)
        has_timeout = rows.run_timeout is not None and bool((rows.run_timeout != NEVER).any())
        has_worker = rows.worker is not None and bool((rows.worker != NEVER).any())
        retry = _later_of_the_same(rows.work_order)
        workflows = self._workflows.named(self.reading.notes)
        return Export(
            aside(rows.inserted_at), aside(rows.claimed_at), aside(rows.started_at), aside(rows.finished_at),
            aside(rows.state), aside(rows.queue), aside(rows.priority), aside(rows.workflow), retry,
            workflows, self._has_queue, self.reading,
            run_timeout=aside(rows.run_timeout) if rows.run_timeout is not None and has_timeout else None,
            worker=aside(rows.worker) if rows.worker is not None and has_worker else None,
        )  # fmt: skip

    def _drop(self, lines: npt.NDArray[np.int64], column: str, message: str, hint: str) -> None:
        """Rows that are compared with all others, when their ids are no longer known."""
        for line in lines.tolist():
            self.reading.drop(RowProblem(self.reading.source, line, "", column, message, hint))

    def _recognises_dates(self, chunk: Chunk) -> bool:
        """Whether it is known what comes first, the day or the month; also where few dates are slashed, or a format is named."""
        if self.as_written.time_format is not None or self._day_first is not None:
            return True
        if not self._unsure and not any(are_slashed(chunk.columns[name]) for name in TIMES):
            return True
        self._day_first = day_is_first(text for name in TIMES for text in chunk.columns[name])
        return self._day_first is not None

    def _worker(self, chunk: Chunk) -> npt.NDArray[np.int64] | None:
        texts = chunk.columns.get("worker_name")
        if texts is None:
            return None
        return _each(texts, lambda text: NEVER if is_missing(text) else self._workers.setdefault(text, len(self._workers)))

    def _coded(self, chunk: Chunk, column: str, codes: dict[str, int]) -> npt.NDArray[np.int64]:
        texts = chunk.columns.get(column)
        if texts is None:
            return np.full(len(chunk.lines), _ABSENT, np.int64)

        def code(text: str) -> int:
            plain = text.strip().lower()
            if codes is not _PRIORITIES and plain not in codes:
                plain = next((one for one in (plain_name(text), plain_name_of_camel(text)) if one in codes), plain)
            return codes.get(plain, _ABSENT if is_missing(text) else _UNKNOWN)

        return _each(texts, code)

    def _workflow(
        self, chunk: Chunk, good: npt.NDArray[np.bool_]
    ) -> tuple[npt.NDArray[np.int64], tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]]:
        """The number of each row's workflow; which rows have no workflow, which no project."""
        size = len(chunk.lines)
        workflows, no_workflow = without_missing(chunk.columns["workflow"])
        projects, no_project = without_missing(chunk.columns.get("project") or ["project"] * size)
        names = list(zip(projects, workflows, strict=True))
        told = [chunk.columns.get(f"{whose}_concurrency") for whose in ("workflow", "project")]
        limits = None
        if any(map(any, filter(None, told))):
            limits = list(compress(zip(*(texts or repeat("", size) for texts in told), strict=True), good.tolist()))
        self._workflows.add(names if good.all() else list(compress(names, good.tolist())), limits)
        return self._workflows.numbers(names), (no_workflow, no_project)

    def _compare_clocks(self, times: dict[str, Times]) -> None:
        """Note times that run backwards, and columns that are so far apart that they may be in different time zones."""
        for (earlier, before), (later, after) in pairwise(times.items()):
            step = (after - before)[(before != NEVER) & (after != NEVER)]
            if (step < 0).any():
                self.reading.skew[f"{later} before {earlier}"] = (int(np.count_nonzero(step < 0)), -int(step.min()))
            if len(step) >= _ENOUGH and (closest := int(np.abs(step).min())) >= _OF_ZONES:
                apart = f"with {format_duration(closest)} or more between {earlier} and {later}"
                self.reading.notes[f"{apart}: is one of these columns in another time zone?"] = len(step)


def _remarks_of_state(state: npt.NDArray[np.int64], times: dict[str, Times]) -> tuple[npt.NDArray[np.bool_], ...]:
    """Where a run was when it was exported, and where its state and its times say different things."""
    is_final = _FINAL[np.maximum(state, 0)]
    claimed, started, finished = (times[name] != NEVER for name in TIMES[1:])
    is_ahead = (state == State.AVAILABLE) & (claimed | started) | (state == State.CLAIMED) & started
    return (
        ~is_final & ~finished,
        is_final & ~finished,
        ~is_final & finished,
        is_ahead & ~finished,
        (state == State.SUCCESS) & ~started & finished,
        state == State.LOST,
    )


def _timeouts(chunk: Chunk) -> npt.NDArray[np.int64] | None:
    """µs that each run was allowed: the first of the columns that says."""
    found: npt.NDArray[np.int64] | None = None
    for column in ("run_timeout_ms", "run_timeout", "options"):
        texts = chunk.columns.get(column)
        if texts is not None:
            told = _each(texts, lambda text, column=column: timeout_in(column, text))  # type: ignore[misc]
            found = told if found is None else np.where(found == NEVER, told, found)
    return found


def _state_by_times(times: dict[str, Times]) -> npt.NDArray[np.int64]:
    reached = [times[name] != NEVER for name in ("finished_at", "started_at", "claimed_at")]
    return np.select(reached, [int(State.SUCCESS), int(State.STARTED), int(State.CLAIMED)], int(State.AVAILABLE))


def _best_of_the_same(rows: RowsRead) -> npt.NDArray[np.bool_]:
    """Of the rows with one id, the one with the most times and a final state; of equals, the first. Exports of two days overlap like this:
    a run that was open in the one has ended in the other."""
    known = sum((column != NEVER).astype(np.int64) for column in rows.times.values()) + _FINAL[rows.state]
    order = np.lexsort((np.arange(len(rows)), -known, rows.id))
    best = np.zeros(len(rows), np.bool_)
    best[order] = np.diff(rows.id[order], prepend=rows.id[order[:1]] - 1) != 0
    return best


def _later_of_the_same(orders: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Which runs come after another of the same work order; 0 is no work order."""
    later = np.ones(len(orders), np.bool_)
    later[np.unique(orders, return_index=True)[1]] = False
    later[orders == 0] = False
    return later


def _each(texts: list[str], code: Callable[[str], int]) -> npt.NDArray[np.int64]:
    known: dict[str, int] = {text: code(text) for text in dict.fromkeys(texts)}
    return np.fromiter(map(known.__getitem__, texts), np.int64, len(texts))
