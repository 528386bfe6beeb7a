"""How a worker tells Lightning what the engine emits of a run: one event after another, unless one takes too long (W-22, W-22a).

Q, the queue of W-22, needs no list. Log lines are alike, and whatever a run emits comes in this order: lines, the two events of its start,
lines, the events of its end. So Q is how many are left of each.

A handler at work always waits for one message, which says whose it is and how far it has come.
"""

from __future__ import annotations

import numpy as np

from fastlanes_sim.engines.kernel import event_list, messages, timeouts
from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.run_messages import AT_START, EngineEvent, Failure, Handler, Step, at_end, handler_of

MOST_MESSAGES = max(len(handler.messages) for handler in Handler)
LENGTH_OF = np.array([len(handler.messages) for handler in Handler], np.int64)
"""By handler: how many messages it has."""
MESSAGE_OF = np.array([[*handler.messages, *[-1] * (MOST_MESSAGES - len(handler.messages))] for handler in Handler], np.int64)
"""By handler and place."""
STEP_OF = np.array([handler.step for handler in Handler], np.int64)
FREES = np.array([handler.frees for handler in Handler], np.bool_)
FAILURE_OF = np.array(
    [[handler.failure_of(place) if place < len(handler.messages) else -1 for place in range(MOST_MESSAGES)] for handler in Handler],
    np.int64,
)
"""By handler and the place of the message that failed."""
FREES_IF_FAILED, NEVER_FREES = int(Failure.FREES), int(Failure.NEVER_FREES)
UNTOUCHED, OPENS = int(Step.UNTOUCHED), int(Step.OPENS)

HANDLER_AT_START = np.array([handler_of(event, False, False) for event in reversed(AT_START)], np.int64)
"""By how many of them are left, less one."""
MOST_ENDS = max(len(at_end(state)) for state in State)
HANDLER_AT_END = np.array(
    [
        [
            [int(handler_of(event, has_open_step, state is State.FAILED)) for event in reversed(at_end(state))]
            + [-1] * (MOST_ENDS - len(at_end(state)))
            for has_open_step in (False, True)
        ]
        for state in State
    ],
    np.int64,
)
"""By the state that the run ends in, whether a step is open, and how many of them are left, less one."""
LOG = int(handler_of(EngineEvent.LOG, False, False))

# --- the queue (W-22) ---


@inlined
def is_empty(run):
    return run.lines_before + run.starts + run.lines_behind + run.ends == 0


@inlined
def enter(world, place, was_empty):
    """W-22, *enter*: of events that are emitted together, and have just been put into Q. The last thing that an event does."""
    if was_empty:
        expect_next(world, place)


@compiled
def expect_next(world, place):
    if event_list.is_at_once(world):
        next_event(world, place)
    else:
        event_list.follow_up(world, Kind.NEXT, place)


@compiled
def next_event(world, place):
    """W-22, *next*: the guard named before is not stopped, but it cannot run: what is dropped has stopped it."""
    run = world.runs[place]
    if is_empty(run):
        return
    run.is_settled = False
    worker = 0 + world.loops[run.loop].worker
    timeouts.set_timer(world, run, world.workers[worker].guard)
    tell(world, place, first_handler(run), True)


@compiled
def first_handler(run):
    """Of the first event of Q."""
    if run.lines_before:
        return LOG
    if run.starts:
        return HANDLER_AT_START[run.starts - 1]
    if run.lines_behind:
        return LOG
    return HANDLER_AT_END[run.outcome, 1 if run.has_open_step else 0, run.ends - 1]


@inlined
def drop_first(run):
    if run.lines_before:
        run.lines_before -= 1
    elif run.starts:
        run.starts -= 1
    elif run.lines_behind:
        run.lines_behind -= 1
    else:
        run.ends -= 1


@compiled
def finish(world, place):
    """W-22, *finish*: a handler is over, or a guard fires. It stops the guard named now and drops the first event, whosever they are. The
    last thing that an event does."""
    run = world.runs[place]
    timeouts.stop(world, world.runs, world.loops[run.loop].worker, timeouts.GUARDS, place)
    if not run.is_settled:
        run.is_settled = True
        drop_first(run)
        if not is_empty(run):  # where it is, the next event that enters comes with a follow-up of its own
            expect_next(world, place)


# --- handlers (W-22a) ---


@inlined
def turn_step(run, handler):
    """What becomes of the run's step as the handler begins."""
    if STEP_OF[handler] != UNTOUCHED:
        run.has_open_step = STEP_OF[handler] == OPENS


@compiled
def tell(world, place, handler, is_queued):
    """A handler begins."""
    turn_step(world.runs[place], handler)
    messages.push(world, place, MESSAGE_OF[handler, 0], handler, is_queued)


@compiled
def goes_on(world, number, is_ok):
    """The message that the handler waits for is acknowledged, and the next one is pushed; or it was the last, or has failed, and the rest
    is not sent."""
    message = world.messages[number]
    if not is_ok or message.place + 1 == LENGTH_OF[message.handler]:
        return False
    messages.push_next(world, number, MESSAGE_OF[message.handler, message.place + 1])
    return True


@inlined
def frees(message, is_ok):
    """Whether the slot is free now that the handler is over, its last message acknowledged or one failed."""
    return FREES[message.handler] if is_ok else FAILURE_OF[message.handler, message.place] == FREES_IF_FAILED


@inlined
def never_frees(message, is_ok):
    """W-13a: whether a message has failed without which nobody frees the slot."""
    return not is_ok and FAILURE_OF[message.handler, message.place] == NEVER_FREES
