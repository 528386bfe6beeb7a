import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastlanes_sim.core.units import SECOND
from fastlanes_sim.measures.samples import Durations
from fastlanes_sim.measures.values import Quantile, Share


def durations(complete: list[int], censored: list[int]) -> Durations:
    return Durations.of(np.array(complete, np.int64), np.array(censored, np.int64))


@pytest.mark.parametrize(
    ("p", "expected"),
    [(0.5, 10), (0.95, 19), (0.951, 20), (0.99, 20), (0.05, 1), (1.0, 20)],
)
def test_a_quantile_is_the_smallest_value_whose_share_reaches_p(p, expected):
    assert durations(list(range(20, 0, -1)), []).quantile(p) == Quantile(expected, expected)


def test_a_quantile_below_the_censored_ages_is_exact():
    spans = durations([1, 2, 3], [40])
    assert spans.quantile(0.5) == Quantile(2, 2)
    assert spans.quantile(0.5).exact


def test_a_quantile_that_falls_on_a_censored_run_is_a_lower_bound():
    value = durations([1 * SECOND, 2 * SECOND], [41 * SECOND]).quantile(0.99)
    assert value == Quantile(41 * SECOND, math.inf)
    assert str(value) == "≥ 41 s"


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (10.0, 10.0, "10 s"),
        (10.0, 10.001, "10 s"),
        (10.0, 10.4, "≈ 10 s"),
        (10.0, 11.0, "≥ 10 s"),
        (10.0, math.inf, "≥ 10 s"),
        (0, 1, "≥ 0 s"),
    ],
)
def test_a_quantile_says_how_well_it_is_known(low, high, text):
    assert str(Quantile(low * SECOND, high * SECOND)) == text


def test_a_young_censored_run_leaves_an_interval():
    """Its age of 0 may become anything: the median of 1, 5 and it lies between 1 and 5."""
    assert durations([1, 5], [0]).quantile(0.5) == Quantile(1, 5)


def test_one_censored_run_makes_mean_and_maximum_lower_bounds():
    spans = durations([2, 4], [3])
    assert spans.mean() == Quantile(3.0, math.inf)
    assert spans.maximum() == Quantile(4, math.inf)


def test_nothing_has_no_statistics():
    spans = durations([], [])
    assert spans.quantile(0.5) is spans.mean() is spans.share_above(1) is None


def test_a_share_counts_old_censored_runs_as_longer_and_young_ones_as_open():
    assert durations([10, 31], [29, 30]).share_above(30) == Share(2 / 4, 3 / 4)


@given(
    st.lists(st.integers(0, 50), max_size=30),
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=10),
    st.sampled_from([0.01, 0.5, 0.95, 0.99, 1.0]),
)
def test_whatever_the_censored_runs_become_the_quantile_lies_within_its_bounds(complete, censored, p):
    spans = durations(complete, [age for age, _ in censored])
    if not len(spans):
        return
    truth = sorted(complete + [age + more for age, more in censored])
    value = spans.quantile(p)
    assert value.value_us <= np.quantile(truth, p, method="inverted_cdf") <= value.upper_us
