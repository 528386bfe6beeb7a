"""What a worker says on the channel of a run: joined, sent, or buffered while it cannot be sent (W-11, W-23).

A message is a place in `world.messages` until it is over and nothing of it is under way. Where a handler has more to say, the next message
takes the place of the one that was acknowledged.
"""

from __future__ import annotations

from fastlanes_sim.engines.kernel import event_list, free_list, recorder, server, timeouts
from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.run_messages import Message

JOIN = int(Message.JOIN)

# --- the channel ---


@compiled
def join(world, place):
    """W-8, W-11: over a living socket, and again over each new one."""
    number = create(world, place, JOIN, NOBODY, False)
    world.runs[place].joining = number
    set_timeout(world, number)
    send(world, number)


@compiled
def joined(world, place, is_ok):
    """The join is answered, or has failed; where it has, the channel is gone."""
    run = world.runs[place]
    run.joining = NOBODY
    run.is_joined = is_ok
    run.is_gone = not is_ok
    run.has_joined |= is_ok


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


# --- its messages ---


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
    message.is_listed = False
    message.is_over = False
    message.is_under_way = False
    world.runs[place].messages += 1
    return number


@compiled
def start(world, number):
    set_timeout(world, number)
    if world.runs[world.messages[number].run].is_joined:
        send(world, number)
    else:
        buffer(world, number)


@inlined
def set_timeout(world, number):
    message = world.messages[number]
    worker = world.loops[world.runs[message.run].loop].worker
    timeouts.set_timer(world, message, world.workers[worker].message_timeout)


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
    timeouts.list_message(world, number)
    if run.first_buffered == NOBODY:
        run.first_buffered = number
    else:
        world.messages[run.last_buffered].next = number
    run.last_buffered = number


@compiled
def send_buffered(world, place):
    """W-23: once the channel has joined again, those that have not failed meanwhile, in order, each with a new timer."""
    run = world.runs[place]
    if not run.is_joined:
        return
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
    waits_until(world, number, world.clock[0].now + world.lightning[0].up)
    message.connection = world.workers[world.loops[world.runs[message.run].loop].worker].connection
    event_list.up(world, Kind.MESSAGE_IN, number)


@compiled
def unbuffer(world, number):
    """It has failed while it was buffered, if it was: its answer, or the message itself, may be lost as well. Of those that are buffered it
    is the first, for it was pushed first."""
    run = world.runs[world.messages[number].run]
    if run.first_buffered == number:
        run.first_buffered = world.messages[number].next


@compiled
def end(world, number, is_ok):
    """W-23: a message ends, acknowledged or failed. It has not ended before."""
    message = world.messages[number]
    stop_timeout(world, number)
    message.is_over = True
    if not message.is_under_way:
        unbuffer(world, number)
    recorder.message_ended(world, 0 + message.run, 0 + message.kind, is_ok)


@compiled
def stop(world, number):
    """Whatever becomes of it does not matter any more."""
    stop_timeout(world, number)
    message = world.messages[number]
    message.is_over = True
    if not message.is_under_way:
        free(world, number)


@inlined
def free_if_over(world, number):
    """It may have been taken for a handler's next message."""
    message = world.messages[number]
    if message.is_over and not message.is_under_way:
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
    for number in range(1, len(world.messages)):
        message = world.messages[number]
        if message.run == NOBODY or message.is_over or world.loops[world.runs[message.run].loop].worker != worker:
            continue
        message.expires_as = NOBODY
        message.is_listed = False
        message.is_over = True
        world.runs[message.run].expires_as = NOBODY
        if not message.is_under_way:
            free(world, number)


@compiled
def lost(world, number):
    """No answer will come. If it is not over, its timeout ends it."""
    message = world.messages[number]
    message.is_under_way = False
    if message.is_over:
        free(world, number)
    else:
        timeouts.list_message(world, number)


@inlined
def waits_until(world, number, instant):
    """Nothing happens to the message before that instant, unless its timeout or its handler's guard comes first: then they are listed."""
    message = world.messages[number]
    run = world.runs[message.run]
    if message.expires <= instant:
        timeouts.list_message(world, number)
    if run.expires <= instant:
        timeouts.list_guard(world, 0 + message.run)
