"""Cron expressions are recovered from arrivals alone (L-21)."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from fastlanes_sim.calibration.cron_search import find_crons
from fastlanes_sim.core.units import DAY, HOUR, MILLISECOND
from fastlanes_sim.scenario.schedule import microseconds
from fastlanes_sim.traffic.background_jobs import Due, created
from fastlanes_sim.traffic.cron import ticks

MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
EPOCH = microseconds(datetime(1970, 1, 1, tzinfo=UTC), MONDAY)


def arrivals(expression: str, days: float, runs: int = 1, timezone: str = "UTC", behind: int = 0) -> np.ndarray:
    """Of one cron from a Monday on, `behind` runs of others standing in line before its own (L-21)."""
    horizon = int(days * DAY)
    (times,) = created([Due(np.repeat(ticks(expression, timezone, MONDAY, horizon), runs))], 5 * MILLISECOND, horizon)
    return times + EPOCH + behind * 5 * MILLISECOND


def poisson(rate_per_hour: float, days: float, seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.sort(random.integers(0, int(days * DAY), random.poisson(rate_per_hour * 24 * days))) + EPOCH


@pytest.mark.parametrize(
    ("expression", "days"),
    [
        ("* * * * *", 0.1),
        ("*/5 * * * *", 0.25),
        ("*/7 * * * *", 1),
        ("0 * * * *", 0.5),
        ("17 * * * *", 1),
        ("3-59/10 * * * *", 1),
        ("0,20,50 * * * *", 1),
        ("0 */6 * * *", 3),
        ("30 8-17 * * *", 3),
        ("*/15 8-17 * * 1-5", 14),
        ("0 6 * * *", 5),
        ("45 23 * * *", 5),
        ("0 6 * * 1-5", 21),
        ("0 9 * * 1", 28),
        ("0 9 * * 0,6", 28),
        ("0 0 1 * *", 120),
        ("15 4 1,15 * *", 90),
        ("5 4 * * 2,4", 28),
    ],
)
def test_an_expression_is_recovered_as_it_is_written(expression: str, days: float) -> None:
    times = arrivals(expression, days)
    (found,) = find_crons(times, EPOCH, EPOCH + int(days * DAY))
    assert (found.expression, found.runs_per_tick, found.missed) == (expression, 1, 0)
    assert found.members.all()


def test_runs_of_a_tick_stand_in_line_and_are_counted() -> None:
    times = arrivals("*/10 * * * *", 1, runs=20, behind=300)
    (found,) = find_crons(times, EPOCH, EPOCH + DAY)
    assert (found.expression, found.runs_per_tick) == ("*/10 * * * *", 20)


@pytest.mark.parametrize("rate", [5, 60, 600])
def test_it_is_found_among_webhooks_of_the_same_workflow(rate: float) -> None:
    """A webhook's runs may fall right after the minute too; they are not the cron's."""
    cron, others = arrivals("*/10 * * * *", 2, runs=3), poisson(rate, 2)
    (found,) = find_crons(np.sort(np.concatenate([cron, others])), EPOCH, EPOCH + 2 * DAY)
    assert (found.expression, found.runs_per_tick) == ("*/10 * * * *", 3)
    assert found.members.sum() == len(cron)


@pytest.mark.parametrize("rate", [1, 60, 1_200])
@pytest.mark.parametrize("seed", range(10))
def test_webhooks_alone_are_no_cron(rate: float, seed: int) -> None:
    assert find_crons(poisson(rate, 1, seed), EPOCH, EPOCH + DAY) == []


def test_two_crons_of_one_workflow_are_told_apart() -> None:
    often, hourly = arrivals("*/30 * * * *", 2), arrivals("0 * * * *", 2, runs=20)
    found = find_crons(np.sort(np.concatenate([often, hourly])), EPOCH, EPOCH + 2 * DAY)
    assert {(cron.expression, cron.runs_per_tick) for cron in found} == {("*/30 * * * *", 1), ("0 * * * *", 20)}
    daily = np.sort(np.concatenate([arrivals("0 6 * * *", 5), arrivals("30 18 * * *", 5)]))
    assert {cron.expression for cron in find_crons(daily, EPOCH, EPOCH + 5 * DAY)} == {"0 6 * * *", "30 18 * * *"}


def test_a_number_of_runs_that_varies_is_averaged_and_said_to_vary() -> None:
    random = np.random.default_rng(1)
    due = ticks("0 * * * *", "UTC", MONDAY, 10 * DAY)
    times = (
        np.concatenate([at + np.arange(n) * 5 * MILLISECOND for at, n in zip(due, random.integers(2, 9, len(due)), strict=True)]) + EPOCH
    )
    (found,) = find_crons(times, EPOCH, EPOCH + 10 * DAY)
    assert (found.expression, found.runs_per_tick, found.steady) == ("0 * * * *", 5, False)
    assert found.members.all()


def test_a_tick_that_was_missed_does_not_hide_it() -> None:
    times = np.delete(arrivals("*/10 * * * *", 1), [20, 70])
    (found,) = find_crons(times, EPOCH, EPOCH + DAY)
    assert (found.expression, found.missed) == ("*/10 * * * *", 2)


def test_in_a_time_zone_with_daylight_saving() -> None:
    """06:00 in Berlin is 05:00 UTC in winter and 04:00 in summer: in UTC it is no expression, in Berlin it is."""
    times = arrivals("0 6 * * *", 120, timezone="Europe/Berlin")
    (found,) = find_crons(times, EPOCH, EPOCH + 120 * DAY, "Europe/Berlin")
    assert (found.expression, found.missed) == ("0 6 * * *", 0)


def test_a_window_that_begins_between_ticks() -> None:
    times = arrivals("*/10 * * * *", 1)
    begin = EPOCH + 3 * HOUR + 7 * 60_000_000
    (found,) = find_crons(times[times >= begin], begin, EPOCH + DAY)
    assert (found.expression, found.missed) == ("*/10 * * * *", 0)
