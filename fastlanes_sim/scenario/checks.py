"""What concerns several values of a scenario at once. What concerns one is in the models' own validators.

`check_tree` works on the bare tree, so that it can speak up even where single values are broken; `check_scenario` on a whole one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastlanes_sim.core.units import DAY, format_duration
from fastlanes_sim.deployment.from_scenario import database_curve, slowed
from fastlanes_sim.scenario.check_lives import wrong_lives
from fastlanes_sim.scenario.expectation import expected_sources, most_attempts
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.yaml.validation_errors import Complaint

MOST_RUNS = 20_000_000
MOST_WORKFLOWS = 100_000
MOST_WORKERS = 10_000


def check_tree(tree: dict[str, Any]) -> Iterator[Complaint]:
    """Everything wrong that pydantic's models cannot see, in a tree whose values may be of any type."""
    yield from _layout_and_capacity(tree)
    yield from _autoscaling_and_replicas(tree)
    yield from _worker_names(tree)
    yield from _copies_that_meet(tree)


def check_scenario(scenario: Scenario) -> Iterator[Complaint]:
    """What only a valid scenario can be asked: whether it is of a size that can be simulated."""
    workflows = sum(project.copies * sum(w.copies for w in project.workflows.values()) for project in scenario.projects.values())
    if workflows > MOST_WORKFLOWS:
        yield Complaint(("projects",), f"{workflows:,} workflows with all copies", f"have at most {MOST_WORKFLOWS:,}", about_key=True)
        return
    workers = sum(group.most_replicas * (1 + len(group.crashes) + len(group.deploys)) for group in scenario.workers)
    if workers > MOST_WORKERS:
        restarts = " and their restarts" if any(group.crashes or group.deploys for group in scenario.workers) else ""
        message = f"{workers:,} workers with all replicas{restarts}"
        yield Complaint(("workers",), message, f"have at most {MOST_WORKERS:,}", about_key=True)
        return
    yield from wrong_lives(scenario)
    yield from _claims_that_take_days(scenario, workflows)
    runs = sum(source.runs * source.copies * most_attempts(source.trigger) for source in expected_sources(scenario))
    if runs > MOST_RUNS:
        yield Complaint(
            ("horizon",), f"about {runs:,.0f} runs are to be expected", f"stay below {MOST_RUNS:,}: shorten the horizon or lower the rates"
        )


def _claims_that_take_days(scenario: Scenario, workflows: int) -> Iterator[Complaint]:
    curve = database_curve(scenario, workflows)
    for number, span in enumerate(scenario.incidents.slow_database):
        longest = max(time for _, time in slowed(curve, span))
        if longest > DAY:
            key = "time" if span.factor is None else "factor"
            message = f"a claim would spend up to {format_duration(longest)} in the database"
            yield Complaint(("incidents", "slow_database", number, key), message, "stay below a day")


def _groups(tree: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    groups = tree.get("workers")
    if isinstance(groups, list):
        for index, group in enumerate(groups):
            if isinstance(group, dict):
                yield index, group


def _layout_and_capacity(tree: dict[str, Any]) -> Iterator[Complaint]:
    """W-18"""
    for index, group in _groups(tree):
        if group.get("workloops") is not None and group.get("capacity") is not None:
            yield Complaint(
                ("workers", index, "capacity"),
                "workloops and capacity are mutually exclusive (W-18)",
                "keep workloops; `capacity: c` alone is short for `manual>*:c`",
                about_key=True,
            )


def _autoscaling_and_replicas(tree: dict[str, Any]) -> Iterator[Complaint]:
    for index, group in _groups(tree):
        if group.get("autoscaling") is not None and group.get("replicas") is not None:
            message = "autoscaling sets the number of replicas itself"
            yield Complaint(("workers", index, "replicas"), message, "leave `replicas` out, or `autoscaling`", about_key=True)


def _worker_names(tree: dict[str, Any]) -> Iterator[Complaint]:
    taken: dict[str, int] = {}
    for index, group in _groups(tree):
        scaling = group.get("autoscaling")
        count = scaling.get("max", 1) if isinstance(scaling, dict) else group.get("replicas", 1)
        for name in _copied_names(group.get("name", "worker"), count):
            other = taken.setdefault(name, index)
            if other != index:
                place: tuple[str | int, ...] = ("workers", index, "name") if "name" in group else ("workers", index)
                yield Complaint(place, f"another worker is named `{name[:60]}` already", "give each group its own `name`")
                break


def _copies_that_meet(tree: dict[str, Any]) -> Iterator[Complaint]:
    """`clinic` in two copies is clinic-1 and clinic-2: nobody else may be named so."""
    projects = tree.get("projects")
    if not isinstance(projects, dict):
        return
    yield from _clashes(projects, ("projects",))
    for name, project in projects.items():
        if isinstance(project, dict) and isinstance(project.get("workflows"), dict):
            yield from _clashes(project["workflows"], ("projects", name, "workflows"))


def _clashes(named: dict[Any, Any], place: tuple[str | int, ...]) -> Iterator[Complaint]:
    taken: dict[str, Any] = {}
    for key, value in named.items():
        for name in _copied_names(key, value.get("copies", 1) if isinstance(value, dict) else 1):
            other = taken.setdefault(name, key)
            if other != key:
                yield Complaint((*place, key), f"`{name[:60]}` is also a copy of another entry", "rename one of them", about_key=True)
                break


def _copied_names(name: Any, count: Any) -> Iterator[str]:
    if not isinstance(name, str):
        return
    if isinstance(count, bool) or not isinstance(count, int) or not 1 < count <= 100_000:
        yield name
    else:
        yield from (f"{name}-{number}" for number in range(1, count + 1))
