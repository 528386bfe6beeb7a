"""What is written only where attribution is asked for: from when on what holds back a loop, and from when on what holds back a run.

Loops are looked at once an instant, when nothing more happens in it; runs when their eligibility changes. What of that did not outlast
its instant is left out afterwards (`changes.Steps.by_subject`).
"""

from __future__ import annotations

from fastlanes_sim.engines.kernel import incidents
from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules import causes, polling
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.process import Stage

AVAILABLE = int(State.AVAILABLE)
FAST_LANE = int(Queue.FAST_LANE)
ON = int(Stage.ON)
NOTES_A_RUN = 4
"""Changes of eligibility that the coming or going of one run can bring about, at most: one across each of the two limits, to and fro."""

has_room = compiled(polling.has_room)
of_run = compiled(causes.of_run)
of_workloop = compiled(causes.of_workloop)
is_leaked = compiled(causes.is_leaked)


def at_most(active: int) -> int:
    """Run changes of one event: at worst the janitor ends every active run."""
    return NOTES_A_RUN * (active + 1)


most_notes = compiled(at_most)


@inlined
def is_short(world):
    """Whether the next instant may need more room than there is."""
    if not world.lightning[0].keeps_changes:
        return False
    counts = world.counts[0]
    return counts.loop_changes + len(world.loops) > len(world.loop_changes) or counts.run_changes + most_notes(
        world.lightning[0].active
    ) > len(world.run_changes)


@compiled
def look(world):
    """Nothing more happens at this instant."""
    is_up = not incidents.is_down(world)
    for place in range(len(world.loops)):
        loop = world.loops[place]
        host = world.workers[loop.worker]
        is_alive = host.is_ideal or (loop.latest != NOBODY if loop.is_single else loop.chains > 0)
        is_connected = host.connection != NOBODY
        is_full, is_in_service = loop.active >= loop.slots, (host.is_ideal and is_up) or (is_connected and host.stage == ON)
        is_lost = is_leaked(loop.leaked, loop.lost, loop.slots)
        is_notified = False
        if is_connected and world.connections[host.connection].channel != NOBODY:
            is_notified = world.channels[world.connections[host.connection].channel].due > 0
        cause = of_workloop(is_in_service, is_lost, is_full, has_room(loop.active, loop.open, loop.slots), is_alive, is_notified)
        if cause != loop.cause:
            note(world.loop_changes[world.counts[0].loop_changes], world.clock[0].now, place, loop.cause, cause)
            loop.cause = cause
            world.counts[0].loop_changes += 1


@compiled
def is_eligible(world, run):
    """L-14, whatever the run's state"""
    return run.is_kept and (run.is_numbered or (run.queue == FAST_LANE and world.lightning[0].has_bypass))


@compiled
def note_run(world, run):
    """The run's eligibility may have changed."""
    if not world.lightning[0].keeps_changes or run.state != AVAILABLE:
        return
    cause = of_run(run.is_kept, is_eligible(world, run))
    if cause != run.cause:
        note(world.run_changes[world.counts[0].run_changes], world.clock[0].now, run.number, run.cause, cause)
        run.cause = cause
        world.counts[0].run_changes += 1


@compiled
def note(change, time, subject, was, cause):
    change.time = time
    change.subject = subject
    change.was = was
    change.cause = cause


@inlined
def note_winner(world, claim):
    """Of the claim that won a run, when it was sent."""
    if claim.run != NOBODY and world.lightning[0].keeps_changes:
        world.asked_at[world.runs[claim.run].number] = claim.sent_at


@inlined
def note_lost(world, claim):
    """W-16: it is plain that nobody answers it. It counts as lost as long as it waits for its timeout, and its process lives."""
    if not claim.is_timed_out:
        claim.is_lost = True
        world.loops[claim.loop].lost += 1


@inlined
def note_expired(world, claim):
    if claim.is_lost:
        world.loops[claim.loop].lost -= 1
