"""The lives of the workers' processes: started, on duty, draining, gone (W-20, docs/failures.md).

With a process everything goes that it had planned: it is taken out of the agenda there and then, so that whoever plays an event need not
ask whether its worker is alive.
"""

from __future__ import annotations

from typing import Any

from fastlanes_sim.engines.kernel import claims, event_list, events, server, workloop
from fastlanes_sim.engines.kernel.jit import compiled
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules import process
from fastlanes_sim.rules.process import Stage

STARTED, ON, DRAINING, GONE = (int(stage) for stage in Stage)
is_done = compiled(process.is_done)


def written(world: Any) -> list[tuple[int, int, int]]:
    """(time, worker, stage), as they were written down."""
    return [(int(life.time), int(life.worker), int(life.stage)) for life in world.lives[: world.counts[0].lives]]


@compiled
def enter(world, place, stage):
    note(world, world.clock[0].now, place, stage)
    world.workers[place].stage = stage


@compiled
def note(world, time, place, stage):
    life = world.lives[world.counts[0].lives]
    life.time = time
    life.worker = place
    life.stage = stage
    world.counts[0].lives += 1


@compiled
def start(world, place, connect_at):
    """F-1: a new process, with nothing of the one before; it will connect at `connect_at`."""
    host = world.workers[place]
    host.began = max(world.clock[0].now, connect_at - host.start_up)
    host.attempts = 0
    for number in range(host.first_loop, host.end_loop):
        loop = world.loops[number]
        loop.capacity = loop.slots
        loop.is_cancelled = True
    for adaptor in range(world.lightning[0].adaptors):
        world.loaded_at[place * world.lightning[0].adaptors + adaptor] = NOBODY
    event_list.put(world, connect_at, event_list.reserve(world.clock[0]), events.OPEN, place)
    note(world, host.began, place, STARTED)
    host.stage = STARTED


@compiled
def terminate(world, place):
    """F-2: SIGTERM, or a crash, which is one without grace (F-5)."""
    host = world.workers[place]
    if host.stage == GONE:
        return
    never_connected = host.stage == STARTED
    enter(world, place, DRAINING)
    for number in range(host.first_loop, host.end_loop):
        workloop.stop(world, world.loops[number])
        world.loops[number].capacity = 0
    if never_connected or not host.grace:
        end(world, place)
    else:
        event_list.put_as(world, event_list.BEHIND, world.clock[0].now + host.grace, events.KILL, place)
        exit_if_done(world, place)


@compiled
def exit_if_done(world, place):
    """F-3. The last thing that an event does: nothing of the process may be used any more."""
    host = world.workers[place]
    if host.stage != DRAINING:
        return
    for number in range(host.first_loop, host.end_loop):
        loop = world.loops[number]
        if not is_done(loop.active, loop.open, loop.verifying):
            return
    end(world, place)


@compiled
def end(world, place):
    """F-3 to F-5: its socket closes, and with the process go its timers, its chains, its open claims and its runs."""
    host = world.workers[place]
    host.is_open = False
    host.is_announcing = False
    host.due = 0
    host.session_began = world.clock[0].created
    drop_timers(world, place)
    drop_follow_ups(world, place)
    drop_claims(world, place)
    for number in range(1, len(world.segments)):
        if is_loop_of(world, world.segments[number].loop, place):
            workloop.free(world, number)
    for number in range(host.first_loop, host.end_loop):
        loop = world.loops[number]
        loop.active = 0
        loop.open = 0
        loop.verifying = 0
        loop.chains = 0
        loop.latest = NOBODY
    enter(world, place, GONE)


@compiled
def drop_timers(world, place):
    """The agenda is built anew of what is left: it grows no faster than it is read."""
    clock = world.clock[0]
    event_list.fill_hollow(world)
    count = clock.timers
    clock.timers = 0
    for number in range(count):
        event = world.agenda[number]
        time, created, kind, subject = event.time, event.created, event.kind, event.subject
        if not drops(world, loop_of_timer(world, kind, subject, place), is_about_run(kind), subject, place):
            event_list.put(world, time, created, kind, subject)


@compiled
def drop_follow_ups(world, place):
    clock, mask = world.clock[0], len(world.follow_ups) - 1
    last = clock.last
    clock.last = clock.first
    for number in range(clock.first, last):
        task = world.follow_ups[number & mask]
        kind, subject = task.kind, task.subject
        if not drops(world, loop_of_follow_up(world, kind, subject, place), kind == events.START, subject, place):
            event_list.follow_up(world, kind, subject)


@compiled
def drops(world, loop, is_run, subject, place):
    """Whether an event about this loop goes with the worker; a run that it was about is out of its hands."""
    if not is_loop_of(world, loop, place):
        return False
    if is_run:
        server.let_go(world, subject)
    return True


@compiled
def loop_of_timer(world, kind, subject, place):
    """The loop that the timer is about; if it is about the worker in `place`, its first; NOBODY if it is Lightning's, a caller's or on the
    wire."""
    if kind == events.SLEPT or kind == events.CONTINUED:
        return world.segments[subject].loop
    if is_about_run(kind):
        return world.runs[subject].loop
    if kind == events.EXPIRED:
        return world.claims[subject].loop
    if kind == events.SETTLED:
        return subject
    if subject == place and (kind == events.OPEN or kind == events.RECONNECT or kind == events.REFUSED or kind == events.KILL):
        return world.workers[place].first_loop
    return NOBODY


@compiled
def is_about_run(kind):
    """Of a timer. A run that a worker has in hand waits for exactly one of these, or for its follow-up START."""
    return kind == events.VERIFIED or kind == events.JOINED or kind == events.ENDED


@compiled
def loop_of_follow_up(world, kind, subject, place):
    """The same of a follow-up."""
    if kind == events.REACT or kind == events.SETTLE or kind == events.SETTLE_SOON:
        return world.segments[subject].loop
    if kind == events.START:
        return world.runs[subject].loop
    if kind == events.CONNECTED and subject == place:
        return world.workers[place].first_loop
    return NOBODY


@compiled
def is_loop_of(world, loop, place):
    host = world.workers[place]
    return host.first_loop <= loop < host.end_loop


@compiled
def drop_claims(world, place):
    """What is on the wire is lost on arrival (W-16), and nobody waits for it; what was kept to be sent is forgotten."""
    host = world.workers[place]
    host.session += 1
    host.first_buffered = NOBODY
    for number in range(1, len(world.claims)):
        claim = world.claims[number]
        if is_loop_of(world, claim.loop, place):
            if claim.is_buffered or claim.is_done:
                claims.free(world, number)
            else:
                claim.is_timed_out = True
                claim.expires_as = NOBODY
