"""Values set from outside the file, as `workers.0.workloops`: laid over the tree before it is validated."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

from fastlanes_sim.core.quoting import show, suggest
from fastlanes_sim.scenario.yaml.places import Path
from fastlanes_sim.scenario.yaml.tree import read_yaml

ANY = "*"
LAYOUT, CAPACITY, LATER_LAYOUT = "workers.*.workloops", "workers.*.capacity", "workers.*.deploys.*.workloops"


def layout_override(layout: object) -> dict[str, object]:
    """A layout for all workers, whatever the file gives them, and whatever a deploy would."""
    return {LAYOUT: layout, CAPACITY: None, LATER_LAYOUT: None}


def sets_layout(dotted: str) -> bool:
    """Whether it says what slots workers have that are there: a layout for all of them would take its place."""
    first, *inside = split_path(dotted)
    return first == "workers" and len(inside) > 1 and inside[-1] in ("workloops", "capacity")


def laid_over(below: Mapping[str, object], above: Mapping[str, object]) -> dict[str, object]:
    """Overrides upon others. Those on top come last, also where the others name the same path: the last that covers a place counts."""
    return {**{path: value for path, value in below.items() if path not in above}, **above}


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


_PLACE = re.compile(r"0|[1-9][0-9]{0,8}")
_ENTRIES = {
    ("projects",): "project",
    ("projects", ANY, "workflows"): "workflow",
    ("resources",): "resource",
    ("adaptors",): "adaptor",
}
"""Mappings whose keys are names that a scenario gives, and what has such a name."""


def split_path(dotted: str) -> tuple[str, ...]:
    """The parts of a path, as texts: which of them are places in lists only a tree can tell (`path_in`)."""
    return tuple(dotted.split("."))


def key_in(node: Any, part: str | int) -> str | int:
    """What a part of a path is in the node that it leads into: a number in a list, or where the keys are numbers; else a name, such as
    the project `2024`."""
    has_numbers = isinstance(node, list) or (isinstance(node, dict) and bool(node) and all(isinstance(key, int) for key in node))
    return int(part) if isinstance(part, str) and has_numbers and _PLACE.fullmatch(part) else part


def path_in(tree: Any, dotted: str) -> Path:
    """The keys, and the places in lists, that a dotted path names in a plain tree. What the tree does not have stays text."""
    path: list[str | int] = []
    for part in split_path(dotted):
        path.append(key_in(tree, part))
        tree = _child(tree, path[-1])
    return tuple(path)


def value_at(tree: Any, path: Path) -> Any:
    """What a plain tree has at a place, which may also be given as the parts of a dotted path; None where it has nothing."""
    for part in path:
        tree = _child(tree, key_in(tree, part))
    return tree


def _child(node: Any, key: str | int) -> Any:
    if isinstance(node, list):
        return node[key] if isinstance(key, int) and key < len(node) else None
    return node.get(key) if isinstance(node, dict) else None


def apply_override(tree: Any, dotted: str, value: object) -> tuple[str, str] | None:
    """Set one value in the tree, adding mappings on the way; where that is impossible, return what is wrong and a hint.

    Projects, workflows, resources and adaptors are not added on the way: a slip in a name would make another one. A whole one may be set.
    A `*` on the way is every entry of a list or mapping, as in `workers.*.backoff`; where a name follows, as in
    `projects.*.workflows.sync.copies`, every entry that has it. Of entries that are not there, nothing need be taken away: with the value
    None such a path changes nothing.
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
        paths = [(*path[:position], entry, *path[position + 1 :]) for entry in entries]
        meant = [one for one in paths if not _lacks_name(node, one, position)]
        wrong = (_apply(node, one, position, value) for one in meant or paths)
        return next((one for one in wrong if one is not None), None)
    key = key_in(node, part)
    if isinstance(node, list):
        if not isinstance(key, int) or key >= len(node):
            return (
                f"{show(where)} has no entry {show(part)}",
                f"they are counted from 0: the last is {len(node) - 1}" if node else "it is empty",
            )
    elif not isinstance(node, dict):
        return f"{show(where)} is a plain value: nothing can be set in it", "check the path"
    if last:
        node[key] = copy.deepcopy(value)
        return None
    if isinstance(node, dict) and node.get(key) is None:
        kind = None if key in node else _kind_of_entry(path[:position])
        if kind is not None:
            return _unknown(kind, path, position, node)
        if value is None and path[position + 1] == ANY:
            return None
        node[key] = {}
    return _apply(node[key], path, position + 1, value)


def _lacks_name(node: Any, path: Path, position: int) -> bool:
    """Whether a path leads through a name that is none there, such as that of a workflow."""
    for place in range(position, len(path) - 1):
        key = key_in(node, path[place])
        if isinstance(node, dict) and key not in node and _kind_of_entry(path[:place]) is not None:
            return not _is_any(key, node)
        node = _child(node, key)
    return False


def _kind_of_entry(path: Path) -> str | None:
    """Of a mapping: what the names in it are names of; None if they are no names."""
    return next((kind for pattern, kind in _ENTRIES.items() if _covers(pattern, path) and len(pattern) == len(path)), None)


def _unknown(kind: str, path: Path, position: int, node: dict[Any, Any]) -> tuple[str, str]:
    name, owner = str(path[position]), f" in {path[position - 2]}" if kind == "workflow" else ""
    whole = ".".join(map(str, path[: position + 1]))
    hint = suggest(name, map(str, node)) if node else f"there is none yet: set a whole one, as {whole}={{…}}"
    return f"there is no {kind} {show(name)}{owner}", hint or "look at the names in the file"


def _is_any(part: str | int, node: Any) -> bool:
    """Whether a part of a path means every entry: a `*` that is not itself a name."""
    return part == ANY and (isinstance(node, list) or (isinstance(node, dict) and ANY not in node))


def overriding(path: Path, overrides: Mapping[str, object]) -> str | None:
    """The override that a place of the tree comes from, if any: the last that covers it."""
    return next((dotted for dotted in reversed(list(overrides)) if _covers(split_path(dotted), path)), None)


def setting_in(path: Path, overrides: Mapping[str, object]) -> str | None:
    """The last override that sets something inside of a place of the tree, if any."""
    inside = ((dotted, split_path(dotted)) for dotted in reversed(list(overrides)))
    return next((dotted for dotted, parts in inside if len(parts) > len(path) and _covers(parts[: len(path)], path)), None)


def _covers(parts: tuple[str, ...], path: Path) -> bool:
    """Whether a path with `*` in it, or its beginning, is that of a place or of what holds it."""
    return len(parts) <= len(path) and all(part in (ANY, str(here)) for part, here in zip(parts, path, strict=False))
