"""What reaches a worker: replies to its claims, their timeouts, and notifications (W-7, W-8, W-14, W-16, L-17)."""

from __future__ import annotations

from fastlanes_sim.engines.reference import claims, execution, process, queue_channel, recorder, workloop
from fastlanes_sim.engines.reference.records import Claim, QueueChannel, RunRow, Segment, Workloop
from fastlanes_sim.engines.reference.world import World

# --- claims ---


def decided(world: World, claim: Claim) -> None:
    """W-16: the claim has come to Lightning, where claims are parallel. Where the way back takes no time, the reply is there at once."""
    if claims.decided(world, claim):
        replied(world, claim)


def replied(world: World, claim: Claim) -> None:
    """W-7, W-8; W-20 d: after an error reply the process does not look."""
    if claims.replied(world, claim):
        answered(world, claim.loop, claim.segment, claim.run)
        if not claim.row.error:
            process.look(world, claim.loop.worker)


def expired(world: World, claim: Claim) -> None:
    """W-16: a claim's timeout counts as an empty reply, but the process does not look (W-20 d)."""
    claims.expired(claim)
    answered(world, claim.loop, claim.segment, None)


def answered(world: World, loop: Workloop, segment: Segment | None, run: RunRow | None) -> None:
    """W-7, W-8: a claim of this loop came back, with a run or without."""
    loop.open -= 1
    if run is not None:
        execution.receive(world, loop, segment, run)
    else:
        workloop.answered_empty(world, loop, segment)


# --- notifications ---


def debounced(world: World, channel: QueueChannel) -> None:
    """L-17: Lightning's debounce timer is over. Where claims are parallel, the worker hears of new runs now, or after the notification's
    way."""
    channel.is_announcing = False
    if channel.is_dead or channel.connection.is_dead:
        return
    if world.is_serial:
        queue_channel.notify(world, channel)
    elif world.deployment.notification:
        queue_channel.push_notification(world, channel)
    else:
        notified(world, channel)


def notified(world: World, channel: QueueChannel) -> None:
    """W-14: `work-available` arrives: one claim of each loop outside any segment, by stopped loops too. Ignored after SIGTERM (W-20 a)."""
    channel.due -= 1
    if channel.connection.is_dead:
        return
    worker = channel.connection.worker
    world.log.notifications += 1
    recorder.note(world, recorder.NOTIFIED, worker.index)
    for loop in worker.loops:
        workloop.work_available(world, loop)
