"""The life of a run as the first recordings have it, and that of an ideal worker's runs: joined, started, ended, its slot free at its end.

Nothing is said between the worker and Lightning: what one knows the other knows (`run_channel: simplified`).
"""

from __future__ import annotations

from fastlanes_sim.engines.reference import event_list, ideal, phases, process, recorder, server, workloop
from fastlanes_sim.engines.reference.records import RunRow, loop_of
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.deadlines import run_end
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.lifecycle import State


def joined(world: World, run: RunRow) -> None:
    event_list.follow_up(world, Kind.START, run)


def start(world: World, run: RunRow) -> None:
    """The run starts, and will end by itself or be killed at its timeout (L-19); or its channel could not be joined (W-13)."""
    if world.table.join_fails[run.row]:
        recorder.note(world, recorder.NOT_JOINED, run.row)
        release(world, run)
        return
    if server.start(world, run):
        world.log.started_at[run.row] = world.now
    if phases.has_phases(world, run):
        if phases.fits(world, run):
            phases.go_on(world, phases.begin(world, run, None))  # K-2
        else:
            end(world, run, State.KILLED)
        return
    lasts, _ = run_end(int(world.table.service_time[run.row]), run.timeout)
    event_list.after(world, lasts, Kind.ENDED, run)


def ended(world: World, run: RunRow) -> None:
    """L-19; what the worker reports of a run that was lost meanwhile changes nothing (L-18)."""
    _, is_killed = run_end(int(world.table.service_time[run.row]), run.timeout)
    end(world, run, State.KILLED if is_killed else State(world.table.outcome[run.row]))


def end(world: World, run: RunRow, state: State) -> None:
    world.log.finished_at[run.row] = world.now
    if server.finish(world, run, state):
        ideal.changed(world)
    release(world, run)
    process.look(world, loop_of(run).worker)


def release(world: World, run: RunRow) -> None:
    """W-13: the slot is free again."""
    loop = loop_of(run)
    loop.active -= 1
    world.log.freed_at[run.row] = world.now
    if loop.worker.is_ideal:
        ideal.dispatch(world)
    else:
        workloop.resume(world, loop)
