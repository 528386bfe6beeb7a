"""The event loop: which event comes next, and who handles it (W-19, `rules.order`, `rules.events`)."""

from __future__ import annotations

from fastlanes_sim.engines.kernel import (
    autoscaler,
    callers,
    calls,
    connection,
    departures,
    event_list,
    execution,
    ideal,
    idle_polls,
    janitor,
    process,
    queue_channel,
    run_channel,
    run_events,
    service,
    simplified,
    timeouts,
    wait_causes,
    worker,
    workloop,
)
from fastlanes_sim.engines.kernel.event_list import BORN_BITS, FOLLOW_UPS_COME_FIRST, fill_hollow, hollow
from fastlanes_sim.engines.kernel.jit import compiled, entry, inlined
from fastlanes_sim.engines.kernel.records import FOREVER, NOBODY
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.order import Rank

OVER, GOING_ON, NEEDS_ROOM, FORGOTTEN, UNDECIDED = 0, 1, 2, 3, 4
"""What `simulate` ends with: the horizon is reached; its share of events is done; an array must grow; the event's kind, `clock.kind`, has
no branch in `handle_timer`, `handle_seldom` or `handle_follow_up`; it must be begun anew, without foresight (`lineage`)."""

SHARE = 500_000
"""Events that Python asks for at a time, between two looks at the keyboard and the progress bar: about a twentieth of a second."""

FOLLOW_UP, ARRIVAL, OUTAGE, TIMER, JANITOR = (int(rank) for rank in (Rank.FOLLOW_UP, Rank.ARRIVAL, Rank.OUTAGE, Rank.TIMER, Rank.JANITOR))
NO_RANK = len(Rank)
WAKES_AT_ONCE = FOLLOW_UP < TIMER


@entry
def simulate(world, share):
    """Handle `share` events, or one more where the last is a sleeper's."""
    clock = world.clock[0]
    until = clock.events + share
    outside = next_outside(world)
    while clock.events < until:
        if clock.room <= 0 and is_short(world):
            clock.room = 0
            return UNDECIDED if clock.is_undecided else NEEDS_ROOM
        clock.room -= 1
        if clock.first < clock.last and is_follow_up_next(world):
            if not handle_follow_up(world):
                return FORGOTTEN
            continue
        timer, source = next_timer(world)
        if timer >= outside:
            arrival, outage = next_arrival(world), next_outage(world)
            now = min(arrival, outage, timer, clock.next_janitor)
            if now > clock.now and world.lightning[0].keeps_changes:
                wait_causes.look(world)
            if now > clock.horizon:
                return UNDECIDED if clock.is_undecided else OVER
            rank = first_rank(world, now, timer, source)
            if rank in (ARRIVAL, OUTAGE, JANITOR):
                clock.now = now
                clock.events += 1
                handle_outside(world, rank)
                outside = next_outside(world)
                continue
        if timer > clock.now and world.lightning[0].keeps_changes:
            wait_causes.look(world)
        if source >= NAPS and skips_polls(world, timer, until):
            outside = next_outside(world)
            continue
        clock.in_rhythm = 0
        clock.now = timer
        clock.events += 1
        if not handle_timer(world, source):
            return FORGOTTEN
    return UNDECIDED if clock.is_undecided else GOING_ON


# --- what comes next ---


@compiled
def next_outside(world):
    """Before this instant there are only timers: no arrival, outage or janitor, nor the horizon."""
    clock = world.clock[0]
    return min(next_arrival(world), next_outage(world), clock.next_janitor, clock.horizon + 1)


@inlined
def next_arrival(world):
    """When it comes, or FOREVER."""
    arrivals, place = world.table_inserted_at, world.clock[0].next_arrival
    return arrivals[place] if place < len(arrivals) else FOREVER


@inlined
def next_outage(world):
    """When it begins, or FOREVER."""
    outages, place = world.outages_begin, world.clock[0].next_outage
    return outages[place].begins if place < len(outages) else FOREVER


HEAP, QUERIES, UP, DOWN, NAPS, SLEEPERS = 0, 1, 2, 3, 4, 5
"""Where timers wait."""


