"""From the texts of an export to numbers, a chunk of rows at a time; rows that make no sense are reported and left out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import compress, repeat

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.escaping import of_csv
from fastlanes_sim.core.large_arrays import aside
from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.exports.as_written import AsWritten
from fastlanes_sim.exports.columns import TIMES, are_missing, is_missing, plain_name, plain_name_of_camel
from fastlanes_sim.exports.encoding import is_undecoded
from fastlanes_sim.exports.export import Export, ExportedWorkflow, Times, legal_names
from fastlanes_sim.exports.outliers import outside, plausible, torn_off
from fastlanes_sim.exports.problems import Reading, RowProblem, safe_key
from fastlanes_sim.exports.time_texts import ambiguous, are_slashed, day_is_first, instants
from fastlanes_sim.exports.timeout_texts import timeout_in
from fastlanes_sim.rules.creation import NORMAL, QUEUES_IN_WORDS, Queue, legacy_queue
from fastlanes_sim.rules.lifecycle import FINAL, State

_UNKNOWN, _ABSENT = -2, -1
_PRIORITIES = {"0": 0, "0.0": 0, "0,0": 0, "immediate": 0, "1": 1, "1.0": 1, "1,0": 1, "normal": 1}
_QUEUES = {queue.label: int(queue) for queue in Queue}
_STATES = {state.name.lower(): int(state) for state in State}
_TIME_HINT = "write an ISO time such as 2026-01-05 06:00:00.123456 or 2026-01-05T06:00:00Z, or nothing; or name --time-format"
_KINDS = (np.int64,) * 4 + (np.int8,) * 3 + (np.int32,) + (np.int64,) * 3 + (np.int8,) + (np.int64, np.int32)
"""Of the collected columns: times, state, queue, priority, workflow, work order, id, line, remarks; then timeout and worker, which have no
entries where the export has no such columns."""
_REMARKS = (
    "without a priority: taken as normal",
    "without a queue: by priority (L-4)",
    "without a state: told from the times",
    "not finished when exported",
    "in a final state without a finished_at: how long they took is not known",
    "lost (L-18): how long they would have taken is not known",
)
"""What is remarkable about a row, a bit each: counted at the end, of those that are kept."""
_FINAL = np.isin(np.arange(len(State)), [int(state) for state in FINAL])


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
    _parts: list[tuple[npt.NDArray, ...]] = field(default_factory=list)  # type: ignore[type-arg]
    _workflows: dict[tuple[str, str], int] = field(default_factory=dict)
    _limits: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    _workers: dict[str, int] = field(default_factory=dict)
    _has_queue: bool = False
    _day_first: bool | None = None
    """Of slashed dates, once it is known."""
    _unsure: list[Chunk] = field(default_factory=list)
    """The first chunks, where their slashed dates may be read in two ways: a later one may tell."""

    def broken(self, line: int, message: str, hint: str) -> None:
        """A row that is none: too many or too few fields, or not JSON."""
        self.reading.rows += 1
        self.reading.drop(RowProblem(self.reading.source, line, "", "", message, hint))

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
                encoding = self.reading.encoding or "UTF-8"
                drop(undecoded, name, f"it cannot be decoded as {encoding}", "name the file's encoding: --encoding, or save it as UTF-8")
        times: dict[str, Times] = {}
        for name in TIMES:
            times[name], invalid = instants(chunk.columns[name], self.timezone, self.as_written.time_format, self._day_first)
            drop(invalid, name, "this is not a time between 1970 and 2199", _TIME_HINT)
        drop(times["inserted_at"] == NEVER, "inserted_at", "there is none", "a run that was never inserted cannot be placed: leave it out")
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
        is_final, unfinished = _FINAL[np.maximum(state, 0)], times["finished_at"] == NEVER
        remarks = (unprioritised, unqueued, unstated, ~is_final & unfinished, is_final & unfinished, state == State.LOST)
        marks = sum(rows.astype(np.int8) << bit for bit, rows in enumerate(remarks))
        workflow = self._workflow(chunk, good)
        order = chunk.columns.get("work_order")
        orders = (
            np.zeros(size, np.int64) if order is None else np.where(are_missing(order), 0, np.fromiter(map(hash, order), np.int64, size))
        )
        whole = (*(times[name] for name in TIMES), state, queue, priority, workflow, orders, ids, np.asarray(chunk.lines, np.int64), marks)
        further = (_timeouts(chunk), self._worker(chunk))
        columns = (*(column[good] for column in whole), *(np.empty(0) if column is None else column[good] for column in further))
        self._parts.append(tuple(column.astype(kind) for column, kind in zip(columns, _KINDS, strict=True)))

    def finish(self) -> Export:
        """Everything read, in order; of the rows with one id the one that knows most of the run is kept.

        Raises:
            ExportError: the dates may be read in two ways.
        """
        if self._unsure:
            raise ambiguous(self.reading.source, self._unsure[0].columns["inserted_at"])
        joined = [
            np.concatenate([part[place] for part in self._parts]) if self._parts else np.empty(0, kind) for place, kind in enumerate(_KINDS)
        ]
        self._parts.clear()
        once = _best_of_the_same(joined[9], joined[1:4], joined[4])
        for line in joined[10][~once].tolist():
            problem = "another row has the same id, and tells as much of the run or more"
            hint = "export each run once: a join may have doubled it, or two exports overlap"
            self.reading.drop(RowProblem(self.reading.source, line, "", "id", problem, hint))
        bounds = plausible(joined[0][once])
        for name, times in zip(TIMES, joined, strict=False):
            wrong = once & outside(times, bounds)
            for line in joined[10][wrong].tolist():
                problem, hint = (
                    "this date lies far away from those of all other rows",
                    "correct it; it would stretch the time that was watched",
                )
                self.reading.drop(RowProblem(self.reading.source, line, "", name, problem, hint))
            once &= ~wrong
        self.reading.far = sorted(joined[10][once][torn_off(joined[0][once])].tolist())
        self.reading.problems.sort(key=lambda problem: problem.line)
        rows = np.flatnonzero(once)
        rows = rows[np.argsort(joined[0][rows], kind="stable")]
        inserted, claimed, started, finished, state, queue, priority, workflow, orders = (column[rows] for column in joined[:9])
        self.reading.kept = len(rows)
        for bit, remark in enumerate(_REMARKS):
            if count := int(np.count_nonzero(joined[11][rows] & (1 << bit))):
                self.reading.notes[remark] += count
        self._measure_skew(dict(zip(TIMES, (inserted, claimed, started, finished), strict=True)))
        limits = [aside(column[rows]) if len(column) == len(once) and (column != NEVER).any() else None for column in joined[12:]]
        retry = _later_of_the_same(orders)
        del joined, orders
        return Export(
            aside(inserted), aside(claimed), aside(started), aside(finished), aside(state), aside(queue), aside(priority), aside(workflow),
            retry, self._named_workflows(), self._has_queue, self.reading, *limits,
        )  # fmt: skip

    def _recognises_dates(self, chunk: Chunk) -> bool:
        """Whether it is known what comes first, the day or the month; also where no date is slashed, or a format is named."""
        if self.as_written.time_format is not None or self._day_first is not None:
            return True
        if not self._unsure and not are_slashed(chunk.columns["inserted_at"]):
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

    def _workflow(self, chunk: Chunk, good: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        size = len(chunk.lines)
        names = list(zip(chunk.columns.get("project") or repeat("project", size), chunk.columns["workflow"], strict=True))
        kept = names if good.all() else list(compress(names, good.tolist()))
        told = [chunk.columns.get(f"{whose}_concurrency") for whose in ("workflow", "project")]
        if any(map(any, filter(None, told))):
            limits = zip(*(texts or repeat("", size) for texts in told), strict=True)
            last_limits = dict(zip(kept, compress(limits, good.tolist()), strict=True))
        else:
            last_limits = dict.fromkeys(kept, ("", ""))
        self._limits.update(last_limits)
        for name in last_limits:  # in the order of their first rows
            self._workflows.setdefault(name, len(self._workflows))
        return np.fromiter(map(self._workflows.get, names, repeat(0)), np.int64, size)

    def _named_workflows(self) -> tuple[ExportedWorkflow, ...]:
        raw_projects = list(dict.fromkeys(project for project, _ in self._workflows))
        projects = dict(zip(raw_projects, legal_names([of_csv(name) for name in raw_projects]), strict=True))
        limit_of: dict[str, int | None] = {}
        for (project, _), (_, limit) in self._limits.items():
            limit_of[project] = self._limit(limit)
        named: dict[tuple[str, str], ExportedWorkflow] = {}
        for project in raw_projects:
            keys = [key for key in self._workflows if key[0] == project]
            for key, name in zip(keys, legal_names([of_csv(workflow) for _, workflow in keys]), strict=True):
                named[key] = ExportedWorkflow(projects[project], name, self._limit(self._limits[key][0]), limit_of[project])
        return tuple(named[key] for key in self._workflows)

    def _limit(self, text: str) -> int | None:
        if is_missing(text):
            return None
        match = re.fullmatch(r"([1-9]\d{0,8})(?:\.0+)?", text.strip())
        if match is None:
            self.reading.notes["with a concurrency that is no number: taken as none"] += 1
            return None
        return int(match[1])

    def _measure_skew(self, times: dict[str, Times]) -> None:
        for earlier, later in (("inserted_at", "claimed_at"), ("claimed_at", "started_at"), ("started_at", "finished_at")):
            back = times[earlier] - times[later]
            skewed = (times[earlier] != NEVER) & (times[later] != NEVER) & (back > 0)
            if skewed.any():
                self.reading.skew[f"{later} before {earlier}"] = (int(skewed.sum()), int(back[skewed].max()))


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


def _best_of_the_same(ids: Times, times: list[Times], state: npt.NDArray[np.int8]) -> npt.NDArray[np.bool_]:
    """Of the rows with one id, the one with the most times and a final state; of equals, the first. Exports of two days overlap like this:
    a run that was open in the one has ended in the other."""
    known = sum((column != NEVER).astype(np.int64) for column in times) + _FINAL[state]
    order = np.lexsort((np.arange(len(ids)), -known, ids))
    best = np.zeros(len(ids), np.bool_)
    best[order] = np.diff(ids[order], prepend=ids[order[:1]] - 1) != 0
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
