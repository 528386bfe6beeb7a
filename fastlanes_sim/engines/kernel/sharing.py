"""Processors that services share (R-2, R-4): virtual time, and one timer for whoever has worked enough first (`rules.sharing`)."""

from __future__ import annotations

from fastlanes_sim.engines.kernel import event_list, pairing_heap
from fastlanes_sim.engines.kernel.jit import compiled
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules import sharing as rules
from fastlanes_sim.rules.events import Kind

scaled = compiled(rules.scaled)
progressed = compiled(rules.progressed)
until_progressed = compiled(rules.until_progressed)


@compiled
def join(world, number, place, work):
    """So much work of the service at this place is to be done."""
    share = world.shares[number]
    progress(world, number)
    world.services[place].share = number
    world.sharing[place].order = world.runs[place].number
    share.top = pairing_heap.push(world.sharing, share.top, place, share.virtual + scaled(work))
    share.users += 1
    expect_turn(world, number)


@compiled
def leave(world, place):
    """It works no more. Whose turn is next is to be found out by the caller (`expect_turn`): among the users of this share, or NOBODY."""
    number = 0 + world.services[place].share
    if number != NOBODY:
        progress(world, number)
        share = world.shares[number]
        share.top = pairing_heap.remove(world.sharing, share.top, place)
        share.users -= 1
        world.services[place].share = NOBODY
    return number


@compiled
def progress(world, number):
    """To be called before the number of users changes."""
    share, now = world.shares[number], world.clock[0].now
    if share.users:
        share.virtual += progressed(now - share.updated_at, share.numerator, share.denominator, share.users)
    else:
        share.virtual = 0
    share.updated_at = now


@compiled
def expect_turn(world, number):
    """The one timer of all users, if any of them came or went at this instant. It is created anew only where its instant has changed."""
    share, now = world.shares[number], world.clock[0].now
    if share.updated_at != now:
        return
    if share.top == NOBODY:
        share.turn_as = NOBODY
        return
    work = max(0, world.sharing[share.top].key - share.virtual)
    instant = now + until_progressed(work, share.numerator, share.denominator, share.users)
    if share.turn_as != NOBODY and share.turn == instant:
        return
    share.turn = instant
    share.turn_as = event_list.reserve(world)
    event_list.put(world, instant, now, share.turn_as, Kind.TURN, number)


@compiled
def turned(world, number):
    """Its timer is over: who has worked enough, or NOBODY."""
    share = world.shares[number]
    if share.turn_as != world.clock[0].current:
        return NOBODY
    share.turn_as = NOBODY
    progress(world, number)
    place = 0 + share.top
    if place != NOBODY and world.sharing[place].key <= share.virtual:
        leave(world, place)
    else:
        place = NOBODY
    expect_turn(world, number)
    return place
