"""One run's life: what happened to it and when, what held it back meanwhile, and which claims passed it by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.run_log import NEVER, ClaimRow
from fastlanes_sim.results.connected_workloops import connected_at
from fastlanes_sim.results.critical_path import Step
from fastlanes_sim.results.held_up import shares_more_than_slots
from fastlanes_sim.results.queue_causes import serves
from fastlanes_sim.results.response_parts import Part
from fastlanes_sim.results.simulated import Simulated
from fastlanes_sim.results.slot_occupancy import holds
from fastlanes_sim.results.wait_stretches import Stretch, WaitStretches
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.lifecycle import State

_MOST_CALLS = 4
"""Of runs of one workflow, one after the other, that are listed one by one."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened to the run."""

    at: int
    """µs since the start of the simulation."""
    what: str


@dataclass(frozen=True, slots=True)
class PassedBy:
    """A claim that might have taken the run, and did not."""

    at: int
    """µs since the start: when Lightning decided it."""
    worker: str
    workloop: str
    given: str
    """What it got instead: a run and where it is from; empty: nothing."""


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """Of the run, where runs call others (docs/chains.md)."""

    root: int
    """Its first request."""
    runs: int
    begin: int
    """µs since the start: the first insertion."""
    end: int
    """The last end; where it `is_open` the end of the simulation."""
    is_open: bool
    path: tuple[Step, ...]
    """Its critical path."""
    workflows: dict[int, str]
    """Of the runs on that path."""

    def to_json(self) -> dict[str, object]:
        """Times in µs since the start."""
        steps = [{"run": one.run, "begin_us": one.begin, "end_us": one.end, "what": one.what} for one in self.path]
        own = {"root": self.root, "runs": self.runs, "begin_us": self.begin, "end_us": self.end, "open": self.is_open}
        return own | {"critical_path": steps}


@dataclass(frozen=True, slots=True)
class RunLife:
    """What there is to say of one run."""

    run: int
    """Row of the run table."""
    workflow: str
    lane: str
    wait: int
    """µs from insertion to start, or to its end or the end of the simulation."""
    has_started: bool
    moments: tuple[Moment, ...]
    stretches: tuple[Stretch, ...]
    passed_by: tuple[PassedBy, ...]
    """Empty where claims were not recorded."""
    parts: tuple[int, ...] = ()
    """What its response was made of, in µs by `results.response_parts.Part`; empty where no run calls others or shares more than slots."""
    work_order: WorkOrder | None = None
    """None where no run calls others."""

    def to_json(self) -> dict[str, object]:
        """Times in µs since the start."""
        more: dict[str, object] = {}
        if self.parts:
            more["response_us"] = {part.label: us for part, us in zip(Part, self.parts, strict=True)}
        if self.work_order is not None:
            more["work_order"] = self.work_order.to_json()
        return more | {
            "run": self.run,
            "workflow": self.workflow,
            "lane": self.lane,
            "wait_us": self.wait,
            "started": self.has_started,
            "moments": [{"at_us": one.at, "what": one.what} for one in self.moments],
            "held_back": [{"begin_us": one.begin, "end_us": one.end, "cause": one.cause.label} for one in self.stretches],
            "passed_by": [{"at_us": one.at, "worker": one.worker, "workloop": one.workloop, "given": one.given} for one in self.passed_by],
        }


def run_life(found: Simulated, run: int) -> RunLife:
    """The life of a run, by its row in the run table (the column `run` of the table of runs).

    Raises:
        FastlanesError: there is no such run, or the change points were not recorded.
    """
    if not 0 <= run < len(found.table) or (found.log.inserted_at[run] == NEVER and found.log.refused_at[run] == NEVER):
        last = int(np.flatnonzero(found.log.inserted_at != NEVER).max(initial=NEVER))
        raise FastlanesError(f"there is no run {run}", f"runs have numbers up to {last}" if last != NEVER else "nothing was inserted")
    one = _One(found, run)
    stretches = WaitStretches(found.deployment, found.table, found.log).of(run) if one.inserted != NEVER else ()
    has_parts = one.inserted != NEVER and (found.table.has_calls or shares_more_than_slots(found.deployment))
    return RunLife(
        run=run,
        workflow=_workflow(found, run),
        lane=Queue(int(found.table.queue[run])).label,
        wait=one.waited_until - one.inserted if one.inserted != NEVER else 0,
        has_started=one.started != NEVER,
        moments=tuple(sorted(one.moments(), key=lambda moment: moment.at)),
        stretches=stretches,
        passed_by=tuple(one.passed_by()) if one.inserted != NEVER else (),
        parts=tuple(found.response_parts.micros[run].tolist()) if has_parts else (),
        work_order=work_order(found, run) if found.table.has_calls else None,
    )


