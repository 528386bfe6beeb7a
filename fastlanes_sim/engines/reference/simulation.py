"""One simulation: the world built, simulated in portions, its log taken out."""

from __future__ import annotations

from collections.abc import Callable

from fastlanes_sim.core.run_log import RunLog, in_order
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.engines.reference import event_loop, recorder, wait_causes
from fastlanes_sim.engines.reference.initial_state import world_of

Progress = Callable[[int, int], None]
"""Called with (simulated µs so far, runs created so far)."""


def simulate_reference(
    deployment: Deployment,
    table: RunTable,
    *,
    record_claims: bool = False,
    record_changes: bool = False,
    progress: Progress | None = None,
) -> RunLog:
    """Simulate `table` on `deployment` up to and including its horizon.

    Interrupted from the keyboard, it keeps what it has: the log then ends at the instant reached and says so.

    Args:
        record_claims: keep every claim, connection and notification in the log, as the conformance cases need them.
        record_changes: keep in the log the change points that `results.attribution` needs.
    """
    log = RunLog.empty(len(table))
    world = world_of(deployment, table, log, keeps_claims=record_claims, keeps_changes=record_changes)
    log.ended_on = deployment.horizon
    try:
        while event_loop.simulate(world, event_loop.SHARE) != event_loop.OVER:
            if progress is not None:
                progress(world.now, world.next_arrival)
    except KeyboardInterrupt:
        log.ended_on, log.interrupted = world.now, True
    log.events = world.events.handled
    recorder.slots(world)
    log.lives = in_order(log.lives, log.ended_on)
    if world.changes is not None:
        log.changes = wait_causes.all_changes(world.changes)
    return log
