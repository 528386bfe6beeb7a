"""Workers without polls or latency (`dispatch: ideal`): a free slot takes an eligible run at once. The servers of queueing theory.

They exist so that the engines can be held against known formulas, and so that a planner can see what polling costs. The claim rules are
the same.
"""

from __future__ import annotations

from fastlanes_sim.engines.reference import incidents, server, startup
from fastlanes_sim.engines.reference.world import World


def changed(world: World) -> None:
    """A run has come, ended or been lost."""
    dispatch(world)


def turned(world: World, _: None) -> None:
    """I-6: Lightning goes down, or is back."""
    dispatch(world)


def dispatch(world: World) -> None:
    """Fill every free slot that a run is eligible for: workers in order, their loops in order."""
    if incidents.is_down(world):
        return
    for loop in world.ideal_loops:
        while loop.active < loop.slots:
            run = server.take(world, loop, world.active_runs.ranked(loop.queues))
            if run is None:
                break
            loop.active += 1
            world.log.received_at[run.row] = world.now
            startup.expect_start(world, run)
