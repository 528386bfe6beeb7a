"""The server: its active runs, its answers to claims, and whom it notifies (lightning.md)."""

from __future__ import annotations

from fastlanes_sim.core.run_table import SAFE
from fastlanes_sim.engines.kernel import active_runs, event_list, free_list, incidents, phases
from fastlanes_sim.engines.kernel.active_runs import CLAIMED, STARTED
from fastlanes_sim.engines.kernel.eligibility import AVAILABLE
from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.engines.kernel.wait_causes import FAST_LANE
from fastlanes_sim.rules import admission
from fastlanes_sim.rules import incidents as rules
from fastlanes_sim.rules.events import Kind

refuses = compiled(admission.refuses)
is_reply = compiled(rules.is_reply)


@compiled
def insert(world, row):
    """The run in this row of the table is created; every connected worker will hear of it, in the workers' order (L-17). False: it was
    refused."""
    lightning, now = world.lightning[0], world.clock[0].now
    if incidents.is_down(world) or is_refused(world, row):  # I-2, I-3, L-28
        world.log_refused_at[row] = now
        return False
    count(world, world.table_workflow[row], world.table_queue[row], 1)
    world.log_inserted_at[row] = now
    place = free_list.take(world.runs)
    world.counts[0].free_runs -= 1
    run = world.runs[place]
    run.order = lightning.created
    lightning.created += 1
    run.number = row
    run.workflow = world.table_workflow[row]
    run.queue = world.table_queue[row]
    run.rank = world.table_priority[row] if lightning.has_priority else 0
    run.service_time = world.table_service_time[row]
    run.startup_time = world.table_startup_time[row]
    run.timeout = world.table_timeout[row]
    run.install_time = world.table_install_time[row] if len(world.table_install_time) else 0
    run.missing = world.table_credentials[row] if len(world.table_credentials) else 0
    run.has_input = world.table_has_input[row] if len(world.table_has_input) else True
    run.is_plan_lost = world.table_plan_lost[row] if len(world.table_plan_lost) else False
    run.next_line = 0
    run.end_line = 0
    if len(world.table_log_at):
        run.next_line = world.table_log_first[row]
        run.end_line = world.table_log_first[row + 1]
    run.outcome = world.table_outcome[row]
    run.join_fails = world.table_join_fails[row]
    run.adaptor = world.table_adaptor[row] if len(world.table_adaptor) else NOBODY
    run.cold_start = world.table_cold_start[row] if len(world.table_cold_start) else 0
    run.reply_luck = world.table_reply_luck[row] if len(world.table_reply_luck) else SAFE
    run.has_phases = phases.of_its_own(world, row)
    run.state = AVAILABLE
    run.is_held = False
    run.cause = NOBODY
    active_runs.insert(world, place)
    announce(world)
    return True


@inlined
def is_refused(world, row):
    """Whether its project is over its quota (L-28), or has as many active runs in the fast lane as it may have (`rules.admission`)."""
    number = world.workflows[world.table_workflow[row]].project
    if incidents.is_over_quota(world, number) and not (len(world.table_accepted) and world.table_accepted[row]):
        return True
    project = world.projects[number]
    return world.table_queue[row] == FAST_LANE and refuses(project.fast_lane, project.limit)


@inlined
def take(world, loop_place, place, began_at):
    """One claim of demand 1 is decided at this instant (L-10, L-24): for this run, which is now claimed and in hand, or for NOBODY. Its
    query began at `began_at`."""
    if place == NOBODY:
        world.counts[0].claims_empty += 1
        return
    active_runs.take(world, place)
    run, loop = world.runs[place], world.loops[loop_place]
    run.began = began_at
    run.loop = loop_place
    run.is_held = True
    row = run.number
    world.log_state[row] = CLAIMED
    world.log_began_at[row] = began_at
    world.log_claimed_at[row] = world.clock[0].now
    world.log_worker[row] = loop.worker
    world.log_workloop[row] = loop.number


@compiled
def start(world, place):
    """A worker says that the run has started; whether that changed anything: a run that was lost meanwhile stays lost (L-18)."""
    if not active_runs.start(world, place):
        return False
    run = world.runs[place]
    run.began = world.clock[0].now
    world.log_state[run.number] = STARTED
    return True


