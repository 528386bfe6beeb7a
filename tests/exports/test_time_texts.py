"""Times as people and programs write them. Those of PostgreSQL are read without pandas, to the same microsecond, with the same errors."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastlanes_sim.core.units import HOUR, SECOND
from fastlanes_sim.exports import time_texts
from fastlanes_sim.exports.columns import are_missing, is_missing
from fastlanes_sim.exports.epoch_texts import since_1970
from fastlanes_sim.exports.time_texts import instants

DIGITS = st.text("0123456789", max_size=7)
USUAL = st.builds(
    lambda when, t, fraction: f"{when:%Y-%m-%d}{t}{when:%H:%M:%S}" + (f".{fraction}" if fraction else ""),
    st.datetimes(),
    st.sampled_from(" T"),
    DIGITS,
)
ODD = st.sampled_from(
    [
        "",
        "null",
        " ",
        "2026-02-30 00:00:00",
        "2026-01-05 24:00:00",
        "2026-01-05 06:00:00.",
        "2026-01-05",
        "2026-01-05 06:00",
        "1600-01-05 06:00:00",
        "2026-01-05 06:00:00Z",
        "2026-01-05 06:00:00+02",
        "2026-01-05 06:00:00\0",
        "2026-01-05 06:00:00.1\0002",
        "nonsense",
        "2026-01-05 06:00:00é",
    ]
)


@given(st.lists(st.one_of(USUAL, USUAL, USUAL, ODD), min_size=1, max_size=6))
def test_both_ways_of_reading_are_one(texts: list[str]) -> None:
    here = instants(texts, "UTC")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time_texts, "_usual", lambda *_: None)
        there = instants(texts, "UTC")
    assert here.us.tolist() == there.us.tolist()
    assert here.invalid.tolist() == there.invalid.tolist()


def test_usual_times_are_read_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the test above would compare pandas with itself."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    found = instants(["2026-01-05 06:00:00.25", "", "2026-01-05T06:00:01"], "UTC")
    assert found.us.tolist() == [1_767_592_800_250_000, -1, 1_767_592_801_000_000]
    assert not found.invalid.any()


@given(st.lists(st.one_of(st.sampled_from(["", " ", "null", " NaN ", "nan" + 30 * " ", "\\N", "x"]), st.text(max_size=9))))
def test_missing_texts_are_found_all_at_once(texts: list[str]) -> None:
    assert are_missing(texts).tolist() == np.array([is_missing(text) for text in texts], np.bool_).tolist()


SIX = 1_767_592_800_000_000
"""2026-01-05 06:00 UTC."""


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("1767592800", SIX),
        ("1767592800.25", SIX + 250_000),
        ("1767592800000", SIX),
        ("1767592800000.0", SIX),
        ("1767592800123,456", SIX + 123_456),
        ("1767592800123456", SIX + 123_456),
        ("1767592800123456.0", SIX + 123_456),
        ("1767592800123456789", SIX + 123_457),
        ("1767592800249999872", SIX + 250_000),
        ("1767592800249.9998", SIX + 250_000),
        ("9999999999999999999", -1),
        ("1.7675928e+12", SIX),
        ("1.767592800123456e+18", SIX + 123_456),
        ("176759280", -1),
        ("17675928000", -1),
        ("1.5", -1),
    ],
)
def test_a_number_since_1970_is_of_the_unit_that_its_digits_tell(text: str, us: int) -> None:
    """Data frames write 1767592800000.0 where a value of the column is missing, and Arrow 1.7675928e+12."""
    alone, among_others = since_1970([text]), since_1970([text, "", "1767592800"])
    assert among_others.tolist() == [alone[0], -1, SIX]
    found = instants([text, ""], "Africa/Addis_Ababa")
    assert found.us.tolist() == [us, -1]
    assert found.invalid.tolist() == [us == -1, False]


STYLES = {
    "%Y-%m-%d %H:%M:%S.%f": None,
    "%Y-%m-%d %H:%M:%S,%f": None,
    "%Y-%m-%d %H:%M:%S.%f UTC": None,
    "%Y-%m-%d %H:%M:%S.%f +0000 UTC": None,
    "%Y-%m-%d %H:%M:%S.%f+00": None,
    "%Y/%m/%d %H:%M:%S.%f": None,
    "%m/%d/%Y %H:%M:%S.%f": False,
    "%d.%m.%Y %H:%M:%S,%f": True,
    "milliseconds": None,
}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("place", [0, 50, 99])
@pytest.mark.parametrize("odd", ["unknown", "2026-01-05T06:00:00Z"])
def test_an_odd_time_costs_its_own_row_wherever_it_stands(style: str, place: int, odd: str) -> None:
    times = [datetime(2026, 1, 5, 6, tzinfo=UTC) + timedelta(minutes=number, milliseconds=number) for number in range(100)]
    us = [SIX + number * (60 * SECOND + 1_000) for number in range(100)]
    texts = [str(round(time.timestamp() * 1_000)) if style == "milliseconds" else time.strftime(style) for time in times]
    texts[place], us[place] = odd, SIX if odd.endswith("Z") else -1
    found = instants(texts, "UTC", day_first=STYLES[style])
    assert found.us.tolist() == us
    assert np.flatnonzero(found.invalid).tolist() == ([] if odd.endswith("Z") else [place])


@pytest.mark.parametrize("text", ["2026-01-05 06:00:00 UTC", "2026-01-05 06:00:00 +0000 UTC", "2026-01-05 09:00:00.0 +0300 EAT"])
def test_a_zone_behind_a_time_is_told_wherever_others_are_local(text: str) -> None:
    """As BigQuery, Ruby and Go write it."""
    assert instants([text], "UTC").us.tolist() == instants([text], "Europe/Berlin").us.tolist() == [SIX]


@pytest.mark.parametrize(
    ("text", "time_format"),
    [("2026-01-05 06:00:00 UTC", "%Y-%m-%d %H:%M:%S %Z"), ("2026-01-05 07:00:00 +0100", "%Y-%m-%d %H:%M:%S %z")],
)
def test_a_format_with_a_zone_is_not_shifted_by_another(text: str, time_format: str) -> None:
    assert instants([text], "Europe/Berlin", time_format).us.tolist() == [SIX]


def test_words_are_no_times() -> None:
    """pandas would take them for the time of reading."""
    assert instants(["2026-01-05T06:00:00Z", "now", "today", "2026"], "UTC").invalid.tolist() == [False, True, True, True]


def test_a_time_that_the_clocks_leave_out_is_none() -> None:
    """Europe/Berlin goes from 2 to 3 o'clock on 29 March 2026."""
    found = instants(["2026-03-29 01:59:59", "2026-03-29 02:30:00", "2026-03-29 03:00:00", "2026-03-29 02:30:00Z"], "Europe/Berlin")
    assert found.skipped.tolist() == [False, True, False, False]
    assert not found.invalid.any()
    assert found.us[2] - found.us[0] == SECOND
    assert found.us[1] == -1


def test_a_time_that_the_clocks_show_twice_is_the_first_and_tells_when_the_second_is() -> None:
    """Europe/Berlin goes from 3 back to 2 o'clock on 25 October 2026."""
    found = instants(["2026-10-25 01:59:59", "2026-10-25 02:00:00", "2026-10-25 03:00:00"], "Europe/Berlin")
    assert found.again.tolist() == [0, HOUR, 0]
    assert found.us[1] - found.us[0] == SECOND
    assert found.us[2] - found.us[1] == 2 * HOUR
