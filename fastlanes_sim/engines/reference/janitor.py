"""The janitor comes round and marks runs as lost (L-18)."""

from __future__ import annotations

from fastlanes_sim.engines.reference import event_list, ideal, incidents, server
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.deadlines import is_lost
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.lifecycle import State


def come(world: World, _: None) -> None:
    """L-18: marks lost what its worker has not ended in time."""
    settings, now = world.deployment.lightning, world.now
    event_list.after(world, settings.janitor_period, Kind.JANITOR, None)
    if incidents.is_down(world):  # I-4
        return
    lost = [
        run
        for run in world.active_runs.active.values()
        if run.state is not State.AVAILABLE and is_lost(run.started_at, run.claimed_at, run.timeout, settings.grace_period, now)
    ]
    for run in lost:
        server.finish(world, run, State.LOST)
    if lost:
        ideal.changed(world)
