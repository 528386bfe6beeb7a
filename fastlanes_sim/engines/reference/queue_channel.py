"""Lightning's process for the queue's channel of a connection: it decides claims one after another, and notifies (L-17, L-23).

Where claims are decided in parallel, as in the first recordings, it has only the timer of notifications.
"""

from __future__ import annotations

from fastlanes_sim.engines.reference import claims, database, event_list, recorder
from fastlanes_sim.engines.reference.records import Claim, Connection, QueueChannel, Worker
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.events import Kind


def join(world: World, connection: Connection) -> None:
    """W-11: the join has reached Lightning, which tells this connection of new runs from now on (L-17). It costs nothing (L-23)."""
    if not connection.reaches(world.now):
        return
    connection.channel = QueueChannel(connection)
    event_list.after(world, world.deployment.latency.down, Kind.QUEUE_JOINED, connection.channel)


# --- claims ---


def arrived(world: World, claim: Claim) -> None:
    """L-23: a claim has come to Lightning."""
    assert claim.connection is not None
    channel = claim.connection.channel
    if not claim.connection.reaches(world.now) or channel is None or channel.is_dead:
        recorder.lost(claim, "request")
        return
    claim.channel = channel
    channel.inbox.append(claim)
    work(world, channel)


def work(world: World, channel: QueueChannel) -> None:
    """L-23: one at a time, in the order of arrival. The process of a dead connection still works off what had arrived."""
    while channel.inbox and channel.busy is None:
        claim = channel.inbox.popleft()
        if claim is None:
            push_notification(world, channel)
            continue
        channel.busy = claim
        if database.enter(world, claim):  # over at once
            decide(world, claim)


def decide(world: World, claim: Claim) -> None:
    """L-24: the claim's query is over. W-16: it is decided whether or not anybody still listens."""
    connection, channel = claim.connection, claim.channel
    assert connection is not None
    assert channel is not None
    channel.busy = None
    claims.decide(world, claim)
    if connection.is_dead:
        recorder.lost(claim, "reply")
    else:
        event_list.after(world, world.deployment.latency.down, Kind.REPLIED, claim)


def queried(world: World, claim: Claim) -> None:
    """A query is over that shares nothing."""
    finish(world, claim, claim.is_broken_off)


def turned(world: World, _: None) -> None:
    """L-25: one of the queries that share the processors is over."""
    world.database.turn = None
    finish(world, *database.first(world))


def finish(world: World, claim: Claim, is_broken_off: bool) -> None:
    """L-24, L-26: the claim is decided, or broken off and rolled back; then the next ones begin: first that of the pool, then the one
    behind it in its own channel."""
    channel = claim.channel
    assert channel is not None
    database.leave(world, claim)
    if is_broken_off:
        crash(world, channel)
    else:
        decide(world, claim)
    admit(world)
    work(world, channel)
    database.expect_turn(world)


def admit(world: World) -> None:
    """L-26: those who wait for a connection of the pool."""
    while (claim := database.admitted(world)) is not None:
        if database.begin(world, claim):
            assert claim.channel is not None
            decide(world, claim)
            work(world, claim.channel)


# --- notifications ---


def notify(world: World, channel: QueueChannel) -> None:
    """L-17: the timer is over. The notification waits behind the claims that the process has (L-23)."""
    channel.inbox.append(None)
    work(world, channel)


def push_notification(world: World, channel: QueueChannel) -> None:
    """L-17: it dies with the socket, as its timer did."""
    if not channel.connection.is_dead:
        event_list.after(world, world.deployment.notification, Kind.NOTIFIED, channel)


# --- its end ---


def crash_of(world: World, worker: Worker) -> None:
    """W-21: the channel of the worker's connection dies while the socket lives."""
    channel = worker.channel
    if channel is not None and not channel.is_dead:
        crash(world, channel)
        admit(world)
        database.expect_turn(world)


def crash(world: World, channel: QueueChannel) -> None:
    """W-21, L-26: what waits in the process is lost as requests, and the worker learns of it."""
    end(world, channel)
    if not channel.connection.is_dead:
        event_list.after(world, world.deployment.latency.down, Kind.CHANNEL_LOST, channel.connection)


def end(world: World, channel: QueueChannel) -> None:
    """The process is gone, with all that it has; its query is rolled back."""
    channel.is_dead = True
    if channel.busy is not None:
        if channel.busy in world.database.queries or channel.busy in world.database.waiting:
            database.leave(world, channel.busy)
        recorder.lost(channel.busy, "request")
        channel.busy = None
    for claim in channel.inbox:
        if claim is not None:
            recorder.lost(claim, "request")
    channel.inbox.clear()


def go_down(world: World) -> None:
    """I-1: Lightning goes down, and with it every process that has a query or waits for one."""
    for claim in [*world.database.queries, *world.database.waiting]:
        assert claim.channel is not None
        end(world, claim.channel)
    database.expect_turn(world)
