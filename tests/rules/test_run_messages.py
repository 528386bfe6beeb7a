"""What is said of a run, as data (W-22a, W-15b)."""

from __future__ import annotations

import pytest

from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.run_messages import AT_START, EngineEvent, Failure, Handler, Message, Step, at_end, guard, handler_of

LABELS = "join fetch:plan fetch:dataclip fetch:credential run:start run:log step:start step:complete run:complete"


def said(handler: Handler) -> str:
    return " ".join(message.label for message in handler.messages)


def test_messages_have_the_names_that_the_worker_writes():
    assert [message.label for message in Message] == LABELS.split()


@pytest.mark.parametrize(
    ("event", "has_open_step", "has_failed", "expected"),
    [
        (EngineEvent.WORKFLOW_START, False, False, "run:start run:log run:log"),
        (EngineEvent.JOB_START, False, False, "step:start"),
        (EngineEvent.LOG, True, False, "run:log"),
        (EngineEvent.JOB_END, True, True, "step:complete"),
        (EngineEvent.WORKFLOW_END, False, False, "run:log run:complete"),
        (EngineEvent.WORKFLOW_END, False, True, "run:log run:log run:complete"),
        (EngineEvent.ERROR, False, False, "run:log run:log run:complete"),
        (EngineEvent.ERROR, True, False, "step:complete run:log run:log run:complete"),
    ],
)
def test_what_an_event_says(event: EngineEvent, has_open_step: bool, has_failed: bool, expected: str):
    """W-22a"""
    assert said(handler_of(event, has_open_step, has_failed)) == expected


def test_a_step_is_open_from_the_start_of_its_job_to_its_end_or_an_error():
    assert {handler: handler.step for handler in Handler if handler.step is not Step.UNTOUCHED} == {
        Handler.JOB_START: Step.OPENS,
        Handler.JOB_END: Step.CLOSES,
        Handler.ERROR_IN_STEP: Step.CLOSES,
    }


def test_only_the_end_of_a_run_frees_its_slot():
    """W-13"""
    ends = {Handler.WORKFLOW_END, Handler.WORKFLOW_END_AFTER_FAILURE, Handler.ERROR, Handler.ERROR_IN_STEP}
    assert {handler for handler in Handler if handler.frees} == ends


@pytest.mark.parametrize("handler", Handler)
def test_what_a_failure_means(handler: Handler):
    """W-22a: of a log of *workflow end*: never free. Of any message of an error, and of `run:complete`: free at that instant."""
    of_an_error = handler in (Handler.ERROR, Handler.ERROR_IN_STEP)
    for place, message in enumerate(handler.messages):
        if of_an_error or message is Message.RUN_COMPLETE:
            expected = Failure.FREES
        else:
            expected = Failure.NEVER_FREES if handler.frees else Failure.ENDS_HANDLER
        assert handler.failure_of(place) is expected


@pytest.mark.parametrize("outcome", State)
def test_what_is_emitted_at_the_end(outcome: State):
    """lives.schema.md: success and failure end their workflow, a crash ends its job, everything else is an error alone."""
    expected = {
        State.SUCCESS: (EngineEvent.JOB_END, EngineEvent.WORKFLOW_END),
        State.FAILED: (EngineEvent.JOB_END, EngineEvent.WORKFLOW_END),
        State.CRASHED: (EngineEvent.JOB_END, EngineEvent.ERROR),
    }
    assert at_end(outcome) == expected.get(outcome, (EngineEvent.ERROR,))
    assert AT_START == (EngineEvent.WORKFLOW_START, EngineEvent.JOB_START)


@pytest.mark.parametrize(("timeout", "expected"), [(30_000_000, 33_000_000), (1_501_000, 1_651_000), (35_000, 38_000), (500, 1_000)])
def test_the_guard_is_a_tenth_longer_than_the_timeout(timeout: int, expected: int):
    """W-22: ⌊1.1 M⌋ ms, and no timer is shorter than one."""
    assert guard(timeout) == expected
