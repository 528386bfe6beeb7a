"""In-flight claims: pushed, perhaps buffered, sent, decided, answered, or lost on the wire (W-11, W-16)."""

from __future__ import annotations

from fastlanes_sim.engines.kernel import active_runs, event_list, free_list, incidents, recorder, server, timeouts, wait_causes, wire
from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.events import Kind

QUEUES = len(Queue)
NOT_SENT, SENT, QUERYING, DECIDED = range(4)
"""Stages of a claim, where those of a connection are decided one after another: on the way or in line, in the database, and after that."""


@inlined
def push(world, loop_place, segment):
    """Send a claim now, or keep it until the queue's channel is joined. Its timeout runs from here (W-16)."""
    loop = world.loops[loop_place]
    loop.open += 1
    place = taken(world, loop_place, segment)
    claim = world.claims[place]
    claim.connection = NOBODY
    claim.channel = NOBODY
    claim.stage = NOT_SENT
    claim.row = recorder.pushed(world, loop, segment)
    worker = world.workers[loop.worker]
    set_timeout(world, place, loop.worker)
    if worker.is_joined:
        send(world, place, worker)
    else:
        buffer(world, place, worker)


@inlined
def taken(world, loop_place, segment):
    """The place of a claim to which nothing has happened yet; its connection, channel, stage and row are for whoever takes it."""
    place = free_list.take(world.claims)
    world.counts[0].free_claims -= 1
    claim = world.claims[place]
    claim.loop = loop_place
    claim.segment = segment
    claim.run = NOBODY
    claim.notifications = 0
    claim.is_error = False
    claim.is_dropped = False
    claim.is_buffered = False
    claim.is_timed_out = False
    claim.is_lost = False
    claim.is_done = False
    claim.is_hopeful = False
    return place


@inlined
def set_timeout(world, place, worker):
    timeouts.set_for_claim(world, place, worker)


@inlined
def send(world, place, worker):
    claim = world.claims[place]
    claim.connection = worker.connection
    claim.sent_at = world.clock[0].now
    world.counts[0].claims_sent += 1
    recorder.sent(world, claim)
    if world.lightning[0].is_serial:
        sent(world, claim)
        event_list.up(world, Kind.ARRIVED, place)
    else:
        send_in_parallel(world, place)


@compiled
def send_in_parallel(world, place):
    claim = world.claims[place]
    until_decided, until_replied = server.claim_latency(world)
    claim.until_replied = until_replied
    if until_decided:
        event_list.after(world, until_decided, Kind.DECIDED, place)
        return
    decide_now(world, place)
    if until_replied:
        event_list.after(world, until_replied, Kind.REPLIED, place)
    else:
        # W-19: an answer without any latency follows the code that sent the claim.
        event_list.follow_up(world, Kind.REPLY, place)


# --- what those that are foreseen must know of those that are simulated (`idle_polls`) ---


@compiled
def sent(world, claim):
    """It gets in line behind those that were foreseen."""
    connection = world.connections[claim.connection]
    claim.stage = SENT
    world.clock[0].undecided += 1
    connection.undecided += 1
    asks(world, claim, 1)
    claim.free_at = NOBODY
    if connection.channel != NOBODY:
        channel = world.channels[connection.channel]
        claim.free_at = channel.free_at
        claim.free_order = channel.free_order
        claim.free_as = channel.free_as


@compiled
def asks(world, claim, change):
    rank = world.loops[claim.loop].rank
    for queue in range(QUEUES):
        if rank[queue] != NOBODY:
            world.lightning[0].asking[queue] += change


@compiled
def queries(world, claim):
    """Its query begins: it has seen what there is."""
    claim.stage = QUERYING
    asks(world, claim, -1)
    if claim.best != NOBODY:
        claim.is_hopeful = True
        world.clock[0].hopeful += 1


@compiled
def leaves(world, claim):
    """It is decided, or lost."""
    if claim.stage == SENT:
        asks(world, claim, -1)
    if claim.stage == SENT or claim.stage == QUERYING:
        world.clock[0].undecided -= 1
        world.connections[claim.connection].undecided -= 1
    claim.stage = DECIDED


@inlined
def hopes_no_more(world, claim):
    """What it won is on the worker, or will never be."""
    if claim.is_hopeful:
        claim.is_hopeful = False
        world.clock[0].hopeful -= 1


# --- what it takes ---


@inlined
def decide_now(world, place):
    """Where claims are parallel: from the table as it stands at this instant."""
    active_runs.look(world, world.claims[place])
    decide(world, place)