def work_order(found: Simulated, run: int) -> WorkOrder | None:
    """Of this run; None where none of its runs was created."""
    orders = found.observed.work_orders
    root = int(orders.root[run])
    path = found.critical_paths.of(root)
    if not path and not orders.runs[root]:
        return None
    return WorkOrder(
        root=root,
        runs=int(orders.runs[root]),
        begin=int(orders.begins[root]),
        end=int(orders.ends[root]),
        is_open=bool(orders.is_open[root]),
        path=path,
        workflows={step.run: _workflow(found, step.run) for step in path},
    )


def slowest_work_order(found: Simulated, scope: str = "all") -> int:
    """The first request of a scope that led to the longest work order.

    Raises:
        MeasureError: there is no such scope.
        FastlanesError: it has no work orders.
    """
    orders = found.observed.work_orders
    roots = np.flatnonzero(found.observed.rows(scope) & (orders.begins != NEVER))
    if not len(roots):
        raise FastlanesError(f"{scope} has no work orders", "those of called runs are where their caller is: name its lane or workflow")
    return int(roots[np.argmax((orders.ends - orders.begins)[roots])])


def slowest_run(found: Simulated, scope: str = "all") -> int:
    """The run of a scope that waited longest.

    Raises:
        MeasureError: there is no such scope.
        FastlanesError: it has no runs.
    """
    members = np.flatnonzero(found.observed.members(scope))
    if not len(members):
        raise FastlanesError(f"{scope} has no runs", "name a scope that has, such as `all` or a lane")
    return int(members[np.argmax(found.observed.interval("wait").length[members])])


