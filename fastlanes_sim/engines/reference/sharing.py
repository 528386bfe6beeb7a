"""Processors that services share (R-2, R-4): virtual time, and one timer for whoever has worked enough first (`rules.sharing`)."""

from __future__ import annotations

import heapq

from fastlanes_sim.engines.reference import event_list
from fastlanes_sim.engines.reference.records import Service, Share
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.sharing import progressed, scaled, until_progressed


def join(world: World, share: Share, service: Service, work: int) -> None:
    """So much work of this service is to be done."""
    progress(world, share)
    tag = share.virtual + scaled(work), service.run.row
    service.share = share
    share.users[service] = tag
    heapq.heappush(share.order, (*tag, service))
    expect_turn(world, share)


def leave(world: World, service: Service) -> Share | None:
    """It works no more. Whose turn is next is to be found out by the caller (`expect_turn`)."""
    share = service.share
    if share is not None:
        progress(world, share)
        del share.users[service]
        service.share = None
    return share


def progress(world: World, share: Share) -> None:
    """To be called before the number of users changes."""
    if share.users:
        share.virtual += progressed(world.now - share.updated_at, share.numerator, share.denominator, len(share.users))
    else:
        share.virtual = 0
        share.order.clear()
    share.updated_at = world.now


def first(share: Share) -> Service | None:
    """Who has worked enough first; of equal ones in the order of the run table."""
    while share.order:
        tag, row, service = share.order[0]
        if share.users.get(service) == (tag, row):
            return service
        heapq.heappop(share.order)
    return None


def expect_turn(world: World, share: Share) -> None:
    """The one timer of all users, if any of them came or went at this instant. It is created anew only where its instant has changed."""
    if share.updated_at != world.now:
        return
    service = first(share)
    instant = None
    if service is not None:
        work = max(0, share.users[service][0] - share.virtual)
        instant = world.now + until_progressed(work, share.numerator, share.denominator, len(share.users))
    if share.turn is not None and share.turn.is_waiting:
        if share.turn.time == instant:
            return
        share.turn.cancel()
    share.turn = None if instant is None else event_list.at(world, instant, Kind.TURN, share)


def turned(world: World, share: Share) -> Service | None:
    """Its timer is over: who has worked enough."""
    progress(world, share)
    service = first(share)
    if service is not None and share.users[service][0] <= share.virtual:
        leave(world, service)
    else:
        service = None
    expect_turn(world, share)
    return service
