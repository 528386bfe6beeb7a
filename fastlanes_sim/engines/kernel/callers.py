"""Who asks Lightning for runs: the requests of the run table, and callers who ask again if they got no reply (L-20, docs/callers.md).

Further attempts are never streamed (`stream`), so a row's number in the table is its number in the log.
"""

from __future__ import annotations

from fastlanes_sim.engines.kernel import event_list, ideal, incidents, server
from fastlanes_sim.engines.kernel.jit import compiled
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules import incidents as rules
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.incidents import NEVER_AGAIN
from fastlanes_sim.rules.lifecycle import State

LOST = int(State.LOST)
answer_at = compiled(rules.answer_at)
is_reply = compiled(rules.is_reply)


@compiled
def arrive(world, row):
    """L-22: the next request of the table."""
    request(world, row)


@compiled
def request(world, row):
    """L-1, L-22: the run in this row of the table is created, unless it is refused."""
    is_inserted = server.insert(world, row)
    if is_inserted:
        ideal.changed(world)
    # Where no caller asks again these columns are empty.
    if len(world.table_next_attempt) == 0 or world.table_next_attempt[row] == NOBODY:
        return
    now, timeout = world.clock[0].now, world.lightning[0].webhook_timeout
    if is_inserted:
        end = cut_off(world, row, now)
        delay = world.table_after_outage[row] if end <= now + timeout else world.table_after_timeout[row]
        if delay != NOBODY:
            event_list.after(world, answer_at(now, timeout, end) - now + delay, Kind.UNANSWERED, row)
    else:
        delay = world.table_after_outage[row] if incidents.is_down(world) else world.table_after_refusal[row]
        if delay != NOBODY:
            event_list.after(world, delay, Kind.REFUSED_BEFORE, world.table_next_attempt[row])


@compiled
def cut_off(world, row, inserted_at):
    """I-5: when the connection of the caller who waits for this run breaks."""
    return incidents.goes_down(world, inserted_at) if world.table_sync[row] else NEVER_AGAIN


@compiled
def after_no_reply(world, row):
    """L-20, I-5: the caller tries again if there was none; a reply in time makes the attempt unnecessary."""
    ended, inserted_at = world.log_ended_at[row], world.log_inserted_at[row]
    until = world.clock[0].now if ended == NOBODY or world.log_state[row] == LOST else ended  # the janitor tells no caller
    if not is_reply(until, inserted_at, world.lightning[0].webhook_timeout, cut_off(world, row, inserted_at)):
        request(world, world.table_next_attempt[row])
