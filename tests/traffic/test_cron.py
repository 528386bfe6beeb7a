"""Cron triggers: on the minute, in local time, one after another (L-21)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastlanes_sim.api.scenario_argument import load_scenario
from fastlanes_sim.core.units import DAY, HOUR, MILLISECOND, MINUTE, SECOND
from fastlanes_sim.rules.cron_expressions import parse_cron
from fastlanes_sim.scenario.schedule import cron_ticks, microseconds
from fastlanes_sim.traffic.generate import generate
from tests.support.traffic_files import cron, scenario, webhook


def minutes(expression: str, horizon: str, **settings: object) -> list[float]:
    return [at / MINUTE for at in generate(scenario(cron(expression), horizon=horizon, **settings)).inserted_at.tolist()]


def test_it_fires_on_the_minute_from_the_start_until_the_horizon() -> None:
    assert minutes("*/15 * * * *", "1h") == [0, 15, 30, 45]


def test_a_start_between_minutes_waits_for_the_next() -> None:
    assert minutes("* * * * *", "3m", start="2026-01-05T06:00:20") == pytest.approx([40 / 60, 100 / 60, 160 / 60])


def test_a_start_within_a_second_is_not_on_the_minute() -> None:
    assert generate(scenario(cron("* * * * *"), horizon="1m", start="2026-01-05T06:00:00.5")).inserted_at.tolist() == [59_500_000]


def test_weekdays_and_hours() -> None:
    assert minutes("0 6 * * mon,wed", "7d") == [6 * 60, (48 + 6) * 60]


def test_the_scenarios_time_zone_and_the_triggers_own() -> None:
    """Begins at midnight in Addis Ababa (UTC+3): 06:00 there is in 6 hours, 06:00 UTC in 9."""
    triggers = (cron("0 6 * * *"), cron("0 6 * * *", timezone="UTC"))
    table = generate(scenario(*triggers, horizon="1d", timezone="Africa/Addis_Ababa"))
    assert [(source, at / HOUR) for source, at in zip(table.source.tolist(), table.inserted_at.tolist(), strict=True)] == [(0, 6), (1, 9)]


@pytest.mark.parametrize(
    ("expression", "day", "hours"),
    [
        # Berlin skips 02:00-03:00 on 29 March 2026 and repeats it on 25 October
        ("30 2 * * *", "2026-03-29", [2]),  # made up for at 03:00, two hours after midnight
        ("0 4 * * *", "2026-03-29", [3]),
        ("0 */6 * * *", "2026-03-29", [0, 5, 11, 17, 23]),
        ("30 2 * * *", "2026-10-25", [2.5]),  # once, the first time
        ("0 4 * * *", "2026-10-25", [5]),
        ("0 */6 * * *", "2026-10-25", [0, 7, 13, 19]),
    ],
)
def test_daylight_saving_as_in_debians_cron(expression: str, day: str, hours: list[float]) -> None:
    fired = minutes(expression, "1d", timezone="Europe/Berlin", start=day)
    assert [at / 60 for at in fired] == hours


def test_the_runs_of_one_minute_are_created_one_after_another_over_all_triggers() -> None:
    """L-21: three of the first trigger, then two of the second; the next minute begins anew."""
    table = generate(scenario(cron("* * * * *", runs_per_tick=3), cron("* * * * *", runs_per_tick=2), horizon="61s"))
    spaced = [0, 5, 10, 15, 20, 60_000, 60_005, 60_010, 60_015, 60_020]
    assert table.inserted_at.tolist() == [at * MILLISECOND for at in spaced]
    assert table.source.tolist() == [0, 0, 0, 1, 1] * 2


def test_a_trigger_that_is_not_due_takes_no_place_in_the_line() -> None:
    """L-21"""
    table = generate(scenario(cron("1 * * * *"), cron("* * * * *"), horizon="121s"))
    assert list(zip(table.source.tolist(), (table.inserted_at // MILLISECOND).tolist(), strict=True)) == [
        (1, 0),
        (0, 60_000),
        (1, 60_005),
        (1, 120_000),
    ]


def test_the_spacing_is_a_setting() -> None:
    table = generate(scenario(cron("0 0 * * *", runs_per_tick=3), lightning={"cron_spacing": "20ms"}))
    assert table.inserted_at.tolist() == [0, 20_000, 40_000]


def test_a_tick_that_takes_over_a_minute_delays_the_next() -> None:
    """L-21: 70 runs, a second apart, until 01:10; the two of the next minute come behind them, and the minute after that is on time."""
    triggers = (cron("0 0 * * *", runs_per_tick=70), cron("1-2 0 * * *", runs_per_tick=2))
    table = generate(scenario(*triggers, lightning={"cron_spacing": "1s"}))
    assert [at // SECOND for at in table.inserted_at.tolist()] == [*range(70), 70, 71, 120, 121]


def test_what_would_be_created_after_the_horizon_is_not() -> None:
    table = generate(scenario(cron("1 0 * * *", runs_per_tick=5), horizon="60010ms"))
    assert table.inserted_at.tolist() == [60_000_000, 60_005_000]


def test_at_the_same_instant_the_scenarios_order_decides() -> None:
    """L-22"""
    table = generate(scenario(webhook({"at": ["1m"]}), cron("1 0 * * *"), webhook({"at": ["1m", "0s"]}), horizon="2m"))
    assert table.source.tolist() == [2, 0, 1, 2]


@settings(max_examples=60)
@given(
    st.sampled_from(
        ["*/10 * * * *", "7,3 4-9/2 * * *", "0 0 31 * 1", "30 2 1-7 * *", "0 */5 * 2 sun", "59 23 L * *", "5 5 * * 1#2", "0 12 29 2 *"]
    ),
    st.sampled_from(["Asia/Kathmandu", "Europe/Berlin", "Australia/Lord_Howe", "America/New_York"]),
    st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2028, 12, 31), timezones=st.just(UTC)),
    st.integers(1, 12 * DAY),
)
def test_days_give_the_ticks_that_minutes_give(expression: str, name: str, begin: datetime, horizon: int):
    """The fast way, around changes of the clock too, against looking at every minute."""
    begin = begin.replace(microsecond=begin.microsecond // 1000 * 1000)
    zone, due = ZoneInfo(name), parse_cron(expression)
    minute = begin.replace(second=0, microsecond=0) - timedelta(hours=2)
    expected, shown = set(), set()
    while (offset := microseconds(begin, minute)) < horizon:
        clock = minute.astimezone(zone)
        fits = clock.minute in due.minutes and clock.hour in due.hours and due.is_due_on(clock.date())
        is_again = not due.starts_with_star and clock.replace(tzinfo=None) in shown
        if fits and not is_again and offset >= 0:
            expected.add(offset)
        shown.add(clock.replace(tzinfo=None))
        minute += timedelta(minutes=1)
    found = cron_ticks(expression, name, begin, horizon).tolist()
    assert found == sorted(found)
    # What the clocks skip is made up for when they do; a first look cannot see it, nor what was shown before it began.
    assert set(found) - expected <= {at for at in found if is_near_a_change(begin + timedelta(microseconds=at), zone)}
    assert expected - set(found) <= {at for at in expected if is_near_a_change(begin + timedelta(microseconds=at), zone)}
    if due.starts_with_star:
        assert set(found) == expected


def is_near_a_change(instant: datetime, zone: ZoneInfo) -> bool:
    return len({(instant + timedelta(hours=hours)).astimezone(zone).utcoffset() for hours in (-2, -1, 0, 1)}) > 1


def test_copies_fire_evenly_over_the_spread_and_on_the_minute():
    """Thirty copies over an hour: one every two minutes, and what was due before the start comes within it."""
    text = """
    horizon: 3h
    start: 2026-01-05T06:30
    projects: {p: {workflows: {w: {copies: 30, triggers: [{type: cron, cron: "0 * * * *", spread: 60m, service: 1s}]}}}}
    workers: [{workloops: "*:1"}]
    """
    together = generate(load_scenario(text, overrides={"projects.p.workflows.w.triggers.0.spread": "0s"}).scenario)
    spread = generate(load_scenario(text).scenario)
    assert len(np.unique(together.inserted_at // MINUTE)) == 3
    assert len(spread) == 90
    assert np.unique(spread.inserted_at // MINUTE).tolist() == list(range(0, 180, 2))
    np.testing.assert_array_equal(np.bincount(spread.workflow), np.full(30, 3))
