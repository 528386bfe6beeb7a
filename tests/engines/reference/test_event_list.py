"""The order of simultaneous events, as SimPy plays it (W-19, L-19, `rules.order`)."""

from __future__ import annotations

from fastlanes_sim.engines.reference.event_list import Clock
from fastlanes_sim.rules.order import Rank


def played(clock: Clock) -> None:
    while clock.play(10):
        pass


def test_timers_of_one_instant_go_off_in_the_order_of_their_creation():
    """W-19"""
    clock, log = Clock(), []
    for name in "abc":
        clock.at(5, log.append, name)
    played(clock)
    assert log == ["a", "b", "c"]


def test_follow_ups_run_first_in_first_out_before_the_next_event():
    """W-19: also those that follow-ups leave behind."""
    clock, log = Clock(), []

    def event(name: str) -> None:
        log.append(name)
        clock.follow_up(follow_up, f"{name}1")
        clock.follow_up(log.append, f"{name}2")

    def follow_up(name: str) -> None:
        log.append(name)
        clock.follow_up(log.append, f"{name}+")

    clock.at(5, event, "a")
    clock.at(5, event, "b")
    played(clock)
    assert log == ["a", "a1", "a2", "a1+", "b", "b1", "b2", "b1+"]


def test_what_comes_from_outside_precedes_timers_and_the_janitor_comes_last():
    """W-19, L-19"""
    clock, log = Clock(), []
    for rank in (Rank.JANITOR, Rank.TIMER, Rank.OUTAGE, Rank.ARRIVAL):
        clock.at(5, log.append, rank.name, rank=rank)
    played(clock)
    assert log == ["ARRIVAL", "OUTAGE", "TIMER", "JANITOR"]
