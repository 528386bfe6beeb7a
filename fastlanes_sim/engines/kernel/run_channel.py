"""Lightning's process for the channel of a run: it works on the worker's messages one after another (L-30)."""

from __future__ import annotations

from fastlanes_sim.engines.kernel import event_list, ideal, incidents, messages, recorder, server, wire
from fastlanes_sim.engines.kernel.jit import inlined
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.run_messages import Message

RUN_START, RUN_COMPLETE = int(Message.RUN_START), int(Message.RUN_COMPLETE)


@inlined
def arrived(world, number):
    """L-30: done at max(arrival, the one before) + `message`."""
    message, now = world.messages[number], world.clock[0].now
    if not wire.reaches(world.connections[message.connection], now):
        messages.lost(world, number)
        return
    run = world.runs[message.run]
    message.is_silent = incidents.is_silent(world, message.kind, run)
    done_at = now + world.lightning[0].message
    if run.done_on == message.connection:
        done_at = max(now, run.done_at) + world.lightning[0].message
    run.done_at = done_at
    run.done_on = message.connection
    messages.waits_until(world, number, done_at + world.lightning[0].down)
    if done_at > now:
        event_list.at(world, done_at, Kind.MESSAGE_DONE, number)
    else:
        processed(world, number)


@inlined
def processed(world, number):
    """L-30: it counts, even if it is not answered or the answer is lost. The process of a dead connection still works off what had arrived,
    unless Lightning went down (I-1)."""
    message = world.messages[number]
    if world.clock[0].now >= world.connections[message.connection].dies_at:
        messages.lost(world, number)
        return
    place, kind = 0 + message.run, 0 + message.kind
    recorder.message_processed(world, place, kind)
    if kind == RUN_START:
        server.start(world, place)
    elif kind == RUN_COMPLETE and server.finish(world, place, world.runs[place].outcome):
        ideal.changed(world)
    if message.is_silent:
        messages.lost(world, number)
    else:
        event_list.down(world, Kind.MESSAGE_BACK, number)
