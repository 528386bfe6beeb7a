"""The event loop: which event comes next, and who handles it (W-19, `rules.order`, `rules.events`)."""

from __future__ import annotations

from fastlanes_sim.engines.kernel import (
    autoscaler,
    callers,
    connection,
    departures,
    execution,
    ideal,
    janitor,
    process,
    queue_channel,
    run_channel,
    run_events,
    simplified,
    timeouts,
    wait_causes,
    worker,
    workloop,
)
from fastlanes_sim.engines.kernel.event_list import CREATED, CREATED_BITS, fill_hollow, hollow
from fastlanes_sim.engines.kernel.jit import entry, inlined
from fastlanes_sim.engines.kernel.records import FOREVER, NOBODY
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.order import Rank

OVER, GOING_ON, NEEDS_ROOM, NEEDS_RUNS, FORGOTTEN = 0, 1, 2, 3, 4
"""What `simulate` ends with: the horizon is reached; its share of events is done; an array must grow; the table must go on; the event's
kind, `clock.kind`, has no branch in `dispatch`."""

SHARE = 500_000
"""Events that Python asks for at a time, between two looks at the keyboard and the progress bar: about a twentieth of a second."""

FOLLOW_UP, ARRIVAL, OUTAGE, TIMER, JANITOR = (int(rank) for rank in (Rank.FOLLOW_UP, Rank.ARRIVAL, Rank.OUTAGE, Rank.TIMER, Rank.JANITOR))
NO_RANK = len(Rank)
FOLLOW_UPS_COME_FIRST = min(Rank) == FOLLOW_UP
WAKES_AT_ONCE = FOLLOW_UP < TIMER


@entry
def simulate(world, share, is_last):
    """Handle `share` events, or one more where the last is a sleeper's. `is_last`: no runs come after those in the table."""
    clock = world.clock[0]
    until = clock.events + share
    while clock.events < until:
        if is_short(world):
            return NEEDS_ROOM
        if clock.first < clock.last and is_follow_up_next(world):
            if not handle_follow_up(world):
                return FORGOTTEN
            continue
        arrival, outage, timer = next_times(world)
        if arrival == FOREVER and not is_last:
            return NEEDS_RUNS
        now = min(arrival, outage, timer, clock.next_janitor)
        if now > clock.now and world.lightning[0].keeps_changes:
            wait_causes.look(world)
        if now > clock.horizon:
            return OVER
        clock.now = now
        clock.events += 1
        rank = first_rank(world, now, arrival, outage, timer)
        if rank == ARRIVAL:
            clock.next_arrival += 1
            callers.arrive(world, clock.next_arrival - 1)
        elif rank == OUTAGE:
            clock.next_outage += 1
            connection.outage(world, world.outages_begin[clock.next_outage - 1].worker)
        elif rank == JANITOR:
            janitor.come(world, NOBODY)
        elif not handle_timer(world):
            return FORGOTTEN
    return GOING_ON


@inlined
def next_times(world):
    """When the next arrival, outage and timer come, or FOREVER."""
    clock = world.clock[0]
    fill_hollow(world)
    arrivals, outages = world.table_inserted_at, world.outages_begin
    arrival = arrivals[clock.next_arrival] if clock.next_arrival < len(arrivals) else FOREVER
    outage = outages[clock.next_outage].begins if clock.next_outage < len(outages) else FOREVER
    timer = world.timers[0].time if clock.timers else FOREVER
    return arrival, outage, timer


@inlined
def first_rank(world, now, arrival, outage, timer):
    """The first rank that has an event at the instant `now`."""
    rank = world.timers[0].order >> CREATED_BITS if timer == now else NO_RANK
    if min(arrival, outage, world.clock[0].next_janitor) > now:
        return rank
    if arrival == now:
        rank = min(rank, ARRIVAL)
    if outage == now:
        rank = min(rank, OUTAGE)
    if world.clock[0].next_janitor == now:
        rank = min(rank, JANITOR)
    return rank


@inlined
def is_follow_up_next(world):
    """Whether the first follow-up that waits comes next: it does, unless ranks before it have an event at this instant."""
    if FOLLOW_UPS_COME_FIRST:
        return True
    arrival, outage, timer = next_times(world)
    return first_rank(world, world.clock[0].now, arrival, outage, timer) > FOLLOW_UP


