"""A run calls another, waits for its end or does not, and goes on or fails (docs/chains.md, K-1 to K-8)."""

from __future__ import annotations

from fastlanes_sim.engines.kernel import event_list, execution, ideal, incidents, phases, resources, server, simplified
from fastlanes_sim.engines.kernel.jit import compiled
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules import incidents as rules
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.lifecycle import State

FAILED, KILLED = int(State.FAILED), int(State.KILLED)
answer_at = compiled(rules.answer_at)


@compiled
def call(world, place, row):
    """K-1, K-4, K-5: the run in this row of the table is created, unless it is refused (K-6)."""
    service, now = world.services[place], world.clock[0].now
    service.next_call = world.table_next_call[row]
    if not server.insert(world, row):
        unanswered(world, place, row)
        return
    ideal.changed(world)
    if world.table_patience[row] == NOBODY:
        phases.go_on(world, place)
        return
    until = answer_at(now, server.patience(world, row), incidents.goes_down(world, now))
    service.awaits = row
    service.patience_as = event_list.reserve(world)
    event_list.put(world, until, now, service.patience_as, Kind.UNHEARD, place)
    world.awaited_by[row] = place


@compiled
def answered(world, place):
    """K-5: the run that it called has ended."""
    phases.go_on(world, place)


@compiled
def unheard(world, place):
    """K-5: it has waited long enough, or the connection has broken. The run that it called goes on."""
    service = world.services[place]
    if service.patience_as != world.clock[0].current:
        return
    row = 0 + service.awaits
    service.awaits = NOBODY
    unanswered(world, place, row)


@compiled
def unanswered(world, place, row):
    """K-6"""
    if world.table_fails_unanswered[row]:
        finish(world, place, FAILED)
    else:
        phases.go_on(world, place)


@compiled
def timed_out(world, place):
    """L-19, K-7"""
    if world.services[place].timeout_as == world.clock[0].current:
        finish(world, place, KILLED)


@compiled
def finish(world, place, state):
    """It has ended, and others take what it had."""
    phases.leave(world, place)
    resources.leave(world, place)
    if world.workers[world.loops[world.runs[place].loop].worker].is_whole:
        execution.end(world, place, state)
    else:
        execution.hold_no_more(world, place)
        simplified.end(world, place, state)
