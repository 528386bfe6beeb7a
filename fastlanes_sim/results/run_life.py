"""One run's life: what happened to it and when, what held it back meanwhile, and which claims passed it by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.run_log import NEVER, ClaimRow
from fastlanes_sim.results.queue_causes import ideal, serves, timeline
from fastlanes_sim.results.simulated import Simulated
from fastlanes_sim.results.slot_occupancy import holds
from fastlanes_sim.rules.causes import NO_CAUSE, NO_SLOT, Cause
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.lifecycle import State


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened to the run."""

    at: int
    """µs since the start of the simulation."""
    what: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `begin` to `end` (µs) one cause held it back (`rules.causes`)."""

    begin: int
    end: int
    cause: Cause


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

    def to_json(self) -> dict[str, object]:
        """Times in µs since the start."""
        return {
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
    return RunLife(
        run=run,
        workflow=_workflow(found, run),
        lane=Queue(int(found.table.queue[run])).label,
        wait=one.waited_until - one.inserted if one.inserted != NEVER else 0,
        has_started=one.started != NEVER,
        moments=tuple(sorted(one.moments(), key=lambda moment: moment.at)),
        stretches=tuple(one.stretches()) if one.inserted != NEVER else (),
        passed_by=tuple(one.passed_by()) if one.inserted != NEVER else (),
    )


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
        happened = [
            (log.began_at[run], "the query of that claim begins"),
            (self.claimed, f"Lightning gives it to {self._workloop()}"),
            (log.received_at[run], "the worker gets the reply; the run takes a slot"),
            (detail and detail.joined_at, "its channel is joined"),
            (detail and detail.planned_at, "its plan has arrived"),
            (detail and detail.handed_over_at, "it is handed over to the engine"),
            (self.started, "it starts"),
            (log.finished_at[run], "it ends on the worker"),
            (log.ended_at[run], f"Lightning knows its end: {State(int(log.state[run])).name.lower()}"),
            (log.freed_at[run], "its slot is free again"),
            (log.leaked_at[run], "its slot is lost: nobody frees it any more (W-13a)"),
        ]
        yield from (Moment(int(at), what) for at, what in happened if at is not None and at != NEVER)
        if found.table.sync[run] and answers.timed_out[run]:
            yield Moment(int(answers.turned_away_at[run]), "its caller gets a 504: it took too long (L-20)")
        if found.table.sync[run] and answers.cut_off[run]:
            yield Moment(int(answers.turned_away_at[run]), "Lightning goes down, and its caller gets no answer (I-5)")
        if log.ended_at[run] == NEVER:
            yield Moment(log.ended_on, "the simulation ends; the run has not")

    def stretches(self) -> Iterator[Stretch]:
        """Neighbours differ; together they are the wait."""
        found, log, run = self._found, self._found.log, self._run
        if log.changes is None:
            raise FastlanesError("a run's life needs the change points of the simulation", "simulate with attribution=True")
        decided = self.claimed if self.claimed != NEVER else self._last_seen
        asked = int(log.changes.asked_at[run])
        asked = asked if self.claimed != NEVER and asked != NEVER else decided
        line = timeline(self._serving, ideal(found.deployment), log.changes.workloops)
        own = log.changes.runs[slice(*np.searchsorted(log.changes.runs.subject, (run, run + 1)))]
        edges = np.concatenate([[self.inserted, asked, decided], line.time, own.time])
        edges = np.unique(edges[(edges >= self.inserted) & (edges <= decided)])
        found_causes = []
        for begin, end in pairwise(edges):
            # From the sending of the winning claim on, nothing of its queue holds it back, but a limit of its own still may.
            cause = Cause(int(line.cause[np.searchsorted(line.time, begin, side="right") - 1])) if begin < asked else Cause.CLAIM
            before = np.searchsorted(own.time, begin, side="right")
            mine = int(own.cause[before - 1]) if before else NO_CAUSE
            found_causes.append(Stretch(int(begin), int(end), cause if mine == NO_CAUSE or cause in NO_SLOT else Cause(mine)))
        found_causes.append(Stretch(decided, self.waited_until, Cause.START))
        yield from _merged(found_causes)

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
        """What it met: runs that wait already, slots that are busy."""
        found, log = self._found, self._found.log
        waiting = (log.inserted_at != NEVER) & (log.inserted_at <= self.inserted)
        waiting &= (log.claimed_at == NEVER) | (log.claimed_at > self.inserted)
        waiting &= (log.ended_at == NEVER) | (log.ended_at > self.inserted)
        waiting[self._run] = False
        mine = int((waiting & (found.table.queue == self._queue)).sum())
        held = holds(log)
        busy = (held.begins <= self.inserted) & (held.ends > self.inserted) & self._serving[self._first_loop[held.worker] + held.workloop]
        capacities = np.array([loop.capacity for worker in found.deployment.workers for loop in worker.workloops], np.int64)
        runs = f"{mine:,} of its lane and {int(waiting.sum()) - mine:,} of others wait already"
        return f"{runs}; {int(busy.sum()):,} of {int(capacities[self._serving].sum()):,} slots that take it are busy"

    def _workloop(self) -> str:
        worker = self._found.deployment.workers[int(self._found.log.worker[self._run])]
        return f"{worker.name} ({worker.workloops[int(self._found.log.workloop[self._run])].id})"


def _merged(stretches: list[Stretch]) -> Iterator[Stretch]:
    last: Stretch | None = None
    for one in stretches:
        if one.end <= one.begin:
            continue
        if last is not None and last.cause == one.cause:
            last = Stretch(last.begin, one.end, one.cause)
            continue
        if last is not None:
            yield last
        last = one
    if last is not None:
        yield last


def _workflow(found: Simulated, run: int) -> str:
    workflow = found.deployment.workflows[int(found.table.workflow[run])]
    return f"{found.deployment.projects[workflow.project].name}/{workflow.name}"


def _lane(found: Simulated, run: int) -> str:
    return Queue(int(found.table.queue[run])).label


def summed(stretches: tuple[Stretch, ...]) -> dict[Cause, int]:
    """µs by cause, the largest first."""
    found: dict[Cause, int] = {}
    for one in stretches:
        found[one.cause] = found.get(one.cause, 0) + one.end - one.begin
    return dict(sorted(found.items(), key=lambda entry: -entry[1]))