@inlined
def decide(world, place):
    """L-24: the first candidate that is still there is taken, unless the reply is an error (W-16), or the run would be put back (L-27)."""
    claim = world.claims[place]
    connection = world.connections[claim.connection]
    claim.is_error = incidents.is_claim_error(world)
    if not claim.is_error and not is_put_back(world, connection):
        claim.run = active_runs.first_available(world, claim)
        server.take(world, claim.loop, claim.run, claim.began_at)
    wait_causes.note_winner(world, claim)
    recorder.decided(world, claim)
    claim.is_dropped = not wire.is_dead(connection) and incidents.drops_reply(world, claim.run)


@inlined
def is_put_back(world, connection):
    """L-27: whether a run that is won now is available again at once, because Lightning knows that the socket has closed."""
    return world.lightning[0].puts_back and wire.is_dead(connection) and not connection.is_mute


# --- back at the worker ---


@inlined
def decided(world, place):
    """Where claims are parallel: the claim has come to Lightning, if its socket is still open; whether the reply is there at once."""
    claim = world.claims[place]
    if world.connections[claim.connection].is_cut:
        lost(world, place, recorder.LOST_REQUEST)
        return False
    decide_now(world, place)
    if claim.until_replied:
        event_list.after(world, claim.until_replied, Kind.REPLIED, place)
        return False
    return True


@inlined
def replied(world, place):
    """The reply has come to the worker; whether the worker still waits for it. If not, the run stays claimed and nobody starts it."""
    claim = world.claims[place]
    hopes_no_more(world, claim)
    if claim.is_dropped or wire.is_dead(world.connections[claim.connection]):
        lost(world, place, recorder.LOST_REPLY)
        return False
    recorder.replied(world, claim)
    if claim.is_timed_out:
        done(world, place)
        return False
    claim.expires_as = NOBODY
    return True


@compiled
def lost(world, place, what):
    """W-16: on the wire, or in Lightning. What it won stays claimed, and only its timeout can end it."""
    leaves(world, world.claims[place])
    hopes_no_more(world, world.claims[place])
    recorder.lost(world, world.claims[place], what)
    wait_causes.note_lost(world, world.claims[place])
    done(world, place)


@compiled
def done(world, place):
    """Nothing of it is on the wire any more. If its timeout is still to come, that needs it."""
    claim = world.claims[place]
    claim.is_done = True
    if claim.run != NOBODY:
        server.let_go(world, claim.run)
    if claim.is_timed_out:
        free(world, place)


@compiled
def expired(world, place):
    """The claim's timeout is over."""
    claim = world.claims[place]
    claim.is_timed_out = True
    wait_causes.note_expired(world, claim)
    if claim.is_buffered:
        unbuffer(world, place)
        claim.is_done = True


@inlined
def free(world, place):
    claim = world.claims[place]
    claim.loop = NOBODY
    free_list.give(world.claims, place)
    world.counts[0].free_claims += 1


# --- the socket ---


@compiled
def buffer(world, place, worker):
    """W-11: kept until the queue's channel is joined, in order."""
    claim = world.claims[place]
    claim.is_buffered = True
    claim.next = NOBODY
    if worker.first_buffered == NOBODY:
        worker.first_buffered = place
    else:
        world.claims[worker.last_buffered].next = place
    worker.last_buffered = place


@compiled
def unbuffer(world, place):
    """It has met its timeout. It is the first that is buffered, for it was pushed first."""
    worker = world.workers[world.loops[world.claims[place].loop].worker]
    worker.first_buffered = world.claims[place].next
    world.claims[place].is_buffered = False


@compiled
def send_buffered(world, worker_place):
    """W-11: claims kept while disconnected go out first, in order; their timeouts start anew."""
    worker = world.workers[worker_place]
    place = 0 + worker.first_buffered
    worker.first_buffered = NOBODY
    while place != NOBODY:
        following = 0 + world.claims[place].next
        world.claims[place].is_buffered = False
        set_timeout(world, place, worker_place)
        send(world, place, worker)
        place = following


@compiled
def drop(world, worker_place):
    """W-24: the process has ended, and nobody waits for its claims. What was sent is decided all the same."""
    worker = world.workers[worker_place]
    worker.first_buffered = NOBODY
    for place in range(1, len(world.claims)):
        claim = world.claims[place]
        if claim.loop == NOBODY or claim.is_timed_out or world.loops[claim.loop].worker != worker_place:
            continue
        claim.is_timed_out = True
        claim.expires_as = NOBODY
        if claim.is_buffered or claim.is_done:
            free(world, place)
