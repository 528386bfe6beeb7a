"""The life of a run on a worker: received, joined, planned, handed over, launched, started, ended, and its slot freed (W-8, W-13, W-15,
L-19, lives.md)."""

from __future__ import annotations

from fastlanes_sim.engines.reference import event_list, messages, phases, process, recorder, run_events, startup, workloop
from fastlanes_sim.engines.reference.records import Hold, Message, RunRow, Segment, Telling, Workloop, loop_of
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.deadlines import run_end
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.polling import follow_ups_to_settle
from fastlanes_sim.rules.process import Stage
from fastlanes_sim.rules.run_messages import AT_START, BEFORE_INPUT, EngineEvent, Handler, at_end
from fastlanes_sim.rules.run_messages import Message as MessageKind

# --- the slot ---


def receive(world: World, loop: Workloop, segment: Segment | None, run: RunRow) -> None:
    """W-8: while its token is verified, a run is neither open nor active."""
    run.segment = segment
    recorder.note(world, recorder.RECEIVED, run.row)
    verification = loop.worker.spec.verification
    if verification is None:
        accept(world, run)
    else:
        loop.verifying += 1
        event_list.after(world, verification, Kind.VERIFIED, run)


def verified(world: World, run: RunRow) -> None:
    loop_of(run).verifying -= 1
    accept(world, run)


def accept(world: World, run: RunRow) -> None:
    """W-8: the run is ours. Its channel is joined at once, then the segment settles (W-19)."""
    loop = loop_of(run)
    loop.active += 1
    world.log.received_at[run.row] = world.now
    if loop.worker.is_whole:
        hold(world, loop, run)
    else:
        startup.expect_start(world, run)
    if run.segment is not None:
        workloop.settle_after(world, run.segment, follow_ups_to_settle(run.segment.attempts))


def hold(world: World, loop: Workloop, run: RunRow) -> None:
    """W-8: while the token was verified the socket may have died; then the join waits for the next opening (W-15)."""
    outcome, credentials = State(world.table.outcome[run.row]), int(world.table.credentials[run.row])
    mine = Hold(run, loop, outcome, missing=credentials)
    loop.worker.holds.append(mine)
    if loop.worker.connection is not None:
        messages.join(world, mine)


def not_joined(world: World, hold: Hold) -> None:
    """W-15: its channel could not be joined. Nobody looks (W-20 d)."""
    recorder.note(world, recorder.NOT_JOINED, hold.run.row)
    release(world, hold)


def free(world: World, hold: Hold) -> None:
    """W-13"""
    release(world, hold)
    process.look(world, hold.loop.worker)


def release(world: World, hold: Hold) -> None:
    """W-13: the slot is free, the channel is left, the loop resumes."""
    world.log.freed_at[hold.run.row] = world.now
    hold.loop.active -= 1
    hold.loop.worker.holds.remove(hold)
    messages.leave(hold)
    workloop.resume(world, hold.loop)


def leak(world: World, hold: Hold) -> None:
    """F-11, W-13a: nobody frees the slot any more, for the life of the process."""
    world.log.leaked_at[hold.run.row] = world.now
    hold.loop.leaked += 1


# --- what comes of its messages ---


def answered(world: World, message: Message) -> None:
    """W-23: the answer is back. One that comes later than the timeout is ignored. Of the answers only a join's is an error."""
    assert message.connection is not None
    if not message.connection.is_dead:
        ended(world, message, not (message.kind is MessageKind.JOIN and world.table.join_fails[message.hold.run.row]))


def expired(world: World, message: Message) -> None:
    """W-23: it was not answered in time."""
    ended(world, message, False)


def ended(world: World, message: Message, is_ok: bool) -> None:
    """W-23: acknowledged or failed."""
    if not messages.end(world, message, is_ok):
        return
    if message.telling is not None:
        told(world, message.telling, is_ok)
    elif message.kind is MessageKind.JOIN:
        joined(world, message.hold, is_ok)
    elif message.kind is MessageKind.FETCH_PLAN:
        planned(world, message.hold, is_ok)
    elif message.kind is MessageKind.FETCH_DATACLIP:
        input_fetched(world, message.hold, is_ok)
    else:
        credential_fetched(world, message.hold, is_ok)


def told(world: World, telling: Telling, is_ok: bool) -> None:
    """W-22a: a message of a handler."""
    hold = telling.hold
    if run_events.goes_on(world, telling, is_ok):
        return
    if run_events.frees(telling, is_ok):
        free(world, hold)
    elif run_events.never_frees(telling, is_ok):
        leak(world, hold)
    if telling.is_queued and hold.loop.worker.stage is not Stage.GONE:
        run_events.finish(world, hold)


