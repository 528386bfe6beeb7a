"""Values by dotted path, as `--set` takes them, written into a scenario's text: what an answer recommends becomes what is deployed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastlanes_sim.scenario.overrides import ANY, key_in, split_path
from fastlanes_sim.scenario.yaml.edits import with_value
from fastlanes_sim.scenario.yaml.places import Path
from fastlanes_sim.scenario.yaml.tree import read_yaml


def with_overrides(text: str, overrides: Mapping[str, object]) -> str:
    """The text with all of them; None takes a value away, where there is one.

    Raises:
        FastlanesError: the text has mistakes, or there is no such place, or it cannot be edited.
    """
    ordered = sorted(overrides.items(), key=lambda one: one[1] is not None)  # a capacity goes before a layout comes
    for dotted, value in ordered:
        root, flaws = read_yaml(text)
        tree = None if root is None or flaws else root.plain()
        for path in _places(tree, split_path(dotted), value is None):
            text = with_value(text, path, value)
    return text


def _places(tree: Any, path: Path, only_there: bool, done: Path = ()) -> Iterator[Path]:
    """With every entry in the place of a `*`; what is to be taken away must be there."""
    if not path:
        yield done
        return
    part, rest = key_in(tree, path[0]), path[1:]
    if part == ANY and isinstance(tree, list | dict) and ANY not in tree:
        entries = range(len(tree)) if isinstance(tree, list) else list(tree)
        for entry in entries:
            yield from _places(tree[entry], rest, only_there, (*done, entry))
    elif _has(tree, part):
        yield from _places(tree[part], rest, only_there, (*done, part))
    elif not only_there:
        yield (*done, part, *rest)


def _has(tree: Any, part: str | int) -> bool:
    if isinstance(tree, list):
        return isinstance(part, int) and part < len(tree)
    return isinstance(tree, dict) and part in tree
