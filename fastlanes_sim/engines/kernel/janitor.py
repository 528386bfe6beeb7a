"""The janitor comes round and marks runs as lost (L-18)."""

from __future__ import annotations

from fastlanes_sim.engines.kernel import ideal, incidents, server
from fastlanes_sim.engines.kernel.eligibility import AVAILABLE
from fastlanes_sim.engines.kernel.jit import compiled
from fastlanes_sim.rules import deadlines
from fastlanes_sim.rules.lifecycle import State

LOST = int(State.LOST)
lost_deadline = compiled(deadlines.lost_deadline)


@compiled
def come(world, _):
    """L-18: marks lost what its worker has not ended in time."""
    clock, grace = world.clock[0], world.lightning[0].grace_period
    clock.next_janitor = clock.now + world.lightning[0].janitor_period
    if incidents.is_down(world):  # I-4
        return
    found = False
    for place in range(1, len(world.runs)):
        run = world.runs[place]
        if run.is_active and run.state != AVAILABLE and lost_deadline(run.began, run.began, run.timeout, grace) < clock.now:
            server.finish(world, place, LOST)
            server.forget(world, place)
            found = True
    if found:
        ideal.changed(world)
