"""Both changes of the clocks, in zones that change them by an hour or by half of one, at night or at midnight itself.

A local time that does not exist means the instant of the change; one that the clocks show twice means the first. Offsets from the start,
such as those of outages, are elapsed time and know no clock.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from fastlanes_sim.core.units import DAY, HOUR, MINUTE, SECOND
from fastlanes_sim.deployment.from_scenario import deployment
from fastlanes_sim.distributions.distribution import Distribution
from fastlanes_sim.reports.exporters.trace import parse_window
from fastlanes_sim.rules.deadlines import first_janitor
from fastlanes_sim.scenario.dependence import Factors
from fastlanes_sim.scenario.incidents import Incidents
from fastlanes_sim.scenario.schedule import cron_ticks, instant, week_segments
from fastlanes_sim.traffic.dependent_durations import dependent_durations
from fastlanes_sim.traffic.generate import generate
from tests.support.traffic_files import cron, scenario, webhook

SKIPS = [
    # zone, the day, a time that its clocks do not show, the instant at which they are changed
    ("Europe/Berlin", "2026-03-29", "02:30", "2026-03-29T01:00"),
    ("America/New_York", "2026-03-08", "02:10", "2026-03-08T07:00"),
    ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30"),  # by half an hour
    ("America/Santiago", "2026-09-06", "00:30", "2026-09-06T04:00"),  # there is no midnight
]
REPEATS = [
    # zone, the day, a time that its clocks show twice, the first instant at which they do
    ("Europe/Berlin", "2026-10-25", "02:30", "2026-10-25T00:30"),
    ("America/New_York", "2026-11-01", "01:10", "2026-11-01T05:10"),
    ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45"),
]
BOTH = SKIPS + REPEATS
both = pytest.mark.parametrize(("zone", "day", "clock", "when"), BOTH)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def since_noon_before(day: str, zone: str, when: str) -> tuple[datetime, int]:
    """Noon of the day before, and µs from there to an instant."""
    noon = (datetime.fromisoformat(day) - timedelta(hours=12)).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return noon, (utc(when) - noon) // timedelta(microseconds=1)


@both
def test_a_local_time_is_an_instant(zone: str, day: str, clock: str, when: str):
    assert instant(datetime.fromisoformat(f"{day}T{clock}"), zone) == utc(when)


@pytest.mark.parametrize(("zone", "day", "clock", "when"), SKIPS)
def test_the_instant_of_the_change_is_that_of_the_clocks(zone: str, day: str, clock: str, when: str):
    offsets = [(utc(when) + timedelta(seconds=seconds)).astimezone(ZoneInfo(zone)).utcoffset() for seconds in (-1, 0)]
    assert offsets[0] < offsets[1]  # type: ignore[operator]


@both
def test_a_rate_begins_then(zone: str, day: str, clock: str, when: str):
    begin, at = since_noon_before(day, zone, when)
    segments = week_segments({"12:00": 1.0, clock: 5.0}, zone, begin, DAY + 2 * HOUR)
    assert segments[:2] == [(0, 1.0), (at, 5.0)]
    assert [rate for _, rate in segments[2:]] == [1.0]


@both
def test_a_weekly_schedule_begins_then(zone: str, day: str, clock: str, when: str):
    """By the name of the day as by the time alone, and so services that differ by the hour do."""
    begin, at = since_noon_before(day, zone, when)
    named = {"mon-sat 12:00": 1.0, f"sun {clock}": 5.0, "sun 12:00": 1.0}
    assert week_segments(named, zone, begin, 20 * HOUR)[:2] == [(0, 1.0), (at, 5.0)]
    requested = np.array([at - SECOND, at, at + SECOND])
    service, factors = Distribution.model_validate("1s"), Factors(hours=named)
    lengths = dependent_durations(service, factors, requested, zone, begin, np.random.default_rng(1))
    assert lengths.tolist() == [SECOND, 5 * SECOND, 5 * SECOND]


@pytest.mark.parametrize(("zone", "day", "clock", "when"), SKIPS)
def test_of_rates_that_begin_within_a_skip_the_last_holds(zone: str, day: str, clock: str, when: str):
    """In whichever order they are written: `"02:30": 10/s, "03:00": 1/s` was ten times the traffic until the next morning."""
    begin, at = since_noon_before(day, zone, when)
    shown = utc(when).astimezone(ZoneInfo(zone)).strftime("%H:%M")
    for rates in ({"12:00": 1.0, clock: 10.0, shown: 2.0}, {shown: 2.0, clock: 10.0, "12:00": 1.0}):
        segments = week_segments(rates, zone, begin, 20 * HOUR)
        assert segments[:2] == [(0, 1.0), (at, 2.0)]
        assert all(rate != 10.0 for _, rate in segments)


@pytest.mark.parametrize(("zone", "day", "clock", "when"), SKIPS[:3])
def test_the_traffic_of_a_day_with_a_skip(zone: str, day: str, clock: str, when: str):
    """Ten a second for a segment that does not exist: no more arrivals than one a second makes."""
    shown = utc(when).astimezone(ZoneInfo(zone)).strftime("%H:%M")
    rates = {"00:00": "1/s", clock: "10/s", shown: "1/s"}
    inserted = generate(scenario(webhook({"piecewise": rates}), horizon="20h", timezone=zone, start=day)).inserted_at
    assert abs(len(inserted) - 72_000) < 5 * np.sqrt(72_000)


@both
def test_a_cron_is_due_once_then(zone: str, day: str, clock: str, when: str):
    """As in Debian's cron: made up for right after the skip, and not repeated."""
    begin, at = since_noon_before(day, zone, when)
    hour, minute = map(int, clock.split(":"))
    due = list(cron_ticks(f"{minute} {hour} * * *", zone, begin, DAY))
    assert due == [at]
    local = datetime.fromisoformat(day) - timedelta(hours=12)
    table = generate(scenario(cron(f"{minute} {hour} * * *"), horizon="24h", timezone=zone, start=local.isoformat()))
    assert table.inserted_at.tolist() == [at]


