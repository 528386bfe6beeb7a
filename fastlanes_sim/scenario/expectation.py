"""What a scenario's traffic amounts to on average: no randomness, only means. For lint and for bounds."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from math import exp, prod

import numpy as np

from fastlanes_sim.rules import undisturbed
from fastlanes_sim.scenario.call_graph import Key, PlacedCall, placed_calls, trigger_of
from fastlanes_sim.scenario.dependence import LEAST_OF_LOAD, Factors
from fastlanes_sim.scenario.messages import Messages
from fastlanes_sim.scenario.schedule import instant, week_segments
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.triggers import Trigger


def until_launch(scenario: Scenario, messages: Messages) -> int:
    """µs from a worker's receipt of a run to its launch, if nothing goes wrong and nothing has to be installed (W-15)."""
    if is_ideal(scenario):
        return 0
    network = scenario.network
    return undisturbed.until_launch(network.up, network.message, network.down, messages.credentials, messages.input)


def from_claim_to_launch(scenario: Scenario, messages: Messages) -> int:
    """µs from Lightning's decision of a claim to the launch of the run: the way back and the token's verification come first (W-8)."""
    if is_ideal(scenario):
        return 0
    return scenario.network.down + min(group.verification or 0 for group in scenario.workers) + until_launch(scenario, messages)


def until_freed(scenario: Scenario) -> int:
    """µs from a run's end to the freeing of its slot (W-13): of a run that succeeds and has told all its log lines before."""
    network = scenario.network
    return 0 if is_ideal(scenario) else undisturbed.until_freed(network.up, network.message, network.down)


def is_ideal(scenario: Scenario) -> bool:
    """Whether no worker sends messages."""
    return all(group.dispatch == "ideal" for group in scenario.workers)


@dataclass(frozen=True, slots=True)
class ExpectedSource:
    """A trigger as written (all copies of its workflow behave alike) and what is to be expected of it."""

    path: tuple[str | int, ...]
    trigger: Trigger
    lane: str
    """Its runs' queue (L-3), or what would be their queue where there are none."""
    runs: float
    """Within the horizon, of one copy: those that others call too (K-1)."""
    copies: int
    service: float
    """Mean µs of a service, with all that it depends on."""
    busy: float
    """Mean µs that one run holds a slot: what is fetched before its launch, startup and service, waiting for runs that it calls (as if they
    were served at once, K-5), and what is reported after its end."""
    timeout: int
    concurrency: int | None
    """The workflow's own limit."""

    @property
    def all_runs(self) -> float:
        """Within the horizon, of all copies."""
        return self.runs * self.copies


def expected_sources(scenario: Scenario) -> Iterator[ExpectedSource]:
    """Every trigger, in the order of the scenario."""
    calls = placed_calls(scenario)
    own = _sources(scenario)
    return iter(_with_calls(scenario, calls, list(own))) if calls else own


def _with_calls(scenario: Scenario, calls: list[PlacedCall], own: list[ExpectedSource]) -> list[ExpectedSource]:
    """K-1, K-5: with the runs that others call, and the time that is spent on them."""
    by_workflow: dict[Key, list[int]] = {}
    for place, source in enumerate(own):
        by_workflow.setdefault((str(source.path[1]), str(source.path[3])), []).append(place)
    called, waited = np.zeros((2, len(own), len(own)))
    patience, spacing = np.full((len(own), len(own)), math.inf), np.zeros(len(own))
    for placed in calls:
        key, trigger = trigger_of(scenario, placed)
        target = by_workflow[key][trigger]
        callers = by_workflow.get(placed.caller, [])
        called[callers, target] += placed.call.mean_count
        spacing[callers] += placed.call.mean_spacing
        if placed.call.wait:
            waited[callers, target] += placed.call.mean_count
            patience[callers, target] = min(placed.call.timeout or math.inf, scenario.lightning.webhook_response_timeout)
    runs = np.linalg.solve(np.eye(len(own)) - called.T, np.array([source.all_runs for source in own]))
    least = np.array([source.busy for source in own]) + spacing
    busy = least
    for _ in range(len(own)):  # round a loop it is not quite all; most calls are no loops
        busy = least + (waited * np.minimum(patience, busy)).sum(axis=1)
    return [
        replace(source, runs=float(runs[place]) / source.copies, service=source.service + float(spacing[place]), busy=float(busy[place]))
        for place, source in enumerate(own)
    ]


def _sources(scenario: Scenario) -> Iterator[ExpectedSource]:
    """The same without calls."""
    begin = instant(scenario.start, scenario.timezone)
    for project_name, project in scenario.projects.items():
        for workflow_name, workflow in project.workflows.items():
            for index, trigger in enumerate(workflow.triggers):
                runs = scenario.traffic * trigger.expected_runs(scenario.timezone, begin, scenario.horizon)
                service = trigger.service.expectation() * _mean_factor(trigger.service_factors, trigger, runs, scenario, begin)
                startup = (trigger.startup or scenario.startup).expectation()
                startup *= _mean_factor(trigger.startup_factors, trigger, runs, scenario, begin)
                on_the_channel = until_launch(scenario, scenario.messages_of(workflow)) + until_freed(scenario)
                yield ExpectedSource(
                    path=("projects", project_name, "workflows", workflow_name, "triggers", index),
                    trigger=trigger,
                    lane=scenario.lightning.ruleset.queue_and_priority(trigger.origin)[0].label,
                    runs=runs if scenario.lightning.ruleset.makes(trigger.origin) else 0.0,
                    copies=project.copies * workflow.copies,
                    service=service,
                    busy=on_the_channel + service + startup,
                    timeout=workflow.run_timeout or scenario.lightning.run_timeout,
                    concurrency=workflow.concurrency,
                )


def _mean_factor(factors: Factors | None, trigger: Trigger, runs: float, scenario: Scenario, begin: datetime) -> float:
    """By which services or startups differ from their distribution on average, as far as that follows from the rates.

    The hours are weighted by the rate of the arrivals; what comes at set times is taken to come at any.
    """
    if factors is None:
        return 1.0
    mean = 1.0
    if factors.hours is not None:
        rates = getattr(getattr(trigger, "arrivals", None), "piecewise", None) or {"00:00": 1.0}
        by_rate = week_segments(rates, scenario.timezone, begin, scenario.horizon)
        by_hour = week_segments(factors.hours, scenario.timezone, begin, scenario.horizon)
        weight = _product([by_rate], scenario.horizon)
        mean *= _product([by_rate, by_hour], scenario.horizon) / weight if weight else 1.0
    if factors.tick is not None:
        mean *= 1 + (factors.tick.factor - 1) * min(factors.tick.within / factors.tick.every, 1.0)
    if factors.load is not None:
        before = runs * factors.load.within / scenario.horizon
        mean *= max(1 + factors.load.slope * (before / factors.load.usual - 1), LEAST_OF_LOAD)
    if factors.idle is not None:  # as gaps of a Poisson process are
        mean *= 1 + (factors.idle.factor - 1) * exp(-runs * factors.idle.after / scenario.horizon)
    return mean


def _product(steps: list[list[tuple[int, float]]], horizon: int) -> float:
    """The integral of the product of step functions over [0, horizon)."""
    edges = sorted({at for segments in steps for at, _ in segments} | {horizon})
    total, level = 0.0, [0.0] * len(steps)
    changes = [dict(segments) for segments in steps]
    for at, after in pairwise(edges):
        level = [change.get(at, now) for change, now in zip(changes, level, strict=True)]
        total += prod(level) * (after - at)
    return total
