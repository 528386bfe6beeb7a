"""Durations, sizes, numbers and shares as people read them."""

from __future__ import annotations

import pytest

from fastlanes_sim.core.units import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    format_duration,
    format_number,
    format_share,
    format_size,
    parse_duration,
    parse_rate,
    parse_size,
    spell_exact_duration,
)


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


@pytest.mark.parametrize(
    ("us", "said"),
    [
        (0.3, "0 s"),
        (-0.3, "0 s"),
        (0.7, "1 µs"),
        (999.4, "999 µs"),
        (999.7, "1 ms"),
        (999_499, "999 ms"),
        (999_500, "1 s"),
        (999_999, "1 s"),
        (-999_700, "-1 s"),
        (99_949_999, "99.9 s"),
        (99_950_000, "1 m 40 s"),
    ],
)
def test_what_rounds_up_to_the_next_unit_has_that_and_what_rounds_to_nothing_is_nothing(us: float, said: str):
    assert format_duration(us) == said


@pytest.mark.parametrize(
    ("size", "said"),
    [(0, "0 B"), (999, "999 B"), (999_499, "999 kB"), (999.7e3, "1 MB"), (999.7e6, "1 GB"), (1.5e9, "1.5 GB"), (2e12, "2,000 GB")],
)
def test_so_it_is_with_sizes(size: float, said: str):
    assert format_size(size) == said


@pytest.mark.parametrize(
    ("value", "digits", "said"),
    [
        (0.012345, 3, "0.0123"),
        (-0.0, 3, "0"),
        (12.345, 3, "12.3"),
        (999.4, 3, "999"),
        (999.6, 3, "1,000"),
        (-999.6, 3, "-1,000"),
        (1_234_567, 3, "1,234,567"),
        (99.4, 2, "99"),
        (228, 2, "228"),
        (1234.5, 4, "1,234"),
    ],
)
def test_a_number_has_no_exponent_where_it_is_large(value: float, digits: int, said: str):
    assert format_number(value, digits) == said


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0, "0 %"),
        (0.00001, "0.001 %"),
        (0.1234, "12.3 %"),
        (0.9994, "99.9 %"),
        (0.9997, "99.97 %"),
        (0.99987, "99.987 %"),
        (1 - 1e-7, "99.99999 %"),
        (1, "100 %"),
        (1 - 1e-16, "100 %"),
        (1.0003, "100.03 %"),
        (-0.25, "-25 %"),
        (20, "2,000 %"),
    ],
)
def test_only_the_whole_is_100_percent(share: float, said: str):
    assert format_share(share) == said


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


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("1h30m", 90 * MINUTE),
        ("1 h 30 m", 90 * MINUTE),
        ("2 hours", 2 * HOUR),
        ("5 minutes", 5 * MINUTE),
        ("3 secs", 3 * SECOND),
        ("1 day 12 hours", 36 * HOUR),
        ("1.5d", 36 * HOUR),
    ],
)
def test_a_duration_is_read_with_short_and_with_long_units(text: str, us: int):
    assert parse_duration(text) == us


@pytest.mark.parametrize("text", ["1h1h", "1s1sec", "30m1h", "1m1h1m"])
def test_each_unit_of_a_duration_stands_once_and_the_larger_ones_first(text: str):
    with pytest.raises(ValueError, match="write each unit once, the larger ones first, such as 1h30m"):
        parse_duration(text)


@pytest.mark.parametrize("digits", ["１", "١", "1_0", "9" * 5_000])
def test_digits_are_those_that_everybody_reads_alike_and_not_too_many(digits: str):
    for parse, text in (
        (parse_duration, f"{digits}h"),
        (parse_duration, f"{digits}.5h"),
        (parse_rate, f"{digits}/h"),
        (parse_size, f"{digits}MB"),
    ):
        with pytest.raises(ValueError, match=r"is not a .*: write"):
            parse(text)
