"""In-flight claims: pushed, perhaps buffered, sent, decided, answered, or lost on the wire (W-11, W-16)."""

from __future__ import annotations

from fastlanes_sim.engines.reference import event_list, incidents, recorder, server, wait_causes
from fastlanes_sim.engines.reference.records import Claim, Connection, Segment, Worker, Workloop
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.polling import whole_timer


def push(world: World, loop: Workloop, segment: Segment | None) -> None:
    """Send a claim now, or keep it until the queue's channel is joined. Its timeout runs from here (W-16)."""
    loop.open += 1
    claim = Claim(loop, segment, recorder.pushed(world, loop, segment))
    set_timeout(world, claim)
    if loop.worker.is_joined:
        send(world, claim)
    else:
        loop.worker.buffered.append(claim)  # W-11


def set_timeout(world: World, claim: Claim) -> None:
    if claim.timeout is not None:
        claim.timeout.cancel()
    claim.timeout = event_list.after(world, whole_timer(claim.loop.worker.spec.claim_timeout), Kind.EXPIRED, claim)


def send_buffered(world: World, worker: Worker) -> None:
    """W-11: claims kept while disconnected go out first, in order; their timeouts start anew."""
    buffered, worker.buffered = worker.buffered, []
    for claim in buffered:
        set_timeout(world, claim)
        send(world, claim)


def send(world: World, claim: Claim) -> None:
    claim.connection = claim.loop.worker.connection
    world.log.claims_sent += 1
    recorder.sent(world, claim)
    if world.is_serial:
        event_list.after(world, world.deployment.latency.up, Kind.ARRIVED, claim)
        return
    until_decided, claim.until_replied = server.claim_latency(world)
    if until_decided:
        event_list.after(world, until_decided, Kind.DECIDED, claim)
        return
    decide_now(world, claim)
    if claim.until_replied:
        event_list.after(world, claim.until_replied, Kind.REPLIED, claim)
    else:
        # W-19: an answer without any latency follows the code that sent the claim.
        event_list.follow_up(world, Kind.REPLY, claim)


def decide_now(world: World, claim: Claim) -> None:
    """Where claims are parallel: from the table as it stands at this instant."""
    claim.candidates = world.active_runs.ranked(claim.loop.queues)
    decide(world, claim)


def decide(world: World, claim: Claim) -> None:
    """L-24: the first candidate that is still there is taken, unless the reply is an error (W-16), or the run would be put back (L-27)."""
    is_error = incidents.is_claim_error(world)
    if not is_error and not is_put_back(world, connection_of(claim)):
        claim.run = server.take(world, claim.loop, claim.candidates, claim.row.began_at)
    claim.candidates = []
    wait_causes.note_winner(world, claim)
    recorder.decided(world, claim, is_error)
    claim.is_dropped = not connection_of(claim).is_dead and incidents.drops_reply(world, claim.run)


def is_put_back(world: World, connection: Connection) -> bool:
    """L-27: whether a run that is won now is available again at once, because Lightning knows that the socket has closed."""
    return world.deployment.lightning.puts_back and connection.is_dead and not connection.is_mute


def decided(world: World, claim: Claim) -> bool:
    """Where claims are parallel: the claim has come to Lightning, if its socket is still open; whether the reply is there at once."""
    if connection_of(claim).is_cut:
        recorder.lost(claim, "request")
        return False
    decide_now(world, claim)
    if claim.until_replied:
        event_list.after(world, claim.until_replied, Kind.REPLIED, claim)
        return False
    return True


def replied(world: World, claim: Claim) -> bool:
    """The reply has come to the worker; whether the worker still waits for it. If not, the run stays claimed and nobody starts it."""
    if claim.is_dropped or connection_of(claim).is_dead:
        recorder.lost(claim, "reply")
        return False
    recorder.replied(world, claim)
    if claim.is_timed_out:
        return False
    assert claim.timeout is not None
    claim.timeout.cancel()
    return True


def expired(claim: Claim) -> None:
    """The claim's timeout is over."""
    claim.is_timed_out = True
    wait_causes.note_expired(claim)
    if claim in claim.loop.worker.buffered:
        claim.loop.worker.buffered.remove(claim)


def connection_of(claim: Claim) -> Connection:
    assert claim.connection is not None, "it has not been sent"
    return claim.connection
