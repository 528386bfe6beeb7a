"""The phases of a service (docs/chains.md, docs/resources.md): own work up to a call, to the beginning or end of a use, or to its end. It
stands still while the run waits.

Most runs have no phases, and no part of `world.services`. A timer that no longer counts is known by its place in the order of creation: it
is not the one that is named here.
"""

from __future__ import annotations

from fastlanes_sim.engines.kernel import event_list, sharing
from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules.events import Kind


@inlined
def of_its_own(world, row):
    """Whether the run in this row calls others or uses resources."""
    lightning = world.lightning[0]
    if not lightning.has_phases:
        return False
    if lightning.has_calls and world.table_first_call[row] != NOBODY:
        return True
    return lightning.has_uses and world.table_use_first[row] < world.table_use_first[row + 1]


@compiled
def has_phases(world, place):
    """Whether the run calls others, uses resources, or shares what its worker has."""
    run = world.runs[place]
    run.has_phases |= world.workers[world.loops[run.loop].worker].is_shared
    return run.has_phases


@compiled
def fits(world, place):
    """R-5: whether its worker has the memory for it."""
    host = world.workers[world.loops[world.runs[place].loop].worker]
    return host.memory + memory(world, place) <= host.most_memory


@compiled
def memory(world, place):
    return world.table_memory[world.runs[place].number] if len(world.table_memory) else 0


@compiled
def begin(world, place, created):
    """K-7: its timeout begins, which takes that place in the order of creation."""
    run, service, now = world.runs[place], world.services[place], world.clock[0].now
    lightning = world.lightning[0]
    service.next_call = world.table_first_call[run.number] if lightning.has_calls else NOBODY
    service.next_use = 0
    service.end_use = 0
    if lightning.has_uses:
        service.next_use = world.table_use_first[run.number]
        service.end_use = world.table_use_first[run.number + 1]
    service.done = 0
    service.work_as = NOBODY
    service.patience_as = NOBODY
    service.awaits = NOBODY
    service.memory = memory(world, place)
    world.workers[world.loops[run.loop].worker].memory += service.memory
    service.timeout_as = created
    event_list.put(world, now + run.timeout, now, created, Kind.TIMED_OUT, place)


@compiled
def start(world, place, delay, created):
    """Its own work begins in `delay`; that timer takes that place in the order of creation."""
    now = world.clock[0].now
    world.services[place].work_as = created
    event_list.put(world, now + delay, now, created, Kind.PHASE_OVER, place)


@compiled
def go_on(world, place):
    """K-2, R-1: its own work goes on, up to the next call, to the beginning or end of a use, or to its end."""
    service, now = world.services[place], world.clock[0].now
    until = next_point(world, place)
    work = until - service.done
    service.done = until
    share = share_of(world, place)
    if share == NOBODY:
        service.work_as = event_list.reserve(world)
        event_list.put(world, now + work, now, service.work_as, Kind.PHASE_OVER, place)
    else:
        service.work_as = NOBODY
        sharing.join(world, share, place, work)


@compiled
def next_point(world, place):
    """How far its own work has come then."""
    service = world.services[place]
    point = 0 + world.runs[place].service_time
    if service.next_call != NOBODY:
        point = min(point, world.table_call_at[service.next_call])
    if service.next_use < service.end_use:
        if service.resource == NOBODY:
            point = min(point, world.table_use_from[service.next_use])
        else:
            point = min(point, world.table_use_until[service.next_use])
    return point


@compiled
def first_point(world, run):
    """How far the own work of this run has come when its first phase is over."""
    lightning, row = world.lightning[0], 0 + run.number
    point = 0 + run.service_time
    if lightning.has_calls and world.table_first_call[row] != NOBODY:
        point = min(point, world.table_call_at[world.table_first_call[row]])
    if lightning.has_uses and world.table_use_first[row] < world.table_use_first[row + 1]:
        point = min(point, world.table_use_from[world.table_use_first[row]])
    return point


@compiled
def share_of(world, place):
    """R-2, R-4: whose processors do its own work now, or NOBODY."""
    resource = world.services[place].resource
    if resource == NOBODY:
        return 0 + world.workers[world.loops[world.runs[place].loop].worker].share
    return 0 + world.resources[resource].share


@compiled
def leave(world, place):
    """It has ended: nothing of it is to come any more, and it waits for nobody."""
    service = world.services[place]
    service.timeout_as = NOBODY
    service.work_as = NOBODY
    service.patience_as = NOBODY
    service.awaits = NOBODY
    share = sharing.leave(world, place)
    if share != NOBODY:
        sharing.expect_turn(world, share)
    world.workers[world.loops[world.runs[place].loop].worker].memory -= service.memory
    service.memory = 0
