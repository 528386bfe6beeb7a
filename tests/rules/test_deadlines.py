"""Deadlines: L-18 to L-20."""

from __future__ import annotations

import pytest

from fastlanes_sim.core.units import HOUR, MINUTE, SECOND
from fastlanes_sim.rules.deadlines import first_janitor, is_lost, lost_deadline, run_end
from fastlanes_sim.rules.incidents import NEVER_AGAIN, is_dropped, is_reply, luck_of_empty
from fastlanes_sim.rules.order import Rank

TIMEOUT, GRACE = 300 * SECOND, 10 * SECOND
DAY = 24 * HOUR


def test_a_started_run_is_lost_after_its_timeout_and_the_grace_period():
    """L-18: counted from `started_at`, however long ago it was claimed."""
    assert lost_deadline(started_at=40 * SECOND, claimed_at=0, timeout=TIMEOUT, grace=GRACE) == 350 * SECOND


def test_a_run_that_never_started_counts_from_its_claim():
    """L-18: `started_at`, else `claimed_at`."""
    assert lost_deadline(started_at=None, claimed_at=40 * SECOND, timeout=TIMEOUT, grace=GRACE) == 350 * SECOND


def test_a_start_at_time_zero_is_a_start():
    """L-18: zero is not null."""
    assert lost_deadline(started_at=0, claimed_at=40 * SECOND, timeout=TIMEOUT, grace=GRACE) == 310 * SECOND


@pytest.mark.parametrize(("now", "lost"), [(0, False), (310 * SECOND - 1, False), (310 * SECOND, False), (310 * SECOND + 1, True)])
@pytest.mark.parametrize("started_at", [None, 0])
def test_at_its_deadline_a_run_is_not_lost_yet(now: int, lost: bool, started_at: int | None):
    """L-18: the deadline must be *before* now."""
    assert is_lost(started_at, claimed_at=0, timeout=TIMEOUT, grace=GRACE, now=now) is lost


def test_a_run_with_a_timeout_of_its_own_is_lost_by_it():
    """L-18: hosted plans, up to an hour."""
    assert not is_lost(0, 0, timeout=HOUR, grace=GRACE, now=HOUR)
    assert is_lost(0, 0, timeout=HOUR, grace=GRACE, now=HOUR + GRACE + 1)


@pytest.mark.parametrize(
    ("time_of_day", "wait"),
    [
        (0, 0),
        (1, 5 * MINUTE - 1),
        (SECOND, 5 * MINUTE - SECOND),
        (5 * MINUTE - 1, 1),
        (5 * MINUTE, 0),
        (12 * HOUR + 7 * MINUTE, 3 * MINUTE),
        (DAY - MINUTE, MINUTE),
    ],
)
def test_the_janitor_comes_every_five_minutes_by_the_clock(time_of_day: int, wait: int):
    """L-18: cron `*/5 * * * *`."""
    assert first_janitor(time_of_day, 5 * MINUTE) == wait
    assert (time_of_day + wait) % (5 * MINUTE) == 0


@pytest.mark.parametrize(
    ("service_time", "expected"),
    [
        (0, (0, False)),
        (1, (1, False)),
        (TIMEOUT - 1, (TIMEOUT - 1, False)),
        (TIMEOUT, (TIMEOUT, False)),
        (TIMEOUT + 1, (TIMEOUT, True)),
        (10 * HOUR, (TIMEOUT, True)),
    ],
)
def test_the_worker_kills_a_run_at_its_timeout(service_time: int, expected: tuple[int, bool]):
    """L-19: and at the same instant a finish precedes a kill."""
    assert run_end(service_time, TIMEOUT) == expected


def test_at_one_instant_a_kill_precedes_the_janitor():
    """L-19: finish and kill are one timer, set for the earlier of the two; the janitor comes after all timers."""
    assert Rank.TIMER < Rank.JANITOR == max(Rank)


def test_a_kill_comes_before_the_run_can_be_lost():
    """L-18, L-19: even without any grace, at the same instant."""
    killed_after, killed = run_end(HOUR, TIMEOUT)
    assert killed
    assert not is_lost(0, 0, TIMEOUT, grace=0, now=killed_after)


@pytest.mark.parametrize(("waited", "gone"), [(0, False), (30 * SECOND - 1, False), (30 * SECOND, False), (30 * SECOND + 1, True)])
def test_the_caller_of_a_sync_webhook_waits_thirty_seconds(waited: int, gone: bool):
    """L-20: then it gets 504; an answer in the very last microsecond is still one."""
    assert is_reply(waited, 0, 30 * SECOND, NEVER_AGAIN) is not gone


def test_a_gateway_timeout_does_not_end_the_run():
    """L-20: the run goes on and keeps its slot until it is finished or killed."""
    service_time = 31 * SECOND
    assert not is_reply(service_time, 0, 30 * SECOND, NEVER_AGAIN)
    assert run_end(service_time, TIMEOUT) == (service_time, False)


def test_the_luck_of_empty_replies_spreads_evenly():
    """I-9: every number below a million comes once in a million; the first that 5 % loses is the 13th."""
    assert next(number for number in range(1, 100) if luck_of_empty(number) < 50_000) == 13
    assert len({luck_of_empty(number) for number in range(1_000_000)}) == 1_000_000
    lost = sum(is_dropped(luck_of_empty(number), 50_000) for number in range(1, 1_001))
    assert abs(lost - 50) <= 2
