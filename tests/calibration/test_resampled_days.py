"""Days of an export that are drawn again: which blocks there are, and what their bootstrap is worth with few of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastlanes_sim.calibration.resampled_days import Days, Resamples
from fastlanes_sim.calibration.window import Watched
from fastlanes_sim.core.units import DAY, HOUR
from tests.support.exports import MONDAY

ALL = ((0, 1, 2, 3, 4, 5, 6),)
WEEK = ((0, 1, 2, 3, 4), (5, 6))
EACH = tuple((day,) for day in range(7))


def days(length: int, begin: int = MONDAY, timezone: str = "UTC", gaps: tuple[tuple[int, int], ...] = ()) -> Days:
    return Days.of(Watched(begin, begin + length, timezone, gaps))


@pytest.mark.parametrize(("hours", "count"), [(3, 1), (36, 2), (35, 1), (72, 3), (83, 3), (84, 4)])
def test_what_is_left_at_the_end_is_a_day_from_half_a_day_on(hours: int, count: int):
    found = days(hours * HOUR)
    assert found.count == count
    assert found.exposure.sum() == hours * 3_600
    assert found.blocks(np.array([MONDAY, MONDAY + hours * HOUR - 1])).tolist() == [0, count - 1]


def test_days_begin_when_the_export_does_and_hours_are_local():
    found = days(2 * DAY, MONDAY + 6 * HOUR, "Africa/Addis_Ababa")
    assert found.blocks(np.array([MONDAY + 6 * HOUR, MONDAY + 30 * HOUR - 1, MONDAY + 30 * HOUR])).tolist() == [0, 0, 1]
    assert found.exposure[0, 0, 9] == 3_600  # 06:00 UTC on a Monday
    assert found.exposure[0, 0, 8] == 0


def test_what_nobody_watched_is_no_exposure():
    assert days(3 * DAY, gaps=((MONDAY + DAY, MONDAY + DAY + 5 * HOUR),)).exposure.sum(axis=(1, 2)).tolist() == [86_400, 68_400, 86_400]


def test_kinds_of_days_are_strata_and_a_kind_that_was_seen_once_is_none():
    assert days(14 * DAY).strata(ALL).tolist() == [0] * 14
    assert days(14 * DAY).strata(WEEK).tolist() == [0, 0, 0, 0, 0, 1, 1] * 2
    assert days(6 * DAY).strata(WEEK).tolist() == [0] * 6  # one Saturday
    assert days(14 * DAY).strata(EACH).tolist() == [0, 1, 2, 3, 4, 5, 6] * 2
    assert days(4 * DAY).strata(EACH).tolist() == [0] * 4  # four days of four kinds
    assert days(8 * DAY).strata(EACH).tolist() == [0, 1, 1, 1, 1, 1, 1, 0]  # two Mondays


@given(strata=st.lists(st.integers(0, 2), min_size=6, max_size=30), seed=st.integers(0, 99))
def test_every_resample_has_as_many_days_of_each_kind(strata: list[int], seed: int):
    kinds = np.unique(np.array([*strata, 0, 0]), return_inverse=True)[1]
    drawn = Resamples.draw(kinds, 20, seed)
    for kind in range(kinds.max() + 1):
        assert (drawn.weights[:, kinds == kind].sum(axis=1) == (kinds == kind).sum()).all()
    assert (drawn.stretch > 0).all()
    assert np.array_equal(drawn.weights, Resamples.draw(kinds, 20, seed).weights)


@pytest.mark.parametrize(("count", "plain_covers"), [(3, 0.80), (14, 0.95)])
def test_resamples_of_few_days_cover_a_mean_only_if_they_are_stretched(count: int, plain_covers: float):
    """2.5 % to 97.5 % of 50 resamples of normal days, 1,000 times; the tolerance is four standard errors."""
    random, experiments = np.random.default_rng(1), 1_000
    covered = plain = 0
    for seed in range(experiments):
        seen = random.normal(size=count)
        drawn = Resamples.draw(np.zeros(count, np.int64), 50, seed)
        off = drawn.weights @ seen / count - seen.mean()
        low, high = np.quantile(off * drawn.stretch, [0.025, 0.975], method="weibull")
        covered += low <= -seen.mean() <= high
        low, high = np.quantile(off, [0.025, 0.975], method="weibull")
        plain += low <= -seen.mean() <= high
    assert covered / experiments > 0.95 - 4 * (0.95 * 0.05 / experiments) ** 0.5
    assert plain / experiments < plain_covers