@inlined
def next_timer(world):
    """When the next timer comes, or FOREVER, and where it waits."""
    clock = world.clock[0]
    time, source = FOREVER, HEAP
    if clock.timers > clock.is_hollow:
        time = event_list.first(world).time
    if clock.first_query < clock.last_query:
        event = event_list.first_query(world)
        if event.time < time or (event.time == time and comes_before(world, QUERIES, HEAP)):
            time, source = event.time, QUERIES
    if clock.first_up < clock.last_up:
        event = first_up(world)
        if event.time < time or (event.time == time and comes_before(world, UP, source)):
            time, source = event.time, UP
    if clock.first_down < clock.last_down:
        event = first_down(world)
        if event.time < time or (event.time == time and comes_before(world, DOWN, source)):
            time, source = event.time, DOWN
    if clock.naps:
        event = world.naps[0]
        if event.time < time or (event.time == time and comes_before(world, NAPS, source)):
            time, source = event.time, NAPS
    if clock.first_sleeper < clock.last_sleeper:
        event = event_list.first_sleeper(world)
        if event.time < time or (event.time == time and comes_before(world, SLEEPERS, source)):
            time, source = event.time, SLEEPERS
    return time, source


@compiled
def comes_before(world, source, other):
    """Whether the first that waits there comes before the first that waits in the other place, at the same instant."""
    one, another = first_of(world, source), first_of(world, other)
    return event_list.precedes_at_once(world, one.order, one.created, another.order, another.created)


@inlined
def first_up(world):
    return world.on_the_way_up[world.clock[0].first_up & (len(world.on_the_way_up) - 1)]


@inlined
def first_down(world):
    return world.on_the_way_down[world.clock[0].first_down & (len(world.on_the_way_down) - 1)]


@inlined
def first_of(world, source):
    if source == QUERIES:
        return event_list.first_query(world)
    if source == UP:
        return first_up(world)
    if source == DOWN:
        return first_down(world)
    if source == NAPS:
        return world.naps[0]
    if source == SLEEPERS:
        return event_list.first_sleeper(world)
    return event_list.first(world)


@compiled
def first_rank(world, now, timer, source):
    """The first rank that has an event at the instant `now`."""
    rank = first_of(world, source).order >> BORN_BITS if timer == now else NO_RANK
    if next_arrival(world) == now:
        rank = min(rank, ARRIVAL)
    if next_outage(world) == now:
        rank = min(rank, OUTAGE)
    if world.clock[0].next_janitor == now:
        rank = min(rank, JANITOR)
    return rank


@inlined
def is_follow_up_next(world):
    """Whether the first follow-up that waits comes next: it does, unless ranks before it have an event at this instant."""
    if FOLLOW_UPS_COME_FIRST:
        return True
    timer, source = next_timer(world)
    return first_rank(world, world.clock[0].now, timer, source) > FOLLOW_UP


@inlined
def skips_polls(world, wakes_at, until):
    """Whether the next events, those of sleepers from that instant on, are foreseen."""
    arrival, outage = next_arrival(world), next_outage(world)
    return idle_polls.may_foresee(world, wakes_at, arrival, outage) and idle_polls.skip(world, wakes_at, until, arrival, outage)


# --- who handles it ---


@compiled
def handle_outside(world, rank):
    """The next arrival or outage, or the janitor."""
    clock = world.clock[0]
    clock.in_rhythm = 0
    clock.current = 0
    clock.current_order = rank << BORN_BITS
    if rank == ARRIVAL:
        clock.next_arrival += 1
        callers.arrive(world, clock.next_arrival - 1)
    elif rank == OUTAGE:
        clock.next_outage += 1
        connection.outage(world, world.outages_begin[clock.next_outage - 1].worker)
    elif rank == JANITOR:
        janitor.come(world, NOBODY)


