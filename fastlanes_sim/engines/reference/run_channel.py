"""Lightning's process for the channel of a run: it works on the worker's messages one after another (L-30)."""

from __future__ import annotations

from fastlanes_sim.engines.reference import event_list, ideal, incidents, recorder, server
from fastlanes_sim.engines.reference.records import Connection, Message
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.run_messages import Message as MessageKind


def arrived(world: World, message: Message) -> None:
    """L-30: done at max(arrival, the one before) + `message`."""
    connection, run = connection_of(message), message.hold.run
    if not connection.reaches(world.now):
        return
    message.is_silent = incidents.is_silent(world, message)
    done_at = max(world.now, connection.done_at.get(run.id, 0)) + world.deployment.latency.message
    connection.done_at[run.id] = done_at
    if done_at > world.now:
        event_list.at(world, done_at, Kind.MESSAGE_DONE, message)
    else:
        processed(world, message)


def processed(world: World, message: Message) -> None:
    """L-30: it counts, even if it is not answered or the answer is lost. The process of a dead connection still works off what had arrived,
    unless Lightning went down (I-1)."""
    run = message.hold.run
    if world.now >= connection_of(message).dies_at:
        return
    recorder.message_processed(message)
    if message.kind is MessageKind.RUN_START:
        server.start(world, run)
    elif message.kind is MessageKind.RUN_COMPLETE and server.finish(world, run, message.hold.outcome):
        ideal.changed(world)
    if not message.is_silent:
        event_list.after(world, world.deployment.latency.down, Kind.MESSAGE_BACK, message)


def connection_of(message: Message) -> Connection:
    assert message.connection is not None, "it has not been sent"
    return message.connection
