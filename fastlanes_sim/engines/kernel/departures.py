"""Runs that are candidates no longer, as long as queries are under way that began while they were (L-24).

Nearly all have been taken, and matter to nobody but round robin, which counts turns (L-16). The others have lost their place in L-11 or
L-13: they cannot be seen any more, but a query that has seen them takes them.
"""

from __future__ import annotations

from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules.lifecycle import State

AVAILABLE = int(State.AVAILABLE)
DEPARTURES_A_RUN = 2
"""That the coming or going of one run can bring about, at most: one across each of the two limits (L-11, L-13)."""


@inlined
def note(world, place, group, is_available):
    """The run is a candidate no longer, from the present version on."""
    if world.database[0].queries and (is_available or world.lightning[0].is_round_robin):
        write(world, place, group)


@compiled
def write(world, place, group):
    forget(world)
    run, database = world.runs[place], world.database[0]
    departure = world.departures[database.last_departure & (len(world.departures) - 1)]
    database.last_departure += 1
    departure.run = place
    departure.order = run.order
    departure.key = world.claimable[place].key
    departure.since = run.candidate_since
    departure.until = world.lightning[0].version
    departure.group = group


@compiled
def forget(world):
    """What left before the oldest query began."""
    database = world.database[0]
    version = world.claims[database.first].version
    while database.first_departure < database.last_departure and at(world, database.first_departure).until <= version:
        database.first_departure += 1
    if database.first_departure == database.last_departure:  # places that are used are near at hand
        database.first_departure = 0
        database.last_departure = 0


@inlined
def at(world, number):
    return world.departures[number & (len(world.departures) - 1)]


@compiled
def better(world, group, version, place):
    """This run, or the best of those that have left this heap, were in it in that version, and are still available."""
    database = world.database[0]
    for number in range(database.first_departure, database.last_departure):
        departure = at(world, number)
        if departure.group != group or not departure.since <= version < departure.until:
            continue
        run = world.runs[departure.run]
        if run.order != departure.order or run.state != AVAILABLE:
            continue
        if place == NOBODY or departure.key < world.claimable[place].key:
            place = 0 + departure.run
    return place


@compiled
def count_below(world, group, version, key):
    """How many of those that have left this heap and were in it in that version have a smaller key."""
    database = world.database[0]
    count = 0
    for number in range(database.first_departure, database.last_departure):
        departure = at(world, number)
        if departure.group == group and departure.since <= version < departure.until:
            count += departure.key < key
    return count


@inlined
def is_short(world, events, margin):
    """Whether so many events may need more room than there is."""
    database, lightning = world.database[0], world.lightning[0]
    needed = most(events, lightning.active - lightning.available, margin)
    return database.last_departure - database.first_departure + needed > len(world.departures)


def at_most(events, taken, margin):
    """Departures of so many events. A run goes once each time it has been taken, and comes again only where it is put back (L-27) or asked
    for anew; in each event as many as `margin` are taken at most, put back at most, and asked for at most."""
    return DEPARTURES_A_RUN * (taken + 3 * events * margin) + events * margin


most = compiled(at_most)
