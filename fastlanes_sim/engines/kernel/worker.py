"""What reaches a worker: replies to its claims, their timeouts, and notifications (W-7, W-8, W-14, W-16, L-17)."""

from __future__ import annotations

from fastlanes_sim.engines.kernel import claims, event_list, execution, process, recorder, workloop
from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules.events import Kind

# --- claims ---


@inlined
def decided(world, place):
    """W-16: the claim has come to Lightning. Where the way back takes no time, the reply is there at once."""
    if claims.decided(world, place):
        replied(world, place)


@inlined
def replied(world, place):
    """W-7, W-8"""
    if claims.replied(world, place):
        claim = world.claims[place]
        loop, segment, run = claim.loop, claim.segment, claim.run
        claims.free(world, place)
        answered(world, loop, segment, run)


@compiled
def expired(world, place):
    """W-16: a claim's timeout counts as an empty reply."""
    if claims.expired(world, place):
        claim = world.claims[place]
        loop, segment = claim.loop, claim.segment
        if claim.is_done:
            claims.free(world, place)
        answered(world, loop, segment, NOBODY)


@inlined
def answered(world, place, segment, run):
    """W-7, W-8: a claim of this loop came back, with a run or without."""
    loop = world.loops[place]
    loop.open -= 1
    if run != NOBODY:
        execution.receive(world, loop, segment, run)
    else:
        workloop.answered_empty(world, place, segment)
    process.exit_if_done(world, loop.worker)


# --- notifications ---


@compiled
def debounced(world, place):
    """L-17: Lightning's debounce timer is over; the worker hears of new runs now, or after the notification's way."""
    if not is_of_this_session(world, place):
        return
    world.workers[place].is_announcing = False
    notification = world.lightning[0].notification
    if notification:
        event_list.after(world, notification, Kind.NOTIFIED, place)
    else:
        notified(world, place)


@compiled
def notified(world, place):
    """W-14: `work-available` arrives: one claim of each loop outside any segment, by stopped loops too."""
    if not is_of_this_session(world, place):
        return
    host = world.workers[place]
    host.due -= 1
    world.counts[0].notifications += 1
    recorder.note(world, recorder.NOTIFIED, place)
    for number in range(host.first_loop, host.end_loop):
        workloop.work_available(world, number)


@compiled
def is_of_this_session(world, place):
    """W-12: whether the timer being handled was created since the worker's socket last closed: what is older never arrives."""
    return world.clock[0].current > world.workers[place].session_began
