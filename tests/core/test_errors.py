"""Every error prints its message, and its hint on a line of its own; processes can send errors to each other."""

from __future__ import annotations

import pickle

import pytest

from fastlanes_sim.core.errors import EngineError, FastlanesError, Problem, ScenarioError
from fastlanes_sim.exports.problems import ExportError


@pytest.mark.parametrize("kind", [FastlanesError, EngineError, ExportError])
def test_the_hint_comes_below_the_message(kind: type[FastlanesError]) -> None:
    error = kind("there is no such file", "check the path")
    assert str(error) == "there is no such file\n    hint: check the path"
    assert (error.message, error.hint) == ("there is no such file", "check the path")
    assert str(kind("it is broken")) == "it is broken"


@pytest.mark.parametrize("error", [FastlanesError("no", "yes"), EngineError("no"), ExportError("no", hint="yes")])
def test_an_error_survives_the_way_between_processes(error: FastlanesError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.hint) == (type(error), str(error), error.hint)


def test_a_scenarios_problems_survive_it_too() -> None:
    error = ScenarioError([Problem("a.yaml", 3, 5, "horizon", "it is missing", "add it", "x: 1"), Problem("a.yaml", 0, 0, "", "empty")])
    again = pickle.loads(pickle.dumps(error))
    assert again.problems == error.problems
    assert str(again) == str(error) == "a.yaml:3:5: it is missing\n    x: 1\n        ^\n    hint: add it\na.yaml: empty"
