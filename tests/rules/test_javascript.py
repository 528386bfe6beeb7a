"""Where JavaScript reads and writes differently from Python."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastlanes_sim.rules.javascript import UNDEFINED, number, number_text, parse_float, parse_int, split_white_space, text, trim, truthy


@pytest.mark.parametrize("space", ["\u00a0", "\ufeff", "\u2028", "\u3000", "\t", "\v", "\n"])
def test_white_space_separates_and_is_trimmed(space: str) -> None:
    assert split_white_space(f"a{space}{space}b") == ["a", "b"]
    assert trim(f"{space}a{space}") == "a"


@pytest.mark.parametrize("other", ["\u200b", "\u0085", "\u2060", "\x1c"])
def test_what_looks_like_white_space_is_none(other: str) -> None:
    assert split_white_space(f"a{other}b") == [f"a{other}b"]
    assert trim(f"a{other}") == f"a{other}"


@pytest.mark.parametrize(
    ("read", "value"),
    [
        ("6abc", 6),
        ("  -2", -2),
        ("+5", 5),
        ("1e3", 1),
        ("1.9", 1),
        ("0x1f", 31),
        ("007", 7),
        ("9007199254740993", 9007199254740992),
        ("9" * 400, math.inf),
    ],
)
def test_parse_int_reads_as_far_as_it_can(read: str, value: float) -> None:
    assert parse_int(read) == value


@pytest.mark.parametrize("read", ["", "abc", "-", "٥", "Infinity", "0x", "0xg"])
def test_parse_int_without_digits_is_nan(read: str) -> None:
    assert math.isnan(parse_int(read))


@pytest.mark.parametrize(
    ("read", "value"), [("0.5s", 0.5), (" .5", 0.5), ("1.", 1), ("1e", 1), ("1e2x", 100), ("-Infinity!", -math.inf), ("0x10", 0)]
)
def test_parse_float_reads_as_far_as_it_can(read: str, value: float) -> None:
    assert parse_float(read) == value


@pytest.mark.parametrize(
    ("read", "value"),
    [("", 0), ("  ", 0), ("5.", 5), (".5", 0.5), ("1e1", 10), ("0x1F", 31), ("0o7", 7), ("0b11", 3), ("-Infinity", -math.inf)],
)
def test_number_reads_the_whole_text(read: str, value: float) -> None:
    assert number(read) == value


@pytest.mark.parametrize("read", ["5;", "1_000", "-0x1", "infinity", "nan", "٥", "1e", "."])
def test_number_of_anything_else_is_nan(read: str) -> None:
    assert math.isnan(number(read))


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (5, "5"),
        (5.0, "5"),
        (-0.0, "0"),
        (1.5, "1.5"),
        (123456789012345678, "123456789012345680"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.25e-6, "0.00000125"),
        (1e-7, "1e-7"),
        (-1.5e300, "-1.5e+300"),
        (math.nan, "NaN"),
        (-math.inf, "-Infinity"),
    ],
)
def test_a_number_has_one_spelling(value: float, spelled: str) -> None:
    assert number_text(value) == spelled


@given(st.floats(allow_nan=False))
def test_the_spelling_reads_back(value: float) -> None:
    assert number(number_text(value)) == value


@pytest.mark.parametrize(
    ("value", "spelled"), [(None, "null"), (UNDEFINED, "undefined"), (True, "true"), ([3, UNDEFINED, "a"], "3,,a"), ("", "")]
)
def test_other_values_have_a_spelling_too(value: object, spelled: str) -> None:
    assert text(value) == spelled


def test_nan_is_false_and_an_empty_list_is_true() -> None:
    assert not truthy(math.nan)
    assert not truthy(UNDEFINED)
    assert not truthy("")
    assert truthy([])
    assert truthy(-1)
