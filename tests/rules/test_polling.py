"""The scalar rules of the worker's loop and connection (W-3, W-7, W-12, W-19, W-21, W-25)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastlanes_sim.rules.polling import (
    HEARTBEAT,
    follow_ups_to_settle,
    next_delay,
    notices_mute_at,
    reconnect_after_mute_ms,
    reconnect_delay_ms,
    rejoin_delay_ms,
    sleep_ms,
    whole_timer,
)
from tests.support.deployments import MILLISECOND, SECOND


def test_growth_goes_on_from_the_fraction_that_timers_drop():
    """W-3's own example."""
    delay, sleeps = 1_000.5, []
    for _ in range(6):
        sleeps.append(sleep_ms(delay))
        delay = next_delay(delay, 7_000.9)
    assert sleeps == [1000, 1150, 1323, 1521, 1749, 2012]


@pytest.mark.parametrize(("delay", "sleeps"), [(0.1, 1), (0.999, 1), (1.001, 1), (2.9, 2), (-5, 1)])
def test_no_timer_is_shorter_than_a_millisecond(delay: float, sleeps: int):
    """W-3, W-19"""
    assert sleep_ms(delay) == sleeps


@pytest.mark.parametrize(("duration", "lasts"), [(0, 1_000), (999, 1_000), (50_500, 50_000), (3_600 * SECOND, 3_600 * SECOND)])
def test_the_worker_s_own_timers_are_whole_milliseconds(duration: int, lasts: int):
    """W-19"""
    assert whole_timer(duration) == lasts


def test_a_segment_settles_one_follow_up_later_for_each_attempt():
    """W-19"""
    assert [follow_ups_to_settle(attempts) for attempts in (1, 2, 5)] == [2, 3, 6]


def test_attempts_to_reconnect_and_to_rejoin():
    """W-12, W-21"""
    assert [reconnect_delay_ms(attempt) for attempt in (1, 2, 5)] == [1_000, 2_000, 5_000]
    assert [rejoin_delay_ms(attempt) for attempt in (1, 2, 3, 4, 9)] == [1_000, 2_000, 5_000, 10_000, 10_000]
    assert (reconnect_after_mute_ms(True), reconnect_after_mute_ms(False)) == (1_000, 2_500)


@pytest.mark.parametrize(
    ("mute_from", "notices"),
    [(0, 60), (29.9, 60), (30.04, 60), (30.05, 60), (30.050001, 90.05), (60.1, 90.05), (60.100001, 120.1)],
)
def test_a_mute_connection_is_given_up_after_a_heartbeat(mute_from: float, notices: float):
    """W-25: a round trip of 50 ms; heartbeats go out at 30, 60.05, 90.1 s, and are answered 50 ms later if at all."""
    assert notices_mute_at(0, round(mute_from * SECOND), 50 * MILLISECOND) == round(notices * SECOND)


@given(st.integers(0, 10**12), st.integers(0, 10**9), st.integers(0, SECOND))
def test_that_is_half_a_minute_to_a_minute_later(opened_at: int, later: int, round_trip: int):
    """W-25: less the way of a heartbeat that was on it, and its answer's."""
    notices = notices_mute_at(opened_at, opened_at + later, round_trip)
    assert HEARTBEAT - round_trip <= notices - (opened_at + later) <= 2 * HEARTBEAT
    assert (notices - opened_at - 2 * HEARTBEAT) % (HEARTBEAT + round_trip) == 0


def test_reconnecting_comes_ever_later():
    assert all(before < after for before, after in pairwise(map(reconnect_delay_ms, range(1, 9))))
