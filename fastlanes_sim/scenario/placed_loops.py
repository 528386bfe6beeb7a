"""The workloops of a scenario's layouts, each with its place in the tree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from fastlanes_sim.rules.layout_parser import WILDCARD, ParsedWorkloop, parse_workloops
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.yaml.places import Path


@dataclass(frozen=True, slots=True)
class PlacedLoop:
    """A workloop of a layout, with its place in the tree."""

    path: Path
    replicas: int
    loop: ParsedWorkloop
    offset: int
    """Characters from the beginning of the layout."""
    is_later: bool = False
    """Only a deploy brings it (F-7)."""

    @property
    def slots(self) -> int:
        return self.loop.capacity * self.replicas

    def serves(self, lane: str) -> bool:
        return lane in self.loop.queues or WILDCARD in self.loop.queues


def placed_loops(scenario: Scenario) -> Iterator[PlacedLoop]:
    """Of every layout, including those of deploys."""
    for index, group in enumerate(scenario.workers):
        place: Path = ("workers", index)
        if group.workloops is not None:
            yield from _of_layout((*place, "workloops"), group.most_replicas, group.workloops)
        else:
            for loop in _of_layout((*place, "capacity"), group.most_replicas, group.layout):
                yield replace(loop, offset=0)
        for number, deploy in enumerate(group.deploys):
            if deploy.workloops is not None:
                for loop in _of_layout((*place, "deploys", number, "workloops"), group.most_replicas, deploy.workloops):
                    yield replace(loop, is_later=True)


def _of_layout(path: Path, replicas: int, text: str) -> Iterator[PlacedLoop]:
    position = 0
    for loop in parse_workloops(text).workloops:
        position = text.find(loop.id, position)
        yield PlacedLoop(path, replicas, loop, position)
        position += len(loop.id)
