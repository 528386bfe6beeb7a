"""What could be changed where runs are held up or killed by what they share beside slots (docs/resources.md)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from fastlanes_sim.core.units import format_size, spell_rate
from fastlanes_sim.experiments.remedies_of_layouts import scaled, slots_of
from fastlanes_sim.experiments.remedy import Kind, Overrides, Remedy, Step, beyond, workers_of
from fastlanes_sim.scenario.resource_uses import Crowding, crowdings
from fastlanes_sim.scenario.schema import Scenario, Workflow

_OF_ENOUGH = (2.0, 1.5, 1.25, 1.1, 1.0)
"""Slots that are tried, as parts of those that ask for just as much as there is. With exactly so many it is idle now and then: not all of
them are taken, or their runs are at something else."""
_FASTER = (1.1, 1.25, 1.5, 2, 3, 5, 10)
_MEMORY_STEPS = 4
_MORE_LIMITED = 2


@dataclass(frozen=True, slots=True)
class Shared:
    """What runs were held up or killed by."""

    resources: tuple[str, ...] = ()
    """That those use who were held up."""
    cores: bool = False
    """Any were held up on a worker with cores (R-4)."""
    memory: bool = False
    """Any were killed because their worker had no memory for them (R-5)."""


def more_of_what_is_shared(scenario: Scenario, shared: Shared) -> Iterator[Remedy]:
    """Fewer slots where all of them ask for more than there is; then more of it."""
    crowded = [one for one in crowdings(scenario) if (shared.cores if one.resource is None else one.resource in shared.resources)]
    if crowded:
        yield _fewer_slots_for(scenario, max(crowded, key=lambda one: one.used / one.gives))
    if shared.memory:
        yield from _fewer_large_runs_at_once(scenario)
        yield from _fewer_slots_in_memory(scenario)
        yield from _more_memory(scenario)
    for name in shared.resources:
        yield from _more_at_once(scenario, name)
        yield from _higher_rate(scenario, name)
    if shared.cores:
        yield from _more_cores(scenario)


# --- fewer slots ---


def _fewer_slots_for(scenario: Scenario, crowding: Crowding) -> Remedy:
    """R-1 to R-4: what waits in the queue slows nobody down."""
    shares = [part * crowding.gives / crowding.used for part in _OF_ENOUGH]
    return _fewer(scenario, [share for share in shares if share < 1])


def _fewer_slots_in_memory(scenario: Scenario) -> Iterator[Remedy]:
    """R-5: down to so many that there is room for the largest run in each."""
    for number, group in enumerate(scenario.workers):
        slots = slots_of(group)
        safe = max(1, (group.memory or 0) // max(1, _most_memory(scenario)))
        if group.memory is not None and safe < slots:
            fewer = dict.fromkeys(round(slots * (safe / slots) ** (step / _MEMORY_STEPS)) for step in range(1, _MEMORY_STEPS + 1))
            yield Remedy(tuple(Step(*scaled(number, group, many)) for many in fewer if many < slots))


def _fewer(scenario: Scenario, shares: Sequence[float]) -> Remedy:
    """Of all workers."""
    steps: dict[str, Step] = {}
    for share in shares:
        fewer = [(number, group, max(1, round(share * slots_of(group)))) for number, group in enumerate(scenario.workers)]
        laid = [scaled(number, group, many) for number, group, many in fewer if many < slots_of(group)]
        words = " and ".join(text for text, _ in laid)
        steps[words] = Step(words, {path: value for _, changes in laid for path, value in changes.items()})
    return Remedy(tuple(step for step in steps.values() if step.overrides))


def _fewer_large_runs_at_once(scenario: Scenario) -> Iterator[Remedy]:
    """L-12: so many of the workflow that takes most memory that there is room for them and for others in all other slots; or a few more, as
    the slots are not always taken by the largest ones."""
    (project, name), workflow = max(_workflows(scenario), key=lambda one: one[1].memory or 0)
    own, others = workflow.memory or 0, max((one.memory or 0 for _, one in _workflows(scenario) if one is not workflow), default=0)
    groups = [(slots_of(group), group.memory) for group in scenario.workers if group.memory is not None]
    safe = max(1, min((memory - slots * others) // (own - others) for slots, memory in groups)) if own > others else 1
    most = min(sum(slots_of(group) * group.most_replicas for group in scenario.workers), workflow.concurrency or math.inf)
    limits = [limit for limit in range(safe + _MORE_LIMITED, safe - 1, -1) if limit < most]
    path = f"projects.{project}.workflows.{name}.concurrency"
    yield Remedy(tuple(Step(f"a limit of {limit:,} for workflow {project}/{name}", {path: limit}) for limit in limits))


# --- more of it ---


def _more_at_once(scenario: Scenario, name: str) -> Iterator[Remedy]:
    """R-1, R-2. Where places and processors are limited, neither alone may be enough: both grow with the smaller one."""
    resource, path = scenario.resources[name], f"resources.{name}"
    if resource.at_once is None:
        return
    steps = []
    for many in beyond(int(resource.at_once)):
        changes: Overrides = {}
        if resource.concurrency is not None and resource.concurrency < many:
            changes[f"{path}.concurrency"] = many
        if resource.processors is not None and resource.processors < 1_000 * many:
            changes[f"{path}.processors"] = many
        steps.append(Step(f"a {name} that serves {many:,} at once instead of {resource.at_once:g}", changes))
    yield Remedy(tuple(steps), Kind.COSTLY)


def _higher_rate(scenario: Scenario, name: str) -> Iterator[Remedy]:
    """R-3"""
    rate = scenario.resources[name].rate
    if rate is None:
        return
    path = f"resources.{name}.rate"
    faster = (spell_rate(float(f"{factor * rate:.3g}")) for factor in _FASTER)
    yield Remedy(tuple(Step(f"a {name} that admits {more} instead of {spell_rate(rate)}", {path: more}) for more in faster), Kind.COSTLY)


def _more_cores(scenario: Scenario) -> Iterator[Remedy]:
    """R-4"""
    for number, group in enumerate(scenario.workers):
        if group.cores is not None:
            words = f"{{:,}} cores instead of {group.cores / 1_000:g} for each {workers_of(group, 1)}"
            path = f"workers.{number}.cores"
            yield Remedy(tuple(Step(words.format(many), {path: many}) for many in beyond(group.cores // 1_000)), Kind.COSTLY)


def _more_memory(scenario: Scenario) -> Iterator[Remedy]:
    """R-5: up to as much as the largest run in each slot takes."""
    for number, group in enumerate(scenario.workers):
        needed = _most_memory(scenario) * slots_of(group)
        if group.memory is None or group.memory >= needed:
            continue
        sizes = [_megabytes(group.memory + part * (needed - group.memory) / _MEMORY_STEPS) for part in range(1, _MEMORY_STEPS + 1)]
        words = f"{{}} of memory instead of {format_size(group.memory)} for each {workers_of(group, 1)}"
        path = f"workers.{number}.memory"
        yield Remedy(tuple(Step(words.format(format_size(size)), {path: f"{size // 10**6}MB"}) for size in sizes), Kind.COSTLY)


def _most_memory(scenario: Scenario) -> int:
    """Of one run."""
    return max((workflow.memory or 0 for _, workflow in _workflows(scenario)), default=0)


def _megabytes(size: float) -> int:
    return math.ceil(size / 10**6) * 10**6


def _workflows(scenario: Scenario) -> Iterator[tuple[tuple[str, str], Workflow]]:
    for project_key, project in scenario.projects.items():
        for key, workflow in project.workflows.items():
            yield (project_key, key), workflow
