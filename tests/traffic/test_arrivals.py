"""When runs are created, apart from cron."""

from __future__ import annotations

import numpy as np
import pytest

from fastlanes_sim.core.units import HOUR, MILLISECOND, MINUTE, SECOND
from fastlanes_sim.traffic.generate import generate
from tests.support.traffic_files import cron, scenario, webhook


def times(arrivals: dict[str, object], horizon: str = "1h", **settings: object) -> list[int]:
    inserted: list[int] = generate(scenario(webhook(arrivals), horizon=horizon, **settings)).inserted_at.tolist()
    return inserted


def test_at_and_every_include_the_start_and_not_the_horizon() -> None:
    assert times({"at": ["5s", "0s", "10s", "11s"]}, "10s") == [0, 5 * SECOND]
    assert times({"every": "4s"}, "8s") == [0, 4 * SECOND]


def test_a_burst_is_spread_evenly() -> None:
    assert times({"burst": {"size": 4, "over": "1s", "at": ["10s"]}}, "1m") == [10_000_000, 10_250_000, 10_500_000, 10_750_000]


def test_bursts_come_back_and_are_cut_at_the_horizon() -> None:
    assert times({"burst": {"size": 2, "every": "10s", "first": "5s"}}, "20s") == [5_000_000, 5_000_000, 15_000_000, 15_000_000]
    assert times({"burst": {"size": 3, "over": "3s", "at": ["9s"]}}, "10s") == [9_000_000]


def test_a_rate_of_zero_makes_no_run() -> None:
    assert times({"poisson": "0/s"}) == []


def test_poisson_counts_and_gaps_are_those_of_a_poisson_process() -> None:
    """20,000 expected: the count within 4 standard deviations, gaps exponential by Kolmogorov and Smirnov."""
    inserted = np.asarray(times({"poisson": "2/s"}, "10000s"))
    assert abs(len(inserted) - 20_000) < 4 * np.sqrt(20_000)
    gaps = np.sort(np.diff(inserted) / SECOND * 2)
    distance = np.abs(1 - np.exp(-gaps) - np.arange(1, len(gaps) + 1) / len(gaps)).max()
    assert distance < 1.63 / np.sqrt(len(gaps))


def test_piecewise_rates_hold_from_one_named_time_to_the_next() -> None:
    """A week from Monday: mornings of working days, quiet Saturdays, silence otherwise; each count within 4 standard deviations."""
    rates = {"mon-fri 08:00": "60/min", "12:00": "0/s", "sat 10:00": "6/min"}
    inserted = np.asarray(times({"piecewise": rates}, "7d"))
    hour = inserted // HOUR
    for day in range(7):
        for of_day in range(24):
            rate = 3_600 if day < 5 and 8 <= of_day < 12 else 360 if day == 5 and 10 <= of_day < 12 else 0
            count = int((hour == 24 * day + of_day).sum())
            assert abs(count - rate) <= 4 * np.sqrt(rate), (day, of_day)


def test_before_the_first_named_time_the_last_of_the_week_before_holds() -> None:
    inserted = np.asarray(times({"piecewise": {"sun 12:00": "1/s", "mon 01:00": "0/s"}}, "1d"))
    assert abs(len(inserted) - 3_600) < 4 * 60
    assert inserted.max() < HOUR


def test_piecewise_times_are_local() -> None:
    """08:00 in Addis Ababa is 05:00 UTC; the simulation begins at local midnight wherever it is."""
    inserted = times({"piecewise": {"08:00": "1/s", "08:01": "0/s"}}, "1d", timezone="Africa/Addis_Ababa")
    assert all(8 * HOUR <= at < 8 * HOUR + MINUTE for at in inserted)
    assert inserted


@pytest.mark.parametrize(("day", "offset"), [("2026-03-29", 7 * HOUR), ("2026-10-25", 9 * HOUR)])
def test_piecewise_times_follow_daylight_saving(day: str, offset: int) -> None:
    """On the day of the change 08:00 comes seven or nine hours after midnight."""
    inserted = times({"piecewise": {"08:00": "1/s", "08:01": "0/s"}}, "1d", timezone="Europe/Berlin", start=day)
    assert all(offset <= at < offset + MINUTE for at in inserted)
    assert inserted


def test_traffic_multiplies_rates_and_leaves_the_order_of_the_draws() -> None:
    """The n-th arrival at twice the rate comes in half the time."""
    once, twice = times({"poisson": "2/min"}), times({"poisson": "2/min"}, "30m", traffic=2.0)
    assert len(once) == len(twice)
    assert np.abs(np.asarray(once) - 2 * np.asarray(twice)).max() <= 2


@pytest.mark.parametrize("arrivals", [{"every": "1s"}, {"burst": {"size": 1_000, "over": "10m", "every": "15m"}}])
def test_what_comes_at_set_times_comes_so_often_on_average(arrivals: dict[str, object]) -> None:
    """Within 4 standard deviations of a binomial; what comes at one factor comes at every larger one."""
    base, more, less = (times(arrivals, traffic=factor) for factor in (1.0, 1.3, 0.4))
    for factor, share, found in ((1.3, 0.3, more), (0.4, 0.4, less)):
        assert abs(len(found) - factor * len(base)) < 4 * np.sqrt(len(base) * share * (1 - share))
    assert set(less) <= set(base) == set(more)
    assert set(times(arrivals, traffic=0.3)) <= set(less)


def test_cron_runs_are_multiplied_tick_by_tick_and_still_line_up() -> None:
    """L-21: one after another, without gaps."""
    inserted = generate(scenario(cron("* * * * *", runs_per_tick=3), horizon="2m", traffic=2.0)).inserted_at
    assert inserted.tolist() == [minute * MINUTE + place * 5 * MILLISECOND for minute in range(2) for place in range(6)]
