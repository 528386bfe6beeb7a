"""What belongs to the suite, and how layouts are filled in."""

from __future__ import annotations

import pytest

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.suite.index import load_suite
from fastlanes_sim.suite.layout_templates import fill

SUITE = load_suite()


@pytest.mark.parametrize("name", SUITE.workloads)
def test_a_workload_asks_one_question_and_says_where_it_comes_from(name: str):
    workload = SUITE.workloads[name]
    head = workload.path.read_text().split("\nname: ")[0]
    assert workload.question.endswith("?")
    assert "# Reason: " in head or "# Source: " in head


@pytest.mark.parametrize("name", SUITE.workloads)
def test_every_layout_fits_every_workload_and_quick_is_shorter(name: str):
    workload = SUITE.workloads[name]
    layouts = {layout: workload.load(template, {}) for layout, template in SUITE.layouts.items()}
    assert {one.scenario.name for one in layouts.values()} == {name}
    assert len({one.hash for one in layouts.values()}) >= len(SUITE.layouts) - 1, "for few slots pin-half is pin-2"
    assert workload.load("*:rest", {}, quick=True).scenario.horizon < layouts["default"].scenario.horizon


def test_seeds_are_their_own():
    seeds = [workload.load("*:rest", {}).scenario.seed for workload in SUITE.workloads.values()]
    assert len(set(seeds)) == len(seeds)


@pytest.mark.parametrize(
    ("template", "slots", "filled"),
    [
        ("manual>*:rest", 5, "manual>*:5"),
        ("*:N", 7, "*:7"),
        ("fast_lane:1 manual>*:rest", 5, "fast_lane:1 manual>*:4"),
        ("fast_lane:N/2 manual>*:rest", 5, "fast_lane:2 manual>*:3"),
        ("fast_lane:N/9 manual>*:rest", 5, "fast_lane:1 manual>*:4"),
        ("fast_lane>manual>*:rest manual:2", 5, "fast_lane>manual>*:3 manual:2"),
        ("fast_lane:1 manual>*:4", 5, "fast_lane:1 manual>*:4"),
    ],
)
def test_a_layout_is_filled_in(template: str, slots: int, filled: str):
    assert fill(template, slots) == filled


@pytest.mark.parametrize(
    ("template", "slots", "said"),
    [
        ("fast_lane:1 manual>*:4", 10, "has 5 slots, the workload's workers have 10"),
        ("fast_lane:5 *:rest", 5, "leaves nothing of 5 slots"),
        ("fast_lane:rest *:rest", 5, "says `rest` twice"),
        ("fast_lane:1 *>manual:rest", 5, "must be the last"),
        ("fast_lane:x *:rest", 5, "x"),
        ("fast-lane:1 *:rest", 5, "fast-lane"),
    ],
)
def test_a_layout_that_does_not_fit_is_refused_with_its_cure(template: str, slots: int, said: str):
    with pytest.raises(FastlanesError, match=said) as refused:
        fill(template, slots)
    assert "hint: " in str(refused.value)


def test_workloads_and_layouts_are_chosen_in_the_suites_order_and_the_reference_is_always_there():
    assert list(SUITE.chosen_workloads(["growth_10x", "steady_light"])) == ["steady_light", "growth_10x"]
    assert SUITE.chosen_layouts(["pin-1"]) == {"default": "manual>*:rest", "pin-1": "fast_lane:1 manual>*:rest"}
    assert list(SUITE.chosen_layouts(["fast_lane:1 manual>*:rest"])) == ["default", "pin-1"]
    assert SUITE.chosen_layouts(["fast_lane:3 *:rest"])["fast_lane:3 *:rest"] == "fast_lane:3 *:rest"
    assert list(SUITE.chosen_layouts(["default"])) == ["default"]


@pytest.mark.parametrize(
    ("choose", "said"),
    [
        (lambda: SUITE.chosen_workloads(["stead_light"]), "did you mean `steady_light`"),
        (lambda: SUITE.chosen_layouts(["pin1"]), "did you mean `pin-1`"),
        (lambda: load_suite("suite-0"), "suite-2"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(choose, said: str):
    with pytest.raises(FastlanesError, match=said):
        choose()
