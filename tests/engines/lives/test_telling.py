"""Telling Lightning of a run, and the slot that is free afterwards, or never (W-13, W-13a, W-22, W-22a, W-23, L-18, L-20, L-30)."""

from __future__ import annotations

import pytest

from fastlanes_sim.deployment.deployment import Incidents, Latency
from fastlanes_sim.rules.lifecycle import State
from tests.support.deployments import MILLISECOND, attempt, run, table, worker
from tests.support.engines import WHOLE_LIVES
from tests.support.lives import LAUNCH, ROUND_TRIP, at, deployment, ms, near, spans

pytestmark = pytest.mark.parametrize("simulate", WHOLE_LIVES)

END = LAUNCH + 1_000
"""ms: of a run of one second."""


# --- W-13: undisturbed ---


@pytest.mark.parametrize(
    ("more", "round_trips"),
    [
        ({}, 3),
        ({"outcome": State.FAILED}, 4),
        ({"outcome": State.CRASHED}, 4),
        ({"outcome": State.EXCEPTION}, 4),
        ({"service": 60, "timeout": 1}, 4),
        ({"service": 60, "startup": 2, "timeout": 1}, 3),
    ],
    ids=["success", "failure", "crash", "dead child", "kill", "kill before the start"],
)
def test_the_slot_is_free_so_many_round_trips_after_the_end(simulate, more: dict, round_trips: int):
    """W-13, W-22a: with everything acknowledged at the end. Lightning knows when `run:complete` has reached it."""
    log = simulate(near(), table([run(0, 1) | more]))
    assert ms(log.finished_at) == [END]
    assert ms(log.freed_at) == [END + round_trips * ROUND_TRIP]
    assert ms(log.ended_at) == [END + round_trips * ROUND_TRIP - 30]


@pytest.mark.parametrize(("outcome", "waiting"), [(State.SUCCESS, 3), (State.FAILED, 4)])
def test_each_message_that_waits_at_the_end_adds_one(simulate, outcome: State, waiting: int):
    """W-13: a run of no work has four to say of its start."""
    log = simulate(near(), table([run(0, 0, outcome=outcome)]))
    assert ms(log.freed_at) == [LAUNCH + (4 + waiting) * ROUND_TRIP]


def test_so_does_each_log_line(simulate):
    """W-22a: no batches."""
    log = simulate(near(), table([run(0, 0, logs=[0, 0, 0])]))
    assert ms(log.freed_at) == [LAUNCH + (4 + 3 + 3) * ROUND_TRIP]


def test_a_log_line_of_the_kill_s_millisecond_is_dropped(simulate):
    """lives.schema.md: after its end an engine emits nothing, and the kill's timer was created first."""
    log = simulate(near(), table([run(0, 60, timeout=1, logs=[1])]), record_claims=True)
    assert log.details[0].messages == 2 + 4 + 4


def test_the_end_of_the_engine_frees_nothing(simulate):
    """W-13: one slot; the next claim is pushed when it is free."""
    log = simulate(near(), table([run(0, 1)]), record_claims=True)
    assert [claim.pushed_at for claim in log.claims][:2] == [50_000, (END + 150) * 1_000]


# --- W-22a ---


@pytest.mark.parametrize(
    ("more", "messages"),
    [
        ({}, 3 + 1 + 1 + 2),
        ({"outcome": State.FAILED}, 3 + 1 + 1 + 3),
        ({"outcome": State.CRASHED}, 3 + 1 + 1 + 3),
        ({"outcome": State.EXCEPTION}, 3 + 1 + 4),
        ({"service": 60, "timeout": 1}, 3 + 1 + 4),
        ({"service": 60, "startup": 2, "timeout": 1}, 3),
        ({"logs": [0.1, 0.2]}, 3 + 1 + 2 + 1 + 2),
        ({"credentials": 3}, 3 + 3 + 1 + 1 + 2),
    ],
    ids=["success", "failure", "crash", "dead child", "kill", "kill before the start", "log lines", "credentials"],
)
def test_what_is_said_of_a_run(simulate, more: dict, messages: int):
    """W-22a: beside `fetch:plan` and `fetch:dataclip`."""
    log = simulate(near(), table([run(0, 1) | more]), record_claims=True)
    assert (log.details[0].messages, log.details[0].timeouts) == (2 + messages, 0)


