"""Poisson rates by hour and weekday are recovered from arrivals alone, in local time, also where the clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from fastlanes_sim.calibration.calibrate import calibrate
from fastlanes_sim.calibration.deployment_part import from_layout
from fastlanes_sim.calibration.rates import _by_week_hour, fit_rates
from fastlanes_sim.calibration.scenario_text import scenario_text
from fastlanes_sim.core.units import DAY, HOUR, SECOND, parse_rate
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.engines.selection import run_engine
from fastlanes_sim.exports.read import read_export
from fastlanes_sim.results.export_writer import write_export
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.scenario.schedule import EPOCH, instant, microseconds
from fastlanes_sim.traffic.arrivals import arrival_times
from fastlanes_sim.traffic.generate import generate
from tests.support.traffic_files import cron, scenario, webhook

OFFICE = {"mon-fri 00:00": 1, "mon-fri 08:00": 8, "mon-fri 18:00": 1, "sat,sun 00:00": 3}
"""Runs a minute."""
EACH_DAY = {"mon 00:00": 2, "tue 00:00": 4, "wed 00:00": 9, "thu 00:00": 4, "fri 00:00": 6, "sat 00:00": 1, "sun 00:00": 3}


def watched(rates: dict[str, float], timezone: str, start: str, days: int) -> tuple[np.ndarray, int, int]:
    """Arrivals at these rates (a minute), and from when to when they were watched: µs since 1970."""
    trigger = scenario(webhook({"piecewise": {at: f"{rate}/min" for at, rate in rates.items()}})).projects["p"].workflows["w"].triggers[0]
    first = instant(datetime.fromisoformat(start), timezone)
    begin = microseconds(EPOCH, first)
    times = arrival_times(trigger.arrivals, timezone, first, days * DAY, np.random.default_rng(1))
    return times + begin, begin, begin + days * DAY


def fitted(times: np.ndarray, begin: int, end: int, timezone: str) -> dict[str, float]:
    """Runs a minute, by time of the week as the scenario will say it."""
    text = fit_rates(times, begin, end, timezone).text
    kinds = YAML(typ="safe", pure=True).load(text)
    rates = kinds.get("piecewise") or {"": kinds["poisson"]}
    return {at: 60 * parse_rate(rate) for at, rate in rates.items()}


@pytest.mark.parametrize(
    ("timezone", "start", "days"),
    [
        ("UTC", "2026-01-05", 21),
        ("Africa/Addis_Ababa", "2026-01-05", 21),
        ("Asia/Kathmandu", "2026-01-05", 21),  # 5 h 45 min ahead
        ("America/New_York", "2026-05-04", 21),
        ("Europe/Berlin", "2026-03-16", 28),  # the clocks go forward on the 29th
        ("Europe/Berlin", "2026-10-12", 28),  # and back on the 25th
        ("Australia/Lord_Howe", "2026-03-23", 28),  # by half an hour, on 5 April
    ],
)
def test_working_days_and_hours_are_found_where_they_are(timezone: str, start: str, days: int) -> None:
    """Each edge at its hour, each rate within 4 standard errors of its count."""
    found = fitted(*watched(OFFICE, timezone, start, days), timezone)
    assert list(found) == list(OFFICE)
    minutes = {"mon-fri 00:00": 5 * 8 * 60, "mon-fri 08:00": 5 * 10 * 60, "mon-fri 18:00": 5 * 6 * 60, "sat,sun 00:00": 2 * 24 * 60}
    for at, rate in OFFICE.items():
        count = rate * minutes[at] * days / 7
        # A change of the clocks takes a weekend an hour, or gives it one: within a count's noise, and exact in the exposure.
        assert abs(found[at] / rate - 1) < 4 / count**0.5, at


def test_in_the_wrong_time_zone_the_edges_are_smeared() -> None:
    """08:00 in Berlin is 07:00 UTC in winter and 06:00 in summer: between them lies an hour of half the rate."""
    found = fitted(*watched(OFFICE, "Europe/Berlin", "2026-03-16", 28), "UTC")
    assert {"wed 06:00", "wed 07:00", "wed 16:00", "wed 17:00"} <= set(found)
    assert abs(found["wed 06:00"] / ((1 + 8) / 2) - 1) < 4 / (4.5 * 4 * 60) ** 0.5


@pytest.mark.parametrize(("timezone", "start"), [("UTC", "2026-01-05"), ("Europe/Berlin", "2026-03-16")])
def test_seven_days_that_differ_are_told_apart(timezone: str, start: str) -> None:
    found = fitted(*watched(EACH_DAY, timezone, start, 28), timezone)
    assert list(found) == list(EACH_DAY)
    for at, rate in EACH_DAY.items():
        assert abs(found[at] / rate - 1) < 4 / (rate * 4 * 24 * 60) ** 0.5, at


def test_days_that_vary_at_random_are_not_weekdays() -> None:
    told = [fit_rates(*_days(seed, np.ones(14)), "UTC").tells_days_apart for seed in range(10)]
    assert not any(told)


def test_weekends_are_told_apart_although_days_vary() -> None:
    calm = np.tile([1, 1, 1, 1, 1, 0.1, 0.1], 3)
    assert all(fit_rates(*_days(seed, calm), "UTC").tells_days_apart for seed in range(5))


def _days(seed: int, level: np.ndarray) -> tuple[np.ndarray, int, int]:
    """Days with 300 runs on average and half as much more or less by chance, from a Monday on."""
    random = np.random.default_rng(seed)
    begin = microseconds(EPOCH, instant(datetime(2026, 1, 5), "UTC"))
    runs = random.poisson(300 * level * random.gamma(4, 0.25, len(level)))
    times = np.repeat(np.arange(len(level)), runs) * DAY + random.integers(0, DAY, runs.sum())
    return np.sort(times) + begin, begin, begin + len(level) * DAY


def test_a_few_clumps_in_many_days_make_no_profile() -> None:
    begin = microseconds(EPOCH, instant(datetime(2026, 1, 5), "UTC"))
    for seed in range(5):
        random = np.random.default_rng(50 + seed)
        sizes = np.minimum(random.geometric(0.3, 60), 7)
        starts = np.repeat(np.sort(random.integers(0, 300 * DAY, 60)), sizes)
        times = starts + 20 * SECOND * np.concatenate([np.arange(size) for size in sizes])
        assert fit_rates(np.sort(times) + begin, begin, begin + 300 * DAY, "UTC").pieces == 1


def test_days_that_are_alike_are_not_told_apart() -> None:
    """Three weeks of one rate are one rate, whatever the weekday: the change of the clocks makes no piece."""
    times, begin, end = watched({"00:00": 4}, "Europe/Berlin", "2026-03-16", 21)
    assert set(fitted(times, begin, end, "Europe/Berlin")) == {""}


@pytest.mark.parametrize(("start", "night"), [("2026-03-23", 0), ("2026-10-19", 2)])
def test_the_hour_that_is_skipped_or_comes_twice_is_watched_as_long_as_it_lasts(start: str, night: int) -> None:
    """A week in Berlin: Sunday's third hour lasts no hour, or two; all hours together last as long as the week."""
    begin = microseconds(EPOCH, instant(datetime.fromisoformat(start), "Europe/Berlin"))
    end = microseconds(EPOCH, instant(datetime.fromisoformat(start).replace(day=int(start[-2:]) + 7), "Europe/Berlin"))
    counts, exposure = _by_week_hour(np.arange(begin, end, 60 * SECOND), begin, end, "Europe/Berlin")
    assert exposure[6, 2] == night * 3_600
    assert exposure.sum() == (end - begin) / SECOND == (7 * 24 - 1 + night) * 3_600
    np.testing.assert_array_equal(counts, exposure / 60)
    exposure[6, 2] = 3_600
    assert (exposure == 3_600).all()


