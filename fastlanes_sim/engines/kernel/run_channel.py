"""The channel of a run: what the worker says on it, buffered while it cannot be sent, and what Lightning makes of it (W-11, W-23, L-30).

A message is a place in `world.messages` until it is over and nothing of it is under way. Where a handler has more to say, the next message
takes the place of the one that was acknowledged.
"""

from __future__ import annotations

from fastlanes_sim.engines.kernel import (
    claims,
    event_list,
    execution,
    free_list,
    ideal,
    incidents,
    queue_channel,
    recorder,
    run_events,
    server,
    timeouts,
)
from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.run_messages import Message

JOIN, FETCH_PLAN, FETCH_DATACLIP = int(Message.JOIN), int(Message.FETCH_PLAN), int(Message.FETCH_DATACLIP)
RUN_START, RUN_COMPLETE = int(Message.RUN_START), int(Message.RUN_COMPLETE)

# --- on the worker: the channel ---


@compiled
def join(world, place):
    """W-8, W-11: over a living socket, and again over each new one."""
    number = create(world, place, JOIN, NOBODY, False)
    world.runs[place].joining = number
    set_timeout(world, number)
    send(world, number)


@compiled
def join_ended(world, place, is_ok):
    """W-15"""
    run = world.runs[place]
    is_first = not run.has_joined
    run.joining = NOBODY
    run.is_joined = is_ok
    run.is_gone = not is_ok
    if is_ok and is_first:
        run.has_joined = True
        recorder.joined(world, place)
        execution.fetch_plan(world, place)
    elif is_ok:
        send_buffered(world, place)
    elif is_first:
        execution.not_joined(world, place)


@compiled
def disconnect(world, place):
    """W-15: the socket has died. A join under way is neither answered nor timed out."""
    run = world.runs[place]
    run.is_joined = False
    if run.joining != NOBODY:
        stop(world, 0 + run.joining)
        run.joining = NOBODY


@compiled
def leave(world, place):
    """W-13: the run is held no longer. Messages that are pushed later are buffered, and fail."""
    disconnect(world, place)
    world.runs[place].is_gone = True


# --- on the worker: its messages ---


@compiled
def push(world, place, kind, handler, is_queued):
    """W-23: its timer, then it is sent, or buffered until the channel has joined."""
    start(world, create(world, place, kind, handler, is_queued))


@compiled
def push_next(world, number, kind):
    """The same of the handler's next message, after this one."""
    message = world.messages[number]
    message.kind = kind
    message.place += 1
    message.is_over = False
    start(world, number)


@inlined
def create(world, place, kind, handler, is_queued):
    number = free_list.take(world.messages)
    world.counts[0].free_messages -= 1
    message = world.messages[number]
    message.run = place
    message.kind = kind
    message.handler = handler
    message.place = 0
    message.is_queued = is_queued
    message.is_over = False
    message.is_under_way = False
    world.runs[place].messages += 1
    return number


@inlined
def start(world, number):
    set_timeout(world, number)
    if world.runs[world.messages[number].run].is_joined:
        send(world, number)
    else:
        buffer(world, number)


@inlined
def set_timeout(world, number):
    worker = world.loops[world.runs[world.messages[number].run].loop].worker
    lasts = world.workers[worker].message_timeout
    timeouts.set_timer(world, world.messages, worker, timeouts.MESSAGES, Kind.MESSAGE_LATE, number, lasts)


@inlined
def stop_timeout(world, number):
    worker = world.loops[world.runs[world.messages[number].run].loop].worker
    timeouts.stop(world, world.messages, worker, timeouts.MESSAGES, number)


@compiled
def buffer(world, number):
    """W-23: behind those of its run that are buffered already."""
    message = world.messages[number]
    run = world.runs[message.run]
    message.next = NOBODY
    if run.first_buffered == NOBODY:
        run.first_buffered = number
    else:
        world.messages[run.last_buffered].next = number
    run.last_buffered = number


@compiled
def send_buffered(world, place):
    """W-23: those that have not failed meanwhile, in order, each with a new timer."""
    run = world.runs[place]
    number = 0 + run.first_buffered
    run.first_buffered = NOBODY
    while number != NOBODY:
        following = 0 + world.messages[number].next
        stop_timeout(world, number)
        set_timeout(world, number)
        send(world, number)
        number = following


