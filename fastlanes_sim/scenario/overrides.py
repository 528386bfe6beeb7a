"""Values set from outside the file, as `workers.0.workloops`: laid over the tree before it is validated."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from fastlanes_sim.scenario.complaints import Path
from fastlanes_sim.scenario.wrong import show
from fastlanes_sim.scenario.yaml_tree import read_yaml


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


def split_path(dotted: str) -> Path:
    return tuple(int(part) if part.isascii() and part.isdigit() and len(part) < 10 else part for part in dotted.split("."))


def apply_override(tree: Any, dotted: str, value: object) -> tuple[str, str] | None:
    """Set one value in the tree, adding mappings on the way; where that cannot be, say what is wrong and the cure."""
    path = split_path(dotted)
    node = tree
    for position, part in enumerate(path):
        last = position == len(path) - 1
        where = ".".join(map(str, path[:position])) or "the scenario"
        if isinstance(node, list):
            if not isinstance(part, int) or part >= len(node):
                return f"{show(where)} has no entry {show(part)}", f"it has {len(node)} entries, counted from 0" if node else "it is empty"
            if last:
                node[part] = copy.deepcopy(value)
            node = node[part]
        elif isinstance(node, dict):
            key = part if part in node or isinstance(part, str) else str(part)
            if last:
                node[key] = copy.deepcopy(value)
            elif node.get(key) is None:
                node[key] = {}
            node = node[key]
        else:
            return f"{show(where)} is a plain value: nothing can be set in it", "check the path"
    return None


def overriding(path: Path, overrides: Mapping[str, object]) -> str | None:
    """The override that a place of the tree comes from, if any: the last that covers it."""
    for dotted in reversed(list(overrides)):
        if path[: len(split_path(dotted))] == split_path(dotted):
            return dotted
    return None
