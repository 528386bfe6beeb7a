"""What comes when a phase of a service is over: a call, the beginning or end of a use of a resource, or the end (docs/chains.md)."""

from __future__ import annotations

from fastlanes_sim.engines.kernel import calls, event_list, phases, resources, sharing
from fastlanes_sim.engines.kernel.jit import compiled
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules import rate_limit
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.lifecycle import State

FAILED = int(State.FAILED)
gives_up = compiled(rate_limit.gives_up)


@compiled
def due(world, place):
    """Its timer is over, if that still counts."""
    if world.services[place].work_as == world.clock[0].current:
        come_to(world, place)


@compiled
def come_to(world, place):
    """K-2, R-1: of several at one point of its own work the end of a use comes first, then calls, then the beginning of a use."""
    service, run = world.services[place], world.runs[place]
    done = 0 + service.done
    uses = service.next_use < service.end_use
    if service.resource != NOBODY and world.table_use_until[service.next_use] == done:
        resources.leave(world, place)
        service.next_use += 1
        phases.go_on(world, place)
    elif service.next_call != NOBODY and world.table_call_at[service.next_call] == done:
        calls.call(world, place, 0 + service.next_call)
    elif service.resource == NOBODY and uses and world.table_use_from[service.next_use] == done:
        service.resource = world.table_use_of[service.next_use]
        ask_for(world, place)
    elif done < run.service_time:
        phases.go_on(world, place)
    else:
        calls.finish(world, place, 0 + run.outcome)


@compiled
def ask(world, place):
    """R-3: it is asked for again, if that still counts."""
    if world.services[place].work_as == world.clock[0].current:
        ask_for(world, place)


@compiled
def ask_for(world, place):
    """R-3: a use of the resource is asked for, perhaps not for the first time."""
    service = world.services[place]
    if resources.admitted(world, 0 + service.resource):
        resources.enter(world, place)
        return
    resource, now = world.resources[service.resource], world.clock[0].now
    service.refusals += 1
    if gives_up(service.refusals, resource.attempts):
        calls.finish(world, place, FAILED)
    else:
        service.work_as = event_list.reserve(world)
        event_list.put(world, now + resource.retry_after, now, service.work_as, Kind.ASK_AGAIN, place)


@compiled
def turned(world, number):
    """R-2, R-4: one of those that share has worked enough."""
    place = sharing.turned(world, number)
    if place != NOBODY:
        come_to(world, place)
