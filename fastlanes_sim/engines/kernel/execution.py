"""The life of a run on a worker: received, joined, planned, handed over, launched, started, ended, and its slot freed (W-8, W-13, W-15,
L-19, lives.md).

The engine's timers are all set at the launch. Only the next of them stands in the future event list; each has its place in the order of
creation all the same (`expect_next`). Of a run's log lines only the instants matter, so they come in the order of time.
"""

from __future__ import annotations

from fastlanes_sim.engines.kernel import (
    event_list,
    foresight,
    messages,
    phases,
    process,
    recorder,
    run_events,
    server,
    startup,
    wire,
    workloop,
)
from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import FOREVER, NOBODY
from fastlanes_sim.rules import polling
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.run_messages import AT_START, BEFORE_INPUT, Handler, Message, at_end

KILLED, EXCEPTION = int(State.KILLED), int(State.EXCEPTION)
JOIN = int(Message.JOIN)
FETCH_PLAN, FETCH_DATACLIP, FETCH_CREDENTIAL = int(Message.FETCH_PLAN), int(Message.FETCH_DATACLIP), int(Message.FETCH_CREDENTIAL)
ERROR = int(Handler.ERROR)
EVENTS_AT_START = len(AT_START)
EVENTS_AT_END = tuple(len(at_end(state)) for state in State)
"""By the state that a run ends in."""
follow_ups_to_settle = compiled(polling.follow_ups_to_settle)

# --- the slot ---


@compiled
def receive(world, loop, segment, place):
    """W-8: while its token is verified, a run is neither open nor active."""
    run = world.runs[place]
    run.segment = segment
    recorder.note(world, recorder.RECEIVED, run.number)
    verification = world.workers[loop.worker].verification
    if verification == NOBODY:
        accept(world, place)
    else:
        loop.verifying += 1
        event_list.after(world, verification, Kind.VERIFIED, place)


@compiled
def verified(world, place):
    world.loops[world.runs[place].loop].verifying -= 1
    accept(world, place)


@compiled
def accept(world, place):
    """W-8: the run is ours. Its channel is joined at once, then the segment settles (W-19)."""
    run = world.runs[place]
    loop = world.loops[run.loop]
    loop.active += 1
    world.log_received_at[run.number] = world.clock[0].now
    if world.workers[loop.worker].is_whole:
        hold(world, place)
    else:
        startup.expect_start(world, place)
    if run.segment != NOBODY:
        workloop.settle_after(world, run.segment, follow_ups_to_settle(world.segments[run.segment].attempts))


@compiled
def hold(world, place):
    """W-8: while the token was verified the socket may have died; then the join waits for the next opening (W-15)."""
    run = world.runs[place]
    host = world.workers[world.loops[run.loop].worker]
    run.joining = NOBODY
    run.first_buffered = NOBODY
    run.has_joined = False
    run.is_joined = False
    run.is_gone = False
    run.has_all_credentials = True
    run.has_open_step = False
    run.has_started = False
    run.has_ended = False
    run.is_settled = True
    run.starts = 0
    run.ends = 0
    run.lines_before = 0
    run.lines_behind = 0
    run.expires = FOREVER
    run.expires_as = NOBODY
    run.is_listed = False
    run.done_on = NOBODY
    list_hold(world, place)
    if host.connection != NOBODY and not foresight.launch(world, place):
        messages.join(world, place)


@compiled
def list_hold(world, place):
    """Behind what the worker's process holds."""
    run = world.runs[place]
    host = world.workers[world.loops[run.loop].worker]
    run.hold_before = host.last_hold
    run.hold_behind = NOBODY
    if host.last_hold == NOBODY:
        host.first_hold = place
    else:
        world.runs[host.last_hold].hold_behind = place
    host.last_hold = place


@compiled
def hold_no_more(world, place):
    run = world.runs[place]
    host = world.workers[world.loops[run.loop].worker]
    if run.hold_before == NOBODY:
        host.first_hold = run.hold_behind
    else:
        world.runs[run.hold_before].hold_behind = run.hold_behind
    if run.hold_behind == NOBODY:
        host.last_hold = run.hold_before
    else:
        world.runs[run.hold_behind].hold_before = run.hold_before


@compiled
def not_joined(world, place):
    """W-15: its channel could not be joined. Nobody looks (W-20 d)."""
    recorder.note(world, recorder.NOT_JOINED, world.runs[place].number)
    release(world, place)


