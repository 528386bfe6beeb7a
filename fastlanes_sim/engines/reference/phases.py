"""The phases of a service (docs/chains.md, docs/resources.md): own work up to a call, to the beginning or end of a use, or to its end. It
stands still while the run waits.

Most runs have no phases: their end is one timer, set at their start.
"""

from __future__ import annotations

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.engines.reference import event_list, sharing
from fastlanes_sim.engines.reference.records import Hold, RunRow, Service, Share, loop_of
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.events import Kind


def has_phases(world: World, run: RunRow) -> bool:
    """Whether the run calls others, uses resources, or shares what its worker has."""
    table, row = world.table, run.row
    uses = table.use_first[row + 1] - table.use_first[row]
    return bool(table.first_call[row] != NEVER or uses) or loop_of(run).worker.is_shared


def fits(world: World, run: RunRow) -> bool:
    """R-5: whether its worker has the memory for it."""
    worker = loop_of(run).worker
    return worker.spec.memory is None or worker.memory + int(world.table.memory[run.row]) <= worker.spec.memory


def begin(world: World, run: RunRow, hold: Hold | None) -> Service:
    """K-7: its timeout begins. `hold`: its worker's, where its life is whole."""
    table, row, worker = world.table, run.row, loop_of(run).worker
    uses = int(table.use_first[row]), int(table.use_first[row + 1])
    service = Service(run, loop_of(run), hold, int(table.first_call[row]), *uses, memory=int(table.memory[row]))
    worker.services[service] = None
    worker.memory += service.memory
    service.timeout = event_list.after(world, run.timeout, Kind.TIMED_OUT, service)
    return service


def start(world: World, service: Service, delay: int) -> None:
    """Its own work begins in `delay`."""
    service.work = event_list.after(world, delay, Kind.PHASE_OVER, service)


def go_on(world: World, service: Service) -> None:
    """K-2, R-1: its own work goes on, up to the next call, to the beginning or end of a use, or to its end."""
    until = next_point(world, service)
    work = until - service.done
    service.done = until
    share = share_of(service)
    if share is None:
        service.work = event_list.after(world, work, Kind.PHASE_OVER, service)
    else:
        sharing.join(world, share, service, work)


def next_point(world: World, service: Service) -> int:
    """How far its own work has come then."""
    table = world.table
    points = [int(table.service_time[service.run.row])]
    if service.next_call != NEVER:
        points.append(int(table.call_at[service.next_call]))
    if service.next_use < service.end_use:
        of_use = table.use_from if service.resource is None else table.use_until
        points.append(int(of_use[service.next_use]))
    return min(points)


def share_of(service: Service) -> Share | None:
    """R-2, R-4: whose processors do its own work now."""
    return service.loop.worker.share if service.resource is None else service.resource.share


def leave(world: World, service: Service) -> None:
    """It has ended: nothing of it is to come any more, and it waits for nobody."""
    for event in (service.timeout, service.work, service.patience):
        if event is not None:
            event.cancel()
    world.awaited.pop(service.awaits, None)
    share = sharing.leave(world, service)
    if share is not None:
        sharing.expect_turn(world, share)
    worker = service.loop.worker
    worker.services.pop(service, None)
    worker.memory -= service.memory
