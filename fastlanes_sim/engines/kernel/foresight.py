"""The healthy part of a run's life, foreseen instead of simulated message by message (W-15, W-22, L-30).

From its receipt to its launch nothing that a run does is seen by anybody else: its messages wait for no other run's, and nothing is decided
by them. The same is true of what it says of its start, if the janitor does not mind, and of its end up to `run:complete`. Where it is known
beforehand that nothing will come between, the instants are added up, and the next event is the last one of these.

What may come between are outages, mute and silent spans, Lightning's and the process's end. All of them are known long before
(`safe_until`), but for the end of a process that cannot have a plan (W-15a): that one can only come when a message of the process is lost
already.

The place in the order of creation that such an event would have had is not known; `lineage` finds out where it matters.
"""

from __future__ import annotations

from fastlanes_sim.engines.kernel import event_list, lineage, messages, phases, run_events, timeouts, wire
from fastlanes_sim.engines.kernel.event_list import BORN_BITS
from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import FOREVER, NOBODY
from fastlanes_sim.rules import incidents as rules
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.order import Rank
from fastlanes_sim.rules.process import Stage
from fastlanes_sim.rules.run_messages import AT_START, BEFORE_INPUT, Handler, Message, handler_of

STARTED = int(State.STARTED)
DRAINING = int(Stage.DRAINING)
RUN_COMPLETE = int(Message.RUN_COMPLETE)
TIMER = Rank.TIMER << BORN_BITS
MESSAGES_AT_START = sum(len(handler_of(event, False, False).messages) for event in AT_START)
MOST_MESSAGES_OF_A_HANDLER = max(len(handler.messages) for handler in Handler)

until_loaded = compiled(rules.until_loaded)

# --- what is foreseen ---


@compiled
def launch(world, place):
    """W-15: of the run, which has just been received, its launch; whether it could be."""
    run, lightning = world.runs[place], world.lightning[0]
    worker = 0 + world.loops[run.loop].worker
    if not lightning.foresees or run.join_fails or run.is_plan_lost:
        return False
    wait = 0
    if run.adaptor != NOBODY and world.loaded_at[worker * lightning.adaptors + run.adaptor] == NOBODY:
        return False  # who is the first to load it is not known yet (I-11)
    exchange = lightning.up + lightning.message + lightning.down
    until_handed_over = (3 if run.has_input else 2) * exchange + BEFORE_INPUT
    wait += run.install_time
    if run.adaptor != NOBODY:
        loaded_at = world.loaded_at[worker * lightning.adaptors + run.adaptor]
        wait += until_loaded(world.clock[0].now + until_handed_over, loaded_at, run.cold_start)
    credentials = lightning.up + run.missing * lightning.message + lightning.down if run.missing else 0
    if world.clock[0].now + until_handed_over + wait + credentials >= safe_until(world, worker):
        return False
    look_ahead(world)
    foresee_exchange(world, 1)  # the join
    foresee_exchange(world, 1)  # the plan
    foresee(world, BEFORE_INPUT)
    if run.has_input:
        foresee_exchange(world, 1)
    if wait:
        foresee(world, wait)
    if run.missing:
        foresee_exchange(world, run.missing)
    run.has_joined = True
    run.is_joined = True
    run.missing = 0
    expect(world, Kind.INSTALLED, place)
    return True


@compiled
def start(world, place):
    """W-22: of the run, which is being launched, what is said of its start and of its log lines, if all of it will have been told before
    its end. Otherwise nothing of it."""
    run, lightning = world.runs[place], world.lightning[0]
    worker = 0 + world.loops[run.loop].worker
    until_end = min(run.timeout, run.startup_time + run.service_time)
    if run.has_phases:  # K-6, R-3: it may fail where its first phase ends
        until_end = min(until_end, run.startup_time + phases.first_point(world, run))
    if not lightning.foresees or run.startup_time >= until_end:
        return
    exchange, free, known = lightning.up + lightning.message + lightning.down, 0, 0
    has_started = False
    for number in range(run.next_line, run.end_line + 1):
        line = world.table_log_at[number] if number < run.end_line else FOREVER
        if not has_started and run.startup_time <= line:
            has_started = True
            known = max(free, run.startup_time) + lightning.up + lightning.message
            free = max(free, run.startup_time) + MESSAGES_AT_START * exchange
        if number < run.end_line:
            free = max(free, line) + exchange
        if free >= until_end:
            return
    known += run.launched_at
    if run.launched_at + free >= safe_until(world, worker) or known > run.began + run.timeout + lightning.grace_period:
        return
    run.has_started = True
    run.has_open_step = True
    run.next_line = run.end_line
    if run.is_active:  # L-18: not lost meanwhile
        run.state = STARTED
        run.began = known
        row = run.number
        world.log_state[row] = STARTED
        world.log_started_at[row] = run.launched_at + run.startup_time


