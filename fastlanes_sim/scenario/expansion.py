"""Copies written out: the one place that says in which order projects and workflows are numbered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastlanes_sim.scenario.schema import Project, Scenario, Workflow
from fastlanes_sim.scenario.triggers import Trigger


@dataclass(frozen=True, slots=True)
class PlacedWorkflow:
    """A workflow with its index in the deployment (its place in the list), and its project's."""

    project: int
    project_name: str
    name: str
    settings: Workflow

    @property
    def full_name(self) -> str:
        return f"{self.project_name}/{self.name}"

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of what makes its runs, `project/workflow/INDEX:type` for each trigger.

        They also name the random streams, so that a workflow with another name draws other numbers.
        """
        return tuple(f"{self.full_name}/{index}:{trigger.type}" for index, trigger in enumerate(self.settings.triggers))

    @property
    def replay_source(self) -> str:
        """The name of its runs from a replayed file."""
        return f"{self.full_name}/replay"


def copies(name: str, count: int) -> Iterator[str]:
    """`name` alone, or `name-1` to `name-n`."""
    if count == 1:
        yield name
    else:
        yield from (f"{name}-{number}" for number in range(1, count + 1))


def placed_projects(scenario: Scenario) -> list[tuple[str, Project]]:
    return [(copy, project) for name, project in scenario.projects.items() for copy in copies(name, project.copies)]


def placed_workflows(scenario: Scenario) -> list[PlacedWorkflow]:
    return [
        PlacedWorkflow(index, project_name, copy, workflow)
        for index, (project_name, project) in enumerate(placed_projects(scenario))
        for name, workflow in project.workflows.items()
        for copy in copies(name, workflow.copies)
    ]


def workflow_places(scenario: Scenario) -> dict[tuple[str, int, str, int], int]:
    """The index of each workflow, by its project and the number of that copy, from 0, and by its own name and the number of its copy."""
    names = (
        (project_name, project_copy, name, copy)
        for project_name, project in scenario.projects.items()
        for project_copy in range(project.copies)
        for name, workflow in project.workflows.items()
        for copy in range(workflow.copies)
    )
    return {name: index for index, name in enumerate(names)}


def adaptor_of(workflow: Workflow, trigger: Trigger) -> str | None:
    """The adaptor that the trigger's runs load."""
    return trigger.adaptor or workflow.adaptor


def placed_adaptors(scenario: Scenario) -> tuple[str, ...]:
    """The adaptors that a worker loads cold, in the order in which triggers name them."""
    named = (
        adaptor_of(workflow, trigger)
        for project in scenario.projects.values()
        for workflow in project.workflows.values()
        for trigger in workflow.triggers
    )
    return tuple(dict.fromkeys(name for name in named if name is not None and scenario.cold_start_of(name) is not None))
