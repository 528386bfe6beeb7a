"""In-flight claims: pushed, perhaps buffered, sent, decided, answered, or lost with their socket (W-11, W-16)."""

from __future__ import annotations

from fastlanes_sim.engines.reference import event_list, incidents, recorder, server, wait_causes
from fastlanes_sim.engines.reference.records import Claim, Segment, Worker, Workloop
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.events import Kind


def push(world: World, loop: Workloop, segment: Segment | None) -> None:
    """Send a claim now, or keep it until the socket is open again. Its timeout runs from here (W-16)."""
    loop.open += 1
    claim = Claim(loop, segment, recorder.pushed(world, loop, segment))
    set_timeout(world, claim)
    if loop.worker.is_open:
        send(world, claim)
    else:
        loop.worker.buffered.append(claim)  # W-11


def set_timeout(world: World, claim: Claim) -> None:
    if claim.timeout is not None:
        claim.timeout.cancel()
    claim.timeout = event_list.after(world, claim.loop.worker.spec.claim_timeout, Kind.EXPIRED, claim)


def send(world: World, claim: Claim) -> None:
    claim.session = claim.loop.worker.session
    recorder.sent(world, claim)
    until_decided, claim.until_replied = server.claim_latency(world)
    if until_decided:
        event_list.after(world, until_decided, Kind.DECIDED, claim)
        return
    decide(world, claim)
    if claim.until_replied:
        event_list.after(world, claim.until_replied, Kind.REPLIED, claim)
    else:
        # W-19: an answer without any latency follows the code that sent the claim.
        event_list.follow_up(world, Kind.REPLY, claim)


def decide(world: World, claim: Claim) -> None:
    claim.run = server.claim(world, claim.loop)
    wait_causes.note_winner(world, claim)
    recorder.decided(world, claim)
    claim.is_dropped = incidents.drops_reply(world, claim.run)


def is_lost(claim: Claim) -> bool:
    """W-16: the socket that it was sent on has closed."""
    return claim.session != claim.loop.worker.session


def decided(world: World, claim: Claim) -> bool:
    """The claim has come to Lightning, if its socket is still open; whether the reply is there at once."""
    if is_lost(claim):
        recorder.lost(claim, "request")
        return False
    decide(world, claim)
    if claim.until_replied:
        event_list.after(world, claim.until_replied, Kind.REPLIED, claim)
        return False
    return True


def replied(world: World, claim: Claim) -> bool:
    """The reply has come to the worker; whether the worker still waits for it. If not, the run stays claimed and nobody starts it."""
    if claim.is_dropped or is_lost(claim):
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
    if claim in claim.loop.worker.buffered:
        claim.loop.worker.buffered.remove(claim)


# --- the socket ---


def send_buffered(world: World, worker: Worker) -> None:
    """W-11: claims kept while disconnected go out first, in order; their timeouts start anew."""
    buffered, worker.buffered = worker.buffered, []
    for claim in buffered:
        set_timeout(world, claim)
        send(world, claim)


def lose(worker: Worker) -> None:
    """W-16: the socket has closed. What is under way is lost, and only its timeout can end it. An undecided claim was never seen, a decided
    one leaves its run claimed."""
    worker.session += 1


def drop(worker: Worker) -> None:
    """F-3 to F-5: the process has ended. What is on the wire is lost on arrival (W-16), and nobody waits for it; what was kept to be sent
    is forgotten."""
    worker.session += 1
    worker.buffered.clear()
