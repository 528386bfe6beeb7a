"""A scenario's two halves: what arrives, for how long and under which seed; and what is deployed for it.

Two scenarios with the first half in common have the same runs, and can be compared replication by replication.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from fastlanes_sim.scenario.load import content_hash
from fastlanes_sim.scenario.schema import Scenario

_SECTIONS = ("lightning", "network", "workers", "resources")
_LIMITS = ("concurrency", "admission")


def traffic_hash(scenario: Scenario) -> str:
    """Of the first half: layouts, limits, settings and objectives have no part in it.

    Nor has what is left at its default, so that it stays when a later version knows of more that may be said.
    """
    content = _plain(scenario, exclude_defaults=True)
    resources = list(content.get("resources", ()))
    for name in (*_SECTIONS, "slos"):
        content.pop(name, None)
    if resources:  # runs name them by their places
        content["resources"] = resources
    for project in content["projects"].values():
        for part in (project, *project["workflows"].values()):
            for name in _LIMITS:
                part.pop(name, None)
    return content_hash(content)


def deployed(scenario: Scenario) -> dict[str, object]:
    """The second half, plain values by dotted path, as `workers.0.workloops`. Durations are microseconds."""
    content = _plain(scenario)
    settings = [(name, content[name]) for name in _SECTIONS]
    for name, project in content["projects"].items():
        parts = {f"projects.{name}": project} | {f"projects.{name}.workflows.{key}": one for key, one in project["workflows"].items()}
        settings += [(f"{where}.{limit}", part[limit]) for where, part in parts.items() for limit in _LIMITS if limit in part]
    return dict(leaf for where, value in settings for leaf in _leaves(where, value))


def said(scenario: Scenario) -> dict[str, object]:
    """All that the scenario says beyond defaults, plain values by dotted path. Durations are microseconds."""
    return dict(leaf for name, value in _plain(scenario, exclude_defaults=True).items() for leaf in _leaves(name, value))


def _plain(scenario: Scenario, *, exclude_defaults: bool = False) -> dict[str, Any]:
    content = scenario.model_dump(mode="json", by_alias=True, exclude_defaults=exclude_defaults)
    if content.get("replay") is not None:
        content["replay"].pop("file")  # its content counts, not where it lies
    return content


def _leaves(where: str, value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, Mapping):
        for name, inside in value.items():
            yield from _leaves(f"{where}.{name}", inside)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for number, inside in enumerate(value):
            yield from _leaves(f"{where}.{number}", inside)
    else:
        yield where, value
