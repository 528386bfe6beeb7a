"""The workers' processes: started, in service, draining, gone (W-15a, W-20, W-24, docs/failures.md).

With a process everything goes that it had planned (`ends_with_process` in `rules.events`). It is taken out of the future event list there
and then, so that whoever handles an event need not ask whether its worker is alive.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from fastlanes_sim.engines.kernel import claims, event_list, flights, messages, resources, server, timeouts, workloop
from fastlanes_sim.engines.kernel.jit import compiled
from fastlanes_sim.engines.kernel.records import FOREVER, NOBODY
from fastlanes_sim.rules import process
from fastlanes_sim.rules.events import Kind, Subject
from fastlanes_sim.rules.process import Exit, Stage

STARTED, ON, DRAINING, GONE = (int(stage) for stage in Stage)
TERM, KILL, CRASH = (int(how) for how in Exit)
OF_ALL = (Kind.EXPIRED, Kind.MESSAGE_LATE, Kind.GUARDED)
"""Here they are about a worker: one event stands for all its timers of a kind (`timeouts`)."""
SUBJECT_OF = np.array([Subject.WORKER if kind in OF_ALL else kind.subject for kind in Kind], np.int64)
ENDS_WITH_PROCESS = np.array([kind.ends_with_process for kind in Kind], np.bool_)
is_done = compiled(process.is_done)


@compiled
def start(world, place, connect_at):
    """F-1: a new process, with nothing of the one before; it will connect at `connect_at`."""
    host = world.workers[place]
    host.began = max(world.clock[0].now, connect_at - host.start_up)
    host.attempts = 0
    for number in range(host.first_loop, host.end_loop):
        world.loops[number].is_cancelled = True
    for adaptor in range(world.lightning[0].adaptors):
        world.loaded_at[place * world.lightning[0].adaptors + adaptor] = NOBODY
    event_list.at(world, connect_at, Kind.OPEN, place)
    enter(world, place, STARTED, host.began)


@compiled
def call_off(world, place):
    """F-1: this process has not begun yet, and never will. The log has no entries of an instant that never comes."""
    drop_timers(world, place)
    host = world.workers[place]
    host.stage = GONE
    number = world.counts[0].stages - 1
    while world.stages[number].worker != place:
        number -= 1
    world.stages[number].time = FOREVER


@compiled
def terminate(world, place):
    """W-20 a: SIGTERM, or a crash, which is one without grace (F-5). Later ones do nothing."""
    host = world.workers[place]
    if host.stage == DRAINING or host.stage == GONE:
        return
    if host.began > world.clock[0].now:
        call_off(world, place)
        return
    enter(world, place, DRAINING, world.clock[0].now)
    if host.grace == NOBODY:
        end(world, place, CRASH)
        return
    host.kill_at = world.clock[0].now + host.grace
    if host.kill_at != host.planned_kill:
        event_list.at(world, host.kill_at, Kind.KILL, place)
    for number in range(host.first_loop, host.end_loop):
        if flights.count(world, world.loops[number]):
            flights.simulate_all(world, number)
        workloop.stop(world, number)
    look(world, place)


@compiled
def look(world, place):
    """W-20 c: whether there is nothing left to wait for. The last thing that an event does: nothing of the process may be used any more."""
    host = world.workers[place]
    if host.stage != DRAINING:
        return
    for number in range(host.first_loop, host.end_loop):
        loop = world.loops[number]
        if not is_done(loop.active, loop.open, loop.verifying):
            return
    end(world, place, TERM)


@compiled
def kill(world, place):
    """W-20 e: its grace period is over, if it is still there."""
    host = world.workers[place]
    if host.stage == DRAINING and host.kill_at == world.clock[0].now:
        end(world, place, KILL)


@compiled
def fail(world, place):
    """W-15a: it exits with an error, and is started again where somebody does that, unless it was to go anyway."""
    host = world.workers[place]
    is_wanted = host.stage == ON
    end(world, place, CRASH)
    if host.restart != NOBODY and is_wanted:
        start(world, place, world.clock[0].now + host.restart)


@compiled
def end(world, place, how):
    """W-24: with the process go its timers, its chains, its open claims and its runs, and nothing reaches it any more. What it had sent
    still arrives."""
    host = world.workers[place]
    if host.connection != NOBODY:
        world.connections[host.connection].is_abandoned = True
        host.connection = NOBODY
    host.is_joined = False
    drop_timers(world, place)
    drop_follow_ups(world, place)
    claims.drop(world, place)
    messages.drop(world, place)
    timeouts.clear(world, place)
    run = 0 + host.first_hold
    host.first_hold = NOBODY
    host.last_hold = NOBODY
    while run != NOBODY:
        following = 0 + world.runs[run].hold_behind
        world.runs[run].expires_as = NOBODY
        if world.lightning[0].has_phases:
            resources.drop(world, run)
        server.let_go(world, run)
        run = following
    if world.lightning[0].has_phases:
        resources.fill_all(world, place)
    for number in range(1, len(world.segments)):
        loop = world.segments[number].loop
        if loop != NOBODY and world.loops[loop].worker == place:
            workloop.free(world, number)
    for number in range(host.first_loop, host.end_loop):
        loop = world.loops[number]
        loop.active = 0
        loop.open = 0
        loop.first_flight = loop.last_flight
        loop.leaked = 0
        loop.lost = 0
        loop.verifying = 0
        loop.chains = 0
        loop.latest = NOBODY
    enter(world, place, GONE, world.clock[0].now)
    leave(world, place, how)


@compiled
def leave(world, place, how):
    entry = world.exits[world.counts[0].exits]
    entry.time = world.clock[0].now
    entry.worker = place
    entry.how = how
    world.counts[0].exits += 1


@compiled
def enter(world, place, stage, time):
    """From `time` on the process is in this stage."""
    world.workers[place].stage = stage
    entry = world.stages[world.counts[0].stages]
    entry.time = time
    entry.worker = place
    entry.stage = stage
    world.counts[0].stages += 1


def stages_entered(world: Any) -> list[tuple[int, int, int]]:
    """(time, worker, stage), in the order in which they were noted."""
    return rows_of(world.stages[: world.counts[0].stages], "time", "worker", "stage")


def exits(world: Any) -> list[tuple[int, int, int]]:
    """(time, worker, `rules.process.Exit`), in the order in which it happened."""
    return rows_of(world.exits[: world.counts[0].exits], "time", "worker", "how")


def rows_of(entries: Any, *names: str) -> list[tuple[Any, ...]]:
    """Column by column: a record's field costs microseconds in Python, and a fleet has thousands."""
    return list(zip(*(entries[name].tolist() for name in names), strict=True))


