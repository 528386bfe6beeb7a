"""Timers that are nearly always stopped: the timeouts of a worker's claims (W-16) and messages (W-23), and the guards of its runs (W-22).

Each takes its place in the order of creation when it is set, so what ends, ends when and where its own timer would have ended it. But none
of them stands in the future event list:

- of a worker's claims one event stands for all: that of the claim which was the first to end when the event was put there. If that claim
  was answered meanwhile, the event does nothing but make room for the event of the one that is the first then.
- a message or a guard is *listed* only when it may end: what is sent on a healthy connection is answered long before. Of those that are
  listed one event stands for all in the same way.
"""

from __future__ import annotations

from fastlanes_sim.engines.kernel import event_list
from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules.events import Kind

CLAIMS, MESSAGES, GUARDS = 0, 1, 2
KINDS = 3


@inlined
def set_timer(world, item, lasts):
    """A new timer for this claim, message or run, instead of the one that it has."""
    item.expires = world.clock[0].now + lasts
    item.expires_as = event_list.reserve(world)


@inlined
def of(world, worker, which):
    """The record of a worker's timers of one kind."""
    return world.timeouts[worker * KINDS + which]


@inlined
def is_valid(world, timers):
    """Whether the event that has come is still the one that stands for all."""
    return timers.event == world.clock[0].current


# --- claims ---


@inlined
def set_for_claim(world, place, worker):
    claim, timers = world.claims[place], of(world, worker, CLAIMS)
    set_timer(world, claim, world.workers[worker].claim_timeout)
    if timers.event == NOBODY:
        expect_claim(world, timers, claim, worker)


@compiled
def expect_claim(world, timers, claim, worker):
    timers.event = claim.expires_as
    born = claim.expires - world.workers[worker].claim_timeout
    event_list.put(world, claim.expires, born, claim.expires_as, Kind.EXPIRED, worker)


@compiled
def due_claim(world, worker):
    """The event has come: the claim whose timer ends now, or NOBODY."""
    timers = of(world, worker, CLAIMS)
    if not is_valid(world, timers):
        return NOBODY
    timers.event = NOBODY
    due = NOBODY
    following = first_claim(world, worker)
    if following != NOBODY and world.claims[following].expires_as == world.clock[0].current:
        due = following
        world.claims[due].expires_as = NOBODY
        following = first_claim(world, worker)
    if following != NOBODY:
        expect_claim(world, timers, world.claims[following], worker)
    return due


@compiled
def first_claim(world, worker):
    """The claim of this worker whose timer ends first, or NOBODY."""
    first = NOBODY
    for place in range(1, len(world.claims)):
        claim = world.claims[place]
        if claim.loop == NOBODY or claim.expires_as == NOBODY or world.loops[claim.loop].worker != worker:
            continue
        if first == NOBODY or claim.expires_as < world.claims[first].expires_as:
            first = 0 + place
    return first


# --- messages and guards ---


@compiled
def list_message(world, number):
    """It may fail; and so the handler that waits for it may last too long."""
    message = world.messages[number]
    if message.expires_as == NOBODY or message.is_listed:
        return
    worker = 0 + world.loops[world.runs[message.run].loop].worker
    enlist(world, world.messages, worker, MESSAGES, number)
    expect_message(world, worker)
    list_guard(world, 0 + message.run)


@compiled
def list_guard(world, place):
    """The handler may last too long."""
    run = world.runs[place]
    if run.expires_as == NOBODY or run.is_listed:
        return
    worker = 0 + world.loops[run.loop].worker
    enlist(world, world.runs, worker, GUARDS, place)
    expect_guard(world, worker)


@compiled
def enlist(world, items, worker, which, place):
    """By the order in which the timers were set, in which they end as well: all of a kind last equally long."""
    timers, item = of(world, worker, which), items[place]
    item.is_listed = True
    before = 0 + timers.last
    while before != NOBODY and items[before].expires_as > item.expires_as:
        before = 0 + items[before].sooner
    behind = 0 + timers.first if before == NOBODY else 0 + items[before].later
    item.sooner = before
    item.later = behind
    if before == NOBODY:
        timers.first = place
    else:
        items[before].later = place
    if behind == NOBODY:
        timers.last = place
    else:
        items[behind].sooner = place


@compiled
def expect_message(world, worker):
    """The event of the first, if there is one that is not expected."""
    timers = of(world, worker, MESSAGES)
    if timers.first != NOBODY and timers.event != world.messages[timers.first].expires_as:
        message = world.messages[timers.first]
        timers.event = message.expires_as
        born = message.expires - world.workers[worker].message_timeout
        event_list.put(world, message.expires, born, message.expires_as, Kind.MESSAGE_LATE, worker)


@compiled
def expect_guard(world, worker):
    """The same of guards."""
    timers = of(world, worker, GUARDS)
    if timers.first != NOBODY and timers.event != world.runs[timers.first].expires_as:
        run = world.runs[timers.first]
        timers.event = run.expires_as
        born = run.expires - world.workers[worker].guard
        event_list.put(world, run.expires, born, run.expires_as, Kind.GUARDED, worker)


@inlined
def stop(world, items, worker, which, place):
    """Whether or not it runs."""
    item = items[place]
    item.expires_as = NOBODY
    if item.is_listed:
        strike(world, items, worker, which, place)


@compiled
def strike(world, items, worker, which, place):
    """Out of the list."""
    timers, item = of(world, worker, which), items[place]
    item.is_listed = False
    if item.sooner == NOBODY:
        timers.first = item.later
    else:
        items[item.sooner].later = item.later
    if item.later == NOBODY:
        timers.last = item.sooner
    else:
        items[item.later].sooner = item.sooner


@compiled
def due_message(world, worker):
    """The event has come: the message whose timer ends now, or NOBODY."""
    if not is_valid(world, of(world, worker, MESSAGES)):
        return NOBODY
    due = take_due(world, world.messages, worker, MESSAGES)
    expect_message(world, worker)
    return due


@compiled
def due_guard(world, worker):
    """The same of guards: whose it is."""
    if not is_valid(world, of(world, worker, GUARDS)):
        return NOBODY
    due = take_due(world, world.runs, worker, GUARDS)
    expect_guard(world, worker)
    return due


@compiled
def take_due(world, items, worker, which):
    """The first that is listed, if its own timer ends with this event; it is stopped then. No event stands for all any more."""
    timers = of(world, worker, which)
    timers.event = NOBODY
    first = 0 + timers.first
    if first == NOBODY or items[first].expires_as != world.clock[0].current:
        return NOBODY
    stop(world, items, worker, which, first)
    return first


@compiled
def clear(world, worker):
    """Its process has ended; the events go with it (`process`)."""
    for which in range(KINDS):
        timers = of(world, worker, which)
        timers.first = NOBODY
        timers.last = NOBODY
        timers.event = NOBODY
