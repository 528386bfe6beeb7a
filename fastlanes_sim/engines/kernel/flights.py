"""The claims of a loop that were foreseen and are not answered yet (`idle_polls`): they take up room like any other (W-1).

Nothing can happen to them but that their segment is stopped by another one that finds no room (W-4, W-6), and that somebody wants to see
the instant at which there is room again. Then what is left of them is simulated: the arrival of the reply.
"""

from __future__ import annotations

from fastlanes_sim.engines.kernel import claims, event_list, lineage
from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules.events import Kind


@inlined
def count(world, loop):
    """How many there are now. A reply of this very instant is not there yet: a sleep began before any claim whose reply comes as it ends
    (`initial_state`)."""
    return 0 if loop.first_flight == loop.last_flight else land(world, loop)


@compiled
def land(world, loop):
    """Those that have come back are there no more; how many are left."""
    now = world.clock[0].now
    while loop.first_flight < loop.last_flight and at(world, loop, loop.first_flight).replied_at < now:
        loop.first_flight += 1
    return loop.last_flight - loop.first_flight


@inlined
def at(world, loop, number):
    return world.flights[loop.flights + (number & loop.flights_mask)]


@inlined
def append(world, loop, replied_at, segment):
    flight = at(world, loop, loop.last_flight)
    flight.replied_at = replied_at
    flight.segment = segment
    loop.last_flight += 1


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
    replied_at = 0 + at(world, loop, number).replied_at
    while number > loop.first_flight:
        at(world, loop, number).replied_at = at(world, loop, number - 1).replied_at
        at(world, loop, number).segment = at(world, loop, number - 1).segment
        number -= 1
    loop.first_flight += 1
    loop.open += 1
    expect_reply(world, place, segment, replied_at)


@compiled
def expect_reply(world, place, segment, replied_at):
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
    created = world.segments[segment].wakes_as - 1  # the sleep was the next thing that was foreseen
    world.segments[segment].wakes_as = NOBODY
    order = event_list.order_of(Kind.REPLIED, replied_at - world.lightning[0].down)
    event_list.put_in_order(world, replied_at, order, created | lineage.FORESEEN, Kind.REPLIED, number)
