"""The event loop: what comes next, and who plays it (W-19, `rules.order`)."""

from __future__ import annotations

from fastlanes_sim.engines.kernel import (
    autoscaler,
    callers,
    claims,
    connection,
    events,
    ideal,
    process,
    recorder,
    server,
    wait_causes,
    workloop,
)
from fastlanes_sim.engines.kernel.event_list import fill_hollow, follow_up, hollow
from fastlanes_sim.engines.kernel.jit import compiled, entry, inlined
from fastlanes_sim.engines.kernel.records import FOREVER, NOBODY

OVER, GOING_ON, NEEDS_ROOM, NEEDS_RUNS = 0, 1, 2, 3
"""What `play` ends with: the horizon is reached; its share of events is played; an array must grow; the table must go on."""

SHARE = 500_000
"""Events that Python asks for at a time, between two looks at the keyboard and the progress bar: about a twentieth of a second."""


@entry
def play(world, share, is_last):
    """Play `share` events, or one more where the last is a sleeper's. `is_last`: no runs come after those in the table."""
    clock = world.clock[0]
    until = clock.events + share
    while clock.events < until:
        if is_short(world):
            return NEEDS_ROOM
        if clock.first < clock.last:
            play_follow_up(world)
            continue
        arrival, outage, timer, janitor = next_times(world)
        if arrival == FOREVER and not is_last:
            return NEEDS_RUNS
        now = min(arrival, outage, timer, janitor)
        if now > clock.now and world.lightning[0].keeps_changes:
            wait_causes.look(world)
        if now > clock.horizon:
            return OVER
        clock.now = now
        clock.events += 1
        if arrival == now:
            arrive(world)
        elif outage == now:
            connection.outage(world, world.outages_begin[clock.next_outage].worker)
            clock.next_outage += 1
        elif timer == now:
            play_timer(world)
        elif server.janitor(world):
            ideal.changed(world)
    return GOING_ON


@inlined
def next_times(world):
    """When the next event of each rank comes, or FOREVER."""
    clock = world.clock[0]
    fill_hollow(world)
    arrivals, outages = world.table_inserted_at, world.outages_begin
    arrival = arrivals[clock.next_arrival] if clock.next_arrival < len(arrivals) else FOREVER
    outage = outages[clock.next_outage].begins if clock.next_outage < len(outages) else FOREVER
    timer = world.agenda[0].time if clock.timers else FOREVER
    return arrival, outage, timer, clock.next_janitor


@compiled
def arrive(world):
    """L-22: the next request of the table."""
    clock = world.clock[0]
    clock.next_arrival += 1
    callers.request(world, clock.next_arrival - 1)


@inlined
def play_timer(world):
    event, clock = world.agenda[0], world.clock[0]
    kind, subject, created = event.kind, event.subject, event.created
    hollow(world)
    if kind == events.SLEPT:
        # W-19: waking is a follow-up, of a timer; so it comes next, for a timer is played when no follow-up waits.
        clock.events += 1
        workloop.wake(world, subject)
    elif kind == events.DECIDED:
        if claims.decided(world, subject):
            replied(world, subject)
    elif kind == events.REPLIED:
        replied(world, subject)
    elif kind == events.SETTLED:
        workloop.start_chain(world, subject)
    elif kind == events.JOINED:
        follow_up(world, events.START, subject)
    elif kind == events.ENDED:
        ended(world, subject)
    elif kind == events.DEBOUNCED:
        if server.debounced(world, subject, created):
            workloop.work_available(world, subject)
    elif kind == events.NOTIFIED:
        if server.is_of_this_session(world, subject, created):
            workloop.work_available(world, subject)
    elif kind == events.EXPIRED:
        expired(world, subject, created)
    elif kind == events.VERIFIED:
        workloop.verified(world, subject)
    elif kind == events.CONTINUED:
        workloop.go_on(world, subject)
    elif kind == events.UNANSWERED:
        callers.after_no_reply(world, subject)
    elif kind == events.REFUSED_BEFORE:
        callers.request(world, subject)
    elif kind == events.TURNED:
        ideal.changed(world)
    elif kind == events.OPEN:
        connection.opened(world, subject)
    elif kind == events.RECONNECT:
        connection.reconnect(world, subject)
    elif kind == events.STOP:
        process.terminate(world, subject)
    elif kind == events.KILL:
        process.end(world, subject)
    elif kind == events.POLL:
        autoscaler.poll(world, subject)
    else:
        connection.refused(world, subject)


@inlined
def play_follow_up(world):
    clock = world.clock[0]
    task = world.follow_ups[clock.first & (len(world.follow_ups) - 1)]
    kind, subject = task.kind, task.subject
    clock.first += 1
    clock.events += 1
    if kind == events.REACT:
        workloop.react(world, subject)
    elif kind == events.SETTLE:
        workloop.settle(world, subject)
    elif kind == events.SETTLE_SOON:
        follow_up(world, events.SETTLE, subject)
    elif kind == events.START:
        joined(world, subject)
    elif kind == events.REPLY:
        replied(world, subject)
    else:
        connection.connected(world, subject)


@inlined
def replied(world, place):
    """W-7, W-8"""
    if claims.replied(world, place):
        claim = world.claims[place]
        loop, segment, run = claim.loop, claim.segment, claim.run
        claims.free(world, place)
        answered(world, loop, segment, run)


@compiled
def expired(world, place, created):
    """W-16: a claim's timeout counts as an empty reply."""
    if claims.expired(world, place, created):
        claim = world.claims[place]
        loop, segment = claim.loop, claim.segment
        if claim.is_done:
            claims.free(world, place)
        answered(world, loop, segment, NOBODY)


@inlined
def answered(world, loop_place, segment, run):
    workloop.answered(world, loop_place, segment, run)
    process.exit_if_done(world, world.loops[loop_place].worker)


@compiled
def joined(world, place):
    """W-15, or W-13 where the channel cannot be joined."""
    run = world.runs[place]
    if run.join_fails:
        recorder.note(world, recorder.NOT_JOINED, run.number)
        release(world, place)
    else:
        server.start(world, place)
        workloop.play_run(world, place)


@compiled
def ended(world, place):
    """L-19; what the worker reports of a run that was lost meanwhile changes nothing (L-18)."""
    if server.finish(world, place, world.runs[place].outcome):
        ideal.changed(world)
    release(world, place)


@compiled
def release(world, place):
    """W-13: the slot is free again."""
    loop_place = world.runs[place].loop
    loop = world.loops[loop_place]
    loop.active -= 1
    server.let_go(world, place)
    if world.workers[loop.worker].is_ideal:
        ideal.dispatch(world)
    else:
        workloop.resume(world, loop_place)
        process.exit_if_done(world, loop.worker)


@inlined
def is_short(world):
    """Whether an array that grows has less room than one event may need."""
    clock, counts, margin = world.clock[0], world.counts[0], world.clock[0].margin
    if counts.free_runs < 1 or counts.free_claims < margin or counts.free_segments < margin:
        return True
    # Each claim may need two timers, its own and its timeout's; an event sends at most every claim there is.
    most = clock.margin + 2 * len(world.claims)
    if clock.timers + most > len(world.agenda) or clock.last - clock.first + most > len(world.follow_ups):
        return True
    if counts.lives + margin > len(world.lives) or wait_causes.is_short(world):
        return True
    return world.lightning[0].keeps_claims and (
        counts.claim_rows + margin > len(world.claim_rows) or counts.journal + margin > len(world.journal)
    )