@compiled
def free(world, place):
    """W-13"""
    worker = 0 + world.loops[world.runs[place].loop].worker
    release(world, place)
    process.look(world, worker)


@compiled
def release(world, place):
    """W-13: the slot is free, the channel is left, the loop resumes."""
    run = world.runs[place]
    loop = 0 + run.loop
    world.log_freed_at[run.number] = world.clock[0].now
    world.loops[loop].active -= 1
    hold_no_more(world, place)
    messages.leave(world, place)
    server.let_go(world, place)
    workloop.resume(world, loop)


@compiled
def leak(world, place):
    """W-13a: nobody frees the slot any more, for the life of the process."""
    run = world.runs[place]
    world.log_leaked_at[run.number] = world.clock[0].now
    world.loops[run.loop].leaked += 1


# --- what comes of its messages ---


@inlined
def answered(world, number):
    """W-23: the answer is back. One that comes later than the timeout is ignored. Of the answers only a join's is an error."""
    message = world.messages[number]
    if message.is_over or wire.is_dead(world.connections[message.connection]):
        messages.lost(world, number)
    else:
        message.is_under_way = False
        ended(world, number, not (message.kind == JOIN and world.runs[message.run].join_fails))


@compiled
def expired(world, number):
    """W-23: it was not answered in time."""
    ended(world, number, False)


@compiled
def ended(world, number, is_ok):
    """W-23: acknowledged or failed."""
    message = world.messages[number]
    place, kind = 0 + message.run, 0 + message.kind
    messages.end(world, number, is_ok)
    if message.handler != NOBODY:
        told(world, number, is_ok)
    elif kind == JOIN:
        joined(world, place, is_ok)
    elif kind == FETCH_PLAN:
        planned(world, place, is_ok)
    elif kind == FETCH_DATACLIP:
        input_fetched(world, place, is_ok)
    else:
        credential_fetched(world, place, is_ok)
    messages.free_if_over(world, number)


@compiled
def told(world, number, is_ok):
    """W-22a: a message of a handler."""
    if run_events.goes_on(world, number, is_ok):
        return
    message = world.messages[number]
    place, is_queued, frees = 0 + message.run, message.is_queued, run_events.frees(message, is_ok)
    worker = 0 + world.loops[world.runs[place].loop].worker
    if run_events.never_frees(message, is_ok):
        leak(world, place)
    if frees:
        free(world, place)
    if is_queued and world.workers[worker].stage != process.GONE:
        run_events.finish(world, place)


# --- from the join to the engine (W-15) ---


@compiled
def joined(world, place, is_ok):
    """W-15: of a rejoin that fails the channel is gone for good, and the run goes on."""
    is_first = not world.runs[place].has_joined
    messages.joined(world, place, is_ok)
    if not is_first:
        messages.send_buffered(world, place)
    elif is_ok:
        recorder.joined(world, place)
        messages.push(world, place, FETCH_PLAN, NOBODY, False)
    else:
        not_joined(world, place)


@compiled
def planned(world, place, is_ok):
    """W-15a: nobody catches that there is no plan; where Sentry is configured the process lives on, and the slot is lost."""
    worker = 0 + world.loops[world.runs[place].loop].worker
    if is_ok:
        recorder.planned(world, place)
        event_list.after(world, BEFORE_INPUT, Kind.PLAN_READ, place)
    elif not world.workers[worker].survives_lost_plan:
        process.fail(world, worker)
    else:
        leak(world, place)


@compiled
def fetch_input(world, place):
    if world.runs[place].has_input:
        messages.push(world, place, FETCH_DATACLIP, NOBODY, False)
    else:
        hand_over(world, place)


@compiled
def input_fetched(world, place, is_ok):
    """W-15b: without its input the run ends without the engine, and not through the queue of its events."""
    if is_ok:
        hand_over(world, place)
    else:
        world.runs[place].outcome = EXCEPTION
        run_events.tell(world, place, ERROR, False)


@compiled
def hand_over(world, place):
    """W-15: to the engine, which installs, and loads the adaptor where it is cold (I-10)."""
    recorder.handed_over(world, place)
    takes = world.runs[place].install_time + startup.load(world, place)
    if takes:
        event_list.after(world, takes, Kind.INSTALLED, place)
    else:
        installed(world, place)


