"""The future event list: timers in two binary heaps, what is as long under way in rings (W-19, `rules.order`, `rules.events`).

Arrivals, outages and the janitor need no place here: each of them knows its next (`event_loop`).

Events are ordered by time, rank, and creation: first by the instant of their creation, then by their place in the order of creation. (The
place alone would do, were it not for what is foreseen, whose place is not known: `lineage`.) All messages are equally long under way in
one direction, so they arrive in the order in which they were sent: a ring keeps them in order at a third of a heap's cost.
"""

from __future__ import annotations

import numpy as np

from fastlanes_sim.engines.kernel import lineage
from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.order import Rank

FOLLOW_UPS_COME_FIRST = min(Rank) == Rank.FOLLOW_UP
ARRIVED, REPLIED = int(Kind.ARRIVED), int(Kind.REPLIED)
BORN_BITS = 56
"""Bits of an `order` below the rank: for the instant of creation."""
RANK_OF = np.array([kind.rank << BORN_BITS for kind in Kind], np.int64)
"""By kind: its rank, as it stands in an `order`."""


@inlined
def after(world, delay, kind, subject):
    """An event of this kind in `delay` µs."""
    at(world, world.clock[0].now + delay, kind, subject)


@compiled
def at(world, time, kind, subject):
    """An event of this kind at the instant `time`, which must not have passed."""
    put(world, time, world.clock[0].now, reserve(world), kind, subject)


@inlined
def up(world, kind, subject):
    """A message from a worker to Lightning."""
    clock, ring = world.clock[0], world.on_the_way_up
    event = ring[clock.last_up & (len(ring) - 1)]
    clock.last_up += 1
    clock.others_on_the_way += kind != ARRIVED
    fill(event, clock.now + world.lightning[0].up, order_of(kind, clock.now), reserve(world), kind, subject)


@inlined
def down(world, kind, subject):
    """A message back."""
    clock, ring = world.clock[0], world.on_the_way_down
    event = ring[clock.last_down & (len(ring) - 1)]
    clock.last_down += 1
    clock.others_on_the_way += kind != REPLIED
    fill(event, clock.now + world.lightning[0].down, order_of(kind, clock.now), reserve(world), kind, subject)


@inlined
def follow_up(world, kind, subject):
    """Right after the current event and the follow-ups already waiting."""
    clock = world.clock[0]
    entry = world.follow_ups[clock.last & (len(world.follow_ups) - 1)]
    entry.kind = kind
    entry.subject = subject
    clock.last += 1


@inlined
def is_at_once(world):
    """Whether a follow-up that is the last thing in its event would come next: then its handler may as well be called."""
    return FOLLOW_UPS_COME_FIRST and world.clock[0].first == world.clock[0].last


@inlined
def reserve(world):
    """A place in the order of creation."""
    clock = world.clock[0]
    clock.created += 1
    lineage.note(world, clock.created, clock.current_order, clock.current)
    return 0 + clock.created


@inlined
def reserve_for(world, order, creator):
    """The same for what the event of that order and place will create: as a number it says nothing (`lineage`)."""
    created = world.clock[0].created + 1
    world.clock[0].created = created
    lineage.note(world, created, order, creator)
    return created + lineage.FORESEEN


@inlined
def order_of(kind, born):
    """Of an event that was created at the instant `born`: its rank above that instant."""
    return RANK_OF[kind] + born


@inlined
def put(world, time, born, created, kind, subject):
    """Into the heap: an event that was created at the instant `born`, as the `created`-th."""
    put_in_order(world, time, order_of(kind, born), created, kind, subject)


@compiled
def put_in_order(world, time, order, created, kind, subject):
    clock = world.clock[0]
    if clock.is_hollow:
        clock.is_hollow = False
        sink(world, world.timers, clock.timers, time, order, created, kind, subject)
    else:
        clock.timers += 1
        rise(world, world.timers, clock.timers - 1, time, order, created, kind, subject)


@inlined
def hollow(world):
    """The first event is being handled. Most lead to another one sooner or later, which then takes its place."""
    world.clock[0].is_hollow = True


@inlined
def first(world):
    """Of the heap, which is not empty."""
    clock, timers = world.clock[0], world.timers
    place = 0
    if clock.is_hollow:
        place = 1
        if clock.timers > 2:
            place += is_before(world, timers[2], timers[1])
    return timers[place]


@inlined
def fill_hollow(world):
    """Before one handles the first event, or looks at them all."""
    if world.clock[0].is_hollow:
        world.clock[0].is_hollow = False
        drop_first(world)


@inlined
def drop_first(world):
    """Out of the heap."""
    world.clock[0].timers -= 1
    drop(world, world.timers, world.clock[0].timers)


# --- sleeps: most last as long as any, and so end in the order in which they began ---


@compiled
def sleep(world, delay, kind, subject):
    """An event of this kind in `delay` µs; its place in the order of creation."""
    created = reserve(world)
    put_to_sleep(world, world.clock[0].now + delay, delay, order_of(kind, world.clock[0].now), created, kind, subject)
    return created


