"""What takes time before a run starts: loading its adaptor (I-10 to I-12), and all of it where its life is simplified (W-15)."""

from __future__ import annotations

from fastlanes_sim.engines.kernel import event_list
from fastlanes_sim.engines.kernel.jit import compiled
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules import incidents as rules
from fastlanes_sim.rules.events import Kind

until_loaded = compiled(rules.until_loaded)


@compiled
def expect_start(world, place):
    """W-19 of the first recordings: the start after a join is a follow-up: of the join's timer, or of this event where joining takes no
    time."""
    startup = load(world, place) + world.runs[place].startup_time
    if startup:
        event_list.after(world, startup, Kind.JOINED, place)
    else:
        event_list.follow_up(world, Kind.START, place)


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