# --- W-22: the queue ---

SLOW = Latency(up=40 * MILLISECOND, down=50 * MILLISECOND)
"""Connected at 90 ms, launched at 451 ms."""


def test_events_are_told_one_after_another(simulate):
    log = simulate(deployment(worker("*:1"), latency=SLOW), table([run(0, 0)]))
    assert (ms(log.started_at), ms(log.freed_at)) == ([451], [451 + 7 * 90])


def test_an_event_that_takes_longer_than_the_guard_is_overtaken(simulate):
    """W-22, M of 100 ms, guard of 110 ms. *Workflow start* says three things, till 721 ms. At 561 ms its guard fires: *job start* begins
    beside it, and is over at 651 ms; *job end* begins. At 721 ms the first handler ends: it stops the guard of *job end* and drops that
    event, so *workflow end* begins beside it, and is over two round trips later. *Job end*, over at 741 ms, drops *workflow end*."""
    log = simulate(deployment(worker("*:1", message_timeout=100 * MILLISECOND), latency=SLOW), table([run(0, 0)]), record_claims=True)
    assert ms(log.freed_at) == [721 + 2 * 90]
    assert (log.details[0].messages, log.details[0].timeouts) == (2 + 7, 0), "no event is lost by this"


# --- W-23 ---


def test_what_is_answered_after_the_timeout_has_failed(simulate):
    """W-23: Lightning takes 3 s for the join, which fails after 2 s; the answer that comes a second later means nothing."""
    log = simulate(near(message_timeout=at(2), latency={"message": at(3)}), table([run(0, 1)]), record_claims=True)
    assert (ms(log.freed_at), log.details[0].joined_at) == ([2_100], None)


def test_a_message_that_was_sent_is_never_sent_again(simulate):
    """W-23: `run:start`, sent at 251 ms, dies with the socket at 260 ms. The channel has rejoined at 1.34 s; the message fails at 5.251 s,
    ends its handler, and *job start* is told. Lightning never hears of the start."""
    log = simulate(near(message_timeout=at(5), outages=spans((0.26, 0.5))), table([run(0, 10)]), record_claims=True)
    assert ms(log.started_at) == [LAUNCH]
    assert (log.details[0].messages, log.details[0].timeouts) == (2 + 1 + 3, 1)
    assert (log.state.tolist(), ms(log.ended_at)) == ([State.SUCCESS], [10_251 + 120])


def test_lightning_goes_by_what_it_was_told(simulate):
    """L-18: `run:start`, sent at 3.251 s, dies with the socket. As far as Lightning knows the run, whose query began at 70 ms, has never
    started, and is lost 5 s + 1 s later, though it runs till 8.151 s."""
    settings = {"janitor_first": at(1), "janitor_period": at(1), "grace_period": at(1)}
    runs = table([run(0, 4.9, timeout=5, install=3)])
    log = simulate(near(message_timeout=at(5), outages=spans((3.26, 3.5)), deployed=settings), runs)
    assert (log.state.tolist(), ms(log.ended_at)) == ([State.LOST], [7_000])
    assert (ms(log.started_at), ms(log.finished_at)) == ([3_251], [8_151])
    assert simulate(near(deployed=settings), runs).state.tolist() == [State.SUCCESS]


def test_buffered_messages_have_their_time_anew_when_they_are_sent(simulate):
    """W-23, W-13a: *job end* is pushed at 1251 ms, and buffered, 1.9 s before the channel has rejoined at 3.16 s; M is 2 s. *Workflow end*
    is told when the first timeout would long have been over."""
    deployed = near(message_timeout=at(2), outages=spans((1, 1.5)), reconnection=at(1.11))
    log = simulate(deployed, table([run(0, 1)]), record_claims=True)
    assert (ms(log.freed_at), log.details[0].timeouts) == ([3_160 + 150], 0)


# --- W-13a: the end falls into an outage ---


