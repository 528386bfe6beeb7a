"""What reaches a worker: replies to its claims, their timeouts, and notifications (W-7, W-8, W-14, W-16, L-17)."""

from __future__ import annotations

from fastlanes_sim.engines.kernel import claims, execution, process, queue_channel, recorder, server, wire, workloop
from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import NOBODY

# --- claims ---


@compiled
def decided(world, place):
    """W-16: the claim has come to Lightning, where claims are parallel. Where the way back takes no time, the reply is there at once."""
    if claims.decided(world, place):
        replied(world, place)


@inlined
def replied(world, place):
    """W-7, W-8; W-20 d: after an error reply the process does not look."""
    if claims.replied(world, place):
        claim = world.claims[place]
        loop, segment, run, is_error = claim.loop, claim.segment, claim.run, claim.is_error
        claims.free(world, place)
        answered(world, loop, segment, run)
        if not is_error:
            process.look(world, world.loops[loop].worker)


@compiled
def expired(world, place):
    """W-16: a claim's timeout counts as an empty reply, but the process does not look (W-20 d)."""
    claims.expired(world, place)
    claim = world.claims[place]
    loop, segment = 0 + claim.loop, 0 + claim.segment
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


# --- notifications ---


@compiled
def debounced(world, number):
    """L-17: Lightning's debounce timer is over. Where claims are parallel, the worker hears of new runs now, or after the notification's
    way."""
    server.announce_behind(world, number)
    channel = world.channels[number]
    channel.is_announcing = False
    if channel.is_dead or wire.is_dead(world.connections[channel.connection]):
        return
    if world.lightning[0].is_serial:
        queue_channel.notify(world, number)
    elif world.lightning[0].notification:
        queue_channel.push_notification(world, number)
    else:
        notified(world, number)


@compiled
def notified(world, number):
    """W-14: `work-available` arrives: one claim of each loop outside any segment, by stopped loops too. Ignored after SIGTERM (W-20 a)."""
    channel = world.channels[number]
    channel.due -= 1
    connection = world.connections[channel.connection]
    if wire.is_dead(connection):
        return
    host = world.workers[connection.worker]
    world.counts[0].notifications += 1
    recorder.note(world, recorder.NOTIFIED, connection.worker)
    for place in range(host.first_loop, host.end_loop):
        workloop.work_available(world, place)
