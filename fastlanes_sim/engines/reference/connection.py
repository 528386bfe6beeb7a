"""A worker's socket: it opens, breaks in outages, and is opened again with growing patience (W-11, W-12, W-21, W-25).

Where the runs' channels are simplified, joining the queue's channel takes no time.
"""

from __future__ import annotations

from fastlanes_sim.core.units import MILLISECOND
from fastlanes_sim.engines.reference import claims, event_list, incidents, messages, process, queue_channel, recorder, workloop
from fastlanes_sim.engines.reference.records import Connection, QueueChannel, Worker
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.polling import (
    inside,
    notices_mute_at,
    reconnect_after_mute_ms,
    reconnect_delay_ms,
    reconnects,
    rejoin_delay_ms,
)
from fastlanes_sim.rules.process import Stage


def unreachable(worker: Worker) -> tuple[tuple[int, int], ...]:
    """Half-open intervals in which it cannot connect (W-12, W-25)."""
    return worker.spec.outages + worker.spec.mute


def opened(world: World, worker: Worker) -> None:
    """W-11: the join of the queue's channel, then a rejoin for each run's channel that is not gone. F-1: the first attempt may fall into an
    outage, and is refused as any other."""
    if inside(world.now, unreachable(worker)):
        event_list.after(world, worker.spec.refusal, Kind.REFUSED, worker)
        return
    if worker.stage is Stage.STARTED:
        process.enter(world, worker, Stage.ON, world.now)
    worker.attempts = 0
    worker.rejoins = 0
    connection = worker.connection = Connection(worker, world.now, incidents.goes_down(world, world.now))
    if worker.is_whole:
        event_list.after(world, world.deployment.latency.up, Kind.QUEUE_JOIN, connection)
        for hold in worker.holds:
            if not hold.is_gone:
                messages.join(world, hold)
    else:
        # W-12 of the first recordings: joined from here on; the worker's own "connected" is a follow-up.
        connection.channel = QueueChannel(connection)
        worker.is_joined = True
        event_list.follow_up(world, Kind.CONNECTED, worker)


def queue_joined(world: World, channel: QueueChannel) -> None:
    """W-11: the answer to the join of the queue's channel is back."""
    if not channel.connection.is_dead:
        connected(world, channel.connection.worker)


def connected(world: World, worker: Worker) -> None:
    """W-11: claims buffered meanwhile go out, then all loops resume, unless SIGTERM has come."""
    worker.is_joined = True
    worker.rejoins = 0
    if worker.stage is not Stage.DRAINING:
        recorder.note(world, recorder.CONNECTED, worker.index)
    claims.send_buffered(world, worker)
    for loop in worker.loops:
        workloop.resume(world, loop)


def outage(world: World, worker: Worker) -> None:
    """W-12: one of the worker's outages begins. I-1: it may be Lightning's own end, which works nothing off any more."""
    is_down = incidents.is_down(world)
    if is_down:
        queue_channel.go_down(world)
    if worker.connection is None:
        return
    if is_down and worker.channel is not None:
        queue_channel.end(world, worker.channel)
    worker.connection.is_mute = False
    close(worker)
    disconnected(world, worker)
    retry(world, worker)


def close(worker: Worker) -> None:
    """What is on the wire is lost (W-16). No timeout runs for a join until the next opening (W-15)."""
    assert worker.connection is not None
    worker.connection.is_cut = True
    worker.connection = None
    worker.is_joined = False
    for hold in worker.holds:
        messages.disconnect(hold)


def disconnected(world: World, worker: Worker) -> None:
    """W-12: when the socket closes, and at each failed attempt to open it again."""
    recorder.note(world, recorder.DISCONNECTED, worker.index)
    for loop in worker.loops:
        workloop.stop(loop)


def retry(world: World, worker: Worker) -> None:
    worker.attempts += 1
    event_list.after(world, reconnect_delay_ms(worker.attempts) * MILLISECOND, Kind.RECONNECT, worker)


def reconnect(world: World, worker: Worker) -> None:
    if reconnects(world.now, worker.spec.reconnection, unreachable(worker)):
        event_list.after(world, worker.spec.reconnection, Kind.OPEN, worker)
    else:
        event_list.after(world, worker.spec.refusal, Kind.REFUSED, worker)


def refused(world: World, worker: Worker) -> None:
    disconnected(world, worker)
    retry(world, worker)


# --- a connection that goes mute (W-25) ---


def mute(world: World, worker: Worker) -> None:
    """W-25: nothing comes through any more, and nobody knows. The worker gives it up when a heartbeat is not answered."""
    connection, latency = worker.connection, world.deployment.latency
    if connection is None or connection.is_cut:
        return
    connection.is_cut = connection.is_mute = True
    event_list.at(world, notices_mute_at(connection.opened_at, world.now, latency.up + latency.down), Kind.NOTICED, connection)


def notice_mute(world: World, connection: Connection) -> None:
    """W-25: the socket is closed, but the loops are not told, and nothing is stopped."""
    worker = connection.worker
    if worker.connection is not connection:
        return
    close(worker)
    worker.attempts += 1
    is_answered = not inside(world.now, worker.spec.mute)
    event_list.after(world, reconnect_after_mute_ms(is_answered) * MILLISECOND, Kind.RECONNECT, worker)


# --- a queue's channel that dies alone (W-21) ---


def queue_lost(world: World, connection: Connection) -> None:
    """W-21: the worker learns that its channel is gone. The loops are not stopped; claims are buffered until it has joined again."""
    if connection.is_dead:
        return
    worker = connection.worker
    worker.is_joined = False
    worker.rejoins += 1
    event_list.after(world, rejoin_delay_ms(worker.rejoins) * MILLISECOND, Kind.REJOIN, connection)


def rejoin_queue(world: World, connection: Connection) -> None:
    if connection.worker.connection is connection:
        event_list.after(world, world.deployment.latency.up, Kind.QUEUE_JOIN, connection)
