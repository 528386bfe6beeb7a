"""A simulation as a Chrome trace, for https://ui.perfetto.dev: a process a worker, a thread a slot, a slice a run.

Where runs call others (docs/chains.md), arrows (flow events) lead from a caller to the run that it calls and, if it waits for its end,
back; and a slice within the caller's shows how long it waits.

The format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU (JSON, times in µs).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER, ClaimRow
from fastlanes_sim.core.units import MILLISECOND
from fastlanes_sim.reports.content.simulation import SimulationReport
from fastlanes_sim.results.series import queue_depth
from fastlanes_sim.results.simulated import Simulated
from fastlanes_sim.results.slot_occupancy import Holds, holds, lines_of, slot_numbers
from fastlanes_sim.rules.causes import Cause
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.lifecycle import State

Event = dict[str, Any]

LIGHTNING = 1
"""The process that has the queues; workers come after it. 0 would be the idle process of an operating system."""
_COLOURS = {"default": "thread_state_runnable", "fast_lane": "thread_state_iowait", "manual": "thread_state_running"}
"""Of chrome://tracing's fixed list. Perfetto takes the colour from the name, which is the lane's as well."""


def trace_json(found: Simulated, begin: int = 0, end: int | None = None) -> Iterator[bytes]:
    """What happened from `begin` to `end` (µs since the start; None: all of it), an event a line."""
    head = json.dumps({"displayTimeUnit": "ms", "otherData": SimulationReport(found).metadata}, sort_keys=True)
    yield (head[:-1] + ', "traceEvents": [').encode()
    for place, event in enumerate(events(found, begin, found.log.ended_on if end is None else end)):
        yield ((",\n" if place else "\n") + json.dumps(event, separators=(",", ":"))).encode()
    yield b"\n]}\n"


def events(result: Simulated, begin: int, end: int) -> Iterator[Event]:
    """Everything that touches [begin, end]. Slices are whole even where they reach beyond."""
    held = holds(result.log)
    threads = _threads(result, held)
    yield from _names(result, threads)
    yield from _runs(result, held, threads, begin, end)
    if result.table.has_calls:
        yield from _calls(result, held, threads, begin, end)
    yield from _claims(result.log.claims, threads, begin, end)
    yield from _depths(result, begin, end)


@dataclass(frozen=True, slots=True)
class _Threads:
    """Of each worker's process, numbered from 1: workloop by workloop its claims, then its slots, in the order in which they are shown."""

    claims: Mapping[tuple[int, int], int]
    """Of a workloop's claims, by worker and index of the workloop within it."""
    slots: Mapping[tuple[int, int], int]
    """How many it has, those beyond its capacity (W-8) among them; they follow its claims."""
    of_hold: npt.NDArray[np.int64]
    """One entry a hold."""


def _threads(result: Simulated, held: Holds) -> _Threads:
    numbers, workers = slot_numbers(held), result.deployment.workers
    claims, slots = {}, {}
    for w, worker in enumerate(workers):
        following = 1
        for i, loop in enumerate(worker.workloops):
            claims[w, i], slots[w, i] = following, lines_of(held, numbers, w, i, loop.capacity)
            following += 1 + slots[w, i]
    first = np.cumsum([0, *(len(worker.workloops) for worker in workers)])
    above = np.array(list(claims.values()), np.int64)[first[held.worker] + held.workloop]
    return _Threads(claims, slots, above + 1 + numbers)


def _names(result: Simulated, threads: _Threads) -> Iterator[Event]:
    yield _meta("process_name", LIGHTNING, name="Lightning: runs waiting")
    yield _meta("process_sort_index", LIGHTNING, sort_index=0)
    for w, worker in enumerate(result.deployment.workers):
        yield _meta("process_name", _process(w), name=f"worker {worker.name}")
        yield _meta("process_sort_index", _process(w), sort_index=w + 1)
        for i, loop in enumerate(worker.workloops):
            claims = threads.claims[w, i]
            for slot in range(1, threads.slots[w, i] + 1):
                beyond = " (beyond its capacity, W-8)" if slot > loop.capacity else ""
                yield _meta("thread_name", _process(w), claims + slot, name=f"{loop.id} slot {slot}{beyond}")
                yield _meta("thread_sort_index", _process(w), claims + slot, sort_index=claims + slot)
            if result.log.claims:
                yield _meta("thread_name", _process(w), claims, name=f"{loop.id} claims")
                yield _meta("thread_sort_index", _process(w), claims, sort_index=claims)


