"""What is written only where attribution is asked for: from when on what holds back a loop, and from when on what holds back a run.

The recorder looks at the whole system at the end of every instant. It only looks: what it notes changes nothing.
"""

from __future__ import annotations

from fastlanes_sim.core.change_points import Changes, Steps
from fastlanes_sim.engines.reference import incidents
from fastlanes_sim.engines.reference.records import ChangesSoFar, Claim, Workloop
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.causes import NO_CAUSE, is_leaked, of_runs, of_workloop
from fastlanes_sim.rules.polling import has_room
from fastlanes_sim.rules.process import Stage


def look(world: World) -> None:
    """Nothing more happens at this instant."""
    changes = world.changes
    if changes is None:
        return
    is_up = not incidents.is_down(world)
    for place, loop in enumerate(world.loops):
        cause = cause_of(loop, is_up)
        if changes.of_loop[place] != cause:
            changes.loop_rows.append((world.now, place, changes.of_loop[place], cause))
            changes.of_loop[place] = cause
    if changes.version != world.active_runs.version:
        changes.version = world.active_runs.version
        look_at_runs(world, changes)


def cause_of(loop: Workloop, is_up: bool) -> int:
    """Why this loop is not asking."""
    host = loop.worker
    is_alive = host.is_ideal or loop.is_alive
    is_full = loop.active >= loop.slots
    is_in_service = (host.is_ideal and is_up) or (host.connection is not None and host.stage is Stage.ON)
    is_notified = host.channel is not None and host.channel.due > 0
    is_lost = is_leaked(loop.leaked, loop.lost, loop.slots)
    return of_workloop(is_in_service, is_lost, is_full, has_room(loop.active, loop.open, loop.slots), is_alive, is_notified)


def look_at_runs(world: World, changes: ChangesSoFar) -> None:
    """A run has come or gone, so the eligibility of all may have changed (L-11 to L-14)."""
    active = world.active_runs.active
    causes = {active[run].row: cause for run, cause in of_runs(active.values(), world.active_runs.limits).items()}
    for row, cause in causes.items():
        was = changes.of_run.get(row, NO_CAUSE)
        if was != cause:
            changes.run_rows.append((world.now, row, was, cause))
    changes.of_run = causes


def note_winner(world: World, claim: Claim) -> None:
    """Of the claim that won a run, when it was sent."""
    if claim.run is not None and claim.row.sent_at is not None and world.changes is not None:
        world.changes.asked_at[claim.run.row] = claim.row.sent_at


def note_lost(claim: Claim) -> None:
    """W-16: it is plain that nobody answers it. It counts as lost as long as it waits for its timeout, and its process lives."""
    assert claim.timeout is not None, "it has one from its push on"
    claim.is_lost = claim.timeout.is_waiting
    claim.loop.lost += claim.is_lost


def note_expired(claim: Claim) -> None:
    claim.loop.lost -= claim.is_lost


def all_changes(changes: ChangesSoFar) -> Changes:
    return Changes(Steps.of(sorted(changes.loop_rows)), Steps.of(changes.run_rows).by_subject(), changes.asked_at)
