"""Deadlines (L-18, L-19). Whole microseconds, plain numbers: every engine uses these very functions."""

from __future__ import annotations


def lost_deadline(started_at: int | None, claimed_at: int, timeout: int, grace: int) -> int:
    """L-18: the instant after which a claimed or started run counts as lost."""
    return (claimed_at if started_at is None else started_at) + timeout + grace


def is_lost(started_at: int | None, claimed_at: int, timeout: int, grace: int, now: int) -> bool:
    """L-18: whether the janitor that comes round `now` marks a claimed or started run as lost."""
    return lost_deadline(started_at, claimed_at, timeout, grace) < now


def run_end(until_end: int, timeout: int) -> tuple[int, bool]:
    """L-19: how long a run goes on, and whether it is killed. At the same instant a finish precedes a kill.

    Both are counted from the launch, or, where the run's channel is simplified, from the start.
    """
    return (until_end, False) if until_end <= timeout else (timeout, True)


def first_janitor(time_of_day: int, period: int) -> int:
    """L-18: when a janitor that comes at every multiple of `period` since midnight first comes, from a start at `time_of_day`."""
    return -time_of_day % period
