"""What comes when a phase of a service is over: a call, the beginning or end of a use of a resource, or the end (docs/chains.md)."""

from __future__ import annotations

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.engines.reference import calls, event_list, phases, resources, sharing
from fastlanes_sim.engines.reference.records import Service, Share
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.rate_limit import gives_up


def due(world: World, service: Service) -> None:
    """K-2, R-1: of several at one point of its own work the end of a use comes first, then calls, then the beginning of a use."""
    table, done = world.table, service.done
    uses = service.next_use < service.end_use
    if service.resource is not None and table.use_until[service.next_use] == done:
        resources.leave(world, service)
        service.next_use += 1
        phases.go_on(world, service)
    elif service.next_call != NEVER and table.call_at[service.next_call] == done:
        calls.call(world, service, service.next_call)
    elif service.resource is None and uses and table.use_from[service.next_use] == done:
        service.resource = world.resources[table.use_of[service.next_use]]
        ask(world, service)
    elif done < table.service_time[service.run.row]:
        phases.go_on(world, service)
    else:
        calls.finish(world, service, State(table.outcome[service.run.row]))


def ask(world: World, service: Service) -> None:
    """R-3: a use of the resource is asked for, perhaps not for the first time."""
    resource = service.resource
    assert resource is not None, "it uses none"
    if resources.admitted(world, resource):
        resources.enter(world, service, resource)
        return
    service.refusals += 1
    if gives_up(service.refusals, resource.spec.attempts):
        calls.finish(world, service, State.FAILED)
    else:
        service.work = event_list.after(world, resource.spec.retry_after, Kind.ASK_AGAIN, service)


def turned(world: World, share: Share) -> None:
    """R-2, R-4: one of those that share has worked enough."""
    service = sharing.turned(world, share)
    if service is not None:
        due(world, service)