@inlined
def handle_timer(world):
    """Calls the handler that `rules.events` names for the kind of the first event of the heap; False where it has no branch."""
    event, clock = world.timers[0], world.clock[0]
    kind, subject = event.kind, event.subject
    clock.current = event.order & CREATED
    hollow(world)
    if kind == Kind.SLEPT:
        if WAKES_AT_ONCE:
            # W-19: waking is a follow-up of this timer, and nothing comes between: no follow-up waits when a timer is handled.
            clock.events += 1
            workloop.wake(world, subject)
        else:
            workloop.slept(world, subject)
    elif kind == Kind.ARRIVED:
        queue_channel.arrived(world, subject)
    elif kind == Kind.QUERIED:
        queue_channel.queried(world, subject)
    elif kind == Kind.REPLIED:
        worker.replied(world, subject)
    elif kind == Kind.SETTLED:
        workloop.start_chain(world, subject)
    elif kind == Kind.MESSAGE_IN:
        run_channel.arrived(world, subject)
    elif kind == Kind.MESSAGE_BACK:
        execution.answered(world, subject)
    elif kind == Kind.MESSAGE_DONE:
        run_channel.processed(world, subject)
    elif kind == Kind.LOGGED:
        execution.logged(world, subject)
    elif kind == Kind.PLAN_READ:
        execution.fetch_input(world, subject)
    elif kind == Kind.INSTALLED:
        execution.installed(world, subject)
    elif kind == Kind.STARTED:
        execution.started(world, subject)
    elif kind == Kind.FINISHED:
        execution.finished(world, subject)
    elif kind == Kind.KILLED:
        execution.killed(world, subject)
    elif kind == Kind.JOINED:
        simplified.joined(world, subject)
    elif kind == Kind.ENDED:
        simplified.ended(world, subject)
    elif kind == Kind.DECIDED:
        worker.decided(world, subject)
    elif kind == Kind.DEBOUNCED:
        worker.debounced(world, subject)
    elif kind == Kind.NOTIFIED:
        worker.notified(world, subject)
    elif kind == Kind.SHARED:
        queue_channel.turned(world, subject)
    elif kind == Kind.EXPIRED:
        due = timeouts.take_due(world, world.claims, subject, timeouts.CLAIMS, kind)
        if due != NOBODY:
            worker.expired(world, due)
    elif kind == Kind.MESSAGE_LATE:
        due = timeouts.take_due(world, world.messages, subject, timeouts.MESSAGES, kind)
        if due != NOBODY:
            execution.expired(world, due)
    elif kind == Kind.GUARDED:
        due = timeouts.take_due(world, world.runs, subject, timeouts.GUARDS, kind)
        if due != NOBODY:
            run_events.finish(world, due)
    elif kind == Kind.VERIFIED:
        execution.verified(world, subject)
    elif kind == Kind.CONTINUED:
        workloop.continue_chain(world, subject)
    elif kind == Kind.UNANSWERED:
        callers.after_no_reply(world, subject)
    elif kind == Kind.REFUSED_BEFORE:
        callers.request(world, subject)
    elif kind == Kind.TURNED:
        ideal.turned(world, subject)
    elif kind == Kind.OPEN:
        connection.opened(world, subject)
    elif kind == Kind.RECONNECT:
        connection.reconnect(world, subject)
    elif kind == Kind.REFUSED:
        connection.refused(world, subject)
    elif kind == Kind.QUEUE_JOIN:
        queue_channel.join(world, subject)
    elif kind == Kind.QUEUE_JOINED:
        connection.queue_joined(world, subject)
    elif kind == Kind.NOTICED:
        connection.notice_mute(world, subject)
    elif kind == Kind.CHANNEL_LOST:
        connection.queue_lost(world, subject)
    elif kind == Kind.REJOIN:
        connection.rejoin_queue(world, subject)
    elif kind == Kind.MUTE:
        connection.mute(world, subject)
    elif kind == Kind.CHANNEL_CRASH:
        queue_channel.crash_of(world, subject)
    elif kind == Kind.STOP:
        process.terminate(world, subject)
    elif kind == Kind.KILL:
        process.kill(world, subject)
    elif kind == Kind.POLL:
        autoscaler.poll(world, subject)
    else:
        clock.kind = kind
        return False
    return True


@inlined
def handle_follow_up(world):
    """The same of the first follow-up."""
    clock = world.clock[0]
    task = world.follow_ups[clock.first & (len(world.follow_ups) - 1)]
    kind, subject = task.kind, task.subject
    clock.first += 1
    clock.events += 1
    if kind == Kind.REACT:
        workloop.react(world, subject)
    elif kind == Kind.SETTLE:
        workloop.settle(world, subject)
    elif kind == Kind.SETTLE_SOON:
        workloop.settle_soon(world, subject)
    elif kind == Kind.NEXT:
        run_events.next_event(world, subject)
    elif kind == Kind.START:
        simplified.start(world, subject)
    elif kind == Kind.REPLY:
        worker.replied(world, subject)
    elif kind == Kind.CONNECTED:
        connection.connected(world, subject)
    elif kind == Kind.WAKE:
        workloop.wake(world, subject)
    else:
        clock.kind = kind
        return False
    return True


@inlined
def is_short(world):
    """Whether an array that grows has less room than one event may need."""
    clock, counts, margin = world.clock[0], world.counts[0], world.clock[0].margin
    if counts.free_runs < 1 or counts.free_claims < margin or counts.free_segments < margin:
        return True
    if counts.free_messages < margin + world.lightning[0].most_messages:
        return True
    # An event sends at most every claim and every message there is.
    most = margin + len(world.claims) + len(world.messages)
    if clock.timers + most > len(world.timers) or clock.last - clock.first + most > len(world.follow_ups):
        return True
    if counts.stages + margin > len(world.stages) or counts.exits + margin > len(world.exits):
        return True
    if counts.connections + margin > len(world.connections) or counts.channels + margin > len(world.channels):
        return True
    if departures.is_short(world, margin) or wait_causes.is_short(world):
        return True
    return world.lightning[0].keeps_claims and (
        counts.claim_rows + margin > len(world.claim_rows) or counts.notes + margin > len(world.notes)
    )
