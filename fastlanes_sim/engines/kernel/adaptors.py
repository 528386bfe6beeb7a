"""The adaptors that a worker has loaded (I-10 to I-12)."""

from __future__ import annotations

from fastlanes_sim.engines.kernel.jit import compiled
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules import incidents as rules

until_loaded = compiled(rules.until_loaded)


@compiled
def load(world, place):
    """I-10, I-11: how long the run waits for its adaptor on the worker that has claimed it."""
    run = world.runs[place]
    if run.adaptor == NOBODY or run.join_fails:  # I-12
        return 0
    where = world.loops[run.loop].worker * world.lightning[0].adaptors + run.adaptor
    wait = until_loaded(world.clock[0].now, world.loaded_at[where], run.cold_start)
    if world.loaded_at[where] == NOBODY:
        world.loaded_at[where] = world.clock[0].now + wait
    return wait
