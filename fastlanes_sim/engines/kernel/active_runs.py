"""Lightning's table of runs, as far as claims see it: the active ones, and the ways between their states (L-1, L-10)."""

from __future__ import annotations

from fastlanes_sim.engines.kernel import eligibility
from fastlanes_sim.engines.kernel.eligibility import AVAILABLE
from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules.lifecycle import State

CLAIMED, STARTED = int(State.CLAIMED), int(State.STARTED)


@compiled
def insert(world, place):
    world.runs[place].is_active = True
    world.lightning[0].active += 1
    world.lightning[0].available += world.runs[place].state == AVAILABLE
    eligibility.insert(world, place)


@inlined
def best(world, loop_place):
    """The best of what a claim of this loop might take now, or NOBODY. Nothing is changed."""
    return eligibility.best(world, world.loops[loop_place])


@inlined
def look(world, claim):
    """L-24: the claim will choose from what is there now."""
    claim.began_at = world.clock[0].now
    claim.version = world.lightning[0].version
    claim.last_project = world.lightning[0].last_project
    claim.best = best(world, claim.loop)
    if claim.best != NOBODY:
        claim.best_order = world.runs[claim.best].order


@inlined
def first_available(world, claim):
    """L-24: of what it has to choose from, or NOBODY."""
    if claim.best == NOBODY:
        return NOBODY
    run = world.runs[claim.best]
    if run.order == claim.best_order and run.state == AVAILABLE:
        return 0 + claim.best
    return eligibility.best_as_of(world, world.loops[claim.loop], claim.version, claim.last_project)


@inlined
def take(world, place):
    """L-10: it is claimed from here on."""
    run = world.runs[place]
    run.state = CLAIMED
    world.lightning[0].available -= 1
    world.lightning[0].last_project = world.workflows[run.workflow].project
    eligibility.refresh(world, place)


@inlined
def claim(world, loop_place):
    """A claim whose query takes no time: the run that it takes, or NOBODY."""
    place = best(world, loop_place)
    if place != NOBODY:
        take(world, place)
    return place


@compiled
def start(world, place):
    """claimed → started; False, and nothing changes, from any other state (L-1)."""
    run = world.runs[place]
    if not run.is_active or run.state != CLAIMED:
        return False
    run.state = STARTED
    return True


@compiled
def finish(world, place, state):
    """claimed or started → a final state; False, and nothing changes, from any other state (L-1)."""
    run = world.runs[place]
    if not run.is_active or run.state == AVAILABLE:
        return False
    run.state = state
    run.is_active = False
    world.lightning[0].active -= 1
    eligibility.remove(world, place)
    return True
