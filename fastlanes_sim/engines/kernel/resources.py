"""Systems that runs use for a part of their service: a line before them, and a limit of requests (R-1, R-3)."""

from __future__ import annotations

from fastlanes_sim.engines.kernel import phases, sharing
from fastlanes_sim.engines.kernel.jit import compiled
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules import rate_limit

admits = compiled(rate_limit.admits)
taken = compiled(rate_limit.taken)


@compiled
def admitted(world, number):
    """R-3: whether the use may begin, as far as the limit of requests goes."""
    resource, now = world.resources[number], world.clock[0].now
    if resource.every == NOBODY:
        return True
    if not admits(now, resource.full_at, resource.every, resource.burst):
        return False
    resource.full_at = taken(now, resource.full_at, resource.every)
    return True


@compiled
def enter(world, place):
    """R-1: it waits behind all others, and gets a place at once where one is free."""
    service = world.services[place]
    resource = world.resources[service.resource]
    service.is_in_line = True
    service.line_before = resource.last
    service.line_behind = NOBODY
    if resource.last == NOBODY:
        resource.first = place
    else:
        world.services[resource.last].line_behind = place
    resource.last = place
    fill(world, 0 + service.resource)


@compiled
def leave(world, place):
    """R-1: who has waited longest gets its place, if it has one."""
    number = 0 + world.services[place].resource
    if number != NOBODY:
        withdraw(world, place)
        fill(world, number)


@compiled
def withdraw(world, place):
    """It uses it no more, or waits for it no more."""
    service = world.services[place]
    if service.is_in_line:
        wait_no_more(world, place)
    elif service.has_place:
        world.resources[service.resource].used -= 1
    service.resource = NOBODY
    service.has_place = False
    service.refusals = 0


@compiled
def wait_no_more(world, place):
    service = world.services[place]
    resource = world.resources[service.resource]
    service.is_in_line = False
    if service.line_before == NOBODY:
        resource.first = service.line_behind
    else:
        world.services[service.line_before].line_behind = service.line_behind
    if service.line_behind == NOBODY:
        resource.last = service.line_before
    else:
        world.services[service.line_behind].line_before = service.line_before


@compiled
def fill(world, number):
    """R-1: places that are free go to those that have waited longest."""
    resource = world.resources[number]
    while resource.first != NOBODY and resource.used < resource.places:
        place = 0 + resource.first
        wait_no_more(world, place)
        resource.used += 1
        world.services[place].has_place = True
        phases.go_on(world, place)


@compiled
def drop(world, place):
    """R-6: its worker's process has ended. It is out of everything; others take what it had once all of them are (`fill_all`)."""
    sharing.leave(world, place)
    withdraw(world, place)


@compiled
def fill_all(world, worker):
    """R-6: behind `drop` of all services of this worker."""
    world.workers[worker].memory = 0
    for number in range(len(world.resources)):
        fill(world, number)
    if world.workers[worker].share != NOBODY:
        sharing.expect_turn(world, 0 + world.workers[worker].share)
    for number in range(len(world.resources)):
        if world.resources[number].share != NOBODY:
            sharing.expect_turn(world, 0 + world.resources[number].share)
