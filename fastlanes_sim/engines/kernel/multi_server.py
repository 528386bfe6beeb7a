"""Nothing but ideal workers, and no limit that could bind: queueing theory's servers, without the event loop's generality.

What is eligible is then simply what waits, in order of insertion, and an end makes nobody eligible. So a queue is a line instead of a heap,
a start needs no follow-up, and the claims that must find nothing are counted instead of made. A million runs of a priority M/M/5 take
a third of the time that `event_loop.simulate` takes for them; the log is the same, its counts of claims and events included.
"""

from __future__ import annotations

import numpy as np

from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.engines.kernel.eligibility import QUEUES
from fastlanes_sim.engines.kernel.event_list import after, drop_first, replace_first
from fastlanes_sim.engines.kernel.event_loop import GOING_ON, OVER, SHARE
from fastlanes_sim.engines.kernel.jit import entry, inlined
from fastlanes_sim.engines.kernel.records import FOREVER, LINE, NOBODY
from fastlanes_sim.engines.kernel.world import World
from fastlanes_sim.rules import deadlines
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.order import Rank
from fastlanes_sim.rules.rulesets import RunQueue

RANKS = 2
"""Of L-9: immediate and normal."""
CLAIMED, STARTED, KILLED = int(State.CLAIMED), int(State.STARTED), int(State.KILLED)
JOINED, ENDED = int(Kind.JOINED), int(Kind.ENDED)
run_end = inlined(deadlines.run_end)


def suffice(deployment: Deployment, table: RunTable) -> bool:
    """Whether this deployment is nothing but servers to this traffic."""
    workers, lightning = deployment.workers, deployment.lightning
    return (
        Rank.FOLLOW_UP < Rank.ARRIVAL < Rank.TIMER < Rank.JANITOR
        and len(workers) > 0
        and all(worker.dispatch == "ideal" for worker in workers)
        and _is_limitless(deployment, len(table))
        and not table.join_fails.any()
        and not table.has_attempts
        and not table.has_calls
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
    """The world of the beginning with lines, in which nobody waits."""
    lines = np.zeros(QUEUES * RANKS, LINE)
    lines["first"] = NOBODY
    world.counts[0].with_room = np.count_nonzero(world.loops["slots"])
    return world.replaced(lines=lines, behind=np.empty(len(world.table_queue), np.int32))


def simulate_share(world: World) -> int:
    return int(serve(world, SHARE))


SAME = {"began_at": "claimed_at", "received_at": "claimed_at", "finished_at": "ended_at", "freed_at": "ended_at"}
"""Columns of the log: what an ideal worker and Lightning know of one another at once."""


def janitors(deployment: Deployment, until: int) -> int:
    """How often the janitor comes up to and including `until`, for nothing."""
    first, period = deployment.lightning.janitor_first, deployment.lightning.janitor_period
    return 0 if first is None or first > until else (until - first) // period + 1


@entry
def serve(world, share):
    """Handle at most `share` events; `event_loop.OVER` or `event_loop.GOING_ON`."""
    clock, timers, arrivals = world.clock[0], world.timers, world.table_inserted_at
    for _ in range(share):
        arrival = arrivals[clock.next_arrival] if clock.next_arrival < len(arrivals) else FOREVER
        timer = timers[0].time if clock.timers else FOREVER
        now = min(arrival, timer)
        if now > clock.horizon:
            return OVER
        clock.now = now
        clock.events += 1
        if arrival == now:
            clock.next_arrival += 1
            arrive(world, clock.next_arrival - 1)
        else:
            row = timers[0].subject
            if timers[0].kind == ENDED:
                end(world, row)
            else:
                replace_first(world, start(world, row), ENDED, row)
    return GOING_ON


@inlined
def arrive(world, row):
    """The first loop that takes this queue and has room takes the run; all others with room ask in vain."""
    counts, queue = world.counts[0], world.table_queue[row]
    world.log_inserted_at[row] = world.clock[0].now
    is_taken = False
    if counts.with_room:
        for place in range(len(world.loops)):
            loop = world.loops[place]
            if loop.active < loop.slots and loop.rank[queue] != NOBODY:
                is_taken = True
                delay, kind = occupy(world, loop, row)
                after(world, delay, kind, row)
                break
    if not is_taken:
        line = world.lines[line_of(world, row)]
        if line.first == NOBODY:
            line.first = row
        else:
            world.behind[line.last] = row
        line.last = row
        world.behind[row] = NOBODY
    counts.claims_empty += counts.with_room


@inlined
def line_of(world, row):
    return world.table_queue[row] * RANKS + (world.table_priority[row] if world.lightning[0].has_priority else 0)


@inlined
def occupy(world, loop, row):
    """The run is claimed, and starts at once where joining takes no time; when its next event comes, and of which kind."""
    loop.active += 1
    world.counts[0].with_room -= loop.active == loop.slots
    world.log_claimed_at[row] = world.clock[0].now
    world.log_worker[row] = loop.worker
    world.log_workloop[row] = loop.number
    delay = world.table_startup_time[row]
    kind = JOINED
    if delay:
        world.log_state[row] = CLAIMED
    else:
        delay = start(world, row)
        kind = ENDED
    return delay, kind


@inlined
def start(world, row):
    """W-15: a follow-up (W-19) to which nothing can come first; how long until the run ends (L-19)."""
    clock = world.clock[0]
    clock.events += 1
    world.log_state[row] = STARTED
    world.log_started_at[row] = clock.now
    return run_end(world.table_service_time[row], world.table_timeout[row])[0]


@inlined
def end(world, row):
    """L-19; the slot goes to the best run that waits for it. The claims before the slot is free and after it is filled find nothing."""
    clock, counts = world.clock[0], world.counts[0]
    is_killed = run_end(world.table_service_time[row], world.table_timeout[row])[1]
    world.log_state[row] = KILLED if is_killed else world.table_outcome[row]
    world.log_ended_at[row] = clock.now
    loop = world.loops[world.workers[world.log_worker[row]].first_loop + world.log_workloop[row]]
    counts.claims_empty += counts.with_room
    counts.with_room += loop.active == loop.slots
    loop.active -= 1
    best = best_line(world, loop)
    if best == NOBODY:
        drop_first(world)
    else:
        line = world.lines[best]
        following = line.first
        line.first = world.behind[following]
        delay, kind = occupy(world, loop, following)
        replace_first(world, delay, kind, following)
    counts.claims_empty += counts.with_room


@inlined
def best_line(world, loop):
    """By the queue's place in the claim, then in base order (L-6 to L-9); NOBODY where nobody waits."""
    best, best_rank = NOBODY, 0
    for queue in range(QUEUES):
        rank = loop.rank[queue]
        if rank == NOBODY:
            continue
        for priority in range(RANKS):
            mine = queue * RANKS + priority
            if world.lines[mine].first == NOBODY:
                continue
            if best == NOBODY or rank < best_rank or (rank == best_rank and precedes(world, mine, best)):
                best, best_rank = mine, rank
    return best


@inlined
def precedes(world, one, other):
    """L-9: immediate before normal, then the one inserted first (L-22: rows are in that order)."""
    if one % RANKS != other % RANKS:
        return one % RANKS < other % RANKS
    return world.lines[one].first < world.lines[other].first
