"""The database as claims use it: a pool of connections, and processors that they share (L-24 to L-26)."""

from __future__ import annotations

from fastlanes_sim.engines.reference import event_list, incidents
from fastlanes_sim.engines.reference.records import Claim
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.database import attained, interpolate, is_broken_off, pool_size, until_attained
from fastlanes_sim.rules.events import Kind


def enter(world: World, claim: Claim) -> bool:
    """L-26: the claim's query begins, or waits for a connection of the pool. Whether it is over at once."""
    if has_connection(world):
        return begin(world, claim)
    world.database.waiting.append(claim)
    return False


def begin(world: World, claim: Claim) -> bool:
    """L-24: what the claim will choose from is what is there now. Whether its query is over at once."""
    settings, database = world.deployment.lightning, world.database
    claim.row.began_at = world.now
    claim.candidates = world.active_runs.ranked(claim.loop.queues)
    takes = query_time(world)
    if not takes:
        return True
    progress(world)
    database.queries.append(claim)
    if settings.database_processors is None:
        timeout = takes if settings.database_timeout is None else settings.database_timeout
        claim.is_broken_off = is_broken_off(takes, timeout)
        claim.query = event_list.after(world, min(takes, timeout), Kind.QUERIED, claim)
    else:
        claim.tag = database.attained + takes
        expect_turn(world)
    return False


def query_time(world: World) -> int:
    """L-24, I-7: of the query that begins now, were it alone."""
    if world.deployment.latency.database_times:
        return next(world.database_times)
    return interpolate(incidents.curve(world), world.active_runs.active_count)


def leave(world: World, claim: Claim) -> None:
    """Its query is over, one way or the other, or it waits no longer for a connection of the pool."""
    database = world.database
    if claim in database.waiting:
        database.waiting.remove(claim)
        return
    progress(world)
    database.queries.remove(claim)
    if claim.query is not None:
        claim.query.cancel()


def admitted(world: World) -> Claim | None:
    """L-26: who has waited longest for a connection of the pool gets the one that is free. Its query has not begun."""
    return world.database.waiting.popleft() if world.database.waiting and has_connection(world) else None


def has_connection(world: World) -> bool:
    """L-26: whether the pool has one left."""
    settings = world.deployment.lightning
    return settings.database_pool is None or len(world.database.queries) < pool_size(settings.database_pool, settings.nodes)


# --- queries that share the processors (L-25) ---


def progress(world: World) -> None:
    """L-25: how far each query has got by now. To be called before their number changes."""
    database, processors = world.database, world.deployment.lightning.database_processors
    if processors is not None and database.updated_at != world.now:
        database.attained += attained(world.now - database.updated_at, processors, len(database.queries))
        database.updated_at = world.now


def expect_turn(world: World) -> None:
    """The one timer of all queries, if one of them began or ended at this instant: the end of the first of them, or the instant at which
    the oldest is broken off (L-26)."""
    database, settings = world.database, world.deployment.lightning
    if settings.database_processors is None or database.updated_at != world.now:
        return
    if not database.queries:
        if database.turn is not None:
            database.turn.cancel()
            database.turn = None
        return
    work = min(claim.tag for claim in database.queries) - database.attained
    instant = world.now + until_attained(max(0, work), settings.database_processors, len(database.queries))
    if settings.database_timeout is not None:
        began_at = database.queries[0].row.began_at
        assert began_at is not None
        instant = min(instant, began_at + settings.database_timeout)
    if database.turn is not None and database.turn.time != instant:
        database.turn.cancel()
        database.turn = None
    if database.turn is None:  # created anew only where its instant has changed
        database.turn = event_list.at(world, instant, Kind.SHARED, None)


def first(world: World) -> tuple[Claim, bool]:
    """L-25, L-26: whose turn it is, and whether it is broken off: the query that has got what it needs, of several the one that began
    first; or else the oldest."""
    database = world.database
    progress(world)
    next_one = min(database.queries, key=lambda claim: claim.tag)
    return (next_one, False) if next_one.tag <= database.attained else (database.queries[0], True)
