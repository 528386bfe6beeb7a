"""A second statement of attribution, slow and plain: it applies the rule at the end of every instant of a simulation.

It takes the state of chains and notifications from the timers in SimPy's queue, not from the counters of the reference engine.
"""

from __future__ import annotations

import numpy as np

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.engines.reference import event_loop, incidents
from fastlanes_sim.engines.reference.event_list import Event
from fastlanes_sim.engines.reference.initial_state import world_of
from fastlanes_sim.engines.reference.records import Worker, Workloop
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.causes import Cause
from fastlanes_sim.rules.claim import eligible, passes_filter, within_claim_limit
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.events import Kind, Subject
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.process import Stage
from fastlanes_sim.rules.rulesets import RunQueue


def slowly_attributed(deployment: Deployment, table: RunTable) -> np.ndarray:
    """µs by run and cause, shape (runs, len(Cause))."""
    log = RunLog.empty(len(table))
    world, horizon = world_of(deployment, table, log, keeps_claims=True), deployment.horizon
    instants, waiting = [0], [_available(world) if world.events.next_time > 0 else {}]
    while event_loop.simulate(world, 1) != event_loop.OVER:
        if world.events.next_time > world.now:
            instants.append(world.now)
            waiting.append(_available(world))
    sent = {claim.run: claim.sent_at for claim in log.claims if claim.run is not None}
    micros = np.zeros((len(table), len(Cause)), np.int64)
    for begin, end, runs in zip(instants, [*instants[1:], horizon], waiting, strict=True):
        for row, (of_queue, of_run) in runs.items():
            asked = sent.get(row)
            before_asking = end - begin if asked is None else max(0, min(end, asked) - begin)
            is_held = of_run is not None and of_queue not in (Cause.UNSERVED, Cause.OUTAGE, Cause.LEAKED, Cause.SLOTS)
            micros[row, of_run if is_held else of_queue] += before_asking
            micros[row, Cause.CLAIM if of_run is None else of_run] += end - begin - before_asking
    claimed = np.flatnonzero(log.claimed_at != NEVER)
    for row in claimed:
        ends = [time for time in (log.started_at[row], log.ended_at[row], horizon) if time != NEVER]
        micros[row, Cause.START] = ends[0] - log.claimed_at[row]
    return micros


def _available(world: World) -> dict[int, tuple[Cause, Cause | None]]:
    """What holds back each available run, by row, as if nobody were asking for it: its queue, and itself."""
    runs, limits = list(world.active_runs.active.values()), world.active_runs.limits
    visible = runs if limits.run_queue is RunQueue.FASTER_FIFO else within_claim_limit(runs, limits)
    takable = eligible(runs, limits)
    queues = {queue: _of_queue(queue, world) for queue in Queue}
    causes = {}
    for run in runs:
        if run.state is State.AVAILABLE:
            own = Cause.CLAIM_LIMIT if run not in visible else Cause.CONCURRENCY if run not in takable else None
            causes[run.row] = queues[Queue.named(run.queue)], own
    return causes


def _of_queue(queue: Queue, world: World) -> Cause:
    has_queues = world.deployment.lightning.ruleset.has_queues
    loops = [loop for loop in world.loops if not has_queues or passes_filter(queue.label, loop.queues)]
    if not loops:
        return Cause.UNSERVED
    ideal = [loop for loop in loops if loop.worker.is_ideal and not incidents.is_down(world)]  # I-6
    connected = [loop for loop in loops if loop.worker.connection is not None and loop.worker.stage is Stage.ON]
    events = list(world.events.waiting())
    if not ideal and not connected:
        return Cause.OUTAGE
    connected = [loop for loop in connected if _lost(world, loop, events) < loop.slots]
    if not ideal and not connected:
        return Cause.LEAKED
    if all(loop.active >= loop.slots for loop in ideal + connected):
        return Cause.SLOTS
    with_room = [loop for loop in connected if loop.active + loop.open < loop.slots]
    if any(loop.active < loop.slots for loop in ideal):
        return Cause.POLLING
    if not with_room:
        return Cause.PENDING
    if any(_is_alive(loop, events) or _is_notified(loop.worker, events) for loop in with_room):
        return Cause.POLLING
    return Cause.STOPPED


def _lost(world: World, loop: Workloop, events: list[Event]) -> int:
    """Slots that runs have lost for good, or claims that nobody answers until their timeout."""
    runs = [hold for hold in loop.worker.holds if hold.loop is loop and world.log.leaked_at[hold.run.row] != NEVER]
    waiting = [event.subject for event in events if event.kind is Kind.EXPIRED and event.subject.loop is loop]
    return len(runs) + sum(claim.row.lost is not None for claim in waiting)


def _is_alive(loop: Workloop, events: list[Event]) -> bool:
    """Whether anything is planned for a segment of this workloop."""
    for event in events:
        if event.kind is Kind.SETTLED and event.subject is loop:
            return True
        if event.kind.subject is Subject.SEGMENT:
            segment = event.subject
        elif event.kind in (Kind.EXPIRED, Kind.VERIFIED):  # every unanswered claim has its timeout before it
            segment = event.subject.segment
        else:
            continue
        if segment is not None and segment.loop is loop and (segment is loop.latest or not loop.is_single):
            return True
    return False


def _is_notified(worker: Worker, events: list[Event]) -> bool:
    """A debounce timer, or a notification in Lightning's process or under way (L-17, L-23)."""
    if worker.channel is None:
        return False
    kinds = (Kind.DEBOUNCED, Kind.NOTIFIED)
    return None in worker.channel.inbox or any(event.kind in kinds and event.subject is worker.channel for event in events)
