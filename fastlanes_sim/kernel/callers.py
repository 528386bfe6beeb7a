"""Who asks Lightning for runs: the requests of the run table, and callers who ask again after a 504 or a 429 (L-20, docs/callers.md).

Further attempts are never streamed (`stream`), so a row's number in the table is its number in the log.
"""

from __future__ import annotations

from fastlanes_sim.kernel import agenda, ideal, lightning
from fastlanes_sim.kernel.events import REFUSED_BEFORE, UNANSWERED
from fastlanes_sim.kernel.jit import compiled
from fastlanes_sim.kernel.layout import NOBODY
from fastlanes_sim.rules import timing

is_gateway_timeout = compiled(timing.is_gateway_timeout)


@compiled
def request(world, row):
    """L-1, L-22: the run in this row of the table is created, unless it is refused."""
    is_inserted = lightning.insert(world, row)
    if is_inserted:
        ideal.changed(world)
    # Where no caller asks again these columns are empty.
    if len(world.table_next_attempt) == 0 or world.table_next_attempt[row] == NOBODY:
        return
    if is_inserted:
        delay = world.table_after_timeout[row]
        if delay != NOBODY:
            agenda.after(world, world.lightning[0].webhook_timeout + delay, UNANSWERED, row)
    else:
        delay = world.table_after_refusal[row]
        if delay != NOBODY:
            agenda.after(world, delay, REFUSED_BEFORE, world.table_next_attempt[row])


@compiled
def after_timeout(world, row):
    """L-20: the caller tries again if there was a 504; a reply in time makes the attempt unnecessary."""
    ended = world.log_ended_at[row]
    waited = (world.clock[0].now if ended == NOBODY else ended) - world.log_inserted_at[row]
    if is_gateway_timeout(waited, world.lightning[0].webhook_timeout):
        request(world, world.table_next_attempt[row])