@both
def test_a_scenario_begins_then(zone: str, day: str, clock: str, when: str):
    """And its first cron tick is as far away as the clock says from there."""
    one = scenario(cron("0 12 * * *"), horizon="1d", timezone=zone, start=f"{day}T{clock}")
    noon = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    assert generate(one).inserted_at.tolist()[0] == (noon - utc(when)) // timedelta(microseconds=1)
    begin = utc(when)
    of_the_day = (begin.hour * 60 + begin.minute) * MINUTE
    assert deployment(one).lightning.janitor_first == first_janitor(of_the_day, one.lightning.janitor_every), "by the server's clock"


@both
def test_an_outage_is_as_long_as_it_says(zone: str, day: str, clock: str, when: str):
    """Offsets are elapsed time: a change of the clocks within one makes it neither longer nor shorter."""
    begin, at = since_noon_before(day, zone, when)
    hours = at // HOUR
    span = {"from": f"{hours}h", "to": f"{hours + 2}h"}
    start = begin.astimezone(ZoneInfo(zone)).replace(tzinfo=None).isoformat()
    one = scenario(
        webhook({"every": "1h"}),
        horizon="1d",
        timezone=zone,
        start=start,
        workers=[{"outages": [span]}],
    )
    assert deployment(one).workers[0].outages == ((hours * HOUR, (hours + 2) * HOUR),)
    down = one.model_copy(update={"workers": scenario(webhook({"every": "1h"})).workers, "incidents": Incidents(lightning_down=[span])})
    assert deployment(down).incidents.down == ((hours * HOUR, (hours + 2) * HOUR),)


@both
def test_a_window_begins_and_ends_then(zone: str, day: str, clock: str, when: str):
    begin, at = since_noon_before(day, zone, when)
    start = begin.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    noon = 24 * HOUR + (-HOUR if (zone, day, clock, when) in SKIPS else HOUR) // (2 if "Lord" in zone else 1)
    first, last = parse_window(f"{clock}..11:59:59", start, zone)
    assert first == at
    assert parse_window(f"12:00:00..{clock}", start, zone) == (0, at)
    local = (begin + timedelta(microseconds=last)).astimezone(ZoneInfo(zone))
    assert (local.hour, local.minute, local.second) == (11, 59, 59)
    assert last == noon - SECOND
