"""Empty replies, foreseen instead of simulated (W-7, W-14, L-23, L-24).

A query begins, and there is nothing that its claim takes: then the claim is decided in vain when the query ends, the reply comes back
empty, and the segment sleeps. None of this need be an event but the end of the sleep. Of a claim that has lost its run to another one the
same is true from its decision on. Until its reply the claim is one of the loop's `flights`.

What may come between is known beforehand (`foresight`), or looks after itself: who asks for room counts the flights, who stops a segment or
ends a process has the reply simulated, and what comes to the channel before the query ends waits for it (`queue_channel.wait_for_skipped`).
"""

from __future__ import annotations

from fastlanes_sim.core.units import MILLISECOND
from fastlanes_sim.engines.kernel import claims, eligibility, event_list, flights, foresight, server, wire
from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules import polling
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.process import Stage

DRAINING = int(Stage.DRAINING)
SLEPT = int(Kind.SLEPT)
sleep_ms = compiled(polling.sleep_ms)


@inlined
def foresee_query(world, place):
    """Of a claim whose query begins now: whether all that comes of it is foreseen. Where another claim is behind it, that needs the end of
    the query as an event."""
    clock, lightning, claim = world.clock[0], world.lightning[0], world.claims[place]
    connection, channel = world.connections[claim.connection], world.channels[claim.channel]
    if not lightning.foresees_queries or claim.notifications or connection.undecided > 1 or channel.free_at > clock.now:
        return False
    if eligibility.best(world, world.loops[claim.loop]) != NOBODY:
        return False
    takes = server.database_time(world, lightning.active)
    decided_at = clock.now + takes
    if not takes or takes > world.database[0].timeout or not is_awaited(world, claim, decided_at + lightning.down):
        return False
    claims.leaves(world, claim)
    world.counts[0].claims_empty += 1
    channel.free_at = decided_at
    channel.free_order = event_list.order_of(Kind.QUERIED, clock.now)
    channel.free_as = event_list.reserve(world)
    come_back(world, place, decided_at, channel.free_order, channel.free_as)
    return True


@inlined
def foresee(world, place):
    """Of a claim that has just been decided: whether its reply is foreseen."""
    clock, lightning, claim = world.clock[0], world.lightning[0], world.claims[place]
    if claim.run != NOBODY or claim.is_dropped or not lightning.foresees_replies:
        return False
    if not is_awaited(world, claim, clock.now + lightning.down):
        return False
    come_back(world, place, clock.now, clock.current_order, clock.current)
    return True


@compiled
def is_awaited(world, claim, replied_at):
    """Whether a reply that comes at that instant finds its worker waiting, with a segment that will sleep then."""
    connection = world.connections[claim.connection]
    host = world.workers[connection.worker]
    if claim.is_timed_out or claim.expires <= replied_at or wire.is_dead(connection) or host.stage == DRAINING or not host.may_skip:
        return False
    if claim.segment != NOBODY and world.segments[claim.segment].is_cancelled:
        return False
    return replied_at < foresight.undisturbed_until(world, host, connection)


@compiled
def come_back(world, place, decided_at, order, decided_as):
    """The claim becomes a flight: it is decided, in vain, at that instant by the event of that order and place."""
    claim = world.claims[place]
    loop, segment = world.loops[claim.loop], 0 + claim.segment
    claim.expires_as = NOBODY
    claims.hopes_no_more(world, claim)
    claims.free(world, place)
    loop.open -= 1
    replied_at = decided_at + world.lightning[0].down
    reply = event_list.reserve_for(world, order, decided_as)
    flights.add(world, loop, replied_at, reply, segment)
    if segment != NOBODY:
        expect_sleep(world, segment, replied_at, reply)


@inlined
def expect_sleep(world, number, replied_at, reply):
    """Of a segment, from the reply of that instant and place on."""
    segment = world.segments[number]
    segment.wakes_as = event_list.reserve_for(world, flights.order_of_reply(world, replied_at), reply)
    sleep = sleep_ms(segment.delay) * MILLISECOND
    event_list.put_to_sleep(world, replied_at + sleep, sleep, event_list.order_of(SLEPT, replied_at), segment.wakes_as, SLEPT, number)
