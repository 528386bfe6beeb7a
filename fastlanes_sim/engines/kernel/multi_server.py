"""Nothing but ideal workers, and no limit that could bind: queueing theory's servers, without the event loop's generality.

What is eligible is then simply what waits, in order of insertion, and an end makes nobody eligible. So a queue is a line instead of a heap,
a start needs no follow-up, the claims that must find nothing are counted instead of made, and a run's end is known when it starts. The log
is the same, its counts of claims and events included.

What the processor cannot foresee is what takes time here: each jump that it guesses wrongly costs as much as all the rest of an event. So
the next end is found by a tournament of the slots (Knuth, The Art of Computer Programming 3, 5.4.1), and the best of the lines by the
smallest of as many numbers, and neither has a jump that depends on which one it is.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.engines.kernel import records
from fastlanes_sim.engines.kernel.event_loop import GOING_ON, OVER, SHARE
from fastlanes_sim.engines.kernel.jit import compiled, entry, inlined
from fastlanes_sim.engines.kernel.records import FOREVER, NOBODY
from fastlanes_sim.engines.kernel.world import World
from fastlanes_sim.rules import deadlines
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.order import Rank
from fastlanes_sim.rules.rulesets import RunQueue

RANKS = 2
"""Of L-9: immediate and normal."""
LINES = len(Queue) * RANKS
LINE_BITS, ROW_BITS = 3, 40
"""A line's number stands in the lowest bits of what stands for its first row, and that row in the bits from there up to `ROW_BITS`."""
NOBODY_WAITS, NOT_TAKEN = 1 << 60, 1 << 61
"""Instead of a line's first row, and of a line's place in a claim: more than any of them."""
EVER = 1 << 62
"""More than an instant and a server's number side by side may be."""
AVAILABLE, CLAIMED, STARTED, KILLED = int(State.AVAILABLE), int(State.CLAIMED), int(State.STARTED), int(State.KILLED)
run_end = inlined(deadlines.run_end)


def suffice(deployment: Deployment, table: RunTable) -> bool:
    """Whether this deployment is nothing but servers to this traffic."""
    workers, lightning = deployment.workers, deployment.lightning
    return (
        Rank.FOLLOW_UP < Rank.ARRIVAL < Rank.TIMER < Rank.JANITOR
        and len(workers) > 0
        and all(worker.dispatch == "ideal" for worker in workers)
        and (deployment.horizon + 1) << _server_bits(sum(loop.capacity for worker in workers for loop in worker.workloops)) < EVER
        and _is_limitless(deployment, len(table))
        and not table.join_fails.any()
        and not table.has_attempts
        and not table.has_calls
        and not table.has_uses
        and not deployment.slots_share
        and not deployment.incidents.down
        and not deployment.incidents.over_quota
        and not table.cold_start.any()
        and all(project.fast_lane_limit is None for project in deployment.projects)
        # L-18: the janitor finds a run only where it takes longer to start than its timeout and the grace period.
        and (lightning.janitor_first is None or not (table.startup_time > table.timeout + lightning.grace_period).any())
    )


def _is_limitless(deployment: Deployment, runs: int) -> bool:
    """L-11 to L-16"""
    lightning = deployment.lightning
    if lightning.run_queue is RunQueue.FASTER_FIFO:
        return True
    limits = [project.concurrency for project in deployment.projects] + [workflow.concurrency for workflow in deployment.workflows]
    return lightning.run_queue is RunQueue.FIFO and lightning.claim_limit >= runs and all(limit is None for limit in limits)


def ready(world: World) -> World:
    """The world of the beginning with a server for each slot, all of them free, and lines in which nobody waits."""
    slots = world.loops["slots"]
    world.counts[0].with_room = np.count_nonzero(slots)
    count = int(slots.sum())
    bits = _server_bits(count)
    size = 1 << bits
    world.clock[0].server_bits = bits
    servers = np.zeros(size, records.SERVER)
    servers["next_free"] = np.arange(1, size + 1)
    servers["loop"][:count] = np.repeat(np.arange(len(slots)), slots)
    world.loops["first_free"] = np.cumsum(slots) - slots
    lines = np.zeros(LINES, records.LINE)
    lines["first"] = NOBODY_WAITS
    lines["last"] = len(world.table_queue)
    return world.replaced(
        servers=servers,
        tournament=_all_free(size, bits, int(world.clock[0].horizon)),
        lines=lines,
        line_ranks=_line_ranks(world),
        behind=np.empty(len(world.table_queue) + 1, np.int32),
    )


