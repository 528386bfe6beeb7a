"""The database as claims use it: a pool of connections, and processors that they share (L-24 to L-26).

Its queries, and the claims that wait for the pool, are two lists. A claim is in one of them at most.
"""

from __future__ import annotations

from fastlanes_sim.engines.kernel import claims, event_list, queue_channel, recorder, server
from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules import database as rules
from fastlanes_sim.rules.events import Kind

attained = compiled(rules.attained)
until_attained = compiled(rules.until_attained)
is_broken_off = compiled(rules.is_broken_off)


@inlined
def enter(world, place):
    """L-26: the claim's query begins, or waits for a connection of the pool. Whether it is over at once."""
    database = world.database[0]
    if database.queries >= database.pool:
        wait(world, place)
        return False
    return begin(world, place)


@inlined
def begin(world, place):
    """L-24: what the claim will choose from is what is there now. Whether its query is over at once."""
    database, claim = world.database[0], world.claims[place]
    claims.look_for_best(world, place)
    recorder.began(world, claim)
    takes = query_time(world)
    if not takes:
        return True
    if database.processors == NOBODY:
        append(world, place)
        claim.is_broken_off = is_broken_off(takes, database.timeout)
        claim.over_as = event_list.reserve(world.clock[0])
        until = min(takes, database.timeout)
        event_list.put(world, world.clock[0].now + until, event_list.order_of(Kind.QUERIED, claim.over_as), Kind.QUERIED, place)
    else:
        share(world, place, takes)
    return False


@inlined
def query_time(world):
    """L-24, I-7: of the query that begins now, were it alone."""
    lightning, times = world.lightning[0], world.database_times
    if len(times):
        number = lightning.next_database_time
        lightning.next_database_time = (number + 1) % len(times)
        return times[number]
    return server.database_time(world, lightning.active)


@inlined
def queried(world, place):
    """A query is over that shares nothing."""
    claim = world.claims[place]
    if claim.over_as == world.clock[0].current:
        claim.over_as = NOBODY
        finish(world, place, claim.is_broken_off)


@inlined
def finish(world, place, is_broken):
    """L-24, L-26: the claim is decided, or broken off and rolled back; then the next ones begin: first that of the pool, then the one
    behind it in its own channel."""
    channel = 0 + world.claims[place].channel
    remove(world, place)
    if is_broken:
        queue_channel.crash(world, channel)
    else:
        queue_channel.decide(world, place)
    if world.database[0].first_waiting != NOBODY:
        admit(world)
    queue_channel.work(world, channel)
    expect_turn(world)


@compiled
def admit(world):
    """L-26: who has waited longest for a connection of the pool gets the one that is free."""
    database = world.database[0]
    while database.first_waiting != NOBODY and database.queries < database.pool:
        place = 0 + database.first_waiting
        channel = 0 + world.claims[place].channel
        wait_no_more(world, place)
        if begin(world, place):
            queue_channel.decide(world, place)
            queue_channel.work(world, channel)


# --- queries that share the processors (L-25) ---


@compiled
def share(world, place, takes):
    """A query begins. What it takes is what it would take alone."""
    progress(world)
    append(world, place)
    world.claims[place].tag = world.database[0].attained + takes
    expect_turn(world)


@inlined
def progress(world):
    """L-25: how far each query has got by now. To be called before their number changes."""
    database, now = world.database[0], world.clock[0].now
    if database.processors != NOBODY and database.updated_at != now:
        database.attained += attained(now - database.updated_at, database.processors, database.queries)
        database.updated_at = now


@inlined
def expect_turn(world):
    """The one timer of all queries: the end of the first of them, or the instant at which the oldest is broken off (L-26)."""
    if world.database[0].processors != NOBODY:
        expect_turn_of(world)


