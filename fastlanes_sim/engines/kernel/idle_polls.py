"""Polls that must fail, foreseen instead of simulated (W-6, W-7, L-23, L-24).

A sleeper wakes. There is nothing that its loop takes, and before the reply to its claim could come nothing else happens that matters to
it: no arrival, no outage, nothing of any run or process. So the claim comes back empty, and all there is to know is when: the claims of a
connection are decided one after another (L-23), so each is decided a query after the later of its arrival and the decision of the one
before it. The next event is the end of the next sleep.

Simulated are the polls in whose time something else happens, and those after which nothing is sure: with a candidate at hand, or a claim
under way that has seen one; where the queries of several workers may slow each other down (L-25); where Lightning answers wrongly. Of these
as well, what follows the beginning of the query may be foreseen (`empty_replies`).
A poll that is simulated waits behind one that was foreseen (`queue_channel.wait_for_skipped`), and the other way round (`line_end`).

The order of what happens in one instant is found out by `lineage`, as of all that is foreseen.

Where nothing happens for long, the same polls come again and again: once a round of all sleepers has gone by and none had to wait for
another, the next ones are like it, and are counted instead (`skip_rounds`).
"""

from __future__ import annotations

from fastlanes_sim.engines.kernel import empty_replies, event_list, flights, lineage, server, workloop
from fastlanes_sim.engines.kernel.event_list import BORN_BITS
from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import FOREVER, NOBODY
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.order import Rank
from fastlanes_sim.rules.process import Stage

DRAINING = int(Stage.DRAINING)
QUEUES = len(Queue)
SLEPT = int(Kind.SLEPT)
TIMER = Rank.TIMER << BORN_BITS
PLACES_A_POLL = 4
"""In the order of creation: the claim's arrival, the end of its query, if that takes any time, the reply, the end of the sleep."""
ROUNDS_SEEN = 2
"""Rounds without waiting before rounds are skipped: then what precedes them is older than any sleep."""


@inlined
def may_foresee(world, wakes_at, arrival, outage):
    """Whether `skip` may find a poll to foresee. Where much happens the answer is no before nearly every poll."""
    clock, lightning = world.clock[0], world.lightning[0]
    if not lightning.skips_polls or clock.hopeful or clock.notifications_behind or clock.others_on_the_way:
        return False
    if lightning.keeps_changes and wakes_at == clock.now:  # what has changed in this instant is not written down yet
        return False
    soonest_reply = wakes_at + lightning.up + lightning.down
    if soonest_reply >= min(arrival, outage):
        return False
    return clock.timers == clock.is_hollow or soonest_reply < event_list.first(world).time


