"""What reaches a worker: replies to its claims, their timeouts, and notifications (W-7, W-8, W-14, W-16, L-17)."""

from __future__ import annotations

from fastlanes_sim.engines.reference import claims, event_list, execution, process, recorder, workloop
from fastlanes_sim.engines.reference.records import Claim, RunRow, Segment, Worker, Workloop
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.events import Kind

# --- claims ---


def decided(world: World, claim: Claim) -> None:
    """W-16: the claim has come to Lightning. Where the way back takes no time, the reply is there at once."""
    if claims.decided(world, claim):
        replied(world, claim)


def replied(world: World, claim: Claim) -> None:
    """W-7, W-8"""
    if claims.replied(world, claim):
        answered(world, claim.loop, claim.segment, claim.run)


def expired(world: World, claim: Claim) -> None:
    """W-16: a claim's timeout counts as an empty reply."""
    claims.expired(claim)
    answered(world, claim.loop, claim.segment, None)


def answered(world: World, loop: Workloop, segment: Segment | None, run: RunRow | None) -> None:
    """W-7, W-8: a claim of this loop came back, with a run or without."""
    loop.open -= 1
    if run is not None:
        execution.receive(world, loop, segment, run)
    else:
        workloop.answered_empty(world, loop, segment)
    process.exit_if_done(world, loop.worker)


# --- notifications ---


def debounced(world: World, worker: Worker) -> None:
    """L-17: Lightning's debounce timer is over; the worker hears of new runs now, or after the notification's way."""
    if not is_of_this_session(world, worker):
        return
    worker.is_announcing = False
    notification = world.deployment.notification
    if notification:
        event_list.after(world, notification, Kind.NOTIFIED, worker)
    else:
        notified(world, worker)


def notified(world: World, worker: Worker) -> None:
    """W-14: `work-available` arrives: one claim of each loop outside any segment, by stopped loops too."""
    if not is_of_this_session(world, worker):
        return
    worker.due -= 1
    world.log.notifications += 1
    recorder.note(world, recorder.NOTIFIED, worker.index)
    for loop in worker.loops:
        workloop.work_available(world, loop)


def is_of_this_session(world: World, worker: Worker) -> bool:
    """W-12: whether the timer being handled was created since the worker's socket last closed: what is older never arrives."""
    return world.events.current > worker.session_began
