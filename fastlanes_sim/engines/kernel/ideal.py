"""Workers without polls or latency (`dispatch: ideal`): a free slot takes an eligible run at once. The servers of queueing theory."""

from __future__ import annotations

from fastlanes_sim.engines.kernel import active_runs, incidents, server, startup
from fastlanes_sim.engines.kernel.jit import compiled
from fastlanes_sim.engines.kernel.records import NOBODY


@compiled
def changed(world):
    """A run has come, ended or been lost."""
    if world.lightning[0].has_ideal:
        dispatch(world)


@compiled
def turned(world, _):
    """I-6: Lightning goes down, or is back."""
    dispatch(world)


@compiled
def dispatch(world):
    """Fill every free slot that a run is eligible for: workers in order, their loops in order."""
    if incidents.is_down(world):
        return
    for place in range(len(world.loops)):
        loop = world.loops[place]
        if not world.workers[loop.worker].is_ideal:
            continue
        while loop.active < loop.slots:
            run = active_runs.best(world, place)
            server.take(world, place, run, world.clock[0].now)
            if run == NOBODY:
                break
            loop.active += 1
            world.log_received_at[world.runs[run].number] = world.clock[0].now
            startup.expect_start(world, run)
