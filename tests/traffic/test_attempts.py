"""Further attempts are drawn beforehand: their pauses, their durations, and what they follow."""

from __future__ import annotations

import numpy as np

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.run_table import IF_ASKED
from fastlanes_sim.core.units import MILLISECOND, SECOND
from fastlanes_sim.traffic.generate import generate
from fastlanes_sim.traffic.replay import together
from tests.support.traffic_files import scenario, webhook

TWO = {"at": ["1s", "2s"]}


def sync(**callers):
    return webhook(TWO, reply="after_completion", callers=callers)


def test_each_caller_has_a_row_for_each_attempt_behind_all_first_requests():
    table = generate(scenario(sync(attempts=3), webhook({"at": ["1500ms"]})))
    assert table.inserted_at.tolist() == [SECOND, 1_500 * MILLISECOND, 2 * SECOND] + [IF_ASKED] * 4
    assert table.next_attempt.tolist() == [3, NEVER, 4, 5, 6, NEVER, NEVER]
    assert table.sync.tolist() == [True, False, True, True, True, True, True]
    assert table.source.tolist() == [0, 1, 0, 0, 0, 0, 0]


def test_pauses_grow_by_the_factor_up_to_the_longest():
    """C-4"""
    table = generate(scenario(sync(attempts=5, pause="2s", factor=3, longest_pause="10s")))
    assert (table.after_timeout[0::2] / SECOND).tolist() == [2, 6, 10, 10, NEVER / SECOND]
    assert table.after_refusal.tolist() == table.after_timeout.tolist()


def test_a_pause_of_nothing_is_a_microsecond():
    """C-4: the next request comes after the answer, never at the same instant."""
    assert generate(scenario(sync(attempts=2, pause="0s"))).after_timeout.tolist() == [1, 1, NEVER, NEVER]


def test_after_a_429_the_pause_is_at_least_the_retry_after():
    """C-4"""

    def after(**callers):
        triggers = [{"service": "1s"} | sync(attempts=2, pause="2s", **callers)]
        project = {"admission": {"fast_lane": 1, "retry_after": "9s"}, "workflows": {"w": {"triggers": triggers}}}
        table = generate(scenario(projects={"p": project}))
        return table.after_timeout[0] / SECOND, table.after_refusal[0] / SECOND

    assert after() == (2, 9)
    assert after(heeds_retry_after=False) == (2, 2)
    assert after(retry_on=[429]) == (NEVER / SECOND, 9)
    assert after(retry_on=[504]) == (2, NEVER / SECOND)


def test_after_a_503_the_pause_is_the_callers_own():
    """I-2: there is no Retry-After; an async webhook may be asked again too."""
    for reply, retry_on in (("after_completion", [504, 503]), ("before_start", [503])):
        table = generate(scenario(webhook(TWO, reply=reply, callers={"attempts": 2, "pause": "2s", "retry_on": retry_on})))
        assert (table.after_outage / SECOND).tolist() == [2, 2, NEVER / SECOND, NEVER / SECOND]
        assert (table.after_timeout != NEVER).any() == (reply == "after_completion")
    assert (generate(scenario(sync(attempts=2))).after_outage == NEVER).all()


def test_a_custom_reply_has_no_caller_who_waits():
    """L-28: nor is its caller told of a quota; a 429 it gets only where the ruleset puts it into the fast lane (L-3)."""
    for ruleset, is_told in (("main-4547", True), ("main", False), ("pr-4515", False)):
        table = generate(scenario(webhook(TWO, reply="custom", callers={"attempts": 2}), lightning={"ruleset": ruleset}))
        assert (table.after_timeout == NEVER).all()
        assert (table.after_refusal[:2] != NEVER).tolist() == [is_told] * 2


def test_attempts_change_nothing_about_the_first_requests_and_differ_from_them():
    """C-5"""
    service = {"lognormal": {"median": "5s", "p95": "20s"}}
    arrivals = {"poisson": "1/s"}
    plain = generate(scenario(webhook(arrivals, reply="after_completion", service=service)))
    again = generate(scenario(webhook(arrivals, reply="after_completion", service=service, callers={"attempts": 3})))
    count = len(plain)
    assert len(again) == 3 * count
    np.testing.assert_array_equal(again.service_time[:count], plain.service_time)
    assert (again.service_time[count : 2 * count] != plain.service_time).mean() > 0.99
    more = generate(scenario(webhook(arrivals, reply="after_completion", service=service, callers={"attempts": 4})))
    np.testing.assert_array_equal(more.service_time[: 3 * count], again.service_time)


def test_replayed_runs_stand_among_the_first_requests():
    table = generate(scenario(sync(attempts=2)))
    replayed = generate(scenario(webhook({"at": ["500ms", "1500ms", "3s"]})))
    both = together(table, replayed)
    assert both.source.tolist() == [1, 0, 1, 0, 1, 0, 0]
    assert both.next_attempt.tolist() == [NEVER, 5, NEVER, 6, NEVER, NEVER, NEVER]
    assert both.has_attempts


def test_cut_and_joined_tables_keep_who_follows_whom():
    table = generate(scenario(sync(attempts=3)))
    turned = table.rows(np.array([1, 0, 2, 3, 5, 4]))
    assert turned.next_attempt.tolist() == [3, 2, 5, 4, NEVER, NEVER]
    twice = table.followed_by(table)
    assert (twice.inserted_at[:4] < IF_ASKED).all()
    assert twice.next_attempt.tolist() == [4, 5, 8, 9, 6, 7, NEVER, NEVER, 10, 11, NEVER, NEVER]
    assert table.rows(slice(0, 2)).next_attempt.tolist() == [NEVER, NEVER]
