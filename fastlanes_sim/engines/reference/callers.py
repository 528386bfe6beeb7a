"""Who asks Lightning for runs: the requests of the run table, and callers who ask again if they got no reply (L-20, docs/callers.md)."""

from __future__ import annotations

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.engines.reference import event_list, ideal, incidents, server
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.incidents import NEVER_AGAIN, answer_at, is_reply
from fastlanes_sim.rules.lifecycle import State


def expect_arrival(world: World) -> None:
    """The next request of the table, if there is one (L-22)."""
    if world.next_arrival < len(world.table):
        event_list.at(world, int(world.table.inserted_at[world.next_arrival]), Kind.ARRIVAL, world.next_arrival)


def arrive(world: World, row: int) -> None:
    """L-22: the next request of the table."""
    world.next_arrival += 1
    request(world, row)
    expect_arrival(world)


def request(world: World, row: int) -> None:
    """L-1, L-22: the run in this row of the table is created, unless it is refused. A further attempt is a timer like any other."""
    is_inserted = server.insert(world, row)
    if is_inserted:
        ideal.changed(world)
    table = world.table
    if table.next_attempt[row] == NEVER:
        return
    now, timeout = world.now, world.deployment.lightning.webhook_timeout
    if is_inserted:
        end = cut_off(world, row, now)
        delay = int((table.after_outage if end <= now + timeout else table.after_timeout)[row])
        if delay != NEVER:
            event_list.at(world, answer_at(now, timeout, end) + delay, Kind.UNANSWERED, row)
    else:
        delay = int((table.after_outage if incidents.is_down(world) else table.after_refusal)[row])
        if delay != NEVER:
            event_list.after(world, delay, Kind.REFUSED_BEFORE, int(table.next_attempt[row]))


def cut_off(world: World, row: int, inserted_at: int) -> int:
    """I-5: when the connection of the caller who waits for this run breaks."""
    return incidents.goes_down(world, inserted_at) if world.table.sync[row] else NEVER_AGAIN


def after_no_reply(world: World, row: int) -> None:
    """L-20, I-5: the caller tries again if there was none; a reply in time makes the attempt unnecessary."""
    ended, inserted_at = int(world.log.ended_at[row]), int(world.log.inserted_at[row])
    until = world.now if ended == NEVER or world.log.state[row] == State.LOST else ended  # the janitor tells no caller
    if not is_reply(until, inserted_at, world.deployment.lightning.webhook_timeout, cut_off(world, row, inserted_at)):
        request(world, int(world.table.next_attempt[row]))
