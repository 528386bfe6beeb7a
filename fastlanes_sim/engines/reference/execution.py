"""The life of a run on a worker: received, verified, joined, started, ended, and its slot released (W-8, W-13, W-15, L-19)."""

from __future__ import annotations

from fastlanes_sim.engines.reference import event_list, ideal, process, recorder, run_channel, server, workloop
from fastlanes_sim.engines.reference.records import RunRow, Segment, Workloop
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.deadlines import run_end
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.lifecycle import State


def receive(world: World, loop: Workloop, segment: Segment | None, run: RunRow) -> None:
    """W-8: while its token is verified, a run is neither open nor active."""
    run.segment = segment
    recorder.note(world, recorder.RECEIVED, run.row)
    verification = loop.worker.spec.verification
    if verification is None:
        accept(world, run)
    else:
        loop.verifying += 1
        event_list.after(world, verification, Kind.VERIFIED, run)


def verified(world: World, run: RunRow) -> None:
    loop_of(run).verifying -= 1
    accept(world, run)


def accept(world: World, run: RunRow) -> None:
    """W-8: the run is ours. Settling takes two follow-ups, as recorded (W-19)."""
    loop_of(run).active += 1
    run_channel.join(world, run)
    if run.segment is not None:
        event_list.follow_up(world, Kind.SETTLE_SOON, run.segment)


def joined(world: World, run: RunRow) -> None:
    event_list.follow_up(world, Kind.START, run)


def start(world: World, run: RunRow) -> None:
    """W-15: the run starts, and will end by itself or be killed at its timeout (L-19). W-13: or its channel could not be joined."""
    if world.table.join_fails[run.row]:
        recorder.note(world, recorder.NOT_JOINED, run.row)
        release(world, run)
        return
    server.start(world, run)
    lasts, _ = run_end(int(world.table.service_time[run.row]), run.timeout)
    event_list.after(world, lasts, Kind.ENDED, run)


def ended(world: World, run: RunRow) -> None:
    """L-19; what the worker reports of a run that was lost meanwhile changes nothing (L-18)."""
    _, is_killed = run_end(int(world.table.service_time[run.row]), run.timeout)
    if server.finish(world, run, State.KILLED if is_killed else State(world.table.outcome[run.row])):
        ideal.changed(world)
    release(world, run)


def release(world: World, run: RunRow) -> None:
    """W-13: the slot is free again."""
    loop = loop_of(run)
    loop.active -= 1
    if loop.worker.is_ideal:
        ideal.dispatch(world)
    else:
        workloop.resume(world, loop)
        process.exit_if_done(world, loop.worker)


def loop_of(run: RunRow) -> Workloop:
    assert run.loop is not None, "no worker has it in hand"
    return run.loop
