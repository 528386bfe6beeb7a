"""Processor sharing in virtual time and a limit of requests, as arithmetic (R-2, R-3, docs/resources.md)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastlanes_sim.rules.rate_limit import admits, gives_up, taken
from fastlanes_sim.rules.sharing import BITS, processors, progressed, scaled, until_progressed

YEAR = 366 * 24 * 3_600 * 10**6
PARTS = st.integers(1, 10_000_000).map(processors)


def test_thousandths_are_parts_in_lowest_terms():
    """R-2: the smaller the numbers, the further 64 bits go."""
    assert [processors(number) for number in (4_000, 500, 1_250, 1)] == [(4, 1), (1, 2), (5, 4), (1, 1_000)]


@pytest.mark.parametrize(("users", "microseconds"), [(1, 12), (4, 12), (6, 8), (8, 6), (5, 9.6)])
def test_each_of_n_works_at_the_rate_of_its_part(users: int, microseconds: float):
    """R-2: 12 µs of four processors."""
    assert progressed(12, 4, 1, users) == int(microseconds * 2**BITS)


@given(st.integers(0, YEAR), PARTS, st.integers(1, 10_000))
def test_after_that_long_enough_is_done_and_not_sooner(work: int, parts: tuple[int, int], users: int):
    """R-2: rounded up to the microsecond."""
    takes = until_progressed(scaled(work), *parts, users)
    assert progressed(takes, *parts, users) >= scaled(work)
    assert takes == 0 or progressed(takes - 1, *parts, users) < scaled(work)


@given(st.lists(st.tuples(st.integers(0, 10**7), st.integers(1, 10_000)), max_size=50), PARTS)
def test_many_changes_lose_next_to_nothing(spans: list[tuple[int, int]], parts: tuple[int, int]):
    """R-2: less than 1 / 2**16 µs of each user's work for each change."""
    virtual = sum(progressed(elapsed, *parts, users) for elapsed, users in spans)
    exact = sum(elapsed * min(1, parts[0] / (parts[1] * users)) for elapsed, users in spans)
    assert exact * 2**BITS * (1 + 1e-12) + 1 >= virtual >= exact * 2**BITS * (1 - 1e-12) - len(spans)


@given(st.integers(0, YEAR), PARTS, st.integers(1, 10_000))
def test_all_of_it_fits_into_64_bits(elapsed: int, parts: tuple[int, int], users: int):
    """R-2: the products within, for the kernel, where numbers have an end."""
    share = parts[1] * users
    if share > parts[0]:
        whole, rest = elapsed // share, elapsed % share
        for number in (whole * (parts[0] << BITS), rest * (parts[0] << BITS), (parts[0] << BITS) * share):
            assert number < 2**63
    assert scaled(elapsed) < 2**63


def test_a_bucket_gives_its_burst_and_then_one_at_a_time():
    """R-3: three at once, then one each 10 µs; after a long pause three again."""
    full_at, admitted = 0, []
    for now in (0, 0, 0, 0, 9, 10, 15, 20, 100, 100, 100, 100):
        is_admitted = admits(now, full_at, 10, 3)
        admitted.append(is_admitted)
        full_at = taken(now, full_at, 10) if is_admitted else full_at
    assert admitted == [True] * 3 + [False, False, True, False, True] + [True] * 3 + [False]


def test_it_gives_up_only_if_attempts_are_given():
    """R-3"""
    assert [gives_up(refusals, 3) for refusals in (1, 2, 3)] == [False, False, True]
    assert not gives_up(10**9, 0)