def _server_bits(servers: int) -> int:
    return max(servers - 1, 0).bit_length()


def _all_free(size: int, bits: int, horizon: int) -> npt.NDArray[np.int64]:
    """A tournament that the first of each two has won. The places from `size` on are the servers', place 1 is the winner's."""
    winners = np.zeros(2 * size, np.int64)
    winners[size:] = ((horizon + 1) << bits) + np.arange(size)
    for place in range(size - 1, 0, -1):
        winners[place] = winners[2 * place]
    return winners


def _line_ranks(world: World) -> npt.NDArray[np.int64]:
    """By loop and line: added to what stands for the line's first row, it makes the number of which the smallest is the best."""
    taken = np.repeat(world.loops["rank"].astype(np.int64), RANKS, axis=1)
    priority = np.tile(np.arange(RANKS), len(Queue))
    return np.where(taken == NOBODY, NOT_TAKEN, (taken * RANKS + priority) << ROW_BITS).ravel()


def simulate_share(world: World) -> int:
    return int(serve(world, SHARE))


SAME = {
    "began_at": "claimed_at",
    "received_at": "claimed_at",
    "finished_at": "ended_at",
    "freed_at": "ended_at",
    "leaked_at": "refused_at",
}
"""Columns of the log: what an ideal worker and Lightning know of one another at once, and what never happens here."""

WRITTEN = ("inserted_at", "claimed_at", "started_at", "ended_at", "worker", "workloop", "state")
"""The columns that `serve` writes of each run that has come, whatever becomes of it: to write a new log twice takes a tenth of the time."""


def janitors(deployment: Deployment, until: int) -> int:
    """How often the janitor comes up to and including `until`, for nothing."""
    first, period = deployment.lightning.janitor_first, deployment.lightning.janitor_period
    return 0 if first is None or first > until else (until - first) // period + 1


def take_back(world: World, log: RunLog) -> None:
    """The ends that are still to come."""
    servers, clock = world.servers, world.clock[0]
    is_busy = world.tournament[len(servers) :] >> clock.server_bits <= clock.horizon
    rows = servers["row"][is_busy & ~servers["is_joining"]]
    log.ended_at[rows] = NEVER
    log.state[rows] = STARTED


@entry
def serve(world, share):
    """Handle at most `share` events; `event_loop.OVER` or `event_loop.GOING_ON`."""
    clock, counts, arrivals = world.clock[0], world.counts[0], world.table_inserted_at
    servers, winners, bits = world.servers, world.tournament, 0 + clock.server_bits
    now, horizon, events, row, created = 0 + clock.now, 0 + clock.horizon, 0 + clock.events, 0 + clock.next_arrival, 0 + clock.created
    with_room, empty = 0 + counts.with_room, 0 + counts.claims_empty
    status = GOING_ON
    for _ in range(share):
        arrival = arrivals[row] if row < len(arrivals) else FOREVER
        timer = winners[1] >> bits
        if min(arrival, timer) > horizon:
            status = OVER
            break
        events += 1
        if arrival <= timer:
            now = arrival
            world.log_inserted_at[row] = now
            place = NOBODY
            if with_room:
                place = first_with_room(world, world.table_queue[row])
            if place == NOBODY:
                empty += with_room
                wait(world, row)
                stand_behind(world, row)
            else:
                loop = world.loops[place]
                loop.active += 1
                with_room -= loop.active == loop.slots
                empty += with_room
                number = 0 + loop.first_free
                loop.first_free = servers[number].next_free
                events += world.table_startup_time[row] == 0
                created += 1
                enter(world, number, created, occupy(world, now, number, row))
            row += 1
        else:
            now = timer
            number = winners[1] & (len(servers) - 1)
            server = servers[number]
            created += 1
            if server.is_joining:
                server.is_joining = False
                time = start(world, now, server.row)
                events += 1
            else:
                loop = world.loops[server.loop]
                empty += with_room
                best = best_waiting(world, server.loop)
                if best < NOBODY_WAITS:
                    first = take_first(world, best)
                    events += world.table_startup_time[first] == 0
                    time = occupy(world, now, number, first)
                else:
                    time = FOREVER
                    server.next_free = loop.first_free
                    loop.first_free = number
                    with_room += loop.active == loop.slots
                    loop.active -= 1
                empty += with_room
            enter(world, number, created, time)
    clock.now = now
    clock.events = events
    clock.next_arrival = row
    clock.created = created
    counts.with_room = with_room
    counts.claims_empty = empty
    return status