@compiled
def finish(world, place, state):
    """A worker reports a run's end, or the janitor does; whether that changed anything: a run that was lost stays lost (L-18)."""
    if not active_runs.finish(world, place, state):
        return False
    run = world.runs[place]
    count(world, run.workflow, run.queue, -1)
    row = run.number
    world.log_state[row] = state
    world.log_ended_at[row] = world.clock[0].now
    if world.lightning[0].has_calls:
        answer(world, row)
    return True


@compiled
def answer(world, row):
    """K-5: a run that waits for the end of this one goes on, unless it has waited long enough, or the connection broke (I-5)."""
    place = 0 + world.awaited_by[row]
    if place == NOBODY or world.services[place].awaits != row:
        return
    inserted_at = world.log_inserted_at[row]
    if is_reply(world.clock[0].now, inserted_at, patience(world, row), incidents.goes_down(world, inserted_at)):
        service = world.services[place]
        service.awaits = NOBODY
        service.patience_as = NOBODY
        event_list.follow_up(world, Kind.ANSWERED, place)


@compiled
def patience(world, row):
    """K-5: how long the run that calls this one waits for its end."""
    return min(world.table_patience[row], world.lightning[0].webhook_timeout)


@inlined
def count(world, workflow, queue, change):
    if queue == FAST_LANE:
        world.projects[world.workflows[workflow].project].fast_lane += change


@compiled
def let_go(world, place):
    """Nobody has the run in hand any more. Once it has ended as well, and nothing is said of it any more, its place is free."""
    world.runs[place].is_held = False
    if world.lightning[0].has_phases:
        world.services[place].awaits = NOBODY
    forget(world, place)


@compiled
def forget(world, place):
    run = world.runs[place]
    if not run.is_active and not run.is_held and not run.messages:
        free_list.give(world.runs, place)
        world.counts[0].free_runs += 1


# --- notifications ---


@compiled
def announce(world):
    """L-17: a run was created."""
    if world.lightning[0].debounce == NOBODY:
        return
    before = NOBODY
    for place in range(len(world.workers)):
        connection = world.workers[place].connection
        if connection == NOBODY or world.connections[connection].channel == NOBODY:
            continue
        number = 0 + world.connections[connection].channel
        if not (world.channels[number].is_dead or world.channels[number].is_announcing):
            announce_to(world, number, before)
            before = number


@inlined
def announce_to(world, number, before):
    """L-17, of one connection. Runs created while its timer is pending start no second one. The timers that are created together end one
    right after another: the first of them alone waits in the future event list, and each is followed by the next (`announce_behind`)."""
    clock, channel = world.clock[0], world.channels[number]
    channel.is_announcing = True
    channel.due += 1
    channel.announced_behind = NOBODY
    created = event_list.reserve(world)
    if before == NOBODY:
        event_list.put(world, clock.now + world.lightning[0].debounce, clock.now, created, Kind.DEBOUNCED, number)
    else:
        world.channels[before].announced_behind = number


@inlined
def announce_behind(world, number):
    """The debounce timer of this channel is over: the one that was created next comes next."""
    clock, behind = world.clock[0], 0 + world.channels[number].announced_behind
    if behind != NOBODY:
        event_list.put_in_order(world, clock.now, clock.current_order, clock.current + 1, Kind.DEBOUNCED, behind)


# --- where claims are decided in parallel ---


@inlined
def claim_latency(world):
    """How long the claim that is sent now takes to be decided, and to be answered from there (W-16).

    The database's part is that of the number of active runs at this instant, and of how slow it is at it (I-7).
    """
    lightning, pairs = world.lightning[0], world.pairs
    if len(pairs):
        pair = lightning.next_pair
        lightning.next_pair = (pair + 1) % len(pairs)
        return pairs[pair].until_decided, pairs[pair].until_replied
    return lightning.up + database_time(world, lightning.active), lightning.down


@inlined
def database_time(world, active):
    """`rules.database.interpolate`, on the points of the curve that holds at this instant (I-7). Claims come more often than runs, and so
    the answer is mostly the last one."""
    lightning = world.lightning[0]
    if lightning.timed_active != active or len(world.curves) > 1:
        lightning.timed_active = active
        lightning.timed = interpolated(world, active)
    return 0 + lightning.timed


@compiled
def interpolated(world, active):
    curve, points = incidents.curve(world), world.points
    left = points[curve.first]
    if active <= left.active:
        return left.time
    for place in range(curve.first + 1, curve.end):
        right = points[place]
        if active <= right.active:
            return left.time + (right.time - left.time) * (active - left.active) // (right.active - left.active)
        left = right
    return left.time
