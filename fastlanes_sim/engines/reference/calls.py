"""A run calls another, waits for its end or does not, and goes on or fails (docs/chains.md, K-1 to K-8)."""

from __future__ import annotations

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.engines.reference import event_list, execution, ideal, incidents, phases, resources, server, simplified
from fastlanes_sim.engines.reference.records import Service
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.incidents import answer_at
from fastlanes_sim.rules.lifecycle import State


def call(world: World, service: Service, row: int) -> None:
    """K-1, K-4, K-5: the run in this row of the table is created, unless it is refused (K-6)."""
    service.next_call = int(world.table.next_call[row])
    if not server.insert(world, row):
        unanswered(world, service, row)
        return
    ideal.changed(world)
    if world.table.patience[row] == NEVER:
        phases.go_on(world, service)
        return
    until = answer_at(world.now, server.patience(world, row), incidents.goes_down(world, world.now))
    service.awaits = row
    service.patience = event_list.at(world, until, Kind.UNHEARD, service)
    world.awaited[row] = service


def answered(world: World, service: Service) -> None:
    """K-5: the run that it called has ended."""
    phases.go_on(world, service)


def unheard(world: World, service: Service) -> None:
    """K-5: it has waited long enough, or the connection has broken. The run that it called goes on."""
    row = service.awaits
    del world.awaited[row]
    service.awaits = NEVER
    unanswered(world, service, row)


def unanswered(world: World, service: Service, row: int) -> None:
    """K-6"""
    if world.table.fails_unanswered[row]:
        finish(world, service, State.FAILED)
    else:
        phases.go_on(world, service)


def timed_out(world: World, service: Service) -> None:
    """L-19, K-7"""
    finish(world, service, State.KILLED)


def finish(world: World, service: Service, state: State) -> None:
    """It has ended, and others take what it had."""
    phases.leave(world, service)
    resources.leave(world, service)
    if service.hold is None:
        simplified.end(world, service.run, state)
    else:
        execution.end(world, service.hold, state)
