"""The claims of a loop that were foreseen and are not answered yet (`idle_polls`, `empty_replies`): they take up room like any other (W-1).

Nothing can happen to them but that their segment is stopped (W-4), that their worker's process is to end (W-20), and that somebody wants to
see the instant at which there is room again. Then what is left of them is simulated: the arrival of the reply.
"""

from __future__ import annotations

from fastlanes_sim.engines.kernel import claims, event_list
from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules.events import Kind

REPLIED = int(Kind.REPLIED)


@inlined
def count(world, loop):
    """How many there are in the event that is being handled."""
    return 0 if loop.first_flight == loop.last_flight else land(world, loop)


@compiled
def land(world, loop):
    """Those that have come back are there no more; how many are left."""
    clock = world.clock[0]
    while loop.first_flight < loop.last_flight:
        flight = at(world, loop, loop.first_flight)
        order = order_of_reply(world, flight.replied_at)
        if not event_list.precedes(world, flight.replied_at, order, flight.created, clock.now, clock.current_order, clock.current):
            break
        loop.first_flight += 1
    return loop.last_flight - loop.first_flight


@inlined
def at(world, loop, number):
    return world.flights[loop.flights + (number & loop.flights_mask)]


@inlined
def order_of_reply(world, replied_at):
    return event_list.order_of(REPLIED, replied_at - world.lightning[0].down)


@inlined
def append(world, loop, replied_at, created, segment):
    """One that will be answered later than all the others."""
    fill(at(world, loop, loop.last_flight), replied_at, created, segment)
    loop.last_flight += 1


@compiled
def add(world, loop, replied_at, created, segment):
    """One that passes by those that will be answered later: polls foreseen while it was still on its way to Lightning, hardly ever any."""
    if loop.last_flight - loop.first_flight > loop.flights_mask:
        land(world, loop)
    order = order_of_reply(world, replied_at)
    number = 0 + loop.last_flight
    loop.last_flight += 1
    while number > loop.first_flight:
        before = at(world, loop, number - 1)
        before_order = order_of_reply(world, before.replied_at)
        if event_list.precedes(world, before.replied_at, before_order, before.created, replied_at, order, created):
            break
        fill(at(world, loop, number), before.replied_at, before.created, before.segment)
        number -= 1
    fill(at(world, loop, number), replied_at, created, segment)


@inlined
def fill(flight, replied_at, created, segment):
    flight.replied_at = replied_at
    flight.created = created
    flight.segment = segment


@compiled
def simulate_all(world, place):
    """From here on the replies to all of them are events."""
    loop = world.loops[place]
    while loop.first_flight < loop.last_flight:
        simulate(world, place, 0 + at(world, loop, loop.first_flight).segment)


@compiled
def simulate(world, place, segment):
    """The reply to the claim of this segment, if it has one here."""
    loop = world.loops[place]
    number = 0 + loop.first_flight
    while number < loop.last_flight and at(world, loop, number).segment != segment:
        number += 1
    if number == loop.last_flight:
        return
    replied_at, created = 0 + at(world, loop, number).replied_at, 0 + at(world, loop, number).created
    while number > loop.first_flight:
        before = at(world, loop, number - 1)
        fill(at(world, loop, number), before.replied_at, before.created, before.segment)
        number -= 1
    loop.first_flight += 1
    loop.open += 1
    expect_reply(world, place, segment, replied_at, created)


@compiled
def expect_reply(world, place, segment, replied_at, created):
    """Of a claim that has been counted as sent and as empty. What was planned for its segment comes to nothing."""
    number = claims.taken(world, place, segment)
    claim = world.claims[number]
    claim.connection = world.workers[world.loops[place].worker].connection
    claim.channel = world.connections[claim.connection].channel
    claim.is_querying = False
    claim.is_waiting = False
    claim.stage = claims.DECIDED
    claim.row = NOBODY
    claim.expires_as = NOBODY
    if segment != NOBODY:
        world.segments[segment].wakes_as = NOBODY
    event_list.put_in_order(world, replied_at, order_of_reply(world, replied_at), created, REPLIED, number)
