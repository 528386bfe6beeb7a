"""What a worker says on a run's channel, and when: the handlers of the engine's events as data (W-15, W-22a, lives.md).

Plain tables: every engine plays these very rows.
"""

from __future__ import annotations

from enum import IntEnum

from fastlanes_sim.rules.lifecycle import State


class Message(IntEnum):
    """What is sent on a run's channel. Each is answered by Lightning (L-30), or fails (W-23)."""

    JOIN = 0
    """The channel itself, at first and after each reconnection (W-8, W-11)."""
    FETCH_PLAN = 1
    FETCH_DATACLIP = 2
    FETCH_CREDENTIAL = 3
    RUN_START = 4
    RUN_LOG = 5
    STEP_START = 6
    STEP_COMPLETE = 7
    RUN_COMPLETE = 8

    @property
    def label(self) -> str:
        """The name as the worker writes it."""
        return _LABELS[self]


_LABELS = {message: message.name.lower().replace("_", ":") for message in Message}


class Failure(IntEnum):
    """What a message that fails (W-23) means for the run's slot. The rest of its handler is never sent."""

    ENDS_HANDLER = 0
    """Nothing: another event may free it."""
    FREES = 1
    """The slot is free at that instant (W-13)."""
    NEVER_FREES = 2
    """Nobody frees it any more: it is lost for the life of the process (W-13a)."""


class Step(IntEnum):
    """What a handler does to the run's step, as it begins."""

    UNTOUCHED = 0
    OPENS = 1
    CLOSES = 2


class Handler(IntEnum):
    """W-22a: what is pushed for an event of the engine, one message after another, each when the one before is acknowledged.

    A row says: number, messages, what becomes of the step as the handler begins, what the failure of a `run:log` or a step's message
    means, what the failure of `run:complete` means. A handler that ends with `run:complete` frees the slot when that is acknowledged.
    """

    messages: tuple[Message, ...]
    step: Step
    failure: Failure
    last_failure: Failure

    def __new__(cls, number: int, messages: tuple[Message, ...], step: Step, failure: Failure, last_failure: Failure) -> Handler:
        handler = int.__new__(cls, number)
        handler._value_ = number
        handler.messages, handler.step, handler.failure, handler.last_failure = messages, step, failure, last_failure
        return handler

    # fmt: off
    WORKFLOW_START = (
        0, (Message.RUN_START, Message.RUN_LOG, Message.RUN_LOG), Step.UNTOUCHED, Failure.ENDS_HANDLER, Failure.ENDS_HANDLER
    )
    """The two logs: the payload limit, the versions."""
    JOB_START = 1, (Message.STEP_START,), Step.OPENS, Failure.ENDS_HANDLER, Failure.ENDS_HANDLER
    LOG = 2, (Message.RUN_LOG,), Step.UNTOUCHED, Failure.ENDS_HANDLER, Failure.ENDS_HANDLER
    """One message for each line: batches of logs are not covered."""
    JOB_END = 3, (Message.STEP_COMPLETE,), Step.CLOSES, Failure.ENDS_HANDLER, Failure.ENDS_HANDLER
    WORKFLOW_END = 4, (Message.RUN_LOG, Message.RUN_COMPLETE), Step.UNTOUCHED, Failure.NEVER_FREES, Failure.FREES
    WORKFLOW_END_AFTER_FAILURE = (
        5, (Message.RUN_LOG, Message.RUN_LOG, Message.RUN_COMPLETE), Step.UNTOUCHED, Failure.NEVER_FREES, Failure.FREES
    )
    ERROR = 6, (Message.RUN_LOG, Message.RUN_LOG, Message.RUN_COMPLETE), Step.UNTOUCHED, Failure.FREES, Failure.FREES
    """A crash, a kill, a dead child or a credential that cannot be had, while no step is open. W-15b, an input that cannot be had, sends
    the same, but not through the queue of W-22."""
    ERROR_IN_STEP = (
        7, (Message.STEP_COMPLETE, Message.RUN_LOG, Message.RUN_LOG, Message.RUN_COMPLETE), Step.CLOSES, Failure.FREES, Failure.FREES
    )
    """The same, while a step is open."""
    # fmt: on

    @property
    def frees(self) -> bool:
        """Whether the slot is free when its last message is acknowledged (W-13)."""
        return self.messages[-1] is Message.RUN_COMPLETE

    def failure_of(self, place: int) -> Failure:
        """What the failure of its message at this place, from 0, means."""
        return self.last_failure if self.messages[place] is Message.RUN_COMPLETE else self.failure


class EngineEvent(IntEnum):
    """What the engine emits of a run (W-22)."""

    WORKFLOW_START = 0
    JOB_START = 1
    LOG = 2
    JOB_END = 3
    WORKFLOW_END = 4
    ERROR = 5


AT_START = (EngineEvent.WORKFLOW_START, EngineEvent.JOB_START)
"""Emitted together at the run's start."""


def at_end(outcome: State) -> tuple[EngineEvent, ...]:
    """W-22a: what is emitted together at the end of a run with this outcome.

    A run that ends by itself has an end of its job first. One that is killed (L-19), dies with its child process, or lacks a credential
    (W-15c) has only the error.
    """
    if outcome in (State.SUCCESS, State.FAILED):
        return (EngineEvent.JOB_END, EngineEvent.WORKFLOW_END)
    if outcome is State.CRASHED:
        return (EngineEvent.JOB_END, EngineEvent.ERROR)
    return (EngineEvent.ERROR,)


def handler_of(event: EngineEvent, has_open_step: bool, has_failed: bool) -> Handler:
    """W-22a: the handler of an event.

    Args:
        has_open_step: a step of the run is open as the handler begins.
        has_failed: the run's job has failed (`State.FAILED`).
    """
    if event is EngineEvent.ERROR:
        return Handler.ERROR_IN_STEP if has_open_step else Handler.ERROR
    if event is EngineEvent.WORKFLOW_END and has_failed:
        return Handler.WORKFLOW_END_AFTER_FAILURE
    return _HANDLERS[event]


_HANDLERS = {
    EngineEvent.WORKFLOW_START: Handler.WORKFLOW_START,
    EngineEvent.JOB_START: Handler.JOB_START,
    EngineEvent.LOG: Handler.LOG,
    EngineEvent.JOB_END: Handler.JOB_END,
    EngineEvent.WORKFLOW_END: Handler.WORKFLOW_END,
}

BEFORE_INPUT = 1_000
"""W-15: µs that the worker waits after the plan has arrived."""


def guard(message_timeout: int) -> int:
    """W-22: how long a handler may take before the next event overtakes it: 1.1 times the message timeout, in whole milliseconds (µs)."""
    return max(1, message_timeout * 11 // 10 // 1_000) * 1_000
