"""Times that are written as PostgreSQL does are read without pandas, to the same microsecond and with the same errors."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastlanes_sim.exports import time_texts
from fastlanes_sim.exports.columns import are_missing, is_missing
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
    here, wrong = instants(texts, "UTC")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time_texts, "_usual", lambda *_: None)
        there, wrong_there = instants(texts, "UTC")
    assert here.tolist() == there.tolist()
    assert wrong.tolist() == wrong_there.tolist()


def test_usual_times_are_read_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the test above would compare pandas with itself."""
    monkeypatch.setitem(sys.modules, "pandas", None)
    found, wrong = instants(["2026-01-05 06:00:00.25", "", "2026-01-05T06:00:01"], "UTC")
    assert found.tolist() == [1_767_592_800_250_000, -1, 1_767_592_801_000_000]
    assert not wrong.any()


@given(st.lists(st.one_of(st.sampled_from(["", " ", "null", " NaN ", "nan" + 30 * " ", "\\N", "x"]), st.text(max_size=9))))
def test_missing_texts_are_found_all_at_once(texts: list[str]) -> None:
    assert are_missing(texts).tolist() == np.array([is_missing(text) for text in texts], np.bool_).tolist()
