"""The order of simultaneous events, as SimPy keeps it (W-19, L-19, `rules.order`)."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from fastlanes_sim.engines.reference import event_list
from fastlanes_sim.engines.reference.event_list import FutureEventList
from fastlanes_sim.rules.events import Kind


@pytest.fixture
def world() -> SimpleNamespace:
    return SimpleNamespace(events=FutureEventList())


def taken(world: SimpleNamespace) -> list[object]:
    """The subjects of all events up to 10 µs, in their order."""
    order = []
    while world.events.next_time <= 10:
        event = world.events.take_next()
        if event is not None:
            order.append(event.subject)
            if isinstance(event.subject, str) and len(event.subject) == 1:  # an event that leaves something behind
                event_list.follow_up(world, Kind.REACT, f"{event.subject}1")
                event_list.follow_up(world, Kind.SETTLE, f"{event.subject}2")
    return order


def test_timers_of_one_instant_go_off_in_the_order_of_their_creation(world):
    """W-19"""
    for number, kind in enumerate([Kind.ENDED, Kind.SLEPT, Kind.OPEN]):
        event_list.at(world, 5, kind, number)
    assert taken(world) == [0, 1, 2]


def test_follow_ups_run_first_in_first_out_before_the_next_event(world):
    """W-19"""
    event_list.at(world, 5, Kind.SLEPT, "a")
    event_list.at(world, 5, Kind.SLEPT, "b")
    assert taken(world) == ["a", "a1", "a2", "b", "b1", "b2"]


def test_what_comes_from_outside_precedes_timers_and_the_janitor_comes_last(world):
    """W-19, L-19"""
    for kind in (Kind.JANITOR, Kind.POLL, Kind.KILL, Kind.ENDED, Kind.STOP, Kind.OUTAGE, Kind.ARRIVAL):
        event_list.at(world, 5, kind, kind)
    assert taken(world) == [Kind.ARRIVAL, Kind.OUTAGE, Kind.STOP, Kind.ENDED, Kind.KILL, Kind.POLL, Kind.JANITOR]


def test_an_event_that_is_cancelled_is_not_taken_and_waits_no_more(world):
    event = event_list.at(world, 5, Kind.EXPIRED, "cancelled")
    event_list.at(world, 5, Kind.EXPIRED, "kept")
    event.cancel()
    event.cancel()
    assert [waiting.subject for waiting in world.events.waiting()] == ["kept"]
    assert taken(world) == ["kept"]
