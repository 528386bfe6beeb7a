"""Warnings that differ in their numbers alone are said once."""

from __future__ import annotations

from fastlanes_sim.core.errors import Problem
from fastlanes_sim.experiments.alike_warnings import merged, merged_problems
from fastlanes_sim.reports.content.trials import warned


def _load(load: str, need: str) -> str:
    return f"offered load {load}: the traffic needs {need} slots, the workers have 5"


def test_loads_at_several_factors_are_one_range():
    found = {_load("1.10", "5.5"): ["× 2"], _load("12.80", "64.0"): ["× 9"], _load("3.20", "16.0"): ["× 4"]}
    assert merged(found) == {"offered load 1.10 to 12.80: the traffic needs 5.5 to 64.0 slots, the workers have 5": ["× 2", "× 9", "× 4"]}
    assert warned(found) == [
        "warning: offered load 1.10 to 12.80: the traffic needs 5.5 to 64.0 slots, the workers have 5 (× 2 and 2 more)"
    ]


def test_what_is_of_the_same_scenario_or_of_other_names_stays_apart():
    same = {_load("1.10", "5.5"): ["A"], _load("1.20", "6.0"): ["A"]}
    assert merged(same) == same
    other = {"workloop a:1 names the queue x": ["A"], "workloop a:2 names the queue x": ["B"], "never (L-1)": ["C"], "never (L-2)": ["D"]}
    assert merged(other) == other


def test_durations_are_ranges_of_durations():
    found = {"many take 3 m 20 s on average": ["A"], "many take 1 h on average": ["B"], "many take 45 s on average": ["C"]}
    assert list(merged(found)) == ["many take 45 s to 1 h on average"]


def test_a_sweep_says_of_which_points_a_problem_is():
    one, two = (Problem("a.yaml", 3, 1, "workers", _load(load, need), "add slots") for load, need in (("1.10", "5.5"), ("2.20", "11.0")))
    (said,) = merged_problems([("traffic=1", ()), ("traffic=2", (one,)), ("traffic=4", (two,))], among=3)
    assert said.message.endswith("5.5 to 11.0 slots, the workers have 5 (traffic=2 and traffic=4)")
    assert (said.line, said.hint) == (3, "add slots")
    assert merged_problems([("A", (one,)), ("B", (one,))], among=2) == [one]