@inlined
def send(world, number):
    message = world.messages[number]
    message.is_under_way = True
    message.connection = world.workers[world.loops[world.runs[message.run].loop].worker].connection
    event_list.after(world, world.lightning[0].up, Kind.MESSAGE_IN, number)


@inlined
def answered(world, number):
    """W-23: the answer is back. One that comes later than the timeout is ignored. Of the answers only a join's is an error."""
    message = world.messages[number]
    message.is_under_way = False
    if message.is_over:
        free(world, number)
    elif not claims.is_dead(world.connections[message.connection]):
        stop_timeout(world, number)
        end(world, number, not (message.kind == JOIN and world.runs[message.run].join_fails))


@compiled
def expired(world, worker):
    """W-23: a message was not answered in time."""
    number = timeouts.take_due(world, world.messages, worker, timeouts.MESSAGES, Kind.MESSAGE_LATE)
    if number != NOBODY:
        if not world.messages[number].is_under_way:
            unbuffer(world, number)
        end(world, number, False)


@compiled
def unbuffer(world, number):
    """It has failed while it was buffered, if it was: its answer, or the message itself, may be lost as well. Of those that are buffered it
    is the first, for it was pushed first."""
    run = world.runs[world.messages[number].run]
    if run.first_buffered == number:
        run.first_buffered = world.messages[number].next


@compiled
def end(world, number, is_ok):
    """W-23: a message ends once, acknowledged or failed."""
    message = world.messages[number]
    message.is_over = True
    place, kind = 0 + message.run, 0 + message.kind
    recorder.message_ended(world, place, kind, is_ok)
    if message.handler != NOBODY:
        run_events.told(world, number, is_ok)
    elif kind == JOIN:
        join_ended(world, place, is_ok)
    elif kind == FETCH_PLAN:
        execution.planned(world, place, is_ok)
    elif kind == FETCH_DATACLIP:
        execution.input_fetched(world, place, is_ok)
    else:
        execution.credential_fetched(world, place, is_ok)
    if message.is_over and not message.is_under_way:
        free(world, number)


@compiled
def stop(world, number):
    """Whatever becomes of it does not matter any more."""
    stop_timeout(world, number)
    message = world.messages[number]
    message.is_over = True
    if not message.is_under_way:
        free(world, number)


@compiled
def free(world, number):
    message = world.messages[number]
    place = 0 + message.run
    message.run = NOBODY
    free_list.give(world.messages, number)
    world.counts[0].free_messages += 1
    world.runs[place].messages -= 1
    server.forget(world, place)


@compiled
def drop(world, worker):
    """W-24: the process has ended, and nobody waits for its messages. What was sent is worked on all the same."""
    number = 0 + world.timeouts[worker * timeouts.KINDS + timeouts.MESSAGES].first
    while number != NOBODY:
        message = world.messages[number]
        following = 0 + message.later
        message.expires_as = NOBODY
        message.is_over = True
        if not message.is_under_way:
            free(world, number)
        number = following


# --- in Lightning ---


@inlined
def arrived(world, number):
    """L-30: done at max(arrival, the one before) + `message`."""
    message, now = world.messages[number], world.clock[0].now
    if queue_channel.is_cut_off(world, message.connection):
        lost(world, number)
        return
    run = world.runs[message.run]
    message.is_silent = incidents.is_silent(world, message.kind, run)
    done_at = now + world.lightning[0].message
    if run.done_on == message.connection:
        done_at = max(now, run.done_at) + world.lightning[0].message
    run.done_at = done_at
    run.done_on = message.connection
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
        lost(world, number)
        return
    place, kind = 0 + message.run, 0 + message.kind
    recorder.message_processed(world, place, kind)
    if kind == RUN_START:
        server.start(world, place)
    elif kind == RUN_COMPLETE and server.finish(world, place, world.runs[place].outcome):
        ideal.changed(world)
    if message.is_silent:
        lost(world, number)
    else:
        event_list.after(world, world.lightning[0].down, Kind.MESSAGE_BACK, number)


@compiled
def lost(world, number):
    """No answer will come. If it is not over, its timeout ends it."""
    message = world.messages[number]
    message.is_under_way = False
    if message.is_over:
        free(world, number)
