"""Lightning's process for the queue's channel of a connection: it decides claims one after another, and notifies (L-17, L-23).

Where claims are decided in parallel, as in the first recordings, it only notifies.

Its inbox is a list of claims. Notifications are counted by the claim that they stand behind, or by the channel where they stand before all.
"""

from __future__ import annotations

from fastlanes_sim.engines.kernel import claims, database, event_list, recorder, worker
from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules.events import Kind


@compiled
def join(world, connection_place):
    """W-11: the join has reached Lightning, which tells this connection of new runs from now on (L-17). It costs nothing (L-23)."""
    if is_cut_off(world, connection_place):
        return
    event_list.after(world, world.lightning[0].down, Kind.QUEUE_JOINED, create(world, connection_place))


@compiled
def create(world, connection_place):
    """A new process for this connection; returns its place."""
    place = 0 + world.counts[0].channels
    world.counts[0].channels += 1
    channel = world.channels[place]
    channel.connection = connection_place
    channel.first = NOBODY
    channel.last = NOBODY
    channel.busy = NOBODY
    world.connections[connection_place].channel = place
    return place


@inlined
def is_cut_off(world, connection_place):
    """Whether what arrives now does not: its socket has closed (W-16), or Lightning went down with all its processes (I-1).

    The end of the worker's process does not keep anything from arriving (W-24).
    """
    connection = world.connections[connection_place]
    return connection.is_cut or world.clock[0].now >= connection.dies_at


# --- claims ---


@inlined
def arrived(world, place):
    """L-23: a claim has come to Lightning."""
    claim = world.claims[place]
    number = 0 + world.connections[claim.connection].channel
    if is_cut_off(world, claim.connection) or number == NOBODY or world.channels[number].is_dead:
        claims.lost(world, place, recorder.LOST_REQUEST)
        return
    claim.channel = number
    channel = world.channels[number]
    if channel.busy == NOBODY:  # then nothing waits
        handle(world, place)
        return
    claim.next = NOBODY
    if channel.first == NOBODY:
        channel.first = place
    else:
        world.claims[channel.last].next = place
    channel.last = place


@inlined
def work(world, number):
    """L-23: one at a time, in the order of arrival. The process of a dead connection still works off what had arrived."""
    channel = world.channels[number]
    while channel.busy == NOBODY and (channel.notifications or channel.first != NOBODY):
        if channel.notifications:
            channel.notifications -= 1
            push_notification(world, number)
        else:
            place = 0 + channel.first
            channel.first = world.claims[place].next
            handle(world, place)


@inlined
def handle(world, place):
    claim = world.claims[place]
    channel = world.channels[claim.channel]
    channel.notifications = claim.notifications
    channel.busy = place
    if database.enter(world, place):  # over at once
        decide(world, place)


@inlined
def decide(world, place):
    """L-24: the claim's query is over. W-16: it is decided whether or not anybody still listens."""
    claim = world.claims[place]
    world.channels[claim.channel].busy = NOBODY
    claims.decide(world, place)
    if claims.is_dead(world.connections[claim.connection]):
        claims.lost(world, place, recorder.LOST_REPLY)
    else:
        event_list.after(world, world.lightning[0].down, Kind.REPLIED, place)


# --- notifications ---


@inlined
def announce(world, number):
    """L-17: a run was created. Runs created while the timer is pending start no second one."""
    channel, debounce = world.channels[number], world.lightning[0].debounce
    if debounce != NOBODY and not channel.is_dead and not channel.is_announcing:
        channel.is_announcing = True
        channel.due += 1
        event_list.after(world, debounce, Kind.DEBOUNCED, number)


@compiled
def debounced(world, number):
    """L-17: the timer is over. The notification waits behind the claims that the process has (L-23)."""
    channel = world.channels[number]
    channel.is_announcing = False
    if channel.is_dead:
        return
    if channel.busy == NOBODY:
        push_notification(world, number)
    elif channel.first == NOBODY:
        channel.notifications += 1
    else:
        world.claims[channel.last].notifications += 1


@compiled
def push_notification(world, number):
    """L-17: it dies with the socket, as its timer did. Without latency it is there at once where claims are parallel."""
    if claims.is_dead(world.connections[world.channels[number].connection]):
        return
    notification = world.lightning[0].notification
    if notification or world.lightning[0].is_serial:
        event_list.after(world, notification, Kind.NOTIFIED, number)
    else:
        worker.notified(world, number)


# --- its end ---


@compiled
def crash_of(world, host):
    """W-21: the channel of the worker's connection dies while the socket lives."""
    connection = world.workers[host].connection
    if connection == NOBODY:
        return
    number = 0 + world.connections[connection].channel
    if number != NOBODY and not world.channels[number].is_dead:
        crash(world, number)


@compiled
def crash(world, number):
    """W-21, L-26: what waits in the process is lost as requests, and the worker learns of it."""
    connection = 0 + world.channels[number].connection
    end(world, number)
    if not claims.is_dead(world.connections[connection]):
        event_list.after(world, world.lightning[0].down, Kind.CHANNEL_LOST, connection)


@compiled
def end(world, number):
    """The process is gone, with all that it has."""
    channel = world.channels[number]
    channel.is_dead = True
    if channel.busy != NOBODY:
        busy = 0 + channel.busy
        database.abort(world, busy)
        claims.lost(world, busy, recorder.LOST_REQUEST)
        channel.busy = NOBODY
    place = 0 + channel.first
    channel.first = NOBODY
    channel.notifications = 0
    while place != NOBODY:
        following = 0 + world.claims[place].next
        claims.lost(world, place, recorder.LOST_REQUEST)
        place = following
