"""Durations as people read them."""

from __future__ import annotations

import pytest

from fastlanes_sim.core.units import DAY, HOUR, MINUTE, SECOND, format_duration, parse_duration, spell_exact_duration


@pytest.mark.parametrize(
    ("us", "said"),
    [
        (0, "0 s"),
        (99 * SECOND, "99 s"),
        (2 * MINUTE, "2 m"),
        (2 * MINUTE + 5 * SECOND, "2 m 05 s"),
        (HOUR - SECOND // 4, "1 h"),
        (HOUR + 2 * MINUTE, "1 h 02 m"),
        (2 * HOUR - SECOND, "2 h"),
        (23 * HOUR + 59 * MINUTE, "23 h 59 m"),
        (DAY, "1 d"),
        (30 * HOUR, "1 d 6 h"),
        (25 * HOUR + 5 * MINUTE, "1 d 1 h 05 m"),
        (7 * DAY, "7 d"),
        (2 * DAY + 6 * HOUR, "2 d 6 h"),
        (-90 * MINUTE, "-1 h 30 m"),
        (400 * DAY, "400 d"),
    ],
)
def test_a_duration_has_no_parts_that_are_zero(us: int, said: str):
    assert format_duration(us) == said


def test_what_is_said_is_near_what_was_meant_and_never_falls():
    before = 0
    for us in range(MINUTE, 120 * DAY, 3 * HOUR + 7 * MINUTE + 31 * SECOND):
        said = parse_duration(format_duration(us))
        assert said >= before, format_duration(us)
        assert abs(said - us) <= 0.0105 * us, format_duration(us)
        before = said


@pytest.mark.parametrize(
    ("us", "spelled"),
    [
        (0, "0s"),
        (20 * MINUTE, "20m"),
        (14_390 * MINUTE, "14390m"),
        (1_500_000, "1500ms"),
        (99_999, "99999us"),
        (61_625_947_592, "17h7m5.947592s"),
        (DAY + 1, "1d0.000001s"),
        (100_001_000, "1m40.001s"),
    ],
)
def test_an_exact_duration_is_spelled_so_that_people_can_read_it_and_is_read_back(us: int, spelled: str):
    assert spell_exact_duration(us) == spelled
    assert parse_duration(spelled) == us