def _runs(result: Simulated, held: Holds, threads: _Threads, begin: int, end: int) -> Iterator[Event]:
    """A slice from the worker's receipt to the freeing of the slot. The run's wait before that is in its arguments."""
    table, log, deployment = result.table, result.log, result.deployment
    micros = None if log.changes is None else result.attribution.micros
    for place in np.flatnonzero((held.begins <= end) & (held.ends >= begin)).tolist():
        run = int(held.run[place])
        workflow = deployment.workflows[int(table.workflow[run])]
        lane = Queue(int(table.queue[run])).label
        arguments: Event = {
            "run": run,
            "project": deployment.projects[workflow.project].name,
            "workflow": workflow.name,
            "outcome": State(int(log.state[run])).name.lower(),
            "inserted_us": int(log.inserted_at[run]),
            "claimed_us": int(log.claimed_at[run]),
            "received_us": _known(log.received_at[run]),
            "started_us": _known(log.started_at[run]),
            "finished_us": _known(log.finished_at[run]),
            "ended_us": _known(log.ended_at[run]),
            "freed_us": _known(log.freed_at[run]),
        }
        if log.leaked_at[run] != NEVER:
            arguments["slot_lost_us"] = int(log.leaked_at[run])
        if micros is not None:
            split = {f"{cause.label}_ms": int(micros[run, cause]) / MILLISECOND for cause in Cause if micros[run, cause]}
            arguments |= {"wait_ms": int(micros[run].sum()) / MILLISECOND, "waited_for": split}
        first, length = int(held.begins[place]), int(held.ends[place] - held.begins[place])
        where = {"pid": _process(int(held.worker[place])), "tid": int(threads.of_hold[place]), "ts": first, "dur": length}
        yield {"ph": "X", "name": lane, "cat": "run", "cname": _COLOURS[lane], **where, "args": arguments}


def _calls(result: Simulated, held: Holds, threads: _Threads, begin: int, end: int) -> Iterator[Event]:
    """Of the runs whose slices are shown: K-1, K-5."""
    log, caller = result.log, result.table.called_by
    is_shown = (held.begins <= end) & (held.ends >= begin)
    slices = dict(zip(held.run[is_shown].tolist(), np.flatnonzero(is_shown).tolist(), strict=True))

    def within(place: int, instant: int) -> Event:
        """An arrow ends in the slice in which its instant lies: before the end of that."""
        first, last = int(held.begins[place]), int(held.ends[place])
        where = {"pid": _process(int(held.worker[place])), "tid": int(threads.of_hold[place])}
        return where | {"ts": max(first, min(instant, last - 1))}

    def arrow(number: int, name: str, start: Event, finish: Event) -> Iterator[Event]:
        yield {"ph": "s", "id": number, "name": name, "cat": "call", **start}
        yield {"ph": "f", "bp": "e", "id": number, "name": name, "cat": "call", **finish}

    for run, place in slices.items():
        if caller[run] in slices and log.inserted_at[run] != NEVER:
            of, to = within(slices[int(caller[run])], int(log.inserted_at[run])), within(place, int(held.begins[place]))
            yield from arrow(2 * run, "calls", of, to)
    still = result.standstills
    for run, of_run, first, last in zip(
        *(column.tolist() for column in (still.called, still.caller, still.begins, still.ends)), strict=True
    ):
        if of_run not in slices:
            continue
        here = within(slices[of_run], first)
        workflow = result.deployment.workflows[int(result.table.workflow[run])].name
        yield {"ph": "X", "name": f"waits for {workflow}", "cat": "child", **here, "dur": last - first, "args": {"run": run}}
        if run in slices and log.ended_at[run] == last:
            yield from arrow(2 * run + 1, "answers", within(slices[run], last), within(slices[of_run], last))


def _claims(claims: Iterable[ClaimRow], threads: _Threads, begin: int, end: int) -> Iterator[Event]:
    """An instant when each claim was pushed (W-2, W-14)."""
    for claim in claims:
        if not begin <= claim.pushed_at <= end:
            continue
        ended = "won" if claim.run is not None else "empty" if claim.decided_at is not None else "undecided"
        name = f"claim lost ({claim.lost})" if claim.lost else f"claim {ended}"
        times = {"sent_us": claim.sent_at, "decided_us": claim.decided_at, "replied_us": claim.replied_at}
        arguments = {**times, "run": claim.run, "attempt": claim.attempt, "segment": claim.segment}
        where = {"pid": _process(claim.worker), "tid": threads.claims[claim.worker, claim.workloop], "ts": claim.pushed_at}
        known = {key: value for key, value in arguments.items() if value is not None}
        yield {"ph": "i", "s": "t", "name": name, "cat": "claim", **where, "args": known}


def _depths(result: Simulated, begin: int, end: int) -> Iterator[Event]:
    """A counter a queue: a value at the beginning, and one at each change."""
    for queue in Queue:
        if not result.observed.counts(queue.label).runs:
            continue
        depth = queue_depth(result.table, result.log, queue)
        at_begin = max(int(np.searchsorted(depth.times, begin, side="right")) - 1, 0)
        for place in range(at_begin, int(np.searchsorted(depth.times, end, side="right"))):
            instant = max(int(depth.times[place]), begin)
            counter = {"ph": "C", "name": f"{queue.label} waiting", "pid": LIGHTNING, "tid": 0, "ts": instant}
            yield counter | {"args": {"runs": int(depth.counts[place])}}


def _meta(kind: str, process: int, thread: int = 0, **arguments: object) -> Event:
    return {"ph": "M", "name": kind, "pid": process, "tid": thread, "args": arguments}


def _process(worker: int) -> int:
    return LIGHTNING + 1 + worker


def _known(time: Any) -> int | None:
    return None if time == NEVER else int(time)
