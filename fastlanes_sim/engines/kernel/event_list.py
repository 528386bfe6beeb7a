"""What is to come: timers in a binary heap, follow-ups in a ring (W-19, `rules.order`).

Arrivals, outages and the janitor, the other ranks of that order, need no place here: each of them knows its next.
"""

from __future__ import annotations

from fastlanes_sim.engines.kernel.jit import compiled, inlined

BEFORE, BEHIND, LAST = -(2**61), 2**61, 2**62
"""Added to a place in the order of creation: before all timers of its instant, behind them, and behind those (`rules.order`)."""


@inlined
def reserve(clock):
    """A place in the order of creation."""
    clock.created += 1
    return clock.created


@compiled
def after(world, delay, kind, subject):
    """An event of this kind in `delay` µs."""
    clock = world.clock[0]
    put(world, clock.now + delay, reserve(clock), kind, subject)


@compiled
def put(world, time, created, kind, subject):
    """Into the heap."""
    clock = world.clock[0]
    if clock.is_hollow:
        clock.is_hollow = False
        sink(world.agenda, clock.timers, time, created, kind, subject)
    else:
        rise(world.agenda, clock, time, created, kind, subject)


@inlined
def rise(agenda, clock, time, created, kind, subject):
    """The hole at the end of the heap rises to where the event fits."""
    hole = clock.timers
    clock.timers += 1
    while hole > 0:
        above = (hole - 1) >> 1
        parent = agenda[above]
        if parent.time < time or (parent.time == time and parent.created < created):
            break
        fill(agenda[hole], parent.time, parent.created, parent.kind, parent.subject)
        hole = above
    fill(agenda[hole], time, created, kind, subject)


@inlined
def hollow(world):
    """The first event is being played. Most leave another one behind, which then takes its place, and seldom has far to sink."""
    world.clock[0].is_hollow = True


@inlined
def fill_hollow(world):
    """Before one looks for the first event, or at them all."""
    if world.clock[0].is_hollow:
        world.clock[0].is_hollow = False
        drop_first(world)


@compiled
def drop_first(world):
    """Out of the heap: the last event fills the hole at its top."""
    agenda, clock = world.agenda, world.clock[0]
    clock.timers -= 1
    last = agenda[clock.timers]
    sink(agenda, clock.timers, last.time, last.created, last.kind, last.subject)


@compiled
def replace_first(world, delay, kind, subject):
    """The first event out, and an event of this kind in `delay` µs in: one way down instead of one down and one up."""
    clock = world.clock[0]
    sink(world.agenda, clock.timers, clock.now + delay, reserve(clock), kind, subject)


@compiled
def sink(agenda, count, time, created, kind, subject):
    """The hole at the top of these `count` events sinks to where the event fits."""
    hole = 0
    below = 1
    while below < count:
        child = agenda[below]
        if below + 1 < count:
            other = agenda[below + 1]
            if other.time < child.time or (other.time == child.time and other.created < child.created):
                below += 1
                child = other
        if time < child.time or (time == child.time and created < child.created):
            break
        fill(agenda[hole], child.time, child.created, child.kind, child.subject)
        hole = below
        below = 2 * hole + 1
    fill(agenda[hole], time, created, kind, subject)


@compiled
def fill(event, time, created, kind, subject):
    """Field by field: of a record as a whole Numba copies single bytes, and whoever reads a field soon after waits for them."""
    event.time = time
    event.created = created
    event.kind = kind
    event.subject = subject


@compiled
def put_as(world, rank, time, kind, subject):
    """An event of this kind at the instant `time`, BEFORE or BEHIND its timers, or LAST."""
    put(world, time, rank + reserve(world.clock[0]), kind, subject)


@inlined
def follow_up(world, kind, subject):
    """Right after the current event and the follow-ups already waiting."""
    clock = world.clock[0]
    entry = world.follow_ups[clock.last & (len(world.follow_ups) - 1)]
    entry.kind = kind
    entry.subject = subject
    clock.last += 1