@compiled
def installed(world, place):
    """W-15: all credentials are asked for at once."""
    missing = 0 + world.runs[place].missing
    for _ in range(missing):
        messages.push(world, place, FETCH_CREDENTIAL, NOBODY, False)
    if not missing:
        launch(world, place)


@compiled
def credential_fetched(world, place, is_ok):
    """W-15c: what one that fails leads to waits for the last."""
    run = world.runs[place]
    run.missing -= 1
    run.has_all_credentials &= is_ok
    if run.missing:
        return
    if run.has_all_credentials:
        launch(world, place)
    else:
        end(world, place, EXCEPTION)


# --- the engine ---


@compiled
def launch(world, place):
    """L-19: the run is handed to the child process, and the kill's timer begins. All timers are set at once, in the order of `KILL_AS` to
    `END_AS`."""
    run, clock = world.runs[place], world.clock[0]
    if world.lightning[0].has_phases and phases.has_phases(world, place) and not phases.fits(world, place):
        end(world, place, KILLED)
        return
    run.launched_at = clock.now
    run.launched_as = clock.created
    for _ in range(END_AS):
        event_list.reserve(world)
    foresight.start(world, place)
    expect_next(world, place)
    if run.has_phases:  # K-2
        phases.begin(world, place, run.launched_as + KILL_AS)
        phases.start(world, place, run.startup_time, run.launched_as + END_AS)


NO_MORE_LINES = 2**62
KILL_AS, START_AS, LINE_AS, END_AS = 1, 2, 3, 4
"""Places in the order of creation, counted from `launched_as`. All lines of a run share one: nothing else comes between theirs."""


@compiled
def expect_next(world, place):
    """The next of the engine's timers. After its end it emits nothing, so what would come later is not expected. (Of a run that has
    phases the end is not known: it may come before this timer, which then counts for nothing.)"""
    run = world.runs[place]
    base, at = 0 + run.launched_as, 0 + run.launched_at
    until_end = run.startup_time + run.service_time
    is_killed = run.timeout < until_end
    until = run.timeout if is_killed else until_end
    if run.has_phases:  # its end is not known yet: `phases` expects it
        until, is_killed = NO_MORE_LINES - 1, False
    line = NO_MORE_LINES
    if run.next_line < run.end_line:
        line = world.table_log_at[run.next_line]
    # At the same instant the kill comes before the start, the start before lines, lines before the end.
    comes_first = until - is_killed
    if not run.has_started and run.startup_time <= min(line, comes_first):
        event_list.put(world, at + run.startup_time, at, base + START_AS, Kind.STARTED, place)
    elif line <= comes_first:
        event_list.put(world, at + line, at, base + LINE_AS, Kind.LOGGED, place)
    elif run.has_phases:
        return
    elif is_killed:
        event_list.put(world, at + until, at, base + KILL_AS, Kind.KILLED, place)
    else:
        event_list.put(world, at + until, at, base + END_AS, Kind.FINISHED, place)


@compiled
def started(world, place):
    run = world.runs[place]
    if run.launched_as + START_AS != world.clock[0].current:
        return
    if run.is_active:  # L-18: not lost meanwhile
        world.log_started_at[run.number] = world.clock[0].now
    run.has_started = True
    was_empty = run_events.is_empty(run)
    run.starts = EVENTS_AT_START
    expect_next(world, place)
    run_events.enter(world, place, was_empty)


@compiled
def logged(world, place):
    run = world.runs[place]
    if run.launched_as + LINE_AS != world.clock[0].current:
        return
    run.next_line += 1
    was_empty = run_events.is_empty(run)
    if run.has_started:
        run.lines_behind += 1
    else:
        run.lines_before += 1
    expect_next(world, place)
    run_events.enter(world, place, was_empty)


@compiled
def killed(world, place):
    """L-19"""
    end(world, place, KILLED)


@compiled
def finished(world, place):
    end(world, place, 0 + world.runs[place].outcome)


@compiled
def end(world, place, outcome):
    """After its end the engine emits nothing."""
    run = world.runs[place]
    run.has_ended = True
    run.launched_as = FOREVER
    run.outcome = outcome
    world.log_finished_at[run.number] = world.clock[0].now
    was_empty = run_events.is_empty(run)
    run.ends = EVENTS_AT_END[outcome]
    if not foresight.end(world, place, was_empty):
        run_events.enter(world, place, was_empty)
