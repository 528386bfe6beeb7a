"""One value of a scenario's text is changed, and nothing else."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any

import pytest

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.scenario.yaml.edits import with_value
from fastlanes_sim.scenario.yaml.tree import read_yaml

SCENARIOS = sorted((Path(__file__).parents[2] / "scenarios").glob("*.yaml"))
TEXT = """\
# Why?
horizon: 4h   # a morning

projects:
  clinic:
    # sync
    workflows: {register: {triggers: [{type: manual, arrivals: {poisson: 2/min}, service: 2s}]}}

workers:
  - workloops: 'fast_lane:1 manual>*:4'  # the last one
    replicas: 2
  - capacity: 5

slos:
  - lost == 0
"""


def changes(path: tuple[str | int, ...], value: Any, text: str = TEXT) -> list[str]:
    """The lines that an edit takes away and adds."""
    lines = difflib.ndiff(text.splitlines(), with_value(text, path, value).splitlines())
    return [line for line in lines if line[0] in "+-"]


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("horizon",), "6h", ["- horizon: 4h   # a morning", "+ horizon: 6h   # a morning"]),
        (("traffic",), 1.5, ["+ traffic: 1.5"]),
        (("lightning", "nodes"), 2, ["+ lightning: {nodes: 2}"]),
        (("projects", "clinic", "concurrency"), 3, ["+     concurrency: 3"]),
        (("workers", 1, "replicas"), 4, ["+     replicas: 4"]),
        (("workers", 0, "replicas"), None, ["-     replicas: 2"]),
        (("workers", 2), {"workloops": "*:5"}, ['+   - {workloops: "*:5"}']),
        (("slos", 1), "unstarted == 0", ['+   - "unstarted == 0"']),
        (("incidents", "lightning_down", 0), {"from": "10m", "to": "12m"}, ["+ incidents: {lightning_down: [{from: 10m, to: 12m}]}"]),
        (("absent",), None, []),
    ],
)
def test_an_edit_changes_its_own_line(path: tuple[str | int, ...], value: Any, expected: list[str]):
    assert changes(path, value) == expected


def test_quotes_stay_as_they_are():
    assert with_value(TEXT, ("workers", 0, "workloops"), "manual>*:5") == TEXT.replace("fast_lane:1 manual>*:4", "manual>*:5")


def test_a_value_within_brackets_is_changed_in_its_place():
    path = ("projects", "clinic", "workflows", "register", "triggers", 0)
    assert with_value(TEXT, (*path, "arrivals", "poisson"), "3/min") == TEXT.replace("2/min", "3/min")
    assert with_value(TEXT, (*path, "service"), None) == TEXT.replace(", service: 2s", "")
    assert with_value(TEXT, (*path, "failures"), 0.5) == TEXT.replace("service: 2s", "service: 2s, failures: 0.5")


def test_the_last_entry_of_a_mapping_leaves_an_empty_one():
    assert with_value("a:\n  b: 1  # why\nc: 2\n", ("a", "b"), None) == "a: {}  # why\nc: 2\n"


@pytest.mark.parametrize("file", SCENARIOS, ids=lambda path: path.stem)
def test_any_value_of_any_scenario_can_be_changed_and_taken_away(file: Path):
    """`with_value` reads its own result; here comments and the number of untouched lines are counted."""
    text = file.read_text()
    root, _ = read_yaml(text)
    assert root is not None
    for path in _leaves(root.plain()):
        for value in ("manual>*: x # no", 7, None):
            edited = with_value(text, path, value)
            assert len(set(text.splitlines()) - set(edited.splitlines())) <= 2, (path, value)


def _leaves(tree: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if isinstance(tree, dict):
        return [leaf for key, value in tree.items() for leaf in _leaves(value, (*path, key))]
    if isinstance(tree, list):
        return [leaf for place, value in enumerate(tree) for leaf in _leaves(value, (*path, place))]
    return [path]


@pytest.mark.parametrize(
    ("text", "path", "message"),
    [
        ("a: [\n", ("a",), "the text has mistakes"),
        ("a: 1\n", ("b", 0, "c"), "there is no"),
        ("a: 1\n", ("a", "b"), "there is no"),
        ("a: &x {b: 1}\nc: *x\n", ("c", "b"), "cannot be changed"),
        ("a: &x 1\nc: *x\n", ("a",), "an anchor"),
    ],
)
def test_what_cannot_be_edited_is_refused_in_words(text: str, path: tuple[str | int, ...], message: str):
    with pytest.raises(FastlanesError, match=message) as caught:
        with_value(text, path, 5)
    assert caught.value.hint