@compiled
def skip(world, wakes_at, until, arrival, outage):
    """Foresees the polls of the sleepers that wake next, from the instant `wakes_at` on, until something else comes or so many events are
    done; whether of any."""
    clock, lightning = world.clock[0], world.lightning[0]
    quiet_until = min(disturbed_at(world), arrival, outage)
    if wakes_at + lightning.up + lightning.down >= quiet_until:
        return False
    soonest = min(quiet_until, claims_at(world))
    takes = server.database_time(world, lightning.active)
    if takes > world.database[0].timeout:
        return False
    if takes != clock.rhythm:
        clock.rhythm = takes
        clock.in_rhythm = 0
    has_candidates = False
    for queue in range(QUEUES):
        has_candidates |= lightning.candidates[queue] > 0
    least = lightning.up + takes + lightning.down
    is_any = False
    worker = NOBODY
    host, connection, channel = world.workers[0], world.connections[0], world.channels[0]
    while clock.events < until:
        if clock.in_rhythm >= ROUNDS_SEEN * max(1, clock.last_sleeper - clock.first_sleeper):
            if not clock.naps and soonest == quiet_until:
                skip_rounds(world, quiet_until, takes)
            clock.in_rhythm = 0
        is_nap = is_nap_next(world)
        if not is_nap and clock.first_sleeper == clock.last_sleeper:
            break
        event = world.naps[0] if is_nap else event_list.first_sleeper(world)
        time, order, created, number = event.time, event.order, event.created, event.subject
        if time >= soonest or time + least >= quiet_until:
            break
        segment = world.segments[number]
        if segment.wakes_as != created:  # it was woken sooner
            drop_first(world, is_nap)
            is_any = True
            continue
        loop = world.loops[segment.loop]
        if loop.worker != worker:  # nothing of it changes as long as only polls are foreseen
            if not goes_the_usual_way(world, 0 + loop.worker, least):
                break
            worker = 0 + loop.worker
            host = world.workers[worker]
            connection = world.connections[host.connection]
            channel = world.channels[connection.channel]
        if segment.is_cancelled or (has_candidates and may_take(world, loop)):
            break
        before = clock.now
        clock.now = time
        if not has_slot(loop, lightning.keeps_changes):
            clock.current_order, clock.current = order, created
            flights.land(world, loop)
            if not has_slot(loop, lightning.keeps_changes):
                clock.now = before
                break
        arrives = time + lightning.up
        clock.line_order = channel.free_order
        clock.line_as = channel.free_as
        free_at = 0 + channel.free_at
        if connection.undecided:
            free_at = line_end(world, 0 + connection.channel, takes)
        # It begins within the event that ends the line; or nobody knows which one that is, and others may begin in that instant.
        if free_at >= arrives and (not takes or (clock.line_as == lineage.UNKNOWN and len(world.workers) > 1)):
            clock.now = before
            break
        begins = max(arrives, free_at)
        decided_at = begins + takes
        replied_at = decided_at + lightning.down
        if replied_at >= min(quiet_until, connection.dies_at) or replied_at - time >= host.claim_timeout:
            clock.now = before
            break
        if lightning.shares_database and not is_alone(world, 0 + connection.channel, 0 + loop.worker, is_nap, begins, decided_at):
            clock.now = before
            break
        # It must fail.
        drop_first(world, is_nap)
        is_any = True
        clock.events += 1
        world.counts[0].claims_sent += 1
        world.counts[0].claims_empty += 1
        segment.attempts += 1
        segment.delay = workloop.next_delay(segment.delay, host.maximum)
        clock.in_rhythm = 0 if is_nap or free_at > arrives else clock.in_rhythm + 1
        place = clock.created + 1
        lineage.note(world, place, order, created)  # the claim's arrival
        by_order, by_place = TIMER + time, place
        if free_at > arrives or (
            free_at == arrives and event_list.precedes_at_once(world, by_order, by_place, clock.line_order, clock.line_as)
        ):
            by_order, by_place = 0 + clock.line_order, 0 + clock.line_as  # its query begins as that of the claim before it ends
        if takes:
            place += 1
            lineage.note(world, place, by_order, by_place)  # the end of its query
            by_order, by_place = TIMER + begins, place + lineage.FORESEEN
            channel.free_at = decided_at
            channel.free_order = by_order
            channel.free_as = by_place
            clock.queried_until = decided_at
            clock.queried_on = connection.channel
        clock.created = place
        reply = event_list.reserve_for(world, by_order, by_place)
        flights.append(world, loop, replied_at, reply, number)
        empty_replies.expect_sleep(world, number, replied_at, reply)
    if is_any:
        pass_janitors(world)
    return is_any


# --- which sleeper is next ---


@inlined
def is_nap_next(world):
    clock = world.clock[0]
    if not clock.naps:
        return False
    if clock.first_sleeper == clock.last_sleeper:
        return True
    nap, sleeper = world.naps[0], event_list.first_sleeper(world)
    return event_list.precedes(world, nap.time, nap.order, nap.created, sleeper.time, sleeper.order, sleeper.created)


@inlined
def drop_first(world, is_nap):
    if is_nap:
        event_list.drop_first_nap(world)
    else:
        world.clock[0].first_sleeper += 1


# --- what else happens, and when ---


