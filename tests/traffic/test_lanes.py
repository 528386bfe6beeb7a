"""Queue and priority at creation (L-3), and what else a run is born with."""

from __future__ import annotations

from typing import Any

import pytest

from fastlanes_sim.rules.creation import IMMEDIATE, NORMAL, Queue
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.rulesets import Ruleset
from fastlanes_sim.traffic.generate import generate
from tests.support.traffic_files import cron, scenario, webhook

ONCE: dict[str, Any] = {"at": ["0s"]}
MADE = [
    (webhook(ONCE, reply="after_completion"), Queue.FAST_LANE, NORMAL),
    (webhook(ONCE, reply="before_start"), Queue.DEFAULT, NORMAL),
    (webhook(ONCE), Queue.DEFAULT, NORMAL),
    (webhook(ONCE, reply="custom"), Queue.DEFAULT, NORMAL),
    (cron("0 0 * * *"), Queue.DEFAULT, NORMAL),
    ({"type": "kafka", "arrivals": ONCE}, Queue.DEFAULT, NORMAL),
    ({"type": "manual", "arrivals": ONCE}, Queue.MANUAL, IMMEDIATE),
    ({"type": "retry", "arrivals": ONCE}, Queue.MANUAL, IMMEDIATE),
    ({"type": "bulk_retry", "arrivals": ONCE}, Queue.DEFAULT, IMMEDIATE),
]


@pytest.mark.parametrize("ruleset", list(Ruleset))
@pytest.mark.parametrize(("trigger", "queue", "priority"), MADE)
def test_queue_and_priority_by_the_table_of_l3(trigger: dict[str, Any], queue: Queue, priority: int, ruleset: Ruleset) -> None:
    """L-3; before pr-4515 the queue is only the lane's name in reports."""
    if ruleset is Ruleset.MAIN_4547 and trigger.get("reply") == "custom":
        queue = Queue.FAST_LANE  # lightning #4546
    table = generate(scenario(trigger, lightning={"ruleset": ruleset}))
    if ruleset is Ruleset.MAIN and trigger["type"] == "kafka":
        assert len(table) == 0
        return
    assert (table.queue.tolist(), table.priority.tolist()) == ([queue], [priority])


def test_only_the_sync_webhooks_caller_waits() -> None:
    """L-20"""
    table = generate(scenario(*(trigger for trigger, _, _ in MADE)))
    assert table.sync.tolist() == [True] + [False] * 8


def test_a_workflows_own_timeout_comes_before_lightnings() -> None:
    """L-18, L-19"""
    workflows = {"a": {"run_timeout": "1h", "triggers": [webhook(ONCE, service="1s")]}, "b": {"triggers": [webhook(ONCE, service="1s")]}}
    table = generate(scenario(projects={"p": {"workflows": workflows}}, lightning={"run_timeout": "2m"}))
    assert table.timeout.tolist() == [3_600_000_000, 120_000_000]
    assert table.workflow.tolist() == [0, 1]


def test_startup_is_the_scenarios_unless_the_trigger_has_its_own() -> None:
    table = generate(scenario(webhook(ONCE), webhook(ONCE, startup="9s"), startup="700ms"))
    assert table.startup_time.tolist() == [700_000, 9_000_000]


def test_outcomes() -> None:
    table = generate(scenario(webhook({"every": "1s"}, failures=1.0), webhook({"every": "1s"}), horizon="10s"))
    assert {(source, outcome) for source, outcome in zip(table.source.tolist(), table.outcome.tolist(), strict=True)} == {
        (0, State.FAILED),
        (1, State.SUCCESS),
    }


def test_the_share_of_failures() -> None:
    """10,001 runs of which 20 % fail: within 4 standard deviations."""
    table = generate(scenario(webhook({"every": "1s"}, failures=0.2), horizon="10000s"))
    failed = int((table.outcome == State.FAILED).sum())
    assert abs(failed - 2_000) < 4 * (10_001 * 0.2 * 0.8) ** 0.5


def test_sources_are_named_by_project_workflow_place_and_kind() -> None:
    assert generate(scenario(webhook(ONCE), cron("0 0 * * *"))).sources == ("p/w/0:webhook", "p/w/1:cron")


def test_a_scenario_without_triggers_makes_an_empty_table() -> None:
    table = generate(scenario())
    assert len(table) == 0
    assert table.sources == ()


def test_a_million_runs_are_drawn_at_once() -> None:
    table = generate(scenario(webhook({"poisson": "1000/s"}, service={"exponential": {"mean": "1s"}}), horizon="1000s"))
    assert abs(len(table) - 1_000_000) < 4_000
    assert table.inserted_at.dtype == "int64"
