"""What goes wrong, as switches: one for each kind of incident, and its times and sizes once it is on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fastlanes_sim.core.units import DAY, HOUR, MINUTE, SECOND, spell_duration
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.studio.control import Control

_UNITS = (("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND))
_SHOWN = 3
"""Incidents of a kind that have controls."""
_LONGEST = 10 * MINUTE
"""Of a first incident."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of incident, and what a first one of it says beside its times."""

    name: str
    label: str
    times: Mapping[str, str]
    """Its keys in the file that hold durations, and the fields of the model that they are read into."""
    more: Callable[[Scenario], dict[str, Any]] = lambda _: {}
    more_keys: tuple[str, ...] = ()
    """Its keys that hold something else that can be changed."""
    is_planned: bool = False
    """The replicas at that time must be known in advance: not with autoscaling."""


_SPAN = {"from": "begins", "to": "ends"}
_OF_LIGHTNING = (
    _Kind("lightning_down", "Lightning is down", _SPAN),
    _Kind("slow_database", "the database is slow", _SPAN, lambda _: {"factor": 20}, ("factor", "time")),
    _Kind("dropped_replies", "replies to claims are lost", _SPAN, lambda _: {"probability": 0.2}, ("probability",)),
    _Kind("over_quota", "a project is over its quota", _SPAN, lambda one: {"project": next(iter(one.projects))}, ("project",)),
)
_OF_WORKERS = (
    _Kind("outages", "workers lose their connection", _SPAN),
    _Kind("crashes", "workers crash", {"at": "at"}, is_planned=True),
    _Kind("deploys", "workers are replaced by a deploy", {"at": "at"}, is_planned=True),
)


def incident_controls(scenario: Scenario) -> Iterator[Control]:
    """A switch a kind, then what can be changed of those that are on."""
    for path, label, kind, there in _kinds(scenario):
        many = f"{len(there)} times" if len(there) > 1 else "on" if there else "off"
        yield Control(path, label, "switch", bool(there), many)
        for number, one in enumerate(there[:_SHOWN]):
            which = f" {number + 1}" if len(there) > 1 else ""
            for key, field in kind.times.items():
                text = _spelled(getattr(one, field))
                yield Control(f"{path}.{number}.{key}", f"{label}{which}, {key}", "text", text, text, under=f"{key}{which}")
            for key in kind.more_keys:
                value = getattr(one, key)
                if value is not None:
                    yield _beside(f"{path}.{number}.{key}", f"{label}{which}, {key}", f"{key}{which}", value, key)


def _beside(path: str, label: str, under: str, value: Any, key: str) -> Control:
    if isinstance(value, str):
        return Control(path, label, "text", value, value, under=under)
    if key == "time":
        return Control(path, label, "text", _spelled(value), "", under=under)
    return Control(path, label, "number", f"{value:g}", "", under=under)


def _spelled(time: int) -> str:
    """In the largest unit that says it exactly with a whole number: `3m` and not `180s`."""
    whole = (f"{time // unit}{name}" for name, unit in _UNITS if time and time % unit == 0)
    return next(whole, spell_duration(time, 6))


def first_incident(scenario: Scenario, path: str) -> list[dict[str, Any]] | None:
    """What a switch writes: an incident in the middle of the horizon, a twentieth of it long, ten minutes at most. None: it is no switch of
    an incident."""
    kind = next((kind for place, _, kind, _ in _kinds(scenario) if place == path), None)
    if kind is None:
        return None
    begin = scenario.horizon // 2
    ends = {"from": begin, "at": begin, "to": begin + min(scenario.horizon // 20, _LONGEST)}
    return [{**{key: _spelled(ends[key]) for key in kind.times}, **kind.more(scenario)}]


def _kinds(scenario: Scenario) -> Iterator[tuple[str, str, _Kind, list[Any]]]:
    """Where each kind stands in the file, its label, and the incidents there are."""
    for kind in _OF_LIGHTNING:
        if kind.name != "over_quota" or scenario.projects:
            yield f"incidents.{kind.name}", kind.label, kind, list(getattr(scenario.incidents, kind.name))
    for index, group in enumerate(scenario.workers):
        for kind in (one for one in _OF_WORKERS if group.autoscaling is None or not one.is_planned):
            label = kind.label if len(scenario.workers) == 1 else f"{group.name}: {kind.label}"
            yield f"workers.{index}.{kind.name}", label, kind, list(getattr(group, kind.name))
