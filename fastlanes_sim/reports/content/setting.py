"""Of what an answer speaks: the scenario's question, what is deployed, and which time is simulated."""

from __future__ import annotations

from itertools import takewhile

from fastlanes_sim.core.units import format_duration
from fastlanes_sim.scenario.load import LoadedScenario
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.workers import WorkerGroup

Facts = list[tuple[str, str]]
"""Name and value, in the order in which they are read."""


def question_of(loaded: LoadedScenario) -> str:
    """What the comment at the beginning of the file asks; empty where it asks nothing."""
    lines = takewhile(lambda line: line.startswith("#"), loaded.text.lstrip().splitlines())
    asked, mark, _ = " ".join(line.lstrip("# ").rstrip() for line in lines).partition("?")
    return asked.strip() + mark if mark else ""


def deployment_of(scenario: Scenario) -> str:
    """`2 workers: fast_lane:1 manual>*:4`, a part for each group of workers."""
    return "; ".join(map(_group, scenario.workers))


def _group(group: WorkerGroup) -> str:
    scaled = group.autoscaling
    if scaled is not None:
        return f"{scaled.min} to {scaled.max} workers: {group.layout}"
    return f"{group.replicas:,} worker{'s' if group.replicas > 1 else ''}: {group.layout}"


def period_of(scenario: Scenario) -> str:
    """`4 h 00 m from Mon 2026-01-05 00:00 (UTC)`"""
    return f"{format_duration(scenario.horizon)} from {scenario.start:%a %Y-%m-%d %H:%M} ({scenario.timezone})"


def facts(loaded: LoadedScenario, evidence: str, *, deployed: tuple[str, str] | None = None) -> Facts:
    """What every answer rests on.

    Args:
        evidence: how much was simulated.
        deployed: name and value of what was deployed, where that is not what the scenario says.
    """
    return [
        deployed or ("deployment", deployment_of(loaded.scenario)),
        ("simulated", period_of(loaded.scenario)),
        ("evidence", evidence),
    ]
