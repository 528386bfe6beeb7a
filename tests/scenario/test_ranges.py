"""How sure a value is: `median: 3s ± 20%` is 3s to the simulation, and a range to `sensitivity`."""

from __future__ import annotations

import pytest

from fastlanes_sim.core.errors import ScenarioError
from fastlanes_sim.scenario.load import load_scenario, plain_tree
from fastlanes_sim.scenario.ranges import parse_share, quantity, take_ranges
from fastlanes_sim.scenario.yaml.source import Source

TEXT = """\
horizon: 1h
projects:
  p:
    workflows:
      w:
        copies: 40 +- 50%
        triggers:
          - type: webhook
            arrivals: {poisson: 2/min ± 30%}
            service: {lognormal: {median: 3s ± 20%, p95: 1m30s+/-7.5%}}
workers: [{workloops: "*:5"}]
"""
WORKFLOW = ("projects", "p", "workflows", "w")
TRIGGER = (*WORKFLOW, "triggers", 0)


def loaded(text: str, **overrides: object):
    return load_scenario(Source.of_text(text, "x.yaml"), overrides)


def test_the_simulation_takes_the_value_and_the_range_is_kept():
    found = loaded(TEXT)
    assert dict(found.ranges) == {
        (*WORKFLOW, "copies"): 0.5,
        (*TRIGGER, "arrivals", "poisson"): 0.3,
        (*TRIGGER, "service", "lognormal", "median"): 0.2,
        (*TRIGGER, "service", "lognormal", "p95"): 0.075,
    }
    plain = TEXT
    for written in (" +- 50%", " ± 30%", " ± 20%", "+/-7.5%"):
        plain = plain.replace(written, "")
    assert loaded(plain).hash == found.hash
    assert plain_tree(found) == plain_tree(loaded(plain))
    assert loaded(plain).ranges == {}


def test_what_is_laid_over_it_may_have_a_range_and_takes_the_written_one_away():
    path = "projects.p.workflows.w.copies"
    assert loaded(TEXT, **{path: 3}).ranges.keys() == loaded(TEXT).ranges.keys() - {(*WORKFLOW, "copies")}
    assert loaded(TEXT, **{path: "3 ± 10%"}).ranges[*WORKFLOW, "copies"] == 0.1


@pytest.mark.parametrize("share", ["20", "0%", "100%", "1s", "", "x%"])
def test_a_range_that_says_nothing_is_an_error_at_its_place(share: str):
    with pytest.raises(ScenarioError) as found:
        loaded(TEXT.replace("± 20%", f"± {share}"))
    (problem,) = found.value.problems
    assert (problem.line, problem.path) == (10, "projects.p.workflows.w.triggers.0.service.lognormal.median")
    assert "± 20%" in problem.hint


def test_other_texts_keep_their_signs():
    tree = {"name": "a ± b", "notes": ["c +- 5%", "-3 ± 5%", "3s"], "slos": ["p99(wait) < 3s ± 5%"]}
    before = {key: list(value) if isinstance(value, list) else value for key, value in tree.items()}
    assert take_ranges(tree) == ({}, [])
    assert tree == before


def test_quantities_and_shares():
    assert [quantity(text) for text in ("3", "3.5", "3s", "2/min", "s", "-3", "")] == [3, 3.5, "3s", "2/min", None, None, None]
    assert [quantity(text) for text in ("1e2", "1e999", "9" * 30, "1_000", "１", "nan")] == [100.0, None, None, None, None, None]
    assert [parse_share(text) for text in ("20%", " 7.5 % ", "100%", "0%", "0.2")] == [0.2, 0.075, None, None, None]
