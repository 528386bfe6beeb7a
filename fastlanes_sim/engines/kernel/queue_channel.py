"""Lightning's process for the queue's channel of a connection: it decides claims one after another, and notifies (L-17, L-23).

Where claims are decided in parallel, as in the first recordings, it has only the timer of notifications.

Its inbox is a list of claims. Notifications are counted by the claim that they stand behind, or by the channel where they stand before all.
"""

from __future__ import annotations

from fastlanes_sim.engines.kernel import claims, database, empty_replies, event_list, recorder, wire
from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import NOBODY, SKIPPED
from fastlanes_sim.rules.events import Kind


@compiled
def join(world, connection_place):
    """W-11: the join has reached Lightning, which tells this connection of new runs from now on (L-17). It costs nothing (L-23)."""
    if not wire.reaches(world.connections[connection_place], world.clock[0].now):
        return
    event_list.down(world, Kind.QUEUE_JOINED, create(world, connection_place))


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


# --- claims ---


@inlined
def arrived(world, place):
    """L-23: a claim has come to Lightning."""
    claim = world.claims[place]
    number = 0 + world.connections[claim.connection].channel
    if not wire.reaches(world.connections[claim.connection], world.clock[0].now) or number == NOBODY or world.channels[number].is_dead:
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


@compiled
def work(world, number):
    """L-23: one at a time, in the order of arrival. The process of a dead connection still works off what had arrived."""
    channel = world.channels[number]
    while channel.busy == NOBODY and (channel.notifications or channel.first != NOBODY):
        if channel.notifications:
            channel.notifications -= 1
            world.clock[0].notifications_behind -= 1
            push_notification(world, number)
        else:
            place = 0 + channel.first
            channel.first = world.claims[place].next
            handle(world, place)


@inlined
def handle(world, place):
    claim = world.claims[place]
    channel = world.channels[claim.channel]
    if claim.free_at >= world.clock[0].now and is_to_come(world, claim):
        wait(world, place)
        return
    if empty_replies.foresee_query(world, place):
        return
    channel.notifications = claim.notifications
    channel.busy = place
    if database.enter(world, place):  # over at once
        decide(world, place)


@compiled
def is_to_come(world, of):
    """Whether the end of the query that this claim or channel knows of is: that of a claim which was foreseen, and is not decided yet."""
    clock = world.clock[0]
    if of.free_at != clock.now:
        return of.free_at > clock.now
    if of.free_as == clock.current:  # it is this event
        return False
    return event_list.precedes_at_once(world, clock.current_order, clock.current, of.free_order, of.free_as)


@compiled
def wait(world, place):
    """Back to the head of the line, behind a claim that was foreseen."""
    claim = world.claims[place]
    channel = world.channels[claim.channel]
    claim.next = channel.first
    channel.first = place
    if claim.next == NOBODY:
        channel.last = place
    wait_for_skipped(world, 0 + claim.channel, claim)


@inlined
def wait_for_skipped(world, number, of):
    """Until that one is decided, the channel is busy; this event takes the place of the end of its query."""
    world.channels[number].busy = SKIPPED
    event_list.put_in_order(world, of.free_at, of.free_order, of.free_as, Kind.QUERIED, SKIPPED - number)


@compiled
def decide(world, place):
    """L-24: the claim's query is over. W-16: it is decided whether or not anybody still listens."""
    claim = world.claims[place]
    claims.leaves(world, claim)
    world.channels[claim.channel].busy = NOBODY
    claims.decide(world, place)
    if wire.is_dead(world.connections[claim.connection]):
        claims.lost(world, place, recorder.LOST_REPLY)
    elif not empty_replies.foresee(world, place):
        event_list.down(world, Kind.REPLIED, place)


@inlined
def queried(world, place):
    """A query is over that shares nothing."""
    if place <= SKIPPED:
        number = SKIPPED - place
        world.channels[number].busy = NOBODY
        work(world, number)
    elif world.claims[place].over_as == world.clock[0].current:
        finish(world, place, world.claims[place].is_broken_off)


@inlined
def turned(world, _):
    """L-25: one of the queries that share the processors is over."""
    world.database[0].turn_as = NOBODY
    place, is_broken_off = database.first(world)
    finish(world, place, is_broken_off)


@inlined
def finish(world, place, is_broken_off):
    """L-24, L-26: the claim is decided, or broken off and rolled back; then the next ones begin: first that of the pool, then the one
    behind it in its own channel."""
    channel = 0 + world.claims[place].channel
    database.leave(world, place)
    if is_broken_off:
        crash(world, channel)
    else:
        decide(world, place)
    if world.database[0].first_waiting != NOBODY:
        admit(world)
    if world.channels[channel].first != NOBODY or world.channels[channel].notifications:
        work(world, channel)
    database.expect_turn(world)


@compiled
def admit(world):
    """L-26: those who wait for a connection of the pool."""
    place = database.admitted(world)
    while place != NOBODY:
        channel = 0 + world.claims[place].channel
        if database.begin(world, place):
            decide(world, place)
            work(world, channel)
        place = database.admitted(world)


# --- notifications ---


@compiled
def notify(world, number):
    """L-17: the timer is over. The notification waits behind the claims that the process has (L-23)."""
    channel = world.channels[number]
    if channel.busy == NOBODY and is_to_come(world, channel):
        wait_for_skipped(world, number, channel)
    if channel.busy == NOBODY:  # then nothing waits
        push_notification(world, number)
    elif channel.first == NOBODY:
        channel.notifications += 1
        world.clock[0].notifications_behind += 1
    else:
        world.clock[0].notifications_behind += 1
        world.claims[channel.last].notifications += 1


@compiled
def push_notification(world, number):
    """L-17: it dies with the socket, as its timer did."""
    lightning = world.lightning[0]
    if wire.is_dead(world.connections[world.channels[number].connection]):
        return
    if lightning.notification == lightning.down:
        event_list.down(world, Kind.NOTIFIED, number)
    else:
        event_list.after(world, lightning.notification, Kind.NOTIFIED, number)


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
        admit(world)
        database.expect_turn(world)


@compiled
def crash(world, number):
    """W-21, L-26: what waits in the process is lost as requests, and the worker learns of it."""
    connection = 0 + world.channels[number].connection
    end(world, number)
    if not wire.is_dead(world.connections[connection]):
        event_list.down(world, Kind.CHANNEL_LOST, connection)


@compiled
def end(world, number):
    """The process is gone, with all that it has; its query is rolled back."""
    channel = world.channels[number]
    channel.is_dead = True
    if channel.busy != NOBODY:
        busy = 0 + channel.busy
        channel.busy = NOBODY
        if world.claims[busy].is_querying or world.claims[busy].is_waiting:
            database.leave(world, busy)
        claims.lost(world, busy, recorder.LOST_REQUEST)
    place = 0 + channel.first
    channel.first = NOBODY
    world.clock[0].notifications_behind -= channel.notifications
    channel.notifications = 0
    while place != NOBODY:
        following = 0 + world.claims[place].next
        world.clock[0].notifications_behind -= world.claims[place].notifications
        claims.lost(world, place, recorder.LOST_REQUEST)
        place = following


@compiled
def go_down(world):
    """I-1: Lightning goes down, and with it every process that has a query or waits for one."""
    database_now = world.database[0]
    while database_now.first != NOBODY:
        end(world, 0 + world.claims[database_now.first].channel)
    while database_now.first_waiting != NOBODY:
        end(world, 0 + world.claims[database_now.first_waiting].channel)
    database.expect_turn(world)
