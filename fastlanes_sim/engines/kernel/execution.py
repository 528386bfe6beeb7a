"""The life of a run on a worker: received, verified, joined, started, ended, and its slot released (W-8, W-13, W-15, L-19)."""

from __future__ import annotations

from fastlanes_sim.engines.kernel import event_list, ideal, process, recorder, run_channel, server, workloop
from fastlanes_sim.engines.kernel.jit import compiled
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules import deadlines
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.lifecycle import State

KILLED = int(State.KILLED)
run_end = compiled(deadlines.run_end)


@compiled
def receive(world, loop, segment, place):
    """W-8: while its token is verified, a run is neither open nor active."""
    run = world.runs[place]
    run.segment = segment
    recorder.note(world, recorder.RECEIVED, run.number)
    verification = world.workers[loop.worker].verification
    if verification == NOBODY:
        accept(world, place)
    else:
        loop.verifying += 1
        event_list.after(world, verification, Kind.VERIFIED, place)


@compiled
def verified(world, place):
    world.loops[world.runs[place].loop].verifying -= 1
    accept(world, place)


@compiled
def accept(world, place):
    """W-8: the run is ours. Settling takes two follow-ups, as recorded (W-19)."""
    run = world.runs[place]
    world.loops[run.loop].active += 1
    run_channel.join(world, place)
    if run.segment != NOBODY:
        event_list.follow_up(world, Kind.SETTLE_SOON, run.segment)


@compiled
def joined(world, place):
    event_list.follow_up(world, Kind.START, place)


@compiled
def start(world, place):
    """W-15: the run starts, and will end by itself or be killed at its timeout (L-19). W-13: or its channel could not be joined."""
    run = world.runs[place]
    if run.join_fails:
        recorder.note(world, recorder.NOT_JOINED, run.number)
        release(world, place)
        return
    server.start(world, place)
    lasts, is_killed = run_end(run.service_time, run.timeout)
    if is_killed:
        run.outcome = KILLED
    event_list.after(world, lasts, Kind.ENDED, place)


@compiled
def ended(world, place):
    """L-19; what the worker reports of a run that was lost meanwhile changes nothing (L-18)."""
    if server.finish(world, place, world.runs[place].outcome):
        ideal.changed(world)
    release(world, place)


@compiled
def release(world, place):
    """W-13: the slot is free again."""
    loop_place = world.runs[place].loop
    loop = world.loops[loop_place]
    loop.active -= 1
    server.let_go(world, place)
    if world.workers[loop.worker].is_ideal:
        ideal.dispatch(world)
    else:
        workloop.resume(world, loop_place)
        process.exit_if_done(world, loop.worker)
