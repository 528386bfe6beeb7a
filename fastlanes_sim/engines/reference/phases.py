"""The service of a run that calls others: its own work, which stands still while the run waits (docs/chains.md, K-2).

A run without calls has no phases: its end is one timer, set at its start.
"""

from __future__ import annotations

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.engines.reference import event_list
from fastlanes_sim.engines.reference.records import Hold, RunRow, Service, loop_of
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.events import Kind


def begin(world: World, run: RunRow, hold: Hold | None) -> Service:
    """K-7: its timeout begins. `hold`: its worker's, where its life is whole."""
    service = Service(run, loop_of(run), hold, int(world.table.first_call[run.row]))
    service.timeout = event_list.after(world, run.timeout, Kind.TIMED_OUT, service)
    return service


def go_on(world: World, service: Service, delay: int = 0) -> None:
    """K-2: in `delay` its own work goes on, up to the next call or to its end."""
    table, row = world.table, service.next_call
    until = int(table.service_time[service.run.row] if row == NEVER else table.call_at[row])
    service.work = event_list.after(world, delay + until - service.done, Kind.CALLING, service)
    service.done = until


def leave(world: World, service: Service) -> None:
    """It has ended: nothing of it is to come any more, and it waits for nobody."""
    for event in (service.timeout, service.work, service.patience):
        if event is not None:
            event.cancel()
    world.awaited.pop(service.awaits, None)
