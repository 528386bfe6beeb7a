"""What a scenario's traffic amounts to on average: no randomness, only means. For lint and for bounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fastlanes_sim.scenario.schedule import instant
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.triggers import Trigger


def reply_time(scenario: Scenario) -> int:
    """µs from Lightning's claim until a worker may begin to start the run: the way back, and the token's verification (W-8, W-16)."""
    return scenario.network.reply + min(group.verification or 0 for group in scenario.workers)


@dataclass(frozen=True, slots=True)
class ExpectedSource:
    """A trigger as written (all copies of its workflow behave alike) and what is to be expected of it."""

    path: tuple[str | int, ...]
    trigger: Trigger
    lane: str
    """Its runs' queue (L-3), or what would be their queue where there are none."""
    runs: float
    """Within the horizon, of one copy."""
    copies: int
    busy: float
    """Mean µs that one run holds a slot: startup and service."""
    timeout: int
    concurrency: int | None
    """The workflow's own limit."""

    @property
    def all_runs(self) -> float:
        """Within the horizon, of all copies."""
        return self.runs * self.copies


def expected_sources(scenario: Scenario) -> Iterator[ExpectedSource]:
    """Every trigger, in the order of the scenario."""
    begin = instant(scenario.start, scenario.timezone)
    for project_name, project in scenario.projects.items():
        for workflow_name, workflow in project.workflows.items():
            for index, trigger in enumerate(workflow.triggers):
                yield ExpectedSource(
                    path=("projects", project_name, "workflows", workflow_name, "triggers", index),
                    trigger=trigger,
                    lane=scenario.lightning.ruleset.queue_and_priority(trigger.origin)[0].label,
                    runs=scenario.traffic * trigger.expected_runs(scenario.timezone, begin, scenario.horizon),
                    copies=project.copies * workflow.copies,
                    busy=trigger.service.expectation() + (trigger.startup or scenario.startup).expectation(),
                    timeout=workflow.run_timeout or scenario.lightning.run_timeout,
                    concurrency=workflow.concurrency,
                )
