"""What a scenario's traffic amounts to on average: no randomness, only means. For lint and for bounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import islice

from fastlanes_sim.core.units import SECOND
from fastlanes_sim.scenario.schedule import cron_ticks, instant, week_segments
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.triggers import Arrivals, Cron, Trigger, Webhook

_ENOUGH_TICKS = 2_000


def reply_time(scenario: Scenario) -> int:
    """µs from Lightning's claim until a worker may begin to start the run: the way back, and the token's verification (W-8, W-16)."""
    return scenario.network.reply + min(group.verification or 0 for group in scenario.workers)


@dataclass(frozen=True, slots=True)
class ExpectedSource:
    """A trigger as written (all copies of its workflow behave alike) and what is to be expected of it."""

    path: tuple[str | int, ...]
    trigger: Trigger
    runs: float
    """Within the horizon, of one copy."""
    copies: int
    busy: float
    """Mean µs that one run holds a slot: startup and service."""
    timeout: int
    concurrency: int | None
    """The workflow's own limit."""


def expected_sources(scenario: Scenario) -> Iterator[ExpectedSource]:
    for project_name, project in scenario.projects.items():
        for workflow_name, workflow in project.workflows.items():
            for index, trigger in enumerate(workflow.triggers):
                yield ExpectedSource(
                    path=("projects", project_name, "workflows", workflow_name, "triggers", index),
                    trigger=trigger,
                    runs=expected_runs(scenario, trigger),
                    copies=project.copies * workflow.copies,
                    busy=trigger.service.expectation() + (trigger.startup or scenario.startup).expectation(),
                    timeout=workflow.run_timeout or scenario.lightning.run_timeout,
                    concurrency=workflow.concurrency,
                )


def expected_runs(scenario: Scenario, trigger: Trigger) -> float:
    """How many runs a trigger makes within the horizon, on average."""
    begin = instant(scenario.start, scenario.timezone)
    if isinstance(trigger, Cron):
        ticks = _ticks(trigger.cron, trigger.timezone or scenario.timezone, begin, scenario.horizon)
        return scenario.traffic * trigger.runs_per_tick * ticks
    return scenario.traffic * _arrivals(trigger.arrivals, scenario.timezone, begin, scenario.horizon)


@lru_cache(maxsize=4_096)
def _ticks(cron: str, timezone: str, begin: datetime, horizon: int) -> float:
    """Counted for a while, then taken to go on like that."""
    ticks = list(islice(cron_ticks(cron, timezone, begin, horizon), _ENOUGH_TICKS))
    if len(ticks) < _ENOUGH_TICKS:
        return len(ticks)
    return len(ticks) * max(1.0, horizon / max(ticks[-1], 1))


def _arrivals(arrivals: Arrivals, timezone: str, begin: datetime, horizon: int) -> float:
    if arrivals.poisson is not None:
        return arrivals.poisson * horizon / SECOND
    if arrivals.piecewise is not None:
        segments = [*week_segments(arrivals.piecewise, timezone, begin, horizon), (horizon, 0.0)]
        return sum(rate * (segments[i + 1][0] - at) / SECOND for i, (at, rate) in enumerate(segments[:-1]))
    if arrivals.every is not None:
        return horizon // arrivals.every + 1
    if arrivals.at is not None:
        return sum(at <= horizon for at in arrivals.at)
    burst = arrivals.burst
    assert burst is not None
    if burst.every is not None:
        return burst.size * max(0, (horizon - burst.first) // burst.every + 1)
    return burst.size * sum(at <= horizon for at in burst.at or ())


def is_sync(trigger: Trigger) -> bool:
    """Whether a caller waits for the run's end (L-20)."""
    return isinstance(trigger, Webhook) and trigger.reply == "after_completion"


def most_attempts(trigger: Trigger) -> int:
    """How many requests one caller makes at most."""
    return trigger.callers.attempts if isinstance(trigger, Webhook) and trigger.callers is not None else 1
