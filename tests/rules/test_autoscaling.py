"""How many replicas an autoscaler wants, and when it acts on it (docs/failures.md)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastlanes_sim.rules.autoscaling import NOT_SINCE, decide, wanted


@pytest.mark.parametrize(("runs", "replicas"), [(0, 1), (1, 1), (5, 1), (6, 2), (10, 2), (11, 3), (1_000, 4)])
def test_one_replica_for_each_five_runs_or_part_of_them_within_the_bounds(runs: int, replicas: int):
    """A-2"""
    assert wanted(runs, 5, 1, 4) == replicas


def played(there: int, wants: list[int], cool_down: int) -> list[int]:
    """How many there are after each poll, one every 10 time units."""
    since, highest, result = NOT_SINCE, 0, []
    for number, wanting in enumerate(wants):
        there, since, highest = decide(10 * number, there, wanting, cool_down, since, highest)
        result.append(there)
    return result


def test_more_at_once():
    """A-3"""
    assert played(1, [1, 4, 2, 5], 30) == [1, 4, 4, 5]


def test_fewer_only_when_fewer_were_wanted_for_the_whole_cool_down_and_then_as_many_as_the_highest_of_it():
    """A-4: from the second poll on fewer are wanted; three polls later the cool-down of 30 is over."""
    assert played(5, [5, 1, 3, 2, 1, 1], 30) == [5, 5, 5, 5, 3, 3]


def test_the_next_step_down_takes_a_cool_down_of_its_own():
    assert played(5, [1, 3, 2, 1, 1, 1, 1, 1], 30) == [5, 5, 5, 3, 3, 3, 1, 1]


def test_one_poll_that_wants_as_many_begins_the_cool_down_anew():
    assert played(5, [1, 1, 1, 5, 1, 1, 1, 1], 30) == [5, 5, 5, 5, 5, 5, 5, 1]


def test_without_a_cool_down_it_follows_at_once():
    assert played(5, [3, 4, 1, 0], 0) == [3, 4, 1, 0]


@given(st.lists(st.integers(0, 9), max_size=40), st.integers(0, 9), st.integers(0, 60))
def test_it_never_has_fewer_than_are_wanted_nor_more_than_were_within_the_cool_down(wants: list[int], there: int, cool_down: int):
    result = played(there, wants, cool_down)
    for number, replicas in enumerate(result):
        assert replicas >= wants[number]
        assert replicas <= max(there, *wants[: number + 1])
