"""Warnings about layouts: whether the workloops serve every queue, and have the slots that the traffic needs."""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator

from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.layout_parser import WILDCARD, parse_workloops
from fastlanes_sim.scenario.expectation import ExpectedSource
from fastlanes_sim.scenario.placed_loops import PlacedLoop, placed_loops
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.yaml.places import Finding, Path

QUEUES = tuple(queue.label for queue in Queue)


def lint_layouts(scenario: Scenario, sources: list[ExpectedSource]) -> Iterator[Finding]:
    """Every warning about layouts, and about limits that the traffic outgrows."""
    versions = list(placed_loops(scenario))
    loops = [loop for loop in versions if not loop.is_later]
    yield from _queues_never_created(versions)
    yield from _warnings_of_the_worker(scenario)
    if scenario.lightning.ruleset.has_queues:
        yield from _queues_without_workloops(sources, versions)
        yield from _offered_load(scenario, sources, loops)
        yield from _offered_load_of_lanes(scenario, sources, loops)
    else:
        yield from _pins_without_queues(scenario, versions)
        yield from _offered_load(scenario, sources, loops)
    yield from _offered_load_of_workflows(scenario, sources)
    yield from _concurrency_above_the_claim_limit(scenario)


def _queues_never_created(loops: list[PlacedLoop]) -> Iterator[Finding]:
    """L-5: unknown names are legal, they match nothing."""
    for loop in loops:
        for name in dict.fromkeys(loop.loop.queues):
            if name not in (*QUEUES, WILDCARD):
                close = difflib.get_close_matches(name.lower(), QUEUES, n=1, cutoff=0.5)
                start = f"did you mean {close[0]}? " if close else ""
                hint = f"{start}Lightning's queues are {', '.join(QUEUES)} (L-2)"
                message = f"workloop {loop.loop.id} names the queue {name}, which Lightning never creates"
                yield Finding(loop.path, message, hint, offset=loop.offset + loop.loop.id.find(name))


def _warnings_of_the_worker(scenario: Scenario) -> Iterator[Finding]:
    """W-17, in the worker's words."""
    for index, group in enumerate(scenario.workers):
        if group.workloops is not None:
            for warning in parse_workloops(group.workloops).warnings:
                message = warning.removeprefix("Warning: ")
                hint = "join them into one workloop" if "identical" in message else "name each queue once"
                yield Finding(("workers", index, "workloops"), message, hint)


def _pins_without_queues(scenario: Scenario, loops: list[PlacedLoop]) -> Iterator[Finding]:
    for loop in loops:
        if WILDCARD not in loop.loop.queues:
            message = f"the ruleset {scenario.lightning.ruleset} has no queues: {loop.loop.id} takes every run"
            yield Finding(loop.path, message, "compare with a layout such as *:5", offset=loop.offset)


def _queues_without_workloops(sources: list[ExpectedSource], loops: list[PlacedLoop]) -> Iterator[Finding]:
    """L-6"""
    for lane in QUEUES:
        own = [source for source in sources if source.lane == lane and source.runs > 0]
        if own and not any(loop.serves(lane) for loop in loops):
            message = f"no workloop serves the queue {lane}: about {sum(source.all_runs for source in own):,.0f} runs will wait forever"
            yield Finding(own[0].path, message, f"add a workloop such as {lane}:1 or *:4 to a worker")


def _load(sources: Iterable[ExpectedSource], horizon: int) -> float:
    """Slots busy on average, were there enough of them."""
    return sum(source.all_runs * source.busy for source in sources) / horizon


def _offered_load(scenario: Scenario, sources: list[ExpectedSource], loops: list[PlacedLoop]) -> Iterator[Finding]:
    slots = sum(loop.slots for loop in loops)
    load = _load(sources, scenario.horizon) / slots
    if load > 1:
        message = f"offered load {load:.2f}: the traffic needs {load * slots:.1f} slots, the workers have {slots}"
        yield Finding(("workers",), message, "add slots or shorten the runs; otherwise queues grow until the end", about_key=True)


def _offered_load_of_lanes(scenario: Scenario, sources: list[ExpectedSource], loops: list[PlacedLoop]) -> Iterator[Finding]:
    total = sum(loop.slots for loop in loops)
    for lane in QUEUES:
        slots = sum(loop.slots for loop in loops if loop.serves(lane))
        load = _load((source for source in sources if source.lane == lane), scenario.horizon)
        if 0 < slots < total and load > slots:
            message = f"offered load {load / slots:.2f} in the lane {lane}: it needs {load:.1f} slots, {slots} serve it"
            yield Finding(("workers",), message, f"let more workloops serve {lane}", about_key=True)


def _offered_load_of_workflows(scenario: Scenario, sources: list[ExpectedSource]) -> Iterator[Finding]:
    """L-12, L-14: a limit of its own that a workflow's traffic outgrows."""
    by_workflow: defaultdict[Path, list[ExpectedSource]] = defaultdict(list)
    for source in sources:
        if source.lane != Queue.FAST_LANE.label or not scenario.lightning.ruleset.has_bypass:
            by_workflow[source.path[:4]].append(source)
    for path, own in by_workflow.items():
        limit, copies = own[0].concurrency, own[0].copies
        load = _load(own, scenario.horizon) / copies
        if limit is not None and load > limit:
            message = f"offered load {load / limit:.2f} for the workflow's concurrency: it needs {load:.1f}, its limit is {limit}"
            yield Finding((*path, "concurrency"), message, "raise the limit, or expect a backlog")


def _concurrency_above_the_claim_limit(scenario: Scenario) -> Iterator[Finding]:
    """L-11"""
    limit, hint = scenario.lightning.per_workflow_claim_limit, "raise lightning.per_workflow_claim_limit or lower the concurrency"
    for project_name, project in scenario.projects.items():
        sharing = sum(workflow.copies for workflow in project.workflows.values() if workflow.concurrency is None)
        if project.concurrency is not None and sharing and project.concurrency > limit * sharing:
            cap = f"PER_WORKFLOW_CLAIM_LIMIT caps each workflow at {limit} (L-11)"
            message = f"a concurrency of {project.concurrency} is never reached: {cap}"
            yield Finding(("projects", project_name, "concurrency"), message, hint)
        for name, workflow in project.workflows.items():
            if workflow.concurrency is not None and workflow.concurrency > limit:
                message = f"a concurrency of {workflow.concurrency} is never reached: PER_WORKFLOW_CLAIM_LIMIT is {limit} (L-11)"
                yield Finding(("projects", project_name, "workflows", name, "concurrency"), message, hint)