@compiled
def disturbed_at(world):
    """When something happens next that is neither a poll nor an arrival nor an outage; 0, where something of the kind is going on. For what
    `may_foresee` has not asked about yet."""
    clock, lightning = world.clock[0], world.lightning[0]
    for queue in range(QUEUES):
        if lightning.candidates[queue] and lightning.asking[queue]:
            return 0
    soonest = clock.horizon + 1
    if clock.timers > clock.is_hollow:
        soonest = min(soonest, event_list.first(world).time)
    if lightning.active != lightning.available:  # else the janitor finds nothing (L-18)
        soonest = min(soonest, clock.next_janitor)
    now = clock.now
    for place in range(len(world.curves) - 1):
        soonest = min(soonest, next_edge(world.curves[place].begins, world.curves[place].ends, now))
    for place in range(len(world.claim_errors)):
        soonest = min(soonest, next_beginning(world.claim_errors[place].begins, world.claim_errors[place].ends, now))
    for place in range(len(world.drops)):
        soonest = min(soonest, next_beginning(world.drops[place].begins, world.drops[place].ends, now))
    return soonest


@compiled
def next_edge(begins, ends, now):
    """Of that span: when it begins, or when it ends."""
    if begins > now:
        return begins
    return ends if ends > now else FOREVER


@compiled
def next_beginning(begins, ends, now):
    """0, while it lasts."""
    if begins > now:
        return begins
    return 0 if ends > now else FOREVER


@inlined
def claims_at(world):
    """When the next event of a claim that is simulated comes, or FOREVER."""
    clock = world.clock[0]
    soonest = FOREVER
    if clock.first_query < clock.last_query:
        soonest = event_list.first_query(world).time
    if clock.first_up < clock.last_up:
        soonest = min(soonest, world.on_the_way_up[clock.first_up & (len(world.on_the_way_up) - 1)].time)
    if clock.first_down < clock.last_down:
        soonest = min(soonest, world.on_the_way_down[clock.first_down & (len(world.on_the_way_down) - 1)].time)
    return soonest


@compiled
def pass_janitors(world):
    """Those that would have found nothing."""
    clock = world.clock[0]
    if clock.next_janitor < clock.now:
        period = world.lightning[0].janitor_period
        rounds = (clock.now - clock.next_janitor - 1) // period + 1
        clock.next_janitor += rounds * period
        clock.events += rounds


# --- whether it fails, and when that is known ---


@compiled
def goes_the_usual_way(world, worker, least):
    """Whether a claim of this worker does, whichever of its loops sends it."""
    clock, lightning, host = world.clock[0], world.lightning[0], world.workers[worker]
    if not host.may_skip or not host.is_joined or host.stage == DRAINING or least >= host.claim_timeout:
        return False
    connection = world.connections[host.connection]
    if connection.is_cut or connection.channel == NOBODY or world.channels[connection.channel].is_dead:
        return False
    return not lightning.limits_database or clock.undecided == connection.undecided


@inlined
def has_slot(loop, keeps_changes):
    """W-1: whether it has room for one more claim, and for another one where changes of that are written down."""
    return loop.active + loop.open + loop.last_flight - loop.first_flight + keeps_changes < loop.slots


@compiled
def may_take(world, loop):
    """Whether there is a candidate that it takes."""
    found = False
    for queue in range(QUEUES):
        found |= loop.rank[queue] != NOBODY and world.lightning[0].candidates[queue] > 0
    return found


