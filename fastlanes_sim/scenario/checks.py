"""Errors that concern several values of a scenario at once. What concerns one is in the models' own validators.

`check_tree` works on the bare tree, so that it reports even where single values are wrong; `check_scenario` needs a whole scenario.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from fastlanes_sim.core.quoting import show, suggest
from fastlanes_sim.core.units import DAY, format_duration
from fastlanes_sim.scenario.call_graph import placed_calls, wrong_calls
from fastlanes_sim.scenario.expectation import expected_sources
from fastlanes_sim.scenario.objectives import wrong_objectives
from fastlanes_sim.scenario.resource_uses import wrong_uses
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.triggers import Webhook
from fastlanes_sim.scenario.workers import WorkerGroup
from fastlanes_sim.scenario.yaml.places import Finding, Path

MOST_RUNS = 20_000_000
MOST_LINES = 100_000_000
"""Log lines of all runs."""
MOST_WORKFLOWS = 100_000
MOST_WORKERS = 10_000
_NUMBER = re.compile(r"[1-9][0-9]{0,5}")
"""Of a copy."""


def check_tree(tree: dict[str, Any]) -> Iterator[Finding]:
    """Every error that pydantic's models cannot see, in a tree whose values may be of any type."""
    yield from _layout_and_capacity(tree)
    yield from _autoscaling_and_replicas(tree)
    yield from _worker_names(tree)
    yield from _names_of_copies(tree)


def check_scenario(scenario: Scenario) -> Iterator[Finding]:
    """Every error in a scenario whose single values are right."""
    workflows = sum(project.copies * sum(w.copies for w in project.workflows.values()) for project in scenario.projects.values())
    if workflows > MOST_WORKFLOWS:
        message = f"the scenario has {workflows:,} workflows, counting all copies"
        yield Finding(("projects",), message, f"use at most {MOST_WORKFLOWS:,}", about_key=True)
        return
    workers = sum(group.most_replicas * (1 + len(group.crashes) + len(group.deploys)) for group in scenario.workers)
    if workers > MOST_WORKERS:
        restarts = " and restarts" if any(group.crashes or group.deploys for group in scenario.workers) else ""
        message = f"the scenario has {workers:,} workers, counting all replicas{restarts}"
        yield Finding(("workers",), message, f"use at most {MOST_WORKERS:,}", about_key=True)
        return
    wrong = [*wrong_calls(scenario), *_webhooks_that_nobody_calls(scenario), *wrong_uses(scenario)]
    yield from wrong
    if wrong:
        return
    yield from wrong_objectives(scenario)
    yield from _worker_processes(scenario)
    yield from _claims_that_take_days(scenario, workflows)
    yield from _quotas_of_nobody(scenario)
    runs = lines = 0.0
    for source in expected_sources(scenario):
        _, project, _, workflow, *_ = source.path
        own = source.all_runs * source.trigger.most_attempts
        runs += own
        lines += own * scenario.messages_of(scenario.projects[str(project)].workflows[str(workflow)]).log_lines.expectation()
    if runs > MOST_RUNS:
        hint = f"stay below {MOST_RUNS:,}: shorten the horizon or lower the rates"
        yield Finding(("horizon",), f"the triggers make about {runs:,.0f} runs", hint)
    elif lines > MOST_LINES:
        hint = f"stay below {MOST_LINES:,}: shorten the horizon, or write fewer `log_lines`"
        yield Finding(("horizon",), f"the runs write about {lines:,.0f} log lines", hint)


def _webhooks_that_nobody_calls(scenario: Scenario) -> Iterator[Finding]:
    """K-1"""
    called = {placed.parts[:2] for placed in placed_calls(scenario)}
    for project_name, project in scenario.projects.items():
        for name, workflow in project.workflows.items():
            for place, trigger in enumerate(workflow.triggers):
                if isinstance(trigger, Webhook) and "arrivals" not in trigger.model_fields_set and (project_name, name) not in called:
                    path = ("projects", project_name, "workflows", name, "triggers", place)
                    message = "nothing says when this webhook is called: it has no `arrivals`, and no workflow calls it"
                    yield Finding(path, message, "add arrivals, such as `arrivals: {poisson: 1/min}`")


def _claims_that_take_days(scenario: Scenario, workflows: int) -> Iterator[Finding]:
    curve = scenario.network.database_curve(workflows)
    for number, span in enumerate(scenario.incidents.slow_database):
        longest = max(time for _, time in span.slowed(curve))
        if longest > DAY:
            key = "time" if span.factor is None else "factor"
            message = f"a claim would spend up to {format_duration(longest)} in the database"
            yield Finding(("incidents", "slow_database", number, key), message, "stay below a day")


def _quotas_of_nobody(scenario: Scenario) -> Iterator[Finding]:
    for number, span in enumerate(scenario.incidents.over_quota):
        if span.project not in scenario.projects:
            message = f"there is no project {show(span.project)}"
            yield Finding(("incidents", "over_quota", number, "project"), message, suggest(span.project, scenario.projects))


def _worker_processes(scenario: Scenario) -> Iterator[Finding]:
    """A group's crashes, deploys and autoscaling together with the rest of it (docs/failures.md)."""
    for index, group in enumerate(scenario.workers):
        place: Path = ("workers", index)
        if group.dispatch == "ideal":
            yield from _processes_of_ideal_workers(place, group)
        elif group.autoscaling is not None:
            yield from _autoscaling_with_crashes_or_deploys(place, group)
        else:
            yield from _crashes(place, group)
            yield from _deploys(place, group)


_OF_PROCESSES = ("crashes", "deploys", "autoscaling", "restart")
_OF_CONNECTIONS = ("outages", "connect", "stagger")