class _One:
    """One run of a simulation, and its instants (NEVER where they were not reached)."""

    def __init__(self, found: Simulated, run: int) -> None:
        self._found, self._run = found, run
        log = found.log
        self.inserted, self.claimed, self.started = (int(times[run]) for times in (log.inserted_at, log.claimed_at, log.started_at))
        ended = int(log.ended_at[run])
        self._last_seen = ended if ended != NEVER else log.ended_on
        self.waited_until = self.started if self.started != NEVER else self._last_seen
        self._queue = Queue(int(found.table.queue[run]))
        self._serving = serves(self._queue, found.deployment)
        self._first_loop = np.cumsum([0, *(len(worker.workloops) for worker in found.deployment.workers)])
        """Of each worker, counted over all workers, as `_serving` counts them."""

    def moments(self) -> Iterator[Moment]:
        """In no order."""
        found, log, run = self._found, self._found.log, self._run
        if log.refused_at[run] != NEVER:
            yield Moment(int(log.refused_at[run]), "Lightning refuses the request (429 or 503)")
        if self.inserted == NEVER:
            return
        yield Moment(self.inserted, f"Lightning creates the run. {self._ahead()}")
        if log.changes is not None and log.changes.asked_at[run] != NEVER:
            yield Moment(int(log.changes.asked_at[run]), f"{self._workloop()} sends the claim that will win it")
        detail = log.details.get(run)
        answers = found.observed.answers
        before = [
            (log.began_at[run], "the query of that claim begins"),
            (self.claimed, f"Lightning gives it to {self._workloop()}"),
            (log.received_at[run], "the worker gets the reply; the run takes a slot"),
            (detail and detail.joined_at, "its channel is joined"),
            (detail and detail.planned_at, "its plan has arrived"),
            (detail and detail.handed_over_at, "it is handed over to the engine"),
            (self.started, "it starts"),
        ]
        after = [
            (log.finished_at[run], "it ends on the worker"),
            (log.ended_at[run], f"Lightning knows its end: {State(int(log.state[run])).name.lower()}"),
            (log.freed_at[run], "its slot is free again"),
            (log.leaked_at[run], "its slot is lost: nobody frees it any more (W-13a)"),
        ]
        yield from (Moment(int(at), what) for at, what in before if at is not None and at != NEVER)
        yield from self._calls()
        yield from (Moment(int(at), what) for at, what in after if at != NEVER)
        if found.table.sync[run] and answers.timed_out[run]:
            yield Moment(int(answers.turned_away_at[run]), "its caller gets a 504: it took too long (L-20)")
        if found.table.sync[run] and answers.cut_off[run]:
            yield Moment(int(answers.turned_away_at[run]), "Lightning goes down, and its caller gets no answer (I-5)")
        if log.ended_at[run] == NEVER:
            yield Moment(log.ended_on, "the simulation ends; the run has not")

    def _calls(self) -> Iterator[Moment]:
        """K-1, K-5: that it is called, and what it calls."""
        found, log, table = self._found, self._found.log, self._found.table
        if not table.has_calls:
            return
        caller = int(found.observed.work_orders.cause[self._run])
        if caller != NEVER and table.next_attempt[caller] != self._run:
            waits = ", which waits for its end" if table.patience[self._run] != NEVER else ""
            yield Moment(self.inserted, f"run {caller} ({_workflow(found, caller)}) has called it{waits}")
        made: list[tuple[int, str]] = []
        called = int(table.first_call[self._run])
        while called != NEVER:
            if log.refused_at[called] != NEVER:
                made.append((called, "it calls {} and is refused (K-6)"))
            elif log.inserted_at[called] != NEVER:
                made.append((called, "it calls {}" + (" and waits for its end" if table.patience[called] != NEVER else "")))
            called = int(table.next_call[called])
        for (_, words), alike in groupby(made, key=lambda one: (int(table.workflow[one[0]]), one[1])):
            rows = [row for row, _ in alike]
            for row in rows if len(rows) <= _MOST_CALLS else (rows[0], rows[-1]):
                name = f"run {row} ({_workflow(found, row)})"
                yield Moment(int(max(log.inserted_at[row], log.refused_at[row])), words.format(name))
            if len(rows) > _MOST_CALLS:
                between = f"{len(rows) - 2:,} more runs of {_workflow(found, rows[1])}"
                yield Moment(int(max(log.inserted_at[rows[1]], log.refused_at[rows[1]])), words.format(between))
        still = found.standstills
        mine = still.of(self._run)
        for one, end in zip(still.called[mine].tolist(), still.ends[mine].tolist(), strict=True):
            if log.ended_at[one] == end:
                yield Moment(end, f"Lightning answers: run {one} has ended (K-5)")
            elif end != log.ended_on:
                yield Moment(end, f"it waits no longer for run {one} (K-6, K-7)")

    def passed_by(self) -> Iterator[PassedBy]:
        """In the order of their decisions."""
        found, until = self._found, self.claimed if self.claimed != NEVER else self._last_seen
        workers = found.deployment.workers

        def concerns(claim: ClaimRow) -> bool:
            decided = claim.decided_at
            in_time = decided is not None and self.inserted <= decided <= until and claim.run != self._run and not claim.error
            return in_time and bool(self._serving[self._first_loop[claim.worker] + claim.workloop])

        for claim in sorted(filter(concerns, found.log.claims), key=lambda claim: claim.decided_at or 0):
            given = "" if claim.run is None else f"run {claim.run}, {_lane(found, claim.run)}, {_workflow(found, claim.run)}"
            worker = workers[claim.worker]
            yield PassedBy(claim.decided_at or 0, worker.name, worker.workloops[claim.workloop].id, given)

    def _ahead(self) -> str:
        """What it met: runs that wait already, slots that are busy of those that are there: of workers on duty and connected."""
        found, log = self._found, self._found.log
        waiting = (log.inserted_at != NEVER) & (log.inserted_at <= self.inserted)
        waiting &= (log.claimed_at == NEVER) | (log.claimed_at > self.inserted)
        waiting &= (log.ended_at == NEVER) | (log.ended_at > self.inserted)
        waiting[self._run] = False
        mine = int((waiting & (found.table.queue == self._queue)).sum())
        return f"{mine:,} of its lane and {int(waiting.sum()) - mine:,} of others wait already; {self._slots()}"

    def _slots(self) -> str:
        """How many of the slots that take it are busy."""
        log = self._found.log
        if not self._serving.any():
            return "no slot takes it"
        assert log.changes is not None, "run_life refuses such a log"
        there = self._serving & connected_at(log.changes.workloops, self.inserted, len(self._serving))
        if not there.any():
            return "no slot that takes it is there"
        capacities = np.array([loop.capacity for worker in self._found.deployment.workers for loop in worker.workloops], np.int64)
        held, slots = holds(log), int(capacities[there].sum())
        is_held = (held.begins <= self.inserted) & (held.ends > self.inserted)
        busy = int(np.count_nonzero(is_held & there[self._first_loop[held.worker] + held.workloop]))
        if slots == 1:
            return f"the only slot that takes it is {'busy' if busy else 'free'}"
        return f"{busy:,} of {slots:,} slots that take it are busy"

    def _workloop(self) -> str:
        worker = self._found.deployment.workers[int(self._found.log.worker[self._run])]
        return f"{worker.name} ({worker.workloops[int(self._found.log.workloop[self._run])].id})"


def _workflow(found: Simulated, run: int) -> str:
    workflow = found.deployment.workflows[int(found.table.workflow[run])]
    return f"{found.deployment.projects[workflow.project].name}/{workflow.name}"


def _lane(found: Simulated, run: int) -> str:
    return Queue(int(found.table.queue[run])).label
