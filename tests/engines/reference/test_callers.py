"""Callers of sync webhooks: who gets a 504, who a 429, who asks again and when (L-20, docs/callers.md)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.engines.kernel.simulation import simulate_kernel
from fastlanes_sim.engines.reference.simulation import simulate_reference
from fastlanes_sim.results.replies import answers
from fastlanes_sim.rules.lifecycle import State
from tests.support.deployments import SECOND, attempt, deployment, run, table, worker

pytestmark = pytest.mark.parametrize("simulate", [simulate_reference, simulate_kernel], ids=["reference", "kernel"])


def seconds(column: np.ndarray) -> list[float | None]:
    return [None if time == NEVER else time / SECOND for time in column.tolist()]


def slots(count: int, **settings) -> Deployment:
    """So many slots that take a run at once, and webhooks that wait 30 s."""
    return deployment(worker(f"*:{count}", dispatch="ideal"), **settings)


def admitting(deployed: Deployment, limit: int) -> Deployment:
    return replace(deployed, projects=(replace(deployed.projects[0], fast_lane_limit=limit),))


def test_a_caller_asks_again_so_long_after_the_504(simulate):
    """C-3, C-4. Asked at 1 s, 504 at 31 s, asked again at 33 s: the first run goes on, and both hold slots."""
    log = simulate(slots(2), table([run(1, 40, "fast_lane", again=[attempt(10, after_timeout=2)])]))
    assert seconds(log.inserted_at) == [1, 33]
    assert seconds(log.started_at) == [1, 33]
    assert seconds(log.ended_at) == [41, 43]


def test_a_reply_in_time_ends_the_story(simulate):
    """C-5. The further attempt never came to be: it is no run, and not counted."""
    log = simulate(slots(1), table([run(1, 29, "fast_lane", again=[attempt(10, after_timeout=2)])]))
    assert seconds(log.inserted_at) == [1, None]
    assert seconds(log.refused_at) == [None, None]


@pytest.mark.parametrize(("service", "asks_again"), [(30, False), (30.000001, True)])
def test_a_reply_at_the_very_instant_of_the_timeout_is_in_time(simulate, service: float, asks_again: bool):
    """L-20, C-1; the next attempt comes 1 µs after the 504, before the late run has ended."""
    log = simulate(slots(1), table([run(0, service, "fast_lane", again=[attempt(1, after_timeout=0.000001)])]))
    assert (log.inserted_at[1] != NEVER) == asks_again


def test_a_run_that_ends_between_the_504_and_the_next_attempt_does_not_call_it_off(simulate):
    """C-3"""
    log = simulate(slots(1), table([run(0, 31, "fast_lane", again=[attempt(1, after_timeout=5)])]))
    assert seconds(log.ended_at) == [31, 36]


def test_a_run_that_the_janitor_marks_as_lost_is_no_reply(simulate):
    """L-20, L-18: its worker crashes at 3 s, and it is marked at 20 s. Nobody sends `run:complete`: 504 at 31 s, asked again at 33 s."""
    deployed = deployment(worker("*:1", stops_at=3 * SECOND), janitor_first=20 * SECOND)
    runs = table([run(1, 4, "fast_lane", timeout=5, sync=True, again=[attempt(1, after_timeout=2)])])
    log = simulate(deployed, runs)
    assert seconds(log.ended_at) == [20, None]
    assert seconds(log.inserted_at) == [1, 33]
    found = answers(runs, log, 30 * SECOND)
    assert (found.replied[0], found.timed_out[0]) == (False, True)


def test_retries_after_504_double_the_load(simulate):
    """One slot, a blockage of 35 s, a request at 2 s: at 33 s it asks again, while its first run still waits. At 35 s the slot does both,
    one after the other, and only the second has somebody who waits for it."""
    log = simulate(slots(1), table([run(0, 35), run(2, 10, "fast_lane", again=[attempt(10, after_timeout=1)])]))
    assert seconds(log.inserted_at) == [0, 2, 33]
    assert seconds(log.started_at) == [0, 35, 45]
    assert seconds(log.ended_at) == [35, 45, 55]


def test_a_caller_gives_up_after_its_last_attempt(simulate):
    """C-3. Nobody works: asked at 0, 504 at 30, asked at 31, 504 at 61, asked at 65, 504 at 95: no more."""
    again = [attempt(1, after_timeout=1), attempt(1, after_timeout=4)]
    log = simulate(deployment(), table([run(0, 1, "fast_lane", again=again)]))
    assert seconds(log.inserted_at) == [0, 31, 65]


def test_a_project_at_its_limit_answers_429_and_the_caller_comes_back(simulate):
    """C-7, C-8. Limit 1, one run from 0 to 10 s: asked at 4 and refused, at 7 (3 s later) and refused, at 13 and taken."""
    again = [attempt(2, after_refusal=3), attempt(2, after_refusal=6), attempt(2, after_refusal=9)]
    log = simulate(admitting(slots(5), 1), table([run(0, 10, "fast_lane"), run(4, 2, "fast_lane", again=again)]))
    assert seconds(log.refused_at) == [None, 4, 7, None, None]
    assert seconds(log.inserted_at) == [0, None, None, 13, None]
    assert seconds(log.ended_at) == [10, None, None, 15, None]
    assert (log.claimed_at[[1, 2]] == NEVER).all()


def test_a_caller_that_is_not_told_to_gives_up_at_the_429(simulate):
    again = [attempt(2, after_timeout=3)]
    log = simulate(admitting(slots(5), 1), table([run(0, 10, "fast_lane"), run(4, 2, "fast_lane", again=again)]))
    assert seconds(log.inserted_at) == [0, None, None]


def test_other_lanes_are_let_in_and_do_not_count(simulate):
    """C-7"""
    rows = [run(0, 10, "default"), run(0, 10, "manual", priority=0), run(1, 1, "fast_lane"), run(1, 1, "fast_lane"), run(1, 1, "default")]
    log = simulate(admitting(slots(5), 1), table(rows))
    assert seconds(log.refused_at) == [None, None, None, 1, None]


def test_an_available_run_counts_and_one_that_the_janitor_gave_up_does_not(simulate):
    """L-1, L-18: a run whose channel cannot be joined stays claimed until the janitor comes at 60 s."""
    deployed = admitting(slots(1, janitor_first=0, janitor_period=60 * SECOND), 1)
    rows = [run(0, 1, "fast_lane", join_fails=True, timeout=5), run(59, 1, "fast_lane"), run(61, 1, "fast_lane")]
    log = simulate(deployed, table(rows))
    assert seconds(log.refused_at) == [None, 59, None]
    assert log.state.tolist() == [State.LOST, State.AVAILABLE, State.SUCCESS]
    waiting = simulate(admitting(deployment(), 1), table([run(0, 1, "fast_lane"), run(100, 1, "fast_lane")]))
    assert seconds(waiting.refused_at) == [None, 100]


def test_at_one_instant_requests_stand_before_ends(simulate):
    """C-6, C-7: what comes from outside precedes the timers of its instant, so the run that ends at 10 s still counts at 10 s."""
    log = simulate(admitting(slots(5), 1), table([run(0, 10, "fast_lane"), run(10, 2, "fast_lane")]))
    assert seconds(log.refused_at) == [None, 10]