# --- from the join to the engine (W-15) ---


def joined(world: World, hold: Hold, is_ok: bool) -> None:
    """W-15: of a rejoin that fails the channel is gone for good, and the run goes on."""
    is_first = not hold.has_joined
    messages.joined(hold, is_ok)
    if not is_first:
        messages.send_buffered(world, hold)
    elif is_ok:
        recorder.joined(world, hold)
        messages.push(world, hold, MessageKind.FETCH_PLAN)
    else:
        not_joined(world, hold)


def planned(world: World, hold: Hold, is_ok: bool) -> None:
    """W-15a: nobody catches that there is no plan; where Sentry is configured the process lives on, and the slot is lost."""
    if is_ok:
        recorder.planned(world, hold)
        event_list.after(world, BEFORE_INPUT, Kind.PLAN_READ, hold)
    elif not hold.loop.worker.spec.survives_lost_plan:
        process.fail(world, hold.loop.worker)
    else:
        leak(world, hold)


def fetch_input(world: World, hold: Hold) -> None:
    if world.table.has_input[hold.run.row]:
        messages.push(world, hold, MessageKind.FETCH_DATACLIP)
    else:
        hand_over(world, hold)


def input_fetched(world: World, hold: Hold, is_ok: bool) -> None:
    """W-15b: without its input the run ends without the engine, and not through the queue of its events."""
    if is_ok:
        hand_over(world, hold)
    else:
        hold.outcome = State.EXCEPTION
        run_events.tell(world, hold, Handler.ERROR, is_queued=False)


def hand_over(world: World, hold: Hold) -> None:
    """W-15: to the engine, which installs, and loads the adaptor where it is cold (I-10)."""
    recorder.handed_over(world, hold)
    takes = int(world.table.install_time[hold.run.row]) + startup.load(world, hold.run)
    if takes:
        event_list.after(world, takes, Kind.INSTALLED, hold)
    else:
        installed(world, hold)


def installed(world: World, hold: Hold) -> None:
    """W-15: all credentials are asked for at once."""
    for _ in range(hold.missing):
        messages.push(world, hold, MessageKind.FETCH_CREDENTIAL)
    if not hold.missing:
        launch(world, hold)


def credential_fetched(world: World, hold: Hold, is_ok: bool) -> None:
    """W-15c: what one that fails leads to waits for the last."""
    hold.missing -= 1
    hold.has_all_credentials &= is_ok
    if hold.missing:
        return
    if hold.has_all_credentials:
        launch(world, hold)
    else:
        end(world, hold, State.EXCEPTION)


# --- the engine ---


def launch(world: World, hold: Hold) -> None:
    """L-19: the run is handed to the child process, and the kill's timer begins. All timers are set at once, in this order."""
    table, row = world.table, hold.run.row
    until_start = int(table.startup_time[row])
    until_end = until_start + int(table.service_time[row])
    service = None
    if phases.has_phases(world, hold.run):
        if not phases.fits(world, hold.run):
            end(world, hold, State.KILLED)
            return
        service = phases.begin(world, hold.run, hold)
    else:
        lasts, is_killed = run_end(until_end, hold.run.timeout)
        if is_killed:
            event_list.after(world, lasts, Kind.KILLED, hold)
    event_list.after(world, until_start, Kind.STARTED, hold)
    for until_line in table.log_at[table.log_first[row] : table.log_first[row + 1]]:
        event_list.after(world, int(until_line), Kind.LOGGED, hold)
    if service is not None:
        phases.start(world, service, until_start)  # K-2
    else:
        event_list.after(world, until_end, Kind.FINISHED, hold)


def started(world: World, hold: Hold) -> None:
    if not hold.has_ended:
        if hold.run.id in world.active_runs.active:  # L-18: not lost meanwhile
            world.log.started_at[hold.run.row] = world.now
        for event in AT_START:
            run_events.enter(world, hold, event)


def logged(world: World, hold: Hold) -> None:
    if not hold.has_ended:
        run_events.enter(world, hold, EngineEvent.LOG)


def killed(world: World, hold: Hold) -> None:
    """L-19"""
    end(world, hold, State.KILLED)


def finished(world: World, hold: Hold) -> None:
    end(world, hold, hold.outcome)


def end(world: World, hold: Hold, outcome: State) -> None:
    """After its end the engine emits nothing."""
    if hold.has_ended:
        return
    hold.has_ended = True
    hold.outcome = outcome
    world.log.finished_at[hold.run.row] = world.now
    for event in at_end(outcome):
        run_events.enter(world, hold, event)
