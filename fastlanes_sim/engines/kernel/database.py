"""The database as claims use it: a pool of connections, and processors that they share (L-24 to L-26).

Its queries, and the claims that wait for the pool, are two lists. A claim is in one of them at most.
"""

from __future__ import annotations

from fastlanes_sim.engines.kernel import active_runs, claims, event_list, recorder, server
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
    if has_connection(world):
        return begin(world, place)
    wait(world, place)
    return False


@inlined
def begin(world, place):
    """L-24: what the claim will choose from is what is there now. Whether its query is over at once."""
    database, claim = world.database[0], world.claims[place]
    active_runs.look(world, claim)
    claims.queries(world, claim)
    recorder.began(world, claim)
    takes = query_time(world)
    if not takes:
        return True
    if database.processors == NOBODY:
        append(world, place)
        claim.is_broken_off = is_broken_off(takes, database.timeout)
        claim.over_as = event_list.reserve(world)
        claim.over_at = claim.began_at + min(takes, database.timeout)
        event_list.soon(world, claim.over_at, claim.over_as, Kind.QUERIED, place)
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
def leave(world, place):
    """Its query is over, one way or the other, or it waits no longer for a connection of the pool."""
    claim = world.claims[place]
    if claim.is_waiting:
        wait_no_more(world, place)
    else:
        progress(world)
        remove(world, place)
        claim.over_as = NOBODY


@compiled
def admitted(world):
    """L-26: who has waited longest for a connection of the pool gets the one that is free, or NOBODY. Its query has not begun."""
    place = 0 + world.database[0].first_waiting
    if place == NOBODY or not has_connection(world):
        return NOBODY
    wait_no_more(world, place)
    return place


@inlined
def has_connection(world):
    """L-26: whether the pool has one left."""
    return world.database[0].queries < world.database[0].pool


# --- queries that share the processors (L-25) ---


@inlined
def share(world, place, takes):
    """A query begins. What it takes is what it would take alone."""
    database, claim = world.database[0], world.claims[place]
    progress(world)
    append(world, place)
    claim.tag = database.attained + takes
    if database.first == place:
        expect_turn_at(world, claim.began_at + min(takes, database.timeout))
    else:
        expect_turn_of(world)


@inlined
def progress(world):
    """L-25: how far each query has got by now. To be called before their number changes."""
    database, now = world.database[0], world.clock[0].now
    if database.processors != NOBODY and database.updated_at != now:
        database.attained += attained(now - database.updated_at, database.processors, database.queries)
        database.updated_at = now


@inlined
def expect_turn(world):
    """The one timer of all queries, if one of them began or ended at this instant: the end of the first of them, or the instant at which
    the oldest is broken off (L-26)."""
    database = world.database[0]
    if database.processors == NOBODY or database.updated_at != world.clock[0].now:
        return
    if database.first != NOBODY:
        expect_turn_of(world)
    elif database.turn_as != NOBODY:
        database.turn_as = NOBODY
        event_list.drop_queries(world)


@compiled
def expect_turn_of(world):
    """Of the queries there are."""
    database = world.database[0]
    work = world.claims[first_over(world)].tag - database.attained
    instant = world.clock[0].now + until_attained(max(0, work), database.processors, database.queries)
    expect_turn_at(world, min(instant, world.claims[database.first].began_at + database.timeout))


@inlined
def expect_turn_at(world, instant):
    """It is created anew only where its instant has changed."""
    database = world.database[0]
    if database.turn_as != NOBODY:
        if database.turn == instant:
            return
        event_list.drop_queries(world)
    database.turn = instant
    database.turn_as = event_list.reserve(world)
    event_list.soon(world, instant, database.turn_as, Kind.SHARED, NOBODY)


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


@inlined
def first(world):
    """L-25, L-26: whose turn it is, and whether it is broken off: the query that has got what it needs, of several the one that began
    first; or else the oldest."""
    database = world.database[0]
    progress(world)
    place = 0 + database.first if database.first == database.last else first_over(world)
    is_over = world.claims[place].tag <= database.attained
    return (place if is_over else 0 + database.first), not is_over


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
