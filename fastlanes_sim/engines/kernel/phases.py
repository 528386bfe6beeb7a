"""The service of a run that calls others: its own work, which stands still while the run waits (docs/chains.md, K-2).

A run without calls has no phases, and no part of `world.services`. A timer that no longer counts is known by its place in the order of
creation: it is not the one that is named here.
"""

from __future__ import annotations

from fastlanes_sim.engines.kernel import event_list
from fastlanes_sim.engines.kernel.jit import compiled
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules.events import Kind


@compiled
def begin(world, place, created):
    """K-7: its timeout begins, which takes that place in the order of creation."""
    run, service, now = world.runs[place], world.services[place], world.clock[0].now
    service.next_call = world.table_first_call[run.number]
    service.done = 0
    service.work_as = NOBODY
    service.patience_as = NOBODY
    service.awaits = NOBODY
    service.timeout_as = created
    event_list.put(world, now + run.timeout, now, created, Kind.TIMED_OUT, place)


@compiled
def go_on(world, place, delay, created):
    """K-2: in `delay` its own work goes on, up to the next call or to its end; that timer takes that place in the order of creation."""
    run, service, now = world.runs[place], world.services[place], world.clock[0].now
    until = 0 + run.service_time
    if service.next_call != NOBODY:
        until = 0 + world.table_call_at[service.next_call]
    service.work_as = created
    event_list.put(world, now + delay + until - service.done, now, created, Kind.CALLING, place)
    service.done = until


@compiled
def leave(world, place):
    """It has ended: nothing of it is to come any more, and it waits for nobody."""
    service = world.services[place]
    service.timeout_as = NOBODY
    service.work_as = NOBODY
    service.patience_as = NOBODY
    service.awaits = NOBODY