@compiled
def line_end(world, number, takes):
    """L-23: when the channel is done with all claims that have been sent to it, simulated or foreseen; FOREVER, where that is not known.
    The order and the place of that event are noted as well; the place of what is still to be simulated is not known."""
    clock, database, channel = world.clock[0], world.database[0], world.channels[number]
    end, begins, place_of_end = 0, 0, lineage.UNKNOWN
    if channel.busy >= 0:
        claim = world.claims[channel.busy]
        if claim.is_waiting or (database.processors != NOBODY and database.queries > database.processors):
            return FOREVER
        if database.processors == NOBODY:
            end = 0 + claim.over_at
            place_of_end = 0 + claim.over_as
        else:
            end = database.updated_at + claim.tag - database.attained
            place_of_end = 0 + database.turn_as
        begins = 0 + claim.began_at
        if claim.is_broken_off or end > claim.began_at + database.timeout:
            return FOREVER
    place = 0 + channel.first
    while place != NOBODY:
        begins = max(end, world.claims[place].free_at)
        end = begins + takes
        place_of_end = lineage.UNKNOWN
        place = 0 + world.claims[place].next
    for sent in range(clock.first_up, clock.last_up):
        event = world.on_the_way_up[sent & (len(world.on_the_way_up) - 1)]
        claim = world.claims[event.subject]
        if world.connections[claim.connection].channel == number:
            begins = max(end, event.time, claim.free_at)
            end = begins + takes
            place_of_end = lineage.UNKNOWN
    if channel.free_at > end:
        return 0 + channel.free_at
    clock.line_order = TIMER + begins
    clock.line_as = place_of_end
    return end


@compiled
def is_alone(world, number, worker, is_nap, begins, decided_at):
    """L-25: whether no other query is in the database as long as this one of that channel is, nor begins or ends as it does."""
    clock = world.clock[0]
    if clock.queried_until >= begins and clock.queried_on != number:
        return False
    last = decided_at - world.lightning[0].up
    for place in range(1 if is_nap else 0, min(clock.naps, 3 if is_nap else 1)):  # the next one is among these
        if world.naps[place].time <= last:
            return False
    place = clock.first_sleeper + (0 if is_nap else 1)
    while place < clock.last_sleeper:
        event = world.sleepers[place & (len(world.sleepers) - 1)]
        if event.time > last:
            return True
        loop = world.segments[event.subject].loop
        if loop == NOBODY or world.loops[loop].worker != worker:
            return False
        place += 1
    return True


# --- rounds that are like those before ---


@compiled
def skip_rounds(world, quiet_until, takes):
    """All sleepers have come round more than once, each as long after its last time, and none had to wait. As many rounds as end before
    something else happens are counted instead."""
    clock, lightning = world.clock[0], world.lightning[0]
    mask = len(world.sleepers) - 1
    sleepers = clock.last_sleeper - clock.first_sleeper
    period = lightning.longest_sleep + lightning.up + takes + lightning.down
    last_reply = world.sleepers[(clock.last_sleeper - 1) & mask].time - lightning.longest_sleep
    for place in range(len(world.workers)):
        connection = world.workers[place].connection
        if connection != NOBODY:
            quiet_until = min(quiet_until, world.connections[connection].dies_at)
    rounds = (quiet_until - 1 - last_reply) // period
    if rounds <= 0:
        return
    for place in range(clock.first_sleeper, clock.last_sleeper):
        event = world.sleepers[place & mask]
        segment = world.segments[event.subject]
        if segment.wakes_as != event.created or segment.delay != world.workers[world.loops[segment.loop].worker].maximum:
            return
    later = rounds * period
    for place in range(clock.first_sleeper, clock.last_sleeper):
        event = world.sleepers[place & mask]
        event.time += later
        event.order += later
        world.segments[event.subject].attempts += rounds
    for place in range(len(world.loops)):
        loop = world.loops[place]
        for number in range(loop.first_flight, loop.last_flight):
            flights.at(world, loop, number).replied_at += later
        connection = world.workers[loop.worker].connection
        if connection != NOBODY and loop.number == 0 and world.connections[connection].channel != NOBODY:
            channel = world.channels[world.connections[connection].channel]
            channel.free_at += later
            channel.free_order += later
    known = min(clock.in_rhythm * (PLACES_A_POLL - (takes == 0)), len(world.creators))
    clock.remembers_from = clock.created - known
    for place in range(clock.remembers_from + 1, clock.created + 1):
        world.creators[place & (len(world.creators) - 1)].order += later
    clock.queried_until += later
    clock.now += later
    clock.events += rounds * sleepers
    world.counts[0].claims_sent += rounds * sleepers
    world.counts[0].claims_empty += rounds * sleepers