@pytest.mark.parametrize(
    ("start", "ticks"),
    [
        ("2026-03-27", [6, 30, 53, 77]),  # h after midnight of Friday: the night to Sunday is an hour shorter
        ("2026-10-23", [6, 30, 55, 79]),
    ],
)
def test_a_calibrated_scenario_goes_on_in_local_time(tmp_path: Path, start: str, ticks: list[int]) -> None:
    """A cron at 06:00 in Berlin over the weekend of the change, exported, calibrated and simulated: the same hours again."""
    original = scenario(
        cron("0 6 * * *", service="2s", runs_per_tick=3),
        webhook({"poisson": "20/h"}, service="1s"),
        horizon="4d",
        start=start,
        timezone="Europe/Berlin",
        workers=[{"capacity": 5, "dispatch": "ideal"}],
    )
    table, deployed = generate(original), deployment(original)
    begin = instant(original.start, "Europe/Berlin")
    write_export(tmp_path / "runs.csv", table, run_engine(deployed, table, engine="reference"), deployed, begin)
    export = read_export(tmp_path / "runs.csv")
    found = calibrate(export, from_layout("manual>*:5", 1, None), timezone="Europe/Berlin")
    (tmp_path / "again.yaml").write_text(scenario_text(found, "again"))
    again = load_scenario(tmp_path / "again.yaml").scenario
    (trigger,) = (trigger for trigger in again.projects["p"].workflows["w"].triggers if trigger.type == "cron")
    assert (trigger.cron, trigger.runs_per_tick) == ("0 6 * * *", 3)
    offset = microseconds(begin, instant(again.start, again.timezone))
    repeated = generate(again)
    made = repeated.inserted_at[np.char.endswith(np.array(repeated.sources)[repeated.source], ":cron")] + offset
    assert [round(at / HOUR) for at in made[::3].tolist()] == ticks


@pytest.mark.parametrize("hour", [0, 1])
def test_a_window_that_begins_in_the_hour_that_comes_twice_begins_there(tmp_path: Path, hour: int) -> None:
    """In Berlin, 02:00 to 03:00 comes twice in the night to 25 October: at 00:00 and at 01:00 UTC. A scenario's start means the first."""
    first = datetime(2026, 10, 25, hour, tzinfo=UTC)
    lines = ["id,workflow,inserted_at,claimed_at,started_at,finished_at"]
    random = np.random.default_rng(1)
    for run, second in enumerate(np.sort(random.integers(0, 3_600 * 20, 600)).tolist()):
        at = [datetime.fromtimestamp(first.timestamp() + second + step, UTC).isoformat() for step in (0, 1, 2, 3)]
        lines.append(",".join([f"r{run}", "w", *at]))
    (tmp_path / "runs.csv").write_text("\n".join(lines) + "\n")
    export = read_export(tmp_path / "runs.csv")
    found = calibrate(export, from_layout("*:5", 1, None), timezone="Europe/Berlin")
    (tmp_path / "again.yaml").write_text(scenario_text(found, "again"))
    again = load_scenario(tmp_path / "again.yaml").scenario
    begin = microseconds(EPOCH, instant(again.start, again.timezone))
    assert begin <= export.inserted_at[0]
    assert begin + again.horizon > export.inserted_at[-1]
    expected = len(export) / (found.end - found.begin) * again.horizon
    assert abs(len(generate(again)) - expected) < 4 * expected**0.5
