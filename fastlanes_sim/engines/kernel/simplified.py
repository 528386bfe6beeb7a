"""The life of a run as the first recordings have it, and that of an ideal worker's runs: joined, started, ended, its slot free at its end.

Nothing is said between the worker and Lightning: what one knows the other knows (`run_channel: simplified`).
"""

from __future__ import annotations

from fastlanes_sim.engines.kernel import event_list, execution, ideal, phases, process, recorder, server, workloop
from fastlanes_sim.engines.kernel.jit import compiled
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules import deadlines
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.lifecycle import State

KILLED = int(State.KILLED)
run_end = compiled(deadlines.run_end)


@compiled
def joined(world, place):
    event_list.follow_up(world, Kind.START, place)


@compiled
def start(world, place):
    """The run starts, and will end by itself or be killed at its timeout (L-19); or its channel could not be joined (W-13)."""
    run = world.runs[place]
    if run.join_fails:
        recorder.note(world, recorder.NOT_JOINED, run.number)
        release(world, place)
        return
    if server.start(world, place):
        world.log_started_at[run.number] = world.clock[0].now
    if world.lightning[0].has_phases and phases.has_phases(world, place):
        if not phases.fits(world, place):
            end(world, place, KILLED)
            return
        run.joining = NOBODY
        execution.list_hold(world, place)  # with its worker's process it goes with what is held
        phases.begin(world, place, event_list.reserve(world))
        phases.go_on(world, place)  # K-2
        return
    lasts, is_killed = run_end(run.service_time, run.timeout)
    if is_killed:
        run.outcome = KILLED
    event_list.after(world, lasts, Kind.ENDED, place)


@compiled
def ended(world, place):
    """L-19; what the worker reports of a run that was lost meanwhile changes nothing (L-18)."""
    end(world, place, 0 + world.runs[place].outcome)


@compiled
def end(world, place, state):
    run = world.runs[place]
    loop = 0 + run.loop
    world.log_finished_at[run.number] = world.clock[0].now
    if server.finish(world, place, state):
        ideal.changed(world)
    release(world, place)
    process.look(world, 0 + world.loops[loop].worker)


@compiled
def release(world, place):
    """W-13: the slot is free again."""
    run = world.runs[place]
    loop_place = 0 + run.loop
    loop = world.loops[loop_place]
    loop.active -= 1
    world.log_freed_at[run.number] = world.clock[0].now
    server.let_go(world, place)
    if world.workers[loop.worker].is_ideal:
        ideal.dispatch(world)
    else:
        workloop.resume(world, loop_place)