# --- what a process had planned ---


@compiled
def drop_timers(world, place):
    """The heap is built anew of what is left: it grows no faster than it is read."""
    clock = world.clock[0]
    event_list.fill_hollow(world)
    count = clock.timers
    clock.timers = 0
    for number in range(count):
        event = world.timers[number]
        time, order, created, kind, subject = event.time, event.order, event.created, event.kind, event.subject
        if not drops(world, kind, subject, place):
            event_list.put_in_order(world, time, order, created, kind, subject)
    drop_sleepers(world, place)


@compiled
def drop_sleepers(world, place):
    clock = world.clock[0]
    count = clock.naps
    clock.naps = 0
    for number in range(count):
        event = world.naps[number]
        time, order, created, kind, subject = event.time, event.order, event.created, event.kind, event.subject
        if not drops(world, kind, subject, place):
            event_list.put_nap(world, time, order, created, kind, subject)
    first, last, mask = 0 + clock.first_sleeper, 0 + clock.last_sleeper, len(world.sleepers) - 1
    clock.last_sleeper = first
    for number in range(first, last):
        event = world.sleepers[number & mask]
        time, order, created, kind, subject = event.time, event.order, event.created, event.kind, event.subject
        if not drops(world, kind, subject, place):
            event_list.append_sleeper(world, time, order, created, kind, subject)


@compiled
def drop_follow_ups(world, place):
    clock, mask = world.clock[0], len(world.follow_ups) - 1
    last = clock.last
    clock.last = clock.first
    for number in range(clock.first, last):
        task = world.follow_ups[number & mask]
        kind, subject = task.kind, task.subject
        if not drops(world, kind, subject, place):
            event_list.follow_up(world, kind, subject)


@compiled
def drops(world, kind, subject, place):
    """Whether an event goes with the process of this worker. A run that it was about is out of the worker's hands; what is held of whole
    lives goes later, with all that is held."""
    if not ENDS_WITH_PROCESS[kind] or worker_of(world, kind, subject) != place:
        return False
    if SUBJECT_OF[kind] == Subject.RUN:
        server.let_go(world, subject)
    return True


@compiled
def worker_of(world, kind, subject):
    """The worker that an event is about, or NOBODY."""
    what = SUBJECT_OF[kind]
    if what == Subject.WORKER:
        return subject
    if what == Subject.CONNECTION:
        return 0 + world.connections[subject].worker
    loop = NOBODY
    if what == Subject.WORKLOOP:
        loop = subject
    elif what == Subject.SEGMENT:
        loop = 0 + world.segments[subject].loop
    elif what == Subject.RUN or what == Subject.HOLD or what == Subject.SERVICE:
        loop = 0 + world.runs[subject].loop
    return NOBODY if loop == NOBODY else 0 + world.loops[loop].worker