@inlined
def wait(world, row):
    """Nothing has happened to the run so far."""
    world.log_claimed_at[row] = NEVER
    world.log_started_at[row] = NEVER
    world.log_ended_at[row] = NEVER
    world.log_worker[row] = NEVER
    world.log_workloop[row] = NEVER
    world.log_state[row] = AVAILABLE


@inlined
def occupy(world, now, number, row):
    """The run is claimed, and starts at once where joining takes no time; when its next event comes."""
    server = world.servers[number]
    loop = world.loops[server.loop]
    world.log_claimed_at[row] = now
    world.log_worker[row] = loop.worker
    world.log_workloop[row] = loop.number
    delay = world.table_startup_time[row]
    server.row = row
    if delay:
        world.log_state[row] = CLAIMED
        world.log_started_at[row] = NEVER
        world.log_ended_at[row] = NEVER
        server.is_joining = True
        return now + delay
    return start(world, now, row)


@inlined
def start(world, now, row):
    """W-15: a follow-up (W-19) to which nothing can come first; when the run ends (L-19)."""
    delay, is_killed = run_end(world.table_service_time[row], world.table_timeout[row])
    world.log_started_at[row] = now
    if now + delay <= world.clock[0].horizon:
        world.log_ended_at[row] = now + delay
        world.log_state[row] = KILLED if is_killed else world.table_outcome[row]
    else:
        world.log_ended_at[row] = NEVER
        world.log_state[row] = STARTED
    return now + delay


# --- which server is next ---


@inlined
def enter(world, number, created, time):
    """The tournament anew along the way from this server, whose next event comes then, the `created`-th, to the top."""
    servers, winners, clock = world.servers, world.tournament, world.clock[0]
    servers[number].created = created
    bits = clock.server_bits
    winner = (min(time, clock.horizon + 1) << bits) + number
    place = number + (len(winners) >> 1)
    winners[place] = winner
    while place > 1:
        rival = 0 + winners[place ^ 1]
        winner = first_created(world, winner, rival) if (winner ^ rival) >> bits == 0 else min(winner, rival)
        place >>= 1
        winners[place] = winner


@compiled
def first_created(world, one, other):
    """Of two servers whose events come at the same instant."""
    servers, mask = world.servers, len(world.servers) - 1
    return one if servers[one & mask].created < servers[other & mask].created else other


# --- who is next in line ---


@compiled
def first_with_room(world, queue):
    """The first loop that takes this queue and has room, or NOBODY."""
    for place in range(len(world.loops)):
        loop = world.loops[place]
        if loop.active < loop.slots and loop.rank[queue] != NOBODY:
            return place
    return NOBODY


@inlined
def stand_behind(world, row):
    """The last of a line that is empty has left it, or is none: what stands behind it is never asked."""
    number = world.table_queue[row] * RANKS + (world.table_priority[row] if world.lightning[0].has_priority else 0)
    line = world.lines[number]
    world.behind[line.last] = row
    line.last = row
    if line.first == NOBODY_WAITS:
        line.first = (row << LINE_BITS) + number


@inlined
def best_waiting(world, loop):
    """By the queue's place in the claim, then in base order (L-6 to L-9): NOBODY_WAITS or more, or `line.first` below `ROW_BITS`."""
    lines, line_ranks = world.lines, world.line_ranks
    best = NOT_TAKEN
    for number in range(LINES):
        best = min(best, line_ranks[loop * LINES + number] + lines[number].first)
    return best


@inlined
def take_first(world, best):
    """Out of its line; its row."""
    line = world.lines[best & ((1 << LINE_BITS) - 1)]
    row = (best & ((1 << ROW_BITS) - 1)) >> LINE_BITS
    following = (world.behind[row] << LINE_BITS) + (best & ((1 << LINE_BITS) - 1))
    line.first = NOBODY_WAITS if line.last == row else following
    return row
