"""Values set from outside the file, as `workers.0.workloops`: laid over the tree before it is validated."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from fastlanes_sim.core.quoting import show
from fastlanes_sim.scenario.yaml.places import Path
from fastlanes_sim.scenario.yaml.tree import read_yaml

ANY = "*"
LAYOUT, CAPACITY, LATER_LAYOUT = "workers.*.workloops", "workers.*.capacity", "workers.*.deploys.*.workloops"


def layout_override(layout: object) -> dict[str, object]:
    """A layout for all workers, whatever the file gives them, and whatever a deploy would."""
    return {LAYOUT: layout, CAPACITY: None, LATER_LAYOUT: None}


def parse_override(text: str) -> tuple[str, object]:
    """`lightning.ruleset=main` as the path and its value, read as YAML; what is no YAML, such as `*:5`, is a plain text.

    Raises:
        ValueError: there is no `=`, or nothing before it.
    """
    path, sign, value = text.partition("=")
    if not sign or not path.strip():
        raise ValueError(f'{text!r} sets nothing: write PATH=VALUE, such as workers.0.workloops="fast_lane:1 manual>*:4"')
    node, flaws = read_yaml(value)
    return path.strip(), value if flaws else (None if node is None else node.plain())


MOST_PARTS = 50
"""Of a path. A scenario is not half as deep."""


def split_path(dotted: str) -> Path:
    return tuple(int(part) if part.isascii() and part.isdigit() and len(part) < 10 else part for part in dotted.split("."))


def value_at(tree: Any, path: Path) -> Any:
    """What a plain tree has at a place; None where it has nothing."""
    for part in path:
        if isinstance(tree, list) and isinstance(part, int) and part < len(tree):
            tree = tree[part]
        elif isinstance(tree, dict):
            tree = tree.get(part, tree.get(str(part)))
        else:
            return None
    return tree


def apply_override(tree: Any, dotted: str, value: object) -> tuple[str, str] | None:
    """Set one value in the tree, adding mappings on the way; where that is impossible, return what is wrong and a hint.

    A `*` on the way is every entry of a list or mapping, as in `workers.*.backoff`. Of entries that are not there, nothing need be taken
    away: with the value None such a path changes nothing.
    """
    path = split_path(dotted)
    if len(path) > MOST_PARTS:
        return f"a path of {len(path):,} parts", f"no value of a scenario lies deeper than {MOST_PARTS} parts"
    return _apply(tree, path, 0, value)


def _apply(node: Any, path: Path, position: int, value: object) -> tuple[str, str] | None:
    part, last = path[position], position == len(path) - 1
    where = ".".join(map(str, path[:position])) or "the scenario"
    if _is_any(part, node):
        entries = list(range(len(node)) if isinstance(node, list) else node)
        if not entries and value is None:
            return None
        if not entries:
            return f"{show(where)} has no entries", "write one into the file first"
        wrong = (_apply(node, (*path[:position], entry, *path[position + 1 :]), position, value) for entry in entries)
        return next((one for one in wrong if one is not None), None)
    if isinstance(node, list):
        if not isinstance(part, int) or part >= len(node):
            return (
                f"{show(where)} has no entry {show(part)}",
                f"they are counted from 0: the last is {len(node) - 1}" if node else "it is empty",
            )
        if last:
            node[part] = copy.deepcopy(value)
            return None
        return _apply(node[part], path, position + 1, value)
    if isinstance(node, dict):
        key = part if part in node or isinstance(part, str) else str(part)
        if last:
            node[key] = copy.deepcopy(value)
            return None
        if node.get(key) is None and value is None and path[position + 1] == ANY:
            return None
        if node.get(key) is None:
            node[key] = {}
        return _apply(node[key], path, position + 1, value)
    return f"{show(where)} is a plain value: nothing can be set in it", "check the path"


def _is_any(part: str | int, node: Any) -> bool:
    """Whether a part of a path means every entry: a `*` that is not itself a name."""
    return part == ANY and (isinstance(node, list) or (isinstance(node, dict) and ANY not in node))


def overriding(path: Path, overrides: Mapping[str, object]) -> str | None:
    """The override that a place of the tree comes from, if any: the last that covers it."""
    for dotted in reversed(list(overrides)):
        wanted = split_path(dotted)
        if len(wanted) <= len(path) and all(part in (ANY, here) for part, here in zip(wanted, path, strict=False)):
            return dotted
    return None
