"""In-flight claims: pushed, perhaps buffered, sent, decided, answered, or lost with their socket (W-11, W-16).

A claim's timeout takes its place in the order of timers when the claim is pushed, as in the worker, but it is put into the future event
list only if it may come before the reply: an hour's timeout of a claim that takes 50 ms would only lie there.
"""

from __future__ import annotations

from fastlanes_sim.engines.kernel import event_list, free_list, incidents, recorder, server, wait_causes
from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules.events import Kind


@inlined
def push(world, loop_place, segment):
    """Send a claim now, or keep it until the socket is open again. Its timeout runs from here (W-16)."""
    loop = world.loops[loop_place]
    loop.open += 1
    place = free_list.take(world.claims)
    world.counts[0].free_claims -= 1
    claim = world.claims[place]
    claim.loop = loop_place
    claim.segment = segment
    claim.run = NOBODY
    claim.is_dropped = False
    claim.is_buffered = False
    claim.is_timed_out = False
    claim.is_done = False
    claim.row = recorder.pushed(world, loop, segment)
    worker = world.workers[loop.worker]
    set_timeout(world, claim, worker)
    if worker.is_open:
        send(world, place, worker)
    else:
        buffer(world, place, worker)


@inlined
def set_timeout(world, claim, worker):
    clock = world.clock[0]
    claim.expires = clock.now + worker.claim_timeout
    claim.expires_as = event_list.reserve(clock)
    claim.is_alarmed = False


@compiled
def alarm(world, place):
    """The timeout may come first: put it where it belongs."""
    claim = world.claims[place]
    if not claim.is_alarmed:
        claim.is_alarmed = True
        event_list.put(world, claim.expires, event_list.order_of(Kind.EXPIRED, claim.expires_as), Kind.EXPIRED, place)


@inlined
def send(world, place, worker):
    claim = world.claims[place]
    claim.session = worker.session
    claim.sent_at = world.clock[0].now
    recorder.sent(world, claim)
    until_decided, until_replied = server.claim_latency(world)
    claim.until_replied = until_replied
    if world.clock[0].now + until_decided + until_replied >= claim.expires:
        alarm(world, place)
    if until_decided:
        event_list.after(world, until_decided, Kind.DECIDED, place)
        return
    decide(world, place)
    if until_replied:
        event_list.after(world, until_replied, Kind.REPLIED, place)
    else:
        # W-19: an answer without any latency follows the code that sent the claim.
        event_list.follow_up(world, Kind.REPLY, place)


@inlined
def decide(world, place):
    claim = world.claims[place]
    claim.run = server.claim(world, claim.loop)
    wait_causes.note_winner(world, claim)
    recorder.decided(world, claim)
    claim.is_dropped = incidents.drops_reply(world, claim.run)
    if claim.is_dropped and not claim.is_timed_out:
        alarm(world, place)


@inlined
def is_lost(world, claim):
    """W-16: the socket that it was sent on has closed."""
    return claim.session != world.workers[world.loops[claim.loop].worker].session


@inlined
def decided(world, place):
    """The claim has come to Lightning, if its socket is still open; whether the reply is there at once."""
    claim = world.claims[place]
    if is_lost(world, claim):
        recorder.lost(world, claim, recorder.LOST_REQUEST)
        done(world, place)
        return False
    decide(world, place)
    if claim.until_replied:
        event_list.after(world, claim.until_replied, Kind.REPLIED, place)
        return False
    return True


@inlined
def replied(world, place):
    """The reply has come to the worker; whether the worker still waits for it. If not, the run stays claimed and nobody starts it."""
    claim = world.claims[place]
    if claim.is_dropped or is_lost(world, claim):
        recorder.lost(world, claim, recorder.LOST_REPLY)
    else:
        recorder.replied(world, claim)
        if not claim.is_timed_out:
            return True
    if claim.run != NOBODY:
        server.let_go(world, claim.run)
    done(world, place)
    return False


@compiled
def expired(world, place):
    """The claim's timeout is over; whether that counts: not if it was answered or sent anew meanwhile."""
    claim = world.claims[place]
    if claim.expires_as != world.clock[0].current:
        return False
    claim.is_timed_out = True
    claim.expires_as = NOBODY
    return True


@compiled
def done(world, place):
    """Nothing of it is on the wire any more. If its timeout is still to come, that needs it."""
    claim = world.claims[place]
    claim.is_done = True
    if claim.is_timed_out:
        free(world, place)


@compiled
def free(world, place):
    claim = world.claims[place]
    claim.loop = NOBODY
    claim.expires_as = NOBODY
    free_list.give(world.claims, place)
    world.counts[0].free_claims += 1


# --- the socket ---


@compiled
def buffer(world, place, worker):
    """W-11: kept until the socket is open, in order."""
    claim = world.claims[place]
    claim.is_buffered = True
    claim.next = NOBODY
    if worker.first_buffered == NOBODY:
        worker.first_buffered = place
    else:
        world.claims[worker.last_buffered].next = place
    worker.last_buffered = place
    alarm(world, place)


@compiled
def send_buffered(world, worker):
    """W-11: claims kept while disconnected go out first, in order; their timeouts start anew."""
    place = worker.first_buffered
    worker.first_buffered = NOBODY
    while place != NOBODY:
        claim = world.claims[place]
        following = claim.next
        claim.is_buffered = False
        if claim.is_timed_out:
            free(world, place)
        else:
            set_timeout(world, claim, worker)
            send(world, place, worker)
        place = following


@compiled
def lose(world, worker_place):
    """W-16: the socket has closed. What is under way is lost, and only its timeout can end it. An undecided claim was never seen, a decided
    one leaves its run claimed."""
    worker = world.workers[worker_place]
    for place in range(1, len(world.claims)):
        claim = world.claims[place]
        if claim.loop == NOBODY or world.loops[claim.loop].worker != worker_place:
            continue
        if claim.session == worker.session and not (claim.is_buffered or claim.is_timed_out):
            alarm(world, place)
    worker.session += 1


@compiled
def drop(world, worker_place):
    """F-3 to F-5: the process has ended. What is on the wire is lost on arrival (W-16), and nobody waits for it; what was kept to be sent
    is forgotten."""
    worker = world.workers[worker_place]
    worker.session += 1
    worker.first_buffered = NOBODY
    for place in range(1, len(world.claims)):
        claim = world.claims[place]
        if claim.loop == NOBODY or world.loops[claim.loop].worker != worker_place:
            continue
        if claim.is_buffered or claim.is_done:
            free(world, place)
        else:
            claim.is_timed_out = True
            claim.expires_as = NOBODY
