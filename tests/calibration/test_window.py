"""Only time that was watched is exposure: windows that end in the middle of an hour, days without arrivals, too few runs to tell."""

from __future__ import annotations

import numpy as np
import pytest

from fastlanes_sim.calibration.calibrate import calibrate
from fastlanes_sim.calibration.rates import fit_rates
from fastlanes_sim.calibration.scenario_text import scenario_text
from fastlanes_sim.calibration.window import unwatched, watched_time, window
from fastlanes_sim.core.units import DAY, HOUR, MINUTE, SECOND
from fastlanes_sim.exports.problems import ExportError
from tests.support.exports import MONDAY, exported, poisson


def test_an_export_that_ends_in_the_middle_of_an_hour_ends_there():
    """13.75 days of 2 a minute, asked for at 18:00 sharp, at 18:20, and at 18:20 and 17 seconds: never a whole last day or hour."""
    for length in (13 * DAY + 18 * HOUR, 13 * DAY + 18 * HOUR + 20 * MINUTE, 13 * DAY + 18 * HOUR + 20 * MINUTE + 17 * SECOND):
        times = poisson(2 / MINUTE, length)
        begin, end = window(exported(times))
        assert begin == MONDAY
        assert -2 * MINUTE < end - (MONDAY + length) <= MINUTE
        rates = fit_rates(times, begin, end, "UTC")
        assert rates.pieces == 1, rates.text


def test_a_quiet_night_is_still_rounded_to_midnight():
    """Arrivals from 8 to 18 only: that nothing came after 18:00 does not mean that nobody looked."""
    times = np.concatenate([poisson(1 / MINUTE, 10 * HOUR, MONDAY + day * DAY + 8 * HOUR, seed=day) for day in range(60)])
    assert window(exported(times)) == (MONDAY, MONDAY + 60 * DAY)


@pytest.mark.parametrize("runs", [1, 3, 9])
def test_a_handful_of_runs_is_refused_in_words_and_taken_with_a_span(runs: int):
    export = exported(MONDAY + np.arange(runs) * 17 * SECOND)
    with pytest.raises(ExportError, match=f"{runs} run.*how often runs come") as refused:
        calibrate(export)
    assert "--from" in str(refused.value)
    text = scenario_text(calibrate(export, span=(MONDAY, MONDAY + 14 * DAY)), "few")
    assert "horizon: 14d" in text
    assert "Few arrivals: the rate lies between" in text


def test_a_day_without_a_single_run_is_not_exposure():
    """14 days of 2 a minute without the sixth: the rate is 2 a minute, not 13/14 of it."""
    times = poisson(2 / MINUTE, 14 * DAY)
    times = times[(times < MONDAY + 5 * DAY) | (times >= MONDAY + 6 * DAY)]
    (gap,) = unwatched(times, MONDAY, MONDAY + 14 * DAY)
    assert watched_time(MONDAY, MONDAY + 14 * DAY, (gap,)) == pytest.approx(13 * DAY, abs=5 * MINUTE)
    found = calibrate(exported(times))
    assert "count" in "".join(found.notes)
    text = scenario_text(found, "gap")
    rate = float(text.split("poisson: ")[1].split("/min")[0])
    assert abs(rate / 2 - 1) < 4 / len(times) ** 0.5
    assert "2026-01-10 00:0" in text or "2026-01-09 23:5" in text, text


def test_a_friday_without_runs_is_found_in_ten_days_though_it_seems_to_end_on_a_saturday():
    """No other Friday was watched, so it is compared with days of its kind: those that begin and end some minutes elsewhere as well."""
    times = poisson(0.5 / MINUTE, 10 * DAY)
    for day in (1, 3, 4):  # a Tuesday, a Thursday, a Friday
        left = times[(times < MONDAY + day * DAY) | (times >= MONDAY + (day + 1) * DAY)]
        (gap,) = unwatched(left, MONDAY, MONDAY + 10 * DAY)
        assert watched_time(MONDAY, MONDAY + 10 * DAY, (gap,)) == pytest.approx(9 * DAY, abs=20 * MINUTE), day


@pytest.mark.parametrize("weeks", [1, 2, 4])
def test_weekends_and_nights_off_are_no_gaps(weeks: int):
    days = [day for day in range(7 * weeks) if day % 7 < 5]
    times = np.concatenate([poisson(1 / MINUTE, 10 * HOUR, MONDAY + day * DAY + 8 * HOUR, seed=day) for day in days])
    assert unwatched(times, MONDAY, MONDAY + 7 * weeks * DAY) == ()


@pytest.mark.parametrize("size", [100, 1_000, 5_000])
def test_arrivals_in_clumps_leave_no_gaps_that_count(size: int):
    """20 at a time: gaps in which dozens were to be expected are everyday."""
    for seed in range(10):
        starts = np.sort(np.random.default_rng(seed).integers(0, 14 * DAY, size // 20)) + MONDAY
        assert unwatched(np.repeat(starts, 20), MONDAY, MONDAY + 14 * DAY) == (), seed


@pytest.mark.parametrize("after", [MINUTE, 7 * MINUTE + 30 * SECOND, 3 * HOUR + 59 * MINUTE, 23 * HOUR])
def test_an_export_may_begin_at_any_minute(after: int) -> None:
    """Not at a quarter of an hour, in which rates are counted, nor at midnight, from which days are."""
    times = poisson(3 / MINUTE, 9 * DAY, MONDAY + after)
    (fitted,) = calibrate(exported(times)).workflows[0].triggers
    assert fitted.process.kind == "poisson"
    assert fitted.process.keys["arrivals"].endswith("/min}")
