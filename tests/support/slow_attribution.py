"""A second statement of attribution, slow and plain: it applies the rule at the end of every instant of a simulation.

It takes the state of chains and notifications from the timers in SimPy's queue, not from the counters of the reference engine.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.engines.reference.claims import Courier
from fastlanes_sim.engines.reference.server import Channel
from fastlanes_sim.engines.reference.simulation import Simulation
from fastlanes_sim.engines.reference.workloop import SingleChain, Workloop
from fastlanes_sim.rules.causes import Cause
from fastlanes_sim.rules.claim import eligible, passes_filter, within_claim_limit
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.rulesets import RunQueue


def slowly_attributed(deployment: Deployment, table: RunTable) -> np.ndarray:
    """µs by run and cause, shape (runs, len(Cause))."""
    simulation = Simulation(deployment, table, record_claims=True)
    clock, horizon = simulation._clock, deployment.horizon
    instants, waiting = [0], [_available(simulation, deployment)] if clock.is_instant_over else [{}]
    log = simulation._recorder.log
    log.ended_on = horizon
    while clock.play(horizon):
        if clock.is_instant_over:
            instants.append(clock.now)
            waiting.append(_available(simulation, deployment))
    sent = {claim.run: claim.sent_at for claim in log.claims if claim.run is not None}
    micros = np.zeros((len(table), len(Cause)), np.int64)
    for begin, end, runs in zip(instants, [*instants[1:], horizon], waiting, strict=True):
        for row, cause in runs.items():
            asked = sent.get(row)
            before_asking = end - begin if asked is None else max(0, min(end, asked) - begin)
            if cause <= Cause.OUTAGE:
                before_asking = end - begin
            micros[row, cause] += before_asking
            micros[row, Cause.CLAIM] += end - begin - before_asking
    claimed = np.flatnonzero(log.claimed_at != NEVER)
    for row in claimed:
        ends = [time for time in (log.started_at[row], log.ended_at[row], horizon) if time != NEVER]
        micros[row, Cause.START] = ends[0] - log.claimed_at[row]
    return micros


def _available(simulation: Simulation, deployment: Deployment) -> dict[int, Cause]:
    """What holds back each available run, by row, as if nobody were asking for it."""
    table = simulation._lightning.table
    runs, limits = list(table.active.values()), table.limits
    visible = runs if limits.run_queue is RunQueue.FASTER_FIFO else within_claim_limit(runs, limits)
    takable = eligible(runs, limits)
    causes = {}
    for run in runs:
        if run.state is not State.AVAILABLE:
            continue
        if run not in visible:
            causes[run.row] = Cause.CLAIM_LIMIT
        elif run not in takable:
            causes[run.row] = Cause.CONCURRENCY
        else:
            causes[run.row] = _of_queue(Queue.named(run.queue), simulation, deployment)
    return causes


def _of_queue(queue: Queue, simulation: Simulation, deployment: Deployment) -> Cause:
    has_queues = deployment.lightning.ruleset.has_queues

    def takes(loop: Any) -> bool:
        return not has_queues or passes_filter(queue.label, loop.queues)

    ideal = [loop for loop in _ideal(simulation) if takes(loop)]
    real = [(worker, loop) for worker in simulation.workers for loop in worker.workloops if takes(loop)]
    if not ideal and not real:
        return Cause.UNSERVED
    if simulation._lightning.is_down:  # I-6
        ideal = []
    connected = [(worker, loop) for worker, loop in real if worker.is_connected]
    if not ideal and not connected:
        return Cause.OUTAGE
    if all(loop.held == loop.capacity for loop in ideal) and all(len(loop.active) >= loop.capacity for _, loop in connected):
        return Cause.SLOTS
    with_room = [(worker, loop) for worker, loop in connected if len(loop.active) + loop.open < loop.capacity]
    if any(loop.held < loop.capacity for loop in ideal):
        return Cause.POLLING
    if not with_room:
        return Cause.PENDING
    timers = [event for _, _, _, event in simulation._clock._env._queue if event.callbacks]
    if any(_is_alive(loop, timers) or _is_notified(worker, timers) for worker, loop in with_room):
        return Cause.POLLING
    return Cause.STOPPED


def _ideal(simulation: Simulation) -> list[Any]:
    listener = simulation._lightning.on_change
    return [] if listener is None else listener.__self__.workloops  # type: ignore[attr-defined]


def _is_alive(loop: Workloop, timers: list[Any]) -> bool:
    """Whether anything is planned for a segment of this workloop."""
    for timer in timers:
        action, args = timer._action, list(timer._args)
        while getattr(action, "__name__", "") == "follow_up":
            action, *args = args
        owner, name = getattr(action, "__self__", None), getattr(action, "__name__", "")
        if isinstance(owner, Courier) and name == "_time_out":  # every unanswered claim has its timeout before it
            asker = args[0].answered
            segment = asker.args[0] if asker.func.__self__ is loop else None
        elif owner is loop and name == "start_chain":
            return True
        elif owner is loop and name in ("_wake", "_settle", "_react", "_continue", "accept"):
            segment = args[0]
        else:
            continue
        if segment is not None and (segment is loop.latest or not isinstance(loop, SingleChain)):
            return True
    return False


def _is_notified(worker: Any, timers: list[Any]) -> bool:
    channel: Channel = worker._channel
    return any(getattr(timer._action, "__self__", None) is channel and timer._args[0] == channel._session for timer in timers)
