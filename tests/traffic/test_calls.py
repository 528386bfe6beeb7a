"""What runs call is drawn beforehand, by (run, call) (K-1, K-3, K-9, K-11, docs/chains.md)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.run_table import IF_ASKED, RunTable
from fastlanes_sim.core.units import MILLISECOND, SECOND
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.traffic.generate import generate
from tests.support.scenario_files import load

WORKFLOWS = """\
      caller:
        triggers: [{type: cron, cron: "* * * * *", service: 10s, %(caller)s}]
        calls: [%(calls)s]
      called:
        %(copies)s
        triggers: [{type: webhook, reply: after_completion, service: {exponential: {mean: 2s}}}]
        calls: [%(further)s]
"""


def drawn(
    folder: Path, calls: str, *, further: str = "", caller: str = "failures: 0", copies: str = "concurrency: 9", **settings
) -> RunTable:
    return generate(scenario(folder, calls, further, caller, copies), **settings)


def scenario(folder: Path, calls: str, further: str = "", caller: str = "failures: 0", copies: str = "concurrency: 9"):
    text = WORKFLOWS % {"calls": calls, "further": further, "caller": caller, "copies": copies}
    return load(folder, f"horizon: 1h\nprojects:\n  p:\n    workflows:\n{text}workers: [{{capacity: 5}}]\n").scenario


def calls_of(runs: RunTable, row: int) -> list[int]:
    found, called = [], int(runs.first_call[row])
    while called != NEVER:
        found.append(called)
        called = int(runs.next_call[called])
    return found


def test_what_is_called_has_the_queue_and_the_service_of_its_trigger(tmp_path: Path):
    """K-1, L-3"""
    runs = drawn(tmp_path, "{to: called, wait: true}")
    called = np.flatnonzero(runs.inserted_at == IF_ASKED)
    assert len(called) == runs.first_requests == 60
    assert (runs.queue[called] == Queue.FAST_LANE).all()
    assert (runs.queue[: runs.first_requests] == Queue.DEFAULT).all()
    assert runs.sync[called].all()
    assert 1 < runs.service_time[called].mean() / SECOND < 3
    assert (runs.called_by[called] == np.arange(60)).all()


def test_calls_are_made_in_the_order_of_their_parts_and_apart(tmp_path: Path):
    """K-2, K-3. Three from 5 s on, 100 ms apart, which make the service 200 ms longer: the call at the end comes 200 ms later, too."""
    runs = drawn(tmp_path, "{to: called, wait: true, timeout: 3s}, {to: called, at: 50%, count: 3, spacing: 100ms, if_unanswered: go_on}")
    assert runs.service_time[0] == 10_200 * MILLISECOND
    mine = calls_of(runs, 0)
    assert (runs.call_at[mine] // MILLISECOND).tolist() == [5_000, 5_100, 5_200, 10_200]
    assert runs.patience[mine].tolist() == [NEVER, NEVER, NEVER, 3 * SECOND]
    assert runs.fails_unanswered[mine].tolist() == [False, False, False, True]
    assert runs.sync[mine].tolist() == [False, False, False, True]


def test_as_many_as_are_expected_come(tmp_path: Path):
    """K-3, K-10. Each of 6,000 calls 0.5 × 3, and each of these 0.4 of its own kind: 1.5 / (1 − 0.4) each."""
    runs = drawn(
        tmp_path,
        "{to: called, probability: 50%, count: {geometric: 3}}",
        further="{to: called, probability: 40%}",
        caller="runs_per_tick: 100",
    )
    expected = 6_000 * 1.5 / 0.6
    assert len(runs) - runs.first_requests == pytest.approx(expected, rel=0.05)
    caller = runs.called_by
    called = np.flatnonzero(caller != NEVER)
    assert (caller[called] < called).all()
    assert len(called) == len(runs) - runs.first_requests


def test_the_same_seed_calls_the_same_runs_and_another_one_others(tmp_path: Path):
    """K-9"""
    first, again, other = (drawn(tmp_path, "{to: called, count: {geometric: 3}}", seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.service_time, again.service_time)
    np.testing.assert_array_equal(first.called_by, again.called_by)
    assert len(other) != len(first)


def test_more_runs_leave_what_the_others_call_as_it_is(tmp_path: Path):
    """K-9: a longer horizon brings more callers, and what the first ones call stays."""
    short = drawn(tmp_path, "{to: called}")
    long = generate(scenario(tmp_path, "{to: called}").model_copy(update={"horizon": 2 * 3_600 * SECOND}))
    np.testing.assert_array_equal(long.service_time[long.first_call[:60]], short.service_time[short.first_call[:60]])


def test_copies_take_turns(tmp_path: Path):
    """K-11. There is one caller, and it calls the first of three copies."""
    runs = drawn(tmp_path, "{to: called}", copies="copies: 3")
    assert set(runs.workflow[runs.first_requests :].tolist()) == {1}


def test_a_table_in_other_order_calls_the_same(tmp_path: Path):
    runs = drawn(tmp_path, "{to: called, count: 2}", further="{to: called, probability: 20%}")
    some = runs.rows(np.concatenate([np.arange(30, 60), np.arange(60, len(runs))]))
    assert [runs.service_time[calls_of(runs, 40)].tolist()] == [some.service_time[calls_of(some, 10)].tolist()]
    both = runs.followed_by(runs)
    assert both.first_requests == 120
    assert both.service_time[calls_of(both, 60 + 40)].tolist() == runs.service_time[calls_of(runs, 40)].tolist()
