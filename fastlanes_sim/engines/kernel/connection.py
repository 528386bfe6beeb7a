"""A worker's socket: it opens, breaks in outages, and is opened again with growing patience (W-11, W-12)."""

from __future__ import annotations

from fastlanes_sim.core.units import MILLISECOND
from fastlanes_sim.engines.kernel import claims, event_list, process, recorder, server, workloop
from fastlanes_sim.engines.kernel.jit import compiled
from fastlanes_sim.rules import polling
from fastlanes_sim.rules.events import Kind

reconnect_delay_ms = compiled(polling.reconnect_delay_ms)


@compiled
def opened(world, place):
    """W-12: Lightning counts the worker as joined from here; its own "connected" is a follow-up. F-1: the first attempt may fall into an
    outage, and is refused as any other."""
    host = world.workers[place]
    if is_out(world, host, world.clock[0].now):
        event_list.after(world, host.refusal, Kind.REFUSED, place)
        return
    if host.stage == process.STARTED:
        process.enter(world, place, process.ON, world.clock[0].now)
    host.is_open = True
    host.attempts = 0
    event_list.follow_up(world, Kind.CONNECTED, place)


@compiled
def connected(world, place):
    """W-11"""
    host = world.workers[place]
    recorder.note(world, recorder.CONNECTED, place)
    claims.send_buffered(world, host)
    for number in range(host.first_loop, host.end_loop):
        workloop.resume(world, number)


@compiled
def outage(world, place):
    """W-12: one of the worker's outages begins."""
    host = world.workers[place]
    if not host.is_open:
        return
    host.is_open = False
    server.leave(world, host)
    claims.lose(world, place)
    disconnected(world, place)
    retry(world, place)


@compiled
def disconnected(world, place):
    """W-12: when the socket closes, and at each failed attempt to open it again."""
    host = world.workers[place]
    recorder.note(world, recorder.DISCONNECTED, place)
    for number in range(host.first_loop, host.end_loop):
        workloop.stop(world, world.loops[number])


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
    """Whether `instant` falls into one of the worker's outages [from, to)."""
    out = False
    for number in range(host.first_outage, host.end_outage):
        out |= world.outages[number].begins <= instant < world.outages[number].ends
    return out
