"""One simulation: the world built, simulated in portions, its log taken out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fastlanes_sim.core import large_arrays
from fastlanes_sim.core.change_points import Changes, Steps, StepsSoFar
from fastlanes_sim.core.run_log import NEVER, ClaimRow, RunDetail, RunLog, SlotState, in_order
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.engines.kernel import event_loop, multi_server, process, recorder
from fastlanes_sim.engines.kernel.initial_state import grown, world_of
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.engines.kernel.world import World
from fastlanes_sim.rules.events import forgotten
from fastlanes_sim.rules.lifecycle import State

Progress = Callable[[int, int], None]
"""Called with (simulated µs so far, runs created so far)."""
MANY_CHANGES = 1 << 18
"""Change points that are moved out of the world."""


def simulate_kernel(
    deployment: Deployment,
    table: RunTable,
    *,
    record_claims: bool = False,
    record_changes: bool = False,
    progress: Progress | None = None,
) -> RunLog:
    """Simulate `table` on `deployment` up to and including its horizon; the log is that of the reference engine.

    Interrupted from the keyboard, it keeps what it has: the log then ends at the instant reached and says so.

    Raises:
        KeyboardInterrupt: interrupted while change points were moved: what there is cannot be used.
    """
    for foresees in (True, False):
        log = _simulate(deployment, table, record_claims, record_changes, progress, foresees=foresees)
        if log is not None:
            return log
    raise AssertionError("what is not foreseen is decided")


def _simulate(
    deployment: Deployment,
    table: RunTable,
    record_claims: bool,
    record_changes: bool,
    progress: Progress | None,
    *,
    foresees: bool,
    skips_polls: bool = True,
) -> RunLog | None:
    """None: it must do without foresight (`lineage`). `skips_polls`: polls are foreseen as well (`idle_polls`)."""
    only_servers = not record_changes and multi_server.suffice(deployment, table)
    log = RunLog.empty(len(table), multi_server.SAME, multi_server.WRITTEN) if only_servers else RunLog.empty(len(table))
    asked = {"keeps_claims": record_claims, "keeps_changes": record_changes, "foresees": foresees, "skips_polls": skips_polls}
    world = world_of(deployment, table, log, **asked)
    log.ended_on = deployment.horizon
    if only_servers:
        world = multi_server.ready(world)
    share = multi_server.simulate_share if only_servers else _simulate_share
    of_loops, of_runs = StepsSoFar(), StepsSoFar()
    is_torn = False
    try:
        while (status := share(world)) != event_loop.OVER:
            if record_changes:
                is_torn = True  # some columns have what others have not yet
                _take_changes(world, of_loops, of_runs, MANY_CHANGES)
                is_torn = False
            if status == event_loop.NEEDS_ROOM:
                world = grown(world)
            elif status == event_loop.UNDECIDED:
                return None
            elif status == event_loop.FORGOTTEN:
                raise forgotten(int(world.clock[0].kind), "kernel.event_loop")
            if progress is not None:
                progress(int(world.clock[0].now), int(world.clock[0].next_arrival))
    except KeyboardInterrupt:
        if is_torn:
            raise
        log.ended_on, log.interrupted = int(world.clock[0].now), True
        if only_servers:
            multi_server.take_back(world, log)
        else:
            _take_back(log)
    _count(world, log)
    log.lives = in_order(process.stages_entered(world), log.ended_on)
    log.exits = process.exits(world)
    if only_servers:
        log.clear(multi_server.WRITTEN, int(world.clock[0].next_arrival))
        log.events += multi_server.janitors(deployment, log.ended_on)
    if record_claims:
        _copy_claims(world, log)
        _copy_details(world, log, deployment)
        _copy_slots(world, log)
    if record_changes:
        _take_changes(world, of_loops, of_runs)
        log.changes = _changes(of_loops, of_runs, world, log)
    return log


def _take_back(log: RunLog) -> None:
    """What was foreseen of runs that had not started (`foresight`)."""
    not_yet = log.started_at > log.ended_on
    log.started_at[not_yet] = NEVER
    log.state[not_yet] = State.CLAIMED


def _simulate_share(world: World) -> int:
    return int(event_loop.simulate(world, event_loop.SHARE))


def _count(world: World, log: RunLog) -> None:
    counts = world.counts[0]
    log.events = int(world.clock[0].events)
    log.claims_sent = int(counts.claims_sent)
    log.claims_empty = int(counts.claims_empty)
    log.notifications = int(counts.notifications)


def _take_changes(world: World, of_loops: StepsSoFar, of_runs: StepsSoFar, least: int = 1) -> None:
    """Move change points out of the world, if there are so many: its arrays stay short."""
    counts = world.counts[0]
    if counts.loop_changes + counts.run_changes < least:
        return
    of_loops.append(_steps(world.loop_changes[: counts.loop_changes]))
    of_runs.append(_steps(world.run_changes[: counts.run_changes]))
    counts.loop_changes = counts.run_changes = 0
    large_arrays.release()


def _changes(of_loops: StepsSoFar, of_runs: StepsSoFar, world: World, log: RunLog) -> Changes:
    runs = of_runs.steps()
    claimed_at = log.claimed_at[runs.subject]
    # What freed a run may have been followed by its claim in the same instant.
    return Changes(of_loops.steps(), runs[(claimed_at == NEVER) | (runs.time < claimed_at)].by_subject(), world.asked_at)


def _steps(changes: Any) -> Steps:
    return Steps(*(changes[name] for name in ("time", "subject", "was", "cause")))


_WHERE = {0: None, recorder.LOST_REQUEST: "request", recorder.LOST_REPLY: "reply"}
"""In which direction a claim was lost."""
_ERRORS = {NOBODY: None, 0: False, 1: True}


def _copy_claims(world: World, log: RunLog) -> None:
    counts = world.counts[0]
    for part in large_arrays.portions(int(counts.claim_rows)):
        rows = world.claim_rows[part]
        always = process.rows_of(rows, "pushed_at", "worker", "workloop")
        perhaps = process.rows_of(rows, "segment", "attempt", "sent_at", "began_at", "decided_at", "replied_at", "run")
        outcomes = process.rows_of(rows, "error", "lost")
        for (pushed, worker, workloop), times, (error, lost) in zip(always, perhaps, outcomes, strict=True):
            segment, attempt, sent, began, decided, replied, run = map(_known, times)
            found = ClaimRow(pushed, worker, workloop, segment, attempt, sent, began, decided, replied, run, _ERRORS[error], _WHERE[lost])
            log.claims.append(found)
    for time, subject, kind in process.rows_of(world.notes[: counts.notes], "time", "subject", "kind"):
        if kind == recorder.CONNECTED:
            log.connections.append((time, subject, "connect"))
        elif kind == recorder.DISCONNECTED:
            log.connections.append((time, subject, "disconnect"))
        elif kind == recorder.NOTIFIED:
            log.wake_ups.append((time, subject))
        elif kind == recorder.RECEIVED:
            log.received[subject] = time
        else:
            log.join_failed[subject] = time


def _copy_details(world: World, log: RunLog, deployment: Deployment) -> None:
    is_whole = np.array([worker.run_channel == "whole" and worker.dispatch != "ideal" for worker in deployment.workers], np.bool_)
    claimed = np.flatnonzero(log.claimed_at != NEVER)
    runs = claimed[is_whole[log.worker[claimed]]]
    reached = process.rows_of(world.details[runs], "joined_at", "planned_at", "handed_over_at", "told_at")
    counted = process.rows_of(world.details[runs], "messages", "timeouts")
    for run, times, counts in zip(runs.tolist(), reached, counted, strict=True):
        joined, planned, handed_over, told = map(_known, times)
        log.details[run] = RunDetail(joined, planned, handed_over, told, *counts)


def _copy_slots(world: World, log: RunLog) -> None:
    """What the loops are like at the end of the simulation."""
    for worker in world.workers:
        loops = [
            SlotState(bool(loop.is_cancelled), int(loop.active), int(loop.open))
            for loop in world.loops[worker.first_loop : worker.end_loop]
        ]
        is_there = worker.stage != process.GONE and worker.began <= log.ended_on
        log.slots.append(tuple(loops) if is_there else None)


def _known(value: int) -> int | None:
    return None if value == NOBODY else value
