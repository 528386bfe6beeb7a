"""The layout's grammar (W-17) and the capacity it amounts to (W-18)."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastlanes_sim.rules.javascript import UNDEFINED
from fastlanes_sim.rules.layout_parser import ParsedWorkloop, WorkloopError, default_layout, effective_capacity, parse_workloops


def refusal(layout: str) -> str:
    with pytest.raises(WorkloopError) as refused:
        parse_workloops(layout)
    return str(refused.value)


def test_a_layout_is_one_workloop_per_token_in_order() -> None:
    assert parse_workloops(" fast_lane:1\tmanual>*:4\n").workloops == (
        ParsedWorkloop("fast_lane:1", ("fast_lane",), 1),
        ParsedWorkloop("manual>*:4", ("manual", "*"), 4),
    )


@pytest.mark.parametrize("layout", ["", " \t", "\u3000\ufeff"])
def test_an_empty_layout_is_refused(layout: str) -> None:
    assert refusal(layout) == "Workloop configuration cannot be empty"


@pytest.mark.parametrize("count", ["+5", "05", "5.0", "5.", "1e1", "0x5", "1.5", "", "-0", "Infinity", "NaN", "٥", "1" + "0" * 21])
def test_a_count_must_be_spelled_canonically(count: str) -> None:
    assert refusal(f"*:{count}") == f'Invalid count "{count}" in token "*:{count}": must be a positive integer'


@pytest.mark.parametrize("count", ["0", "-1", "-12"])
def test_a_count_must_be_one_at_least(count: str) -> None:
    assert refusal(f"*:{count}") == f'Invalid count "{count}" in token "*:{count}": must be >= 1'


def test_the_last_colon_separates_the_count() -> None:
    assert refusal("a") == 'Invalid token "a": missing :<count> suffix'
    assert refusal("a:1:2") == 'Invalid queue name "a:1" in token "a:1:2": must match /^[a-zA-Z0-9_]+$/ or be "*"'


@pytest.mark.parametrize("token", [":1", "a>:1", ">a:1", "a>>b:1"])
def test_no_name_may_be_empty(token: str) -> None:
    assert refusal(token) == f'Empty queue name in token "{token}"'


@pytest.mark.parametrize("name", ["my-queue", "a.b", "**", "ü", "ａ", "a\u200b"])
def test_names_are_plain(name: str) -> None:
    assert refusal(f"{name}>*:1") == f'Invalid queue name "{name}" in token "{name}>*:1": must match /^[a-zA-Z0-9_]+$/ or be "*"'


@pytest.mark.parametrize("token", ["*>a:1", "*>*:1", "a>*>b:1"])
def test_the_wildcard_comes_last(token: str) -> None:
    assert refusal(token) == f'Wildcard "*" must be the last element in token "{token}"'


def test_the_first_error_wins() -> None:
    assert "b" in refusal("b a:0")
    assert "a:0" in refusal("a:0 b")
    assert "count" in refusal("*>a-b:x")


def test_doubled_names_and_identical_tokens_only_warn() -> None:
    assert parse_workloops("a>b>a:2").warnings == ('Warning: duplicate queue name "a" in token "a>b>a:2"',)
    assert parse_workloops("*:1 a:1 *:2 *:3").warnings == (
        "Warning: workloops at positions 0 and 2 have identical queue configurations: *:1 and *:2",
        "Warning: workloops at positions 0 and 3 have identical queue configurations: *:1 and *:3",
    )
    assert parse_workloops("a>b:1 b>a:1").warnings == ()


def test_a_refusal_keeps_the_warnings_given_before_it() -> None:
    with pytest.raises(WorkloopError) as refused:
        parse_workloops("a>a:1 b")
    assert refused.value.warnings == ('Warning: duplicate queue name "a" in token "a>a:1"',)


@pytest.mark.parametrize(
    ("layout", "capacity"),
    [("fast_lane:1 manual>*:4", 5), ("", 0), ("a: 5", 5), ("*:5% b", 5), ("*:-2 *:0x10", 14), (f"*:{'9' * 400}", math.inf)],
)
def test_refused_layouts_have_a_capacity_too(layout: str, capacity: float) -> None:
    assert effective_capacity(layout) == capacity


def test_a_capacity_alone_makes_the_default_layout() -> None:
    assert default_layout() == default_layout(UNDEFINED) == "manual>*:5"
    assert default_layout(8) == "manual>*:8"
    assert default_layout(1.5) == "manual>*:1.5"
    assert default_layout(math.nan) == "manual>*:NaN"


names = st.lists(st.from_regex(r"[a-zA-Z0-9_]{1,8}", fullmatch=True), min_size=1, max_size=4)
tokens = st.tuples(names, st.booleans(), st.integers(1, 1000)).map(lambda t: (">".join([*t[0], *(["*"] if t[1] else [])]), t[2]))


@given(st.lists(tokens, min_size=1, max_size=5))
def test_what_is_well_formed_is_taken_as_written(layout: list[tuple[str, int]]) -> None:
    text = " ".join(f"{queues}:{count}" for queues, count in layout)
    assert [(">".join(each.queues), each.capacity) for each in parse_workloops(text).workloops] == layout
    assert effective_capacity(text) == sum(count for _, count in layout)


@given(st.text(st.sampled_from("ab*>:012- \u00a0"), max_size=12))
def test_whatever_is_accepted_has_the_capacity_that_the_worker_states(layout: str) -> None:
    with contextlib.suppress(WorkloopError):
        parsed = parse_workloops(layout)
        assert effective_capacity(layout) == sum(each.capacity for each in parsed.workloops)