@inlined
def handle_timer(world, source):
    """Calls the handler that `rules.events` names for the kind of the first event that waits there; False where it has no branch."""
    clock = world.clock[0]
    if source == HEAP:
        fill_hollow(world)
    event = first_of(world, source)
    kind, subject = event.kind, event.subject
    clock.current = event.created
    clock.current_order = event.order
    if source == HEAP:
        hollow(world)
    elif source == QUERIES:
        clock.first_query += 1
    elif source == UP:
        clock.first_up += 1
        clock.others_on_the_way -= kind != event_list.ARRIVED
    elif source == DOWN:
        clock.first_down += 1
        clock.others_on_the_way -= kind != event_list.REPLIED
    elif source == NAPS:
        event_list.drop_first_nap(world)
    else:
        clock.first_sleeper += 1
    if kind == Kind.SLEPT:
        if world.segments[subject].wakes_as != clock.current:
            clock.events -= 1  # it was woken sooner (`flights`)
        elif WAKES_AT_ONCE:
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
    elif kind == Kind.SHARED:
        queue_channel.turned(world, subject)
    else:
        return handle_seldom(world, kind, subject)
    return True


@compiled
def handle_seldom(world, kind, subject):
    """The same of what comes a few times in a run's life, or hardly ever: what claims do all the time is faster without it."""
    if kind == Kind.MESSAGE_IN:
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
    elif kind == Kind.EXPIRED:
        due = timeouts.due_claim(world, subject)
        if due != NOBODY:
            worker.expired(world, due)
    elif kind == Kind.MESSAGE_LATE:
        due = timeouts.due_message(world, subject)
        if due != NOBODY:
            execution.expired(world, due)
    elif kind == Kind.GUARDED:
        due = timeouts.due_guard(world, subject)
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
    elif kind == Kind.PHASE_OVER:
        service.due(world, subject)
    elif kind == Kind.TURN:
        service.turned(world, subject)
    elif kind == Kind.ASK_AGAIN:
        service.ask(world, subject)
    elif kind == Kind.UNHEARD:
        calls.unheard(world, subject)
    elif kind == Kind.TIMED_OUT:
        calls.timed_out(world, subject)
    elif kind == Kind.KILL:
        process.kill(world, subject)
    elif kind == Kind.POLL:
        autoscaler.poll(world, subject)
    else:
        world.clock[0].kind = kind
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
    elif kind == Kind.ANSWERED:
        calls.answered(world, subject)
    elif kind == Kind.CONNECTED:
        connection.connected(world, subject)
    elif kind == Kind.WAKE:
        workloop.wake(world, subject)
    else:
        clock.kind = kind
        return False
    return True


MOST_AHEAD, LEAST_AHEAD, PLACES_AHEAD = 16, 4, 4_096
"""Whether there is room is asked once in so many events: in as many as need no more places, within these bounds."""


def ahead(margin: int) -> int:
    """In how many, where one event may need so many places."""
    return max(LEAST_AHEAD, min(MOST_AHEAD, PLACES_AHEAD // margin))


events_ahead = compiled(ahead)


@compiled
def is_short(world):
    """Whether an array that grows has less room than the events ahead may need, or one event where everything is written down."""
    clock, counts, lightning = world.clock[0], world.counts[0], world.lightning[0]
    writes = lightning.keeps_claims or lightning.keeps_changes
    clock.room = 1 if writes else events_ahead(clock.margin)
    need = clock.room * clock.margin
    if counts.free_runs < clock.room or counts.free_claims < need or counts.free_segments < need:
        return True
    if counts.free_messages < need + clock.room * lightning.most_messages:
        return True
    # Each claim and each message is under way once at most, and each run that waits is answered once.
    most = need + len(world.claims) + len(world.messages) + len(world.services)
    if clock.timers + most > len(world.timers) or clock.last - clock.first + most > len(world.follow_ups):
        return True
    if clock.naps + clock.last_sleeper - clock.first_sleeper + most > min(len(world.naps), len(world.sleepers)):
        return True
    if clock.last_query - clock.first_query + most > len(world.ends_of_queries):
        return True
    if clock.last_up - clock.first_up + most > len(world.on_the_way_up):
        return True
    if clock.last_down - clock.first_down + most > len(world.on_the_way_down):
        return True
    if counts.stages + need > len(world.stages) or counts.exits + need > len(world.exits):
        return True
    if counts.connections + need > len(world.connections) or counts.channels + need > len(world.channels):
        return True
    if departures.is_short(world, clock.room, clock.margin) or wait_causes.is_short(world):
        return True
    return lightning.keeps_claims and (
        counts.claim_rows + clock.margin > len(world.claim_rows) or counts.notes + clock.margin > len(world.notes)
    )
