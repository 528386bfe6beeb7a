"""How long a claim is in the database (L-25, L-26)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastlanes_sim.rules.database import attained, interpolate, is_broken_off, pool_size, until_attained


@pytest.mark.parametrize(("processors", "queries", "got"), [(2, 1, 900), (2, 2, 900), (2, 3, 600), (1, 4, 225), (2, 7, 257)])
def test_queries_share_what_processors_there_are(processors: int, queries: int, got: int):
    """L-25: in 900 µs."""
    assert attained(900, processors, queries) == got


@given(st.integers(0, 10**9), st.integers(1, 64), st.integers(1, 200))
def test_after_so_long_a_query_has_got_what_it_needs_and_not_before(work: int, processors: int, queries: int):
    """L-25: whatever is rounded."""
    lasts = until_attained(work, processors, queries)
    assert attained(lasts, processors, queries) >= work
    assert lasts == 0 or attained(lasts - 1, processors, queries) < work


@pytest.mark.parametrize(("lasts", "broken"), [(15_000_000, False), (15_000_001, True)])
def test_a_query_that_is_too_long_is_broken_off(lasts: int, broken: bool):
    """L-26"""
    assert is_broken_off(lasts, 15_000_000) == broken


def test_each_node_has_a_pool():
    """L-26"""
    assert pool_size(10, 3) == 30


@pytest.mark.parametrize(("active", "time"), [(0, 100), (10, 100), (15, 150), (20, 200), (99, 200)])
def test_the_curve_is_linear_in_between_and_level_outside(active: int, time: int):
    assert interpolate(((10, 100), (20, 200)), active) == time
