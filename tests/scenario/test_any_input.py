"""Whatever a file holds, the answer is a scenario or a list of problems with places, never a crash."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from fastlanes_sim.core.errors import Problem, ScenarioError
from tests.support.scenario_files import VALID, load

TREE = YAML(typ="safe", pure=True).load(VALID)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 200_000),
    st.floats(-10, 10),
    st.sampled_from(
        ["", "5s", "1/min", "-1s", "*:5", "* * * * *", "0 0 0 0 0", "p99(all.wait) < 5s", "UTC", "measured", "a b", "cron", "webhook"]
    ),
    st.text(max_size=8),
    st.just([]),
    st.just({}),
    st.just({"constant": "5s"}),
    st.just({"x": {"y": [1]}}),
    st.just([[1], {"a": "b"}]),
)


def _paths(node: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(deeper for key, child in children for deeper in _paths(child, (*path, key)))]


PATHS = _paths(TREE)[1:]


def _problems(folder: Path, text: str) -> list[Problem]:
    try:
        load(folder, text)
    except ScenarioError as error:
        return error.problems or [Problem("no problem at all", -1, -1, "", "", "")]
    return []


def _attempt(folder: Path, text: str) -> None:
    problems = _problems(folder, text)
    assert all(problem.message and 0 <= problem.line <= text.count("\n") + 1 for problem in problems)
    places = [(problem.line, problem.column) for problem in problems]
    assert places == sorted(places)


@given(st.lists(st.tuples(st.sampled_from(PATHS), VALUES), min_size=1, max_size=3))
def test_values_of_any_kind_anywhere(tmp_path_factory: Any, edits: list[tuple[tuple[str | int, ...], Any]]) -> None:
    tree = copy.deepcopy(TREE)
    for path, value in edits:
        node = tree
        try:
            for part in path[:-1]:
                node = node[part]
            node[path[-1]] = copy.deepcopy(value)
        except (KeyError, IndexError, TypeError):
            continue
    _attempt(tmp_path_factory.getbasetemp(), json.dumps(tree, indent=1))


def test_surrogate_pairs_are_characters_and_halves_are_problems(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, VALID.replace("clinic:", r'"\ud83c": ', 1))
    assert "half a surrogate pair" in problem.message
    assert _problems(tmp_path, VALID.replace("clinic:", r'"\ud83c\udfe5":', 1)) == []


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=40))
def test_any_text(tmp_path_factory: Any, text: str) -> None:
    _attempt(tmp_path_factory.getbasetemp(), text)


@given(st.integers(0, len(VALID) - 1), st.integers(0, 30), st.text(alphabet="&*!{}[]:-#|>?%@`'\"\\ \t\nab1", max_size=4))
def test_a_valid_file_with_a_slip_of_the_hand(tmp_path_factory: Any, place: int, length: int, text: str) -> None:
    _attempt(tmp_path_factory.getbasetemp(), VALID[:place] + text + VALID[place + length :])