@pytest.mark.parametrize(
    ("until", "outcome", "told", "freed"),
    [
        (1.9, State.SUCCESS, 2_200, 2_230),
        (3.0, State.SUCCESS, 4_153, 4_183),
        (5.0, State.SUCCESS, None, None),
        (1.9, State.FAILED, 2_250, 2_280),
        (3.0, State.FAILED, 4_203, 4_233),
        (5.0, State.FAILED, None, None),
        (1.9, State.EXCEPTION, 2_250, 2_280),
        (3.0, State.EXCEPTION, None, 3_251),
        (5.0, State.EXCEPTION, None, 3_251),
        (1.9, State.CRASHED, 2_250, 2_280),
        (3.0, State.CRASHED, 4_203, 4_233),
        (5.0, State.CRASHED, None, 5_251),
    ],
)
def test_what_follows_from_an_outage_at_the_end(simulate, until: float, outcome: State, told: int | None, freed: int | None):
    """W-13a, M of 2 s. The end is at b = 1.251 s in an outage from 1 s on. Rejoined: c = 2.08 s, 4.083 s or 7.086 s."""
    log = simulate(near(message_timeout=at(2), outages=spans((1, until))), table([run(0, 1, outcome=outcome)]))
    assert (ms(log.ended_at), ms(log.freed_at)) == ([told], [freed])


def test_a_slot_that_is_lost_is_lost_for_the_life_of_the_process(simulate):
    """W-13a: of two slots one is left after the outage."""
    deployed = near(layout="*:2", message_timeout=at(2), outages=spans((1.3, 6)), deployed={"horizon": at(100)})
    log = simulate(deployed, table([run(0, 1.2)] + [run(20, 1000)] * 3), record_claims=True)
    assert (ms(log.finished_at)[0], ms(log.freed_at)[0], ms(log.ended_at)[0]) == (1_451, None, None)
    assert [time is not None for time in ms(log.claimed_at)] == [True, True, False, False]
    assert log.slots[0][0].held == 2


# --- L-20 ---


@pytest.mark.parametrize(("timeout", "asked_again"), [(1.371, False), (1.370999, True)])
def test_a_caller_is_answered_when_lightning_learns_of_the_end(simulate, timeout: float, asked_again: bool):
    """L-20: `run:complete` reaches it at 1371 ms."""
    deployed = near(layout="*:2", deployed={"webhook_timeout": at(timeout)})
    log = simulate(deployed, table([run(0, 1, "fast_lane", sync=True, again=[attempt(1, after_timeout=1)])]))
    assert ms(log.ended_at)[0] == 1_371
    assert (ms(log.inserted_at)[1] is not None) == asked_again


# --- L-30 ---


def test_lightning_works_on_one_message_of_a_run_after_another(simulate):
    """L-30: three credentials arrive at 271 ms + 15 ms for those before; each takes 5 ms."""
    log = simulate(near(latency={"message": 5_000}), table([run(0, 1, credentials=3)]))
    assert ms(log.started_at) == [LAUNCH + 15 + 20 + 3 * 5 + 30]


def test_what_has_arrived_counts_though_the_answer_is_lost(simulate):
    """L-30: `run:complete` arrives at 1371 ms and is worked on until 1381 ms (nine messages before it took 90 ms more); the socket dies in
    between. The worker thinks the end untold, and frees the slot when the message fails."""
    deployed = near(message_timeout=at(2), latency={"message": 10_000}, outages=spans((1.428, 1.5)))
    log = simulate(deployed, table([run(0, 1)]), record_claims=True)
    finished = ms(log.finished_at)[0]
    sent = finished + 2 * 60
    assert ms(log.ended_at) == [sent + 20 + 10]
    assert (log.state.tolist(), log.details[0].told_at) == ([State.SUCCESS], None)
    assert ms(log.freed_at) == [sent + 2_000]


def test_silence_is_judged_at_the_arrival(simulate):
    """`step:complete`, which reaches Lightning at 1271 ms, is not answered; the rest is."""
    deployed = near(message_timeout=at(2), deployed={"incidents": Incidents(silent=spans((1.271, 1.272)))})
    log = simulate(deployed, table([run(0, 1)]), record_claims=True)
    assert ms(log.freed_at) == [END + 2_000 + 100]
    assert (log.details[0].messages, log.details[0].timeouts) == (9, 1)
