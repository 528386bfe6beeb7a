"""The states of a run and the ways between them: L-1, and L-18 where it says that `lost` is final."""

from __future__ import annotations

from itertools import product

import pytest

from fastlanes_sim.rules.lifecycle import ACTIVE, FINAL, TRANSITIONS, State, may_follow

AVAILABLE, CLAIMED, STARTED = State.AVAILABLE, State.CLAIMED, State.STARTED
ENDS = {"success", "failed", "crashed", "cancelled", "killed", "exception", "lost"}


def test_the_active_states():
    """L-1."""
    assert {AVAILABLE, CLAIMED, STARTED} == ACTIVE


def test_the_final_states():
    """L-1."""
    assert {state.name.lower() for state in FINAL} == ENDS
    assert set(State) == ACTIVE | FINAL
    assert not ACTIVE & FINAL


def test_the_way_of_a_run():
    """L-1: available → claimed → started."""
    assert may_follow(AVAILABLE, CLAIMED)
    assert may_follow(CLAIMED, STARTED)


@pytest.mark.parametrize("end", sorted(FINAL))
def test_a_started_run_may_end_in_any_way(end: State):
    """L-1."""
    assert may_follow(STARTED, end)


@pytest.mark.parametrize("end", sorted(FINAL))
def test_a_claimed_run_may_end_without_having_started(end: State):
    """L-1: a worker may report an end for a run that it never started; the janitor takes it too (L-18)."""
    assert may_follow(CLAIMED, end)


def test_a_run_that_nobody_claimed_can_only_be_cancelled():
    """L-1, L-18: it cannot be lost, for nobody had it."""
    assert [state for state in State if may_follow(AVAILABLE, state)] == [CLAIMED, State.CANCELLED]


@pytest.mark.parametrize(("before", "after"), [(CLAIMED, AVAILABLE), (STARTED, AVAILABLE), (STARTED, CLAIMED), (AVAILABLE, STARTED)])
def test_no_run_goes_back_or_skips_its_claim(before: State, after: State):
    """L-1."""
    assert not may_follow(before, after)


@pytest.mark.parametrize("state", State)
def test_no_state_follows_itself(state: State):
    """L-1: a second report of the same thing changes nothing."""
    assert not may_follow(state, state)


@pytest.mark.parametrize("later", State)
def test_lost_is_final(later: State):
    """L-18: later events do not change it."""
    assert not may_follow(State.LOST, later)


@pytest.mark.parametrize(("end", "later"), list(product(sorted(FINAL), State)))
def test_every_end_is_final(end: State, later: State):
    """L-1."""
    assert not may_follow(end, later)


@pytest.mark.parametrize("before", [CLAIMED, STARTED])
def test_the_janitor_may_take_what_somebody_has(before: State):
    """L-18: every claimed or started run."""
    assert may_follow(before, State.LOST)


def test_every_state_has_its_transitions_and_is_reached():
    """L-1."""
    assert set(TRANSITIONS) == set(State)
    assert set().union(*TRANSITIONS.values()) == set(State) - {AVAILABLE}