@compiled
def expect_turn_of(world):
    """It is created anew only where its instant has changed."""
    database = world.database[0]
    if database.first == NOBODY:
        database.turn_as = NOBODY
        return
    work = world.claims[first_over(world)].tag - database.attained
    instant = world.clock[0].now + until_attained(max(0, work), database.processors, database.queries)
    instant = min(instant, world.claims[database.first].began_at + database.timeout)
    if database.turn_as != NOBODY and database.turn == instant:
        return
    database.turn = instant
    database.turn_as = event_list.reserve(world.clock[0])
    event_list.put(world, instant, event_list.order_of(Kind.SHARED, database.turn_as), Kind.SHARED, NOBODY)


@compiled
def first_over(world):
    """The query with the smallest tag, of several the one that began first."""
    first = 0 + world.database[0].first
    place = 0 + world.claims[first].query_behind
    while place != NOBODY:
        if world.claims[place].tag < world.claims[first].tag:
            first = place
        place = 0 + world.claims[place].query_behind
    return first


@compiled
def turned(world, _):
    """L-25, L-26: the query that has got what it needs is over, or the oldest is broken off."""
    database = world.database[0]
    if database.turn_as != world.clock[0].current:
        return
    database.turn_as = NOBODY
    progress(world)
    first = first_over(world)
    if world.claims[first].tag <= database.attained:
        finish(world, first, False)
    else:
        finish(world, 0 + database.first, True)


# --- what ends before its time ---


@compiled
def abort(world, place):
    """W-21: whoever waits for this query is gone. It is rolled back, and its connection is free."""
    claim = world.claims[place]
    if claim.is_waiting:
        wait_no_more(world, place)
    elif claim.is_querying:
        progress(world)
        remove(world, place)
        claim.over_as = NOBODY
        admit(world)
        expect_turn(world)


@compiled
def go_down(world):
    """I-1: Lightning goes down, and with it every process that has a query or waits for one."""
    database = world.database[0]
    queries, waiting = 0 + database.first, 0 + database.first_waiting
    database.first = NOBODY
    database.last = NOBODY
    database.first_waiting = NOBODY
    database.last_waiting = NOBODY
    database.queries = 0
    database.turn_as = NOBODY
    end_all(world, queries)
    end_all(world, waiting)


@compiled
def end_all(world, place):
    """The processes of these claims, which are in no list any more."""
    while place != NOBODY:
        claim = world.claims[place]
        following = 0 + claim.query_behind
        claim.is_querying = False
        claim.is_waiting = False
        claim.over_as = NOBODY
        queue_channel.end(world, 0 + claim.channel)
        place = following


# --- the lists ---


@inlined
def append(world, place):
    """To the queries, in the order in which they begin."""
    database, claim = world.database[0], world.claims[place]
    claim.is_querying = True
    claim.query_before = database.last
    claim.query_behind = NOBODY
    if database.last == NOBODY:
        database.first = place
    else:
        world.claims[database.last].query_behind = place
    database.last = place
    database.queries += 1


@inlined
def remove(world, place):
    """From the queries."""
    database, claim = world.database[0], world.claims[place]
    claim.is_querying = False
    database.queries -= 1
    if claim.query_before == NOBODY:
        database.first = claim.query_behind
    else:
        world.claims[claim.query_before].query_behind = claim.query_behind
    if claim.query_behind == NOBODY:
        database.last = claim.query_before
    else:
        world.claims[claim.query_behind].query_before = claim.query_before


@compiled
def wait(world, place):
    """For the pool, behind all others."""
    database, claim = world.database[0], world.claims[place]
    claim.is_waiting = True
    claim.query_before = database.last_waiting
    claim.query_behind = NOBODY
    if database.last_waiting == NOBODY:
        database.first_waiting = place
    else:
        world.claims[database.last_waiting].query_behind = place
    database.last_waiting = place


@compiled
def wait_no_more(world, place):
    database, claim = world.database[0], world.claims[place]
    claim.is_waiting = False
    if claim.query_before == NOBODY:
        database.first_waiting = claim.query_behind
    else:
        world.claims[claim.query_before].query_behind = claim.query_behind
    if claim.query_behind == NOBODY:
        database.last_waiting = claim.query_before
    else:
        world.claims[claim.query_behind].query_before = claim.query_before