@inlined
def put_to_sleep(world, time, delay, order, created, kind, subject):
    """The same, of any order."""
    if delay == world.lightning[0].longest_sleep:
        append_sleeper(world, time, order, created, kind, subject)
    else:
        put_nap(world, time, order, created, kind, subject)


@compiled
def put_nap(world, time, order, created, kind, subject):
    world.clock[0].naps += 1
    rise(world, world.naps, world.clock[0].naps - 1, time, order, created, kind, subject)


@inlined
def append_sleeper(world, time, order, created, kind, subject):
    """To the ring, in which it hardly ever has to pass others: those whose claims were foreseen, and whose sleep begins later."""
    clock = world.clock[0]
    clock.last_sleeper += 1
    pass_by(world, world.sleepers, clock.first_sleeper, clock.last_sleeper - 1, time, order, created, kind, subject)


@inlined
def first_sleeper(world):
    return world.sleepers[world.clock[0].first_sleeper & (len(world.sleepers) - 1)]


@inlined
def drop_first_nap(world):
    world.clock[0].naps -= 1
    if world.clock[0].naps:
        drop(world, world.naps, world.clock[0].naps)


# --- the ends of queries: most take as long as the one before, and so end in the order in which they began ---


@inlined
def soon(world, time, created, kind, subject):
    """The end of a query, or of the first of those that share the processors, of which only one event waits."""
    clock = world.clock[0]
    clock.last_query += 1
    order = order_of(kind, clock.now)
    pass_by(world, world.ends_of_queries, clock.first_query, clock.last_query - 1, time, order, created, kind, subject)


@inlined
def first_query(world):
    return world.ends_of_queries[world.clock[0].first_query & (len(world.ends_of_queries) - 1)]


@inlined
def drop_queries(world):
    """None of them ends."""
    world.clock[0].first_query = world.clock[0].last_query


# --- rings that are in order ---


@inlined
def pass_by(world, ring, first, hole, time, order, created, kind, subject):
    """The hole at the end of the ring, which begins at `first`, passes by the events that come after this one: hardly ever any."""
    mask = len(ring) - 1
    while hole > first:
        before = ring[(hole - 1) & mask]
        if precedes(world, before.time, before.order, before.created, time, order, created):
            break
        fill(ring[hole & mask], before.time, before.order, before.created, before.kind, before.subject)
        hole -= 1
    fill(ring[hole & mask], time, order, created, kind, subject)


# --- heaps ---


@compiled
def rise(world, events, hole, time, order, created, kind, subject):
    """The hole at the end of the heap rises to where the event fits."""
    while hole > 0:
        above = (hole - 1) >> 1
        parent = events[above]
        if precedes(world, parent.time, parent.order, parent.created, time, order, created):
            break
        fill(events[hole], parent.time, parent.order, parent.created, parent.kind, parent.subject)
        hole = above
    fill(events[hole], time, order, created, kind, subject)


@compiled
def sink(world, events, count, time, order, created, kind, subject):
    """The hole at the top of these `count` events sinks to where the event fits."""
    hole = 0
    below = 1
    while below < count:
        if below + 1 < count:
            below += is_before(world, events[below + 1], events[below])
        child = events[below]
        if precedes(world, time, order, created, child.time, child.order, child.created):
            break
        fill(events[hole], child.time, child.order, child.created, child.kind, child.subject)
        hole = below
        below = 2 * hole + 1
    fill(events[hole], time, order, created, kind, subject)


@compiled
def drop(world, events, count):
    """The first event out; `count` are left. The hole sinks to the bottom, and the last event rises from there: it hardly ever has far to
    go, and so nothing on the way is hard to foresee for the processor."""
    hole = 0
    below = 1
    while below + 1 < count:
        below += is_before(world, events[below + 1], events[below])
        child = events[below]
        fill(events[hole], child.time, child.order, child.created, child.kind, child.subject)
        hole = below
        below = 2 * hole + 1
    if below < count:
        child = events[below]
        fill(events[hole], child.time, child.order, child.created, child.kind, child.subject)
        hole = below
    last = events[count]
    rise(world, events, hole, last.time, last.order, last.created, last.kind, last.subject)


@inlined
def precedes(world, time, order, created, other_time, other_order, other_created):
    """Whether the one comes first of two events."""
    if time != other_time:
        return time < other_time
    return precedes_at_once(world, order, created, other_order, other_created)


@compiled
def precedes_at_once(world, order, created, other_order, other_created):
    """The same, of one instant."""
    if order != other_order:
        return order < other_order
    return lineage.is_first(world, created, other_created)


@inlined
def is_before(world, one, other):
    """The same as a number, so that no jump depends on it but where the instants are alike."""
    if one.time == other.time:
        return int(precedes_at_once(world, one.order, one.created, other.order, other.created))
    return int(one.time < other.time)


@inlined
def fill(event, time, order, created, kind, subject):
    """Field by field: of a record as a whole Numba copies single bytes, and whoever reads a field soon after waits for them."""
    event.time = time
    event.order = order
    event.created = created
    event.kind = kind
    event.subject = subject
