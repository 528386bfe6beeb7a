"""A worker's socket: it opens, breaks in outages, and is opened again with growing patience (W-11, W-12)."""

from __future__ import annotations

from fastlanes_sim.core.units import MILLISECOND
from fastlanes_sim.engines.reference import claims, event_list, process, recorder, server, workloop
from fastlanes_sim.engines.reference.records import Worker
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.polling import inside, reconnect_delay_ms, reconnects
from fastlanes_sim.rules.process import Stage


def opened(world: World, worker: Worker) -> None:
    """W-12: Lightning counts the worker as joined from here; its own "connected" is a follow-up. F-1: the first attempt may fall into an
    outage, and is refused as any other."""
    if inside(world.now, worker.spec.outages):
        event_list.after(world, worker.spec.refusal, Kind.REFUSED, worker)
        return
    if worker.stage is Stage.STARTED:
        process.enter(world, worker, Stage.ON, world.now)
    worker.is_open = True
    worker.attempts = 0
    event_list.follow_up(world, Kind.CONNECTED, worker)


def connected(world: World, worker: Worker) -> None:
    """W-11"""
    recorder.note(world, recorder.CONNECTED, worker.index)
    claims.send_buffered(world, worker)
    for loop in worker.loops:
        workloop.resume(world, loop)


def outage(world: World, worker: Worker) -> None:
    """W-12: one of the worker's outages begins."""
    if not worker.is_open:
        return
    worker.is_open = False
    server.leave(world, worker)
    claims.lose(worker)
    disconnected(world, worker)
    retry(world, worker)


def disconnected(world: World, worker: Worker) -> None:
    """W-12: when the socket closes, and at each failed attempt to open it again."""
    recorder.note(world, recorder.DISCONNECTED, worker.index)
    for loop in worker.loops:
        workloop.stop(loop)


def retry(world: World, worker: Worker) -> None:
    worker.attempts += 1
    event_list.after(world, reconnect_delay_ms(worker.attempts) * MILLISECOND, Kind.RECONNECT, worker)


def reconnect(world: World, worker: Worker) -> None:
    if reconnects(world.now, worker.spec.reconnection, worker.spec.outages):
        event_list.after(world, worker.spec.reconnection, Kind.OPEN, worker)
    else:
        event_list.after(world, worker.spec.refusal, Kind.REFUSED, worker)


def refused(world: World, worker: Worker) -> None:
    disconnected(world, worker)
    retry(world, worker)
