"""The future event list: timers in a binary heap, follow-ups in a ring (W-19, `rules.order`, `rules.events`).

Arrivals, outages and the janitor need no place here: each of them knows its next (`event_loop`).

An event of the heap is ordered by its time and its `order`: its rank above its place in the order of creation.
"""

from __future__ import annotations

import numpy as np

from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.rules.events import Kind

CREATED_BITS = 56
"""Bits of an `order` below the rank: more than events can ever be created."""
CREATED = 2**CREATED_BITS - 1
RANK_OF = np.array([kind.rank << CREATED_BITS for kind in Kind], np.int64)
"""By kind: its rank, as it stands in an `order`."""


@inlined
def after(world, delay, kind, subject):
    """An event of this kind in `delay` µs."""
    at(world, world.clock[0].now + delay, kind, subject)


@inlined
def at(world, time, kind, subject):
    """An event of this kind at the instant `time`, which must not have passed."""
    put(world, time, order_of(kind, reserve(world.clock[0])), kind, subject)


@inlined
def follow_up(world, kind, subject):
    """Right after the current event and the follow-ups already waiting."""
    clock = world.clock[0]
    entry = world.follow_ups[clock.last & (len(world.follow_ups) - 1)]
    entry.kind = kind
    entry.subject = subject
    clock.last += 1


@inlined
def reserve(clock):
    """A place in the order of creation."""
    clock.created += 1
    return clock.created


@inlined
def order_of(kind, created):
    return RANK_OF[kind] + created


@compiled
def put(world, time, order, kind, subject):
    """Into the heap."""
    clock = world.clock[0]
    if clock.is_hollow:
        clock.is_hollow = False
        sink(world.timers, clock.timers, time, order, kind, subject)
    else:
        rise(world.timers, clock, time, order, kind, subject)


@inlined
def rise(timers, clock, time, order, kind, subject):
    """The hole at the end of the heap rises to where the event fits."""
    hole = clock.timers
    clock.timers += 1
    while hole > 0:
        above = (hole - 1) >> 1
        parent = timers[above]
        if parent.time < time or (parent.time == time and parent.order < order):
            break
        fill(timers[hole], parent.time, parent.order, parent.kind, parent.subject)
        hole = above
    fill(timers[hole], time, order, kind, subject)


@inlined
def hollow(world):
    """The first event is being handled. Most leave another one behind, which then takes its place, and seldom has far to sink."""
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
    timers, clock = world.timers, world.clock[0]
    clock.timers -= 1
    last = timers[clock.timers]
    sink(timers, clock.timers, last.time, last.order, last.kind, last.subject)


@compiled
def replace_first(world, delay, kind, subject):
    """The first event out, and an event of this kind in `delay` µs in: one way down instead of one down and one up."""
    clock = world.clock[0]
    sink(world.timers, clock.timers, clock.now + delay, order_of(kind, reserve(clock)), kind, subject)


@compiled
def sink(timers, count, time, order, kind, subject):
    """The hole at the top of these `count` events sinks to where the event fits."""
    hole = 0
    below = 1
    while below < count:
        child = timers[below]
        if below + 1 < count:
            other = timers[below + 1]
            if other.time < child.time or (other.time == child.time and other.order < child.order):
                below += 1
                child = other
        if time < child.time or (time == child.time and order < child.order):
            break
        fill(timers[hole], child.time, child.order, child.kind, child.subject)
        hole = below
        below = 2 * hole + 1
    fill(timers[hole], time, order, kind, subject)


@compiled
def fill(event, time, order, kind, subject):
    """Field by field: of a record as a whole Numba copies single bytes, and whoever reads a field soon after waits for them."""
    event.time = time
    event.order = order
    event.kind = kind
    event.subject = subject