def _processes_of_ideal_workers(place: Path, group: WorkerGroup) -> Iterator[Finding]:
    for name in (*_OF_PROCESSES, *_OF_CONNECTIONS):
        if getattr(group, name) not in (None, [], "never", 0):
            what = "process" if name in _OF_PROCESSES else "connection"
            message = f"ideal workers have no {what}: {name} cannot be simulated"
            yield Finding((*place, name), message, "write `dispatch: real`, or remove this key", about_key=True)


def _autoscaling_with_crashes_or_deploys(place: Path, group: WorkerGroup) -> Iterator[Finding]:
    for name in ("crashes", "deploys"):
        if getattr(group, name):
            message = f"{name} cannot be combined with autoscaling: the replicas at that time are not known in advance"
            yield Finding((*place, name), message, "remove one of the two, or use separate groups", about_key=True)


def _crashes(place: Path, group: WorkerGroup) -> Iterator[Finding]:
    for number, crash in enumerate(group.crashes):
        where: Path = (*place, "crashes", number)
        if crash.replica is not None and crash.replica > group.replicas:
            have = "one replica" if group.replicas == 1 else f"{group.replicas:,} replicas"
            message = f"there is no replica {crash.replica:,}: {group.name} has {have}"
            yield Finding((*where, "replica"), message, "count replicas from 1, as in their names")
            continue
        last = group.replicas if crash.replica is None else crash.replica
        connects = group.first_connection(last - 1)
        if crash.at < connects:
            message = f"replica {last:,} is not there yet at {format_duration(crash.at)}: it connects at {format_duration(connects)}"
            yield Finding((*where, "at"), message, "write a later `at`, or another `replica`")


def _deploys(place: Path, group: WorkerGroup) -> Iterator[Finding]:
    last = group.replicas - 1
    connected = free = group.first_connection(last)
    for number, deploy in sorted(enumerate(group.deploys), key=lambda numbered: numbered[1].at):
        if deploy.at < free:
            event = "the workers connect" if free == connected else "the deploy before it ends"
            message = f"this deploy begins at {format_duration(deploy.at)}, but {event} only at {format_duration(free)}"
            yield Finding((*place, "deploys", number, "at"), message, "write a later `at`")
        free = max(free, deploy.replacement(last).connects)


def _groups(tree: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    groups = tree.get("workers")
    if isinstance(groups, list):
        for index, group in enumerate(groups):
            if isinstance(group, dict):
                yield index, group


def _layout_and_capacity(tree: dict[str, Any]) -> Iterator[Finding]:
    """W-18"""
    for index, group in _groups(tree):
        if group.get("workloops") is not None and group.get("capacity") is not None:
            hint = "keep workloops; `capacity: c` alone is short for `manual>*:c`"
            yield Finding(("workers", index, "capacity"), "workloops and capacity are mutually exclusive (W-18)", hint, about_key=True)


def _autoscaling_and_replicas(tree: dict[str, Any]) -> Iterator[Finding]:
    for index, group in _groups(tree):
        if group.get("autoscaling") is not None and group.get("replicas") is not None:
            message = "autoscaling sets the number of replicas itself"
            yield Finding(("workers", index, "replicas"), message, "remove `replicas` or `autoscaling`", about_key=True)


def _worker_names(tree: dict[str, Any]) -> Iterator[Finding]:
    groups = dict(_groups(tree))
    for index, name in _with_names_of_others((index, one.get("name", "worker"), _most_replicas(one)) for index, one in groups.items()):
        place: Path = ("workers", index, "name") if "name" in groups[index] else ("workers", index)
        yield Finding(place, f"another worker already has the name `{name[:60]}`", "give each group its own `name`")


def _most_replicas(group: dict[Any, Any]) -> Any:
    scaling = group.get("autoscaling")
    return scaling.get("max", 1) if isinstance(scaling, dict) else group.get("replicas", 1)


def _names_of_copies(tree: dict[str, Any]) -> Iterator[Finding]:
    """`clinic` in two copies is clinic-1 and clinic-2: no other entry may have such a name."""
    projects = tree.get("projects")
    if not isinstance(projects, dict):
        return
    yield from _clashes(projects, ("projects",))
    for name, project in projects.items():
        if isinstance(project, dict) and isinstance(project.get("workflows"), dict):
            yield from _clashes(project["workflows"], ("projects", name, "workflows"))


def _clashes(named: dict[Any, Any], place: Path) -> Iterator[Finding]:
    entries = ((key, key, value.get("copies", 1) if isinstance(value, dict) else 1) for key, value in named.items())
    for key, name in _with_names_of_others(entries):
        yield Finding((*place, key), f"a copy of another entry also has the name `{name[:60]}`", "rename one of them", about_key=True)


def _with_names_of_others(entries: Iterable[tuple[Any, Any, Any]]) -> Iterator[tuple[Any, str]]:
    """Entries of which an earlier one has a name, too, and that name.

    Copies of `clinic` are clinic-1, clinic-2 and so on. Such a name is that of an entry without copies, or of copies of the same name.

    Args:
        entries: each with its place, its name and the number of its copies; values may be of any type.
    """
    plain, copied, least = set[str](), dict[str, int](), dict[str, int]()
    for place, name, count in entries:
        if not isinstance(name, str):
            continue
        if not isinstance(count, bool) and isinstance(count, int) and 1 < count <= 100_000:
            number = 1 if name in copied else least.get(name, count + 1)
            if number <= count:
                yield place, f"{name}-{number}"
            copied[name] = max(count, copied.get(name, 0))
        else:
            of, _, digits = name.rpartition("-")
            number = int(digits) if _NUMBER.fullmatch(digits) else 0
            if name in plain or 0 < number <= copied.get(of, 0):
                yield place, name
            plain.add(name)
            if number:
                least[of] = min(number, least.get(of, number))
