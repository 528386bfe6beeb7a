"""Who uses what (docs/resources.md): what is wrong with it, and what is suspicious."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from fastlanes_sim.core.quoting import show, suggest
from fastlanes_sim.core.units import SECOND, format_number, format_size
from fastlanes_sim.rules.layout_parser import parse_workloops
from fastlanes_sim.scenario.expectation import ExpectedSource, expected_sources
from fastlanes_sim.scenario.schema import Scenario, Workflow
from fastlanes_sim.scenario.workers import WorkerGroup
from fastlanes_sim.scenario.yaml.places import Finding, Path


def _workflows(scenario: Scenario) -> Iterator[tuple[Path, Workflow]]:
    for project_name, project in scenario.projects.items():
        for name, workflow in project.workflows.items():
            yield ("projects", project_name, "workflows", name), workflow


def wrong_uses(scenario: Scenario) -> Iterator[Finding]:
    """Uses of what there is not, uses at the same time, and runs that fit on no worker."""
    for place, workflow in _workflows(scenario):
        for number, use in enumerate(workflow.uses):
            if use.resource not in scenario.resources:
                hint = suggest(use.resource, scenario.resources) if scenario.resources else "add it to the scenario's `resources`"
                yield Finding((*place, "uses", number, "resource"), f"there is no resource {show(use.resource)}", hint)
        for one, other in pairwise(workflow.uses_in_order):
            if other.begins < one.ends:
                number = workflow.uses.index(other)
                message = f"this use begins at {other.begins:.0%}, but that of {one.resource} lasts until {one.ends:.0%} (R-1)"
                yield Finding((*place, "uses", number), message, "let one end before the other begins")


def lint_resources(scenario: Scenario, sources: list[ExpectedSource]) -> Iterator[Finding]:
    """Every warning about resources, and about what slots share."""
    yield from _resources_that_cannot_keep_up(scenario, sources)
    yield from _resources_that_nobody_uses(scenario)
    yield from _cores_that_cannot_keep_up(scenario, sources)
    yield from _memory(scenario)
    if scenario.replay is not None:
        for place, workflow in _workflows(scenario):
            if workflow.uses:
                hint = "what they waited for is part of their services in the file, or write the scenario without the file"
                yield Finding((*place, "uses"), "runs of the replayed file use no resources (R-7)", hint, about_key=True)
                return


def busy_at(scenario: Scenario, sources: list[ExpectedSource], resource: str) -> tuple[float, float]:
    """How many uses of a resource there are at a time on average, at full speed and without waiting; and how many begin in a µs."""
    busy = begin = 0.0
    for source in sources:
        _, project, _, workflow, *_ = source.path
        for use in scenario.projects[str(project)].workflows[str(workflow)].uses:
            if use.resource == resource:
                begin += source.all_runs / scenario.horizon
                busy += source.all_runs * source.service * (use.ends - use.begins) / scenario.horizon
    return busy, begin


@dataclass(frozen=True, slots=True)
class Crowding:
    """Something that would be asked for more than it gives if all slots were taken by runs as they come on average."""

    resource: str | None
    """Its name; None: the cores of the workers."""
    used: float
    gives: float
    slots: int
    """All there are."""
    of_rate: bool = False
    """Uses that begin in a second (R-3), not uses at once."""

    @property
    def text(self) -> str:
        used, taken = format_number(self.used), f"where all {self.slots:,} slots are taken"
        if self.resource is None:
            return f"runs keep {used} cores busy {taken}, and the workers have {self.gives:g}"
        if self.of_rate:
            return f"{used} uses of {self.resource} begin in a second {taken}, and it admits {format_number(self.gives)}"
        return f"{self.resource} is used by {used} runs at once {taken}, and gives {self.gives:g}"


def crowdings(scenario: Scenario) -> list[Crowding]:
    """Where more slots do not help: what would be used by more runs at once than it serves at full speed, or asked more often than it
    admits, if all slots were taken by runs as they come on average (R-1 to R-4)."""
    if not scenario.resources and not all(group.cores is not None for group in scenario.workers):
        return []
    sources = [source for source in expected_sources(scenario) if source.runs]
    held = sum(source.all_runs * source.busy for source in sources)
    slots = sum(_slots(group) * group.most_replicas for group in scenario.workers)
    if not held:
        return []
    taken = slots * scenario.horizon / held
    found = []
    for name, resource in scenario.resources.items():
        used, begin = (taken * one for one in busy_at(scenario, sources, name))
        if resource.at_once is not None and used > resource.at_once:
            found.append(Crowding(name, used, resource.at_once, slots))
        if resource.rate is not None and begin * SECOND > resource.rate:
            found.append(Crowding(name, begin * SECOND, resource.rate, slots, of_rate=True))
    if all(group.cores is not None for group in scenario.workers):
        used, cores = taken * own_work(scenario, sources), _cores(scenario)
        if used > cores:
            found.append(Crowding(None, used, cores, slots))
    return found


def crowded(scenario: Scenario) -> list[str]:
    """`crowdings` in words."""
    return [f"more slots do not help: {one.text}" for one in crowdings(scenario)]


def _resources_that_cannot_keep_up(scenario: Scenario, sources: list[ExpectedSource]) -> Iterator[Finding]:
    """R-1 to R-3"""
    for name, resource in scenario.resources.items():
        busy, begin = busy_at(scenario, sources, name)
        at_once, place = resource.at_once, ("resources", name)
        if at_once is not None and busy >= at_once:
            message = f"{name} is used by {format_number(busy)} runs at once on average, and gives {at_once:g}: runs get slower and slower"
            yield Finding(place, message, "more slots do not help: give it more, or use it less (R-1, R-2)", about_key=True)
        if resource.rate is not None and begin * SECOND >= resource.rate:
            begun, admitted = format_number(begin * SECOND), format_number(resource.rate)
            message = f"{begun} uses of {name} begin in a second on average, and it admits {admitted}"
            yield Finding((*place, "rate"), message, "more slots do not help: raise the rate, or use it less (R-3)")


def _resources_that_nobody_uses(scenario: Scenario) -> Iterator[Finding]:
    used = {use.resource for _, workflow in _workflows(scenario) for use in workflow.uses}
    for name in scenario.resources:
        if name not in used:
            yield Finding(("resources", name), f"no workflow uses {name}", "add `uses` to a workflow, or remove it", about_key=True)


def own_work(scenario: Scenario, sources: list[ExpectedSource]) -> float:
    """How many runs at a time do work on their worker on average, at full speed: not at resources (R-4)."""
    busy = 0.0
    for source in sources:
        _, project, _, workflow, *_ = source.path
        elsewhere = sum(use.ends - use.begins for use in scenario.projects[str(project)].workflows[str(workflow)].uses)
        busy += source.all_runs * source.service * (1 - elsewhere) / scenario.horizon
    return busy


def _cores_that_cannot_keep_up(scenario: Scenario, sources: list[ExpectedSource]) -> Iterator[Finding]:
    """R-4, where all workers have cores."""
    if not all(group.cores is not None for group in scenario.workers):
        return
    busy = own_work(scenario, sources)
    cores = _cores(scenario)
    if busy >= cores:
        message = f"runs keep {format_number(busy)} cores busy on average, and the workers have {cores:g}: runs get slower and slower"
        hint = "more slots do not help: give the workers more cores; work that is done elsewhere belongs to a resource (R-4)"
        yield Finding(("workers", 0, "cores"), message, hint)


def _cores(scenario: Scenario) -> float:
    return sum((group.cores or 0) * group.most_replicas for group in scenario.workers) / 1_000


def _slots(group: WorkerGroup) -> int:
    return sum(loop.capacity for loop in parse_workloops(group.layout).workloops)


def _memory(scenario: Scenario) -> Iterator[Finding]:
    """R-5"""
    needs = [(place, workflow.memory) for place, workflow in _workflows(scenario) if workflow.memory]
    most = max((memory for _, memory in needs), default=0)
    for number, group in enumerate(scenario.workers):
        where: Path = ("workers", number, "memory")
        if group.memory is None:
            continue
        if not needs:
            yield Finding(where, "no run takes any memory", "write `memory` at workflows as well (R-5)")
            continue
        for place, memory in needs:
            if memory > group.memory:
                message = f"one run takes {format_size(memory)}, and a worker has {format_size(group.memory)}: each is killed"
                yield Finding((*place, "memory"), message, "give the workers more memory (R-5)")
        slots = _slots(group)
        if most <= group.memory < most * slots:
            message = f"{slots:,} slots may take {format_size(most * slots)}, more than {format_size(group.memory)}: runs are killed"
            fit = group.memory // most
            yield Finding(where, message, f"{fit:,} slot{'s are' if fit > 1 else ' is'} safe in any case (R-5)")
