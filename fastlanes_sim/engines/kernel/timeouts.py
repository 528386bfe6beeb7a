"""Timers that are nearly always stopped: the timeouts of a worker's claims (W-16) and messages (W-23), and the guards of its runs (W-22).

Of one worker and kind they all last equally long, so they end in the order in which they were set. They stand in a list, and one event of
the future event list stands for them all: that of the first when it was put there. If that one has been stopped meanwhile, the event does
nothing but make room for the event of the one that is the first then. Each takes its place in the order of creation when it is set, so
what ends, ends when and where its own timer would have ended it.
"""

from __future__ import annotations

from fastlanes_sim.engines.kernel import event_list
from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import NOBODY

CLAIMS, MESSAGES, GUARDS = 0, 1, 2
KINDS = 3


@inlined
def set_timer(world, items, worker, which, kind, place, lasts):
    """A new timer for `items[place]`, which has none. `which`: of the worker's lists; `kind`: of the event."""
    item = items[place]
    clock = world.clock[0]
    item.expires = clock.now + lasts
    item.expires_as = event_list.reserve(clock)
    timers = world.timeouts[worker * KINDS + which]
    item.sooner = timers.last
    item.later = NOBODY
    if timers.last == NOBODY:
        timers.first = place
    else:
        items[timers.last].later = place
    timers.last = place
    if timers.event == NOBODY:
        expect(world, timers, item, worker, kind)


@compiled
def expect(world, timers, item, worker, kind):
    timers.event = item.expires_as
    event_list.put(world, item.expires, event_list.order_of(kind, item.expires_as), kind, worker)


@inlined
def stop(world, items, worker, which, place):
    """Whether or not it runs."""
    item = items[place]
    if item.expires_as == NOBODY:
        return
    item.expires_as = NOBODY
    timers = world.timeouts[worker * KINDS + which]
    if item.sooner == NOBODY:
        timers.first = item.later
    else:
        items[item.sooner].later = item.later
    if item.later == NOBODY:
        timers.last = item.sooner
    else:
        items[item.later].sooner = item.sooner


@compiled
def take_due(world, items, worker, which, kind):
    """The event has come: whose timer ends now, or NOBODY's."""
    timers = world.timeouts[worker * KINDS + which]
    timers.event = NOBODY
    place = timers.first
    if place == NOBODY:
        return NOBODY
    due = NOBODY
    if items[place].expires_as == world.clock[0].current:
        due = 0 + place
        stop(world, items, worker, which, place)
        place = timers.first
    if place != NOBODY:
        expect(world, timers, items[place], worker, kind)
    return due


@compiled
def clear(world, worker):
    """Its process has ended; the events go with it (`process`)."""
    for which in range(KINDS):
        timers = world.timeouts[worker * KINDS + which]
        timers.first = NOBODY
        timers.last = NOBODY
        timers.event = NOBODY