@compiled
def end(world, place, was_empty):
    """W-22: of the run, which has just ended, when Lightning gets to know; whether it could be."""
    run, lightning = world.runs[place], world.lightning[0]
    loop = world.loops[run.loop]
    if not lightning.foresees or not was_empty or run.messages or not run.is_joined:
        return False
    exchange = lightning.up + lightning.message + lightning.down
    now, host = world.clock[0].now, world.workers[loop.worker]
    if now + MOST_MESSAGES_AT_END * exchange >= safe_until(world, 0 + loop.worker):
        return False
    look_ahead(world)
    while True:
        handler = run_events.first_handler(run)
        run_events.turn_step(run, handler)
        run.expires = world.clock[0].ahead + host.guard
        if run.ends == 1:
            break
        for _ in range(run_events.LENGTH_OF[handler]):
            foresee_exchange(world, 1)
        run_events.drop_first(run)
    for _ in range(run_events.LENGTH_OF[handler] - 1):
        foresee_exchange(world, 1)
    run.is_settled = False
    run.expires_as = event_list.reserve(world)
    number = messages.create(world, place, RUN_COMPLETE, handler, True)
    message = world.messages[number]
    message.place = run_events.LENGTH_OF[handler] - 1
    message.is_under_way = True
    message.connection = host.connection
    message.expires = world.clock[0].ahead + host.message_timeout
    message.expires_as = event_list.reserve(world)
    foresee(world, lightning.up)
    expect(world, Kind.MESSAGE_IN, number)
    return True


MOST_MESSAGES_AT_END = 2 * MOST_MESSAGES_OF_A_HANDLER

# --- one event after another ---


@inlined
def look_ahead(world):
    """From the event that is being handled."""
    clock = world.clock[0]
    clock.ahead = clock.now
    clock.ahead_order = clock.current_order
    clock.ahead_as = clock.current


@inlined
def foresee(world, delay):
    """The next one: a timer that is created by the one before, and ends in `delay` µs. The place of the first is known."""
    clock = world.clock[0]
    clock.created += 1
    lineage.note(world, clock.created, clock.ahead_order, clock.ahead_as)
    clock.ahead_as = clock.created if clock.ahead_as == clock.current else clock.created + lineage.FORESEEN
    clock.ahead_order = TIMER + clock.ahead
    clock.ahead += delay


@inlined
def foresee_exchange(world, count):
    """So many messages at once, with their answers (L-30)."""
    lightning = world.lightning[0]
    foresee(world, lightning.up)
    if lightning.message:
        foresee(world, count * lightning.message)
    foresee(world, lightning.down)


@inlined
def expect(world, kind, subject):
    """The last one is to come."""
    clock = world.clock[0]
    event_list.put_in_order(world, clock.ahead, clock.ahead_order, clock.ahead_as, kind, subject)


# --- what may come between ---


@compiled
def safe_until(world, worker):
    """Before this instant nothing comes between; it may have passed."""
    host, clock, lightning = world.workers[worker], world.clock[0], world.lightning[0]
    if host.connection == NOBODY or timeouts.of(world, worker, timeouts.MESSAGES).first != NOBODY:
        return 0
    connection = world.connections[host.connection]
    longest = lightning.up + lightning.down + (1 + lightning.most_messages) * lightning.message
    if longest >= host.message_timeout or MOST_MESSAGES_OF_A_HANDLER * longest >= host.guard:
        return 0
    # By then it is known what was lost with the connection before.
    if wire.is_dead(connection) or clock.now <= connection.opened_at + longest:
        return 0
    safe = undisturbed_until(world, host, connection)
    if lightning.loses_plans:  # one that is under way may end the process (W-15a)
        safe = min(safe, clock.now + host.message_timeout - longest)
    if host.stage == DRAINING:
        return min(safe, host.kill_at)
    if host.is_scaled:
        return min(safe, clock.now + host.grace)
    return safe


@inlined
def undisturbed_until(world, host, connection):
    """Before this instant nothing ends the connection, and the simulation is not over; but the process may be terminated, or fail."""
    clock = world.clock[0]
    if host.disturbed_at <= clock.now:
        host.disturbed_at = next_disturbance(world, host)
    return min(host.disturbed_at, clock.horizon + 1, connection.dies_at)


@compiled
def next_disturbance(world, host):
    """When the next of those begins that are planned; now, where one lasts."""
    now = world.clock[0].now
    soonest = FOREVER
    for number in range(host.first_outage, host.end_outage):
        if world.outages[number].begins > now:
            soonest = min(soonest, world.outages[number].begins)
    for number in range(len(world.silent)):
        if world.silent[number].ends > now:
            soonest = min(soonest, max(now, world.silent[number].begins))
    if host.stops_at > now:
        soonest = min(soonest, host.stops_at if host.planned_kill == NOBODY else host.planned_kill)
    elif host.planned_kill > now:
        soonest = min(soonest, host.planned_kill)
    return soonest
