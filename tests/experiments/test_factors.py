"""PATH=VALUES, and the grid that several make."""

from __future__ import annotations

import pytest

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.experiments.factors import grid, parse_numbers, parse_vary


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("workers.0.replicas=1..4", (1, 2, 3, 4)),
        ("workers.0.replicas=10..50:20", (10, 30, 50)),
        ("workers.0.replicas=10..49:20", (10, 30)),
        ("traffic=0.1..0.3:0.1", (0.1, 0.2, 0.3)),
        ("traffic=0.5..2:0.5", (0.5, 1.0, 1.5, 2.0)),
        ("lightning.per_workflow_claim_limit=10,50", (10, 50)),
        ("workers.*.backoff=1/10, 0.5/5", ("1/10", "0.5/5")),
        ("workers.*.backoff=[1/10, 0.5/5]", ("1/10", "0.5/5")),
        ("layout=manual>*:5,fast_lane:1 manual>*:4", ("manual>*:5", "fast_lane:1 manual>*:4")),
        ("layout=*:5", ("*:5",)),
        ("lightning.broadcast_work_available=true,false", (True, False)),
        ("startup={constant: 1s}", ({"constant": "1s"},)),
    ],
)
def test_values_are_ranges_or_lists(text: str, values: tuple[object, ...]):
    assert parse_vary(text).values == values


@pytest.mark.parametrize(
    "text", ["seed", "seed=", "=1..2", "seed=4..1", "traffic=0.5..1.5", "seed=1..2:0", "seed=1..1000000", "seed=1,1", "seed=[]"]
)
def test_what_varies_nothing_or_too_much_is_refused_with_a_hint(text: str):
    with pytest.raises(FastlanesError, match="hint: "):
        parse_vary(text)


def test_the_last_dimension_runs_fastest():
    points = list(grid([parse_vary("a=1..2"), parse_vary("b=x,y")]))
    assert points == [{"a": 1, "b": "x"}, {"a": 1, "b": "y"}, {"a": 2, "b": "x"}, {"a": 2, "b": "y"}]


@pytest.mark.parametrize("texts", [[], ["a=1..2", "a=3..4"], ["a=1..1000", "b=1..1000"]])
def test_a_grid_that_makes_no_sense_is_refused(texts: list[str]):
    with pytest.raises(FastlanesError, match="hint: "):
        grid([parse_vary(text) for text in texts])


def test_a_layout_is_for_all_workers():
    nothing_else = {"workers.*.capacity": None, "workers.*.deploys.*.workloops": None}
    assert parse_vary("layout=*:5").overrides("*:5") == {"workers.*.workloops": "*:5"} | nothing_else


def test_a_range_of_digits_of_another_script_is_none():
    with pytest.raises(FastlanesError, match="these are no numbers"):
        parse_numbers("--slots", "１..３")
