"""A worker's socket: it opens, breaks in outages, and is opened again with growing patience (W-11, W-12, W-21, W-25).

Where the runs' channels are simplified, joining the queue's channel takes no time.
"""

from __future__ import annotations

from fastlanes_sim.core.units import MILLISECOND
from fastlanes_sim.engines.kernel import (
    claims,
    event_list,
    incidents,
    messages,
    process,
    queue_channel,
    recorder,
    wire,
    workloop,
)
from fastlanes_sim.engines.kernel.jit import compiled
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules import polling
from fastlanes_sim.rules.events import Kind

reconnect_delay_ms = compiled(polling.reconnect_delay_ms)
notices_mute_at = compiled(polling.notices_mute_at)
reconnect_after_mute_ms = compiled(polling.reconnect_after_mute_ms)
rejoin_delay_ms = compiled(polling.rejoin_delay_ms)


@compiled
def opened(world, place):
    """W-11: the join of the queue's channel, then a rejoin for each run's channel that is not gone. F-1: the first attempt may fall into an
    outage, and is refused as any other."""
    host = world.workers[place]
    if is_out(world, host, world.clock[0].now):
        event_list.after(world, host.refusal, Kind.REFUSED, place)
        return
    if host.stage == process.STARTED:
        process.enter(world, place, process.ON, world.clock[0].now)
    host.attempts = 0
    host.rejoins = 0
    number = create(world, place)
    host.connection = number
    if host.is_whole:
        event_list.up(world, Kind.QUEUE_JOIN, number)
        run = 0 + host.first_hold
        while run != NOBODY:
            if not world.runs[run].is_gone:
                messages.join(world, run)
            run = 0 + world.runs[run].hold_behind
    else:
        # W-12 of the first recordings: joined from here on; the worker's own "connected" is a follow-up.
        queue_channel.create(world, number)
        host.is_joined = True
        event_list.follow_up(world, Kind.CONNECTED, place)


@compiled
def create(world, place):
    """A new connection of this worker; returns its place."""
    number = 0 + world.counts[0].connections
    world.counts[0].connections += 1
    connection = world.connections[number]
    connection.worker = place
    connection.channel = NOBODY
    connection.opened_at = world.clock[0].now
    connection.dies_at = incidents.goes_down(world, world.clock[0].now)
    return number


@compiled
def queue_joined(world, number):
    """W-11: the answer to the join of the queue's channel is back."""
    connection = world.connections[world.channels[number].connection]
    if not wire.is_dead(connection):
        connected(world, 0 + connection.worker)


@compiled
def connected(world, place):
    """W-11: claims buffered meanwhile go out, then all loops resume, unless SIGTERM has come."""
    host = world.workers[place]
    host.is_joined = True
    host.rejoins = 0
    if host.stage != process.DRAINING:
        recorder.note(world, recorder.CONNECTED, place)
    claims.send_buffered(world, place)
    for number in range(host.first_loop, host.end_loop):
        workloop.resume(world, number)


@compiled
def outage(world, place):
    """W-12: one of the worker's outages begins. I-1: it may be Lightning's own end, which works nothing off any more."""
    host = world.workers[place]
    is_down = incidents.is_down(world)
    if is_down:
        queue_channel.go_down(world)
    if host.connection == NOBODY:
        return
    connection = world.connections[host.connection]
    if is_down and connection.channel != NOBODY:
        queue_channel.end(world, 0 + connection.channel)
    connection.is_mute = False
    close(world, host)
    disconnected(world, place)
    retry(world, place)


@compiled
def close(world, host):
    """What is on the wire is lost (W-16). No timeout runs for a join until the next opening (W-15)."""
    world.connections[host.connection].is_cut = True
    host.connection = NOBODY
    host.is_joined = False
    run = 0 + host.first_hold
    while run != NOBODY:
        messages.disconnect(world, run)
        run = 0 + world.runs[run].hold_behind


@compiled
def disconnected(world, place):
    """W-12: when the socket closes, and at each failed attempt to open it again."""
    host = world.workers[place]
    recorder.note(world, recorder.DISCONNECTED, place)
    for number in range(host.first_loop, host.end_loop):
        workloop.stop(world, number)


@compiled
def retry(world, place):
    host = world.workers[place]
    host.attempts += 1
    event_list.after(world, reconnect_delay_ms(host.attempts) * MILLISECOND, Kind.RECONNECT, place)


@compiled
def reconnect(world, place):
    host, now = world.workers[place], world.clock[0].now
    if is_out(world, host, now) or is_out(world, host, now + host.reconnection):
        event_list.after(world, host.refusal, Kind.REFUSED, place)
    else:
        event_list.after(world, host.reconnection, Kind.OPEN, place)


@compiled
def refused(world, place):
    disconnected(world, place)
    retry(world, place)


@compiled
def is_out(world, host, instant):
    """Whether the worker cannot connect at `instant` (W-12, W-25)."""
    out = False
    for number in range(host.first_outage, host.end_outage):
        out |= world.outages[number].begins <= instant < world.outages[number].ends
    return out


# --- a connection that goes mute (W-25) ---


@compiled
def mute(world, place):
    """W-25: nothing comes through any more, and nobody knows. The worker gives it up when a heartbeat is not answered."""
    host, lightning = world.workers[place], world.lightning[0]
    if host.connection == NOBODY or world.connections[host.connection].is_cut:
        return
    connection = world.connections[host.connection]
    connection.is_cut = True
    connection.is_mute = True
    gives_up = notices_mute_at(connection.opened_at, world.clock[0].now, lightning.up + lightning.down)
    event_list.at(world, gives_up, Kind.NOTICED, 0 + host.connection)


@compiled
def notice_mute(world, number):
    """W-25: the socket is closed, but the loops are not told, and nothing is stopped."""
    place = 0 + world.connections[number].worker
    host = world.workers[place]
    if host.connection != number:
        return
    close(world, host)
    host.attempts += 1
    is_answered = True
    for out in range(host.first_outage, host.end_outage):
        span = world.outages[out]
        is_answered &= not (span.is_mute and span.begins <= world.clock[0].now < span.ends)
    event_list.after(world, reconnect_after_mute_ms(is_answered) * MILLISECOND, Kind.RECONNECT, place)


# --- a queue's channel that dies alone (W-21) ---


@compiled
def queue_lost(world, number):
    """W-21: the worker learns that its channel is gone. The loops are not stopped; claims are buffered until it has joined again."""
    connection = world.connections[number]
    if wire.is_dead(connection):
        return
    host = world.workers[connection.worker]
    host.is_joined = False
    host.rejoins += 1
    event_list.after(world, rejoin_delay_ms(host.rejoins) * MILLISECOND, Kind.REJOIN, number)


@compiled
def rejoin_queue(world, number):
    if world.workers[world.connections[number].worker].connection == number:
        event_list.up(world, Kind.QUEUE_JOIN, number)
