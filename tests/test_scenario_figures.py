"""The figures in docs/scenarios.md and in the first lines of the scenarios are those of a simulation."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from fastlanes_sim.api.result import Result
from fastlanes_sim.core.units import MINUTE, SECOND
from tests.test_scenarios import FOLDER, played

PAGE = (FOLDER.parent / "docs" / "scenarios.md").read_text(encoding="utf-8")
PINNED, TWENTY = "fast_lane:1 manual>*:4", "fast_lane:1 manual>*:20"
GRACE, DOWN = ("workers.0.deploys.0.grace", "5m"), ("incidents.lightning_down.0.to", "40m")
ROWS, SPACING = "projects.clinic.workflows.import_row.concurrency", "projects.clinic.workflows.split_file.calls.0.spacing"
CLINIC = "projects.clinic.workflows"
AGAIN = {"retry_on": [503], "attempts": 6, "pause": "10s"}

WARM, ONE, TEN = ("cold_start.probability", 0), ("workers.0.replicas", 1), ("workers.0.replicas", 10)
PAIRS = "fast_lane>manual>*:2"


def wait(result: Result, scope: str, p: float) -> float:
    """µs; of several open runs at least so much."""
    return result.observed.durations(scope, "wait").quantile(p).value_us


def seconds(result: Result, scope: str, p: float, digits: int = 0) -> str:
    return f"{wait(result, scope, p) / SECOND:.{digits}f}"


def minutes(result: Result, scope: str, p: float, digits: int = 0) -> str:
    return f"{wait(result, scope, p) / MINUTE:.{digits}f}"


def unanswered(result: Result) -> int:
    return result.observed.counts("fast_lane").gateway_timeouts


def ended(result: Result, state: str) -> int:
    return int((result.runs.state == state).sum())


def service(result: Result) -> float:
    return float(result.runs.service_s.quantile(0.95))


def cold(*changes: tuple[str, object], layout: str | None = None, digits: int = 0) -> str:
    return seconds(played("cold_adaptors", *changes, layout=layout), "fast_lane", 0.99, digits)


def attempts_twice() -> Result:
    return played("lightning_restart", (f"{CLINIC}.register_patient.triggers.0.callers.attempts", 2))


def lost_by_deploy(result: Result) -> int:
    """F-4: claimed before the deploy was over."""
    return int(((result.runs.state == "lost") & (result.runs.claimed_at - result.start < "2h")).sum())


def lost_by_crash(result: Result) -> int:
    return ended(result, "lost") - lost_by_deploy(result)


SAID: dict[str, Callable[[], list[str]]] = {
    "ethiopia_sync": lambda: [
        f"{unanswered(played('ethiopia_sync'))} of {played('ethiopia_sync').observed.counts('fast_lane').runs:,} sync callers get a 504",
        f"with a pinned slot, {unanswered(played('ethiopia_sync', layout=PINNED)) or 'none'}",
    ],
    "cron_storm": lambda: [
        f"wait up to {minutes(played('cron_storm'), 'default', 1)} min",
        f"if all slots take all lanes, {unanswered(played('cron_storm', layout='manual>*:5'))} sync callers",
        f"with a pinned slot, {unanswered(played('cron_storm')) or 'none'}",
    ],
    "bulk_retry_flood": lambda: [
        f"wait is {minutes(played('bulk_retry_flood'), 'project.school', 0.95)} min, "
        f"and {minutes(played('bulk_retry_flood', ('lightning.ruleset', 'no_priority')), 'project.school', 0.95)} min without priority",
    ],
    "project_limit_trap": lambda: [
        f"wait up to {minutes(played('project_limit_trap'), 'default', 1, 1)} min",
        f"they wait {seconds(played('project_limit_trap', ('projects.clinic.concurrency', 80)), 'default', 1)} s",
    ],
    "claim_limit_blind_spot": lambda: [
        f"{unanswered(played('claim_limit_blind_spot'))} sync callers get a 504",
        f"{unanswered(played('claim_limit_blind_spot', ('lightning.per_workflow_claim_limit', 500))) or 'none'} with a claim limit of 500",
    ],
    "noisy_neighbour": lambda: [
        f"rises to {minutes(played('noisy_neighbour'), 'project.quiet', 0.95)} min",
        f"it is {seconds(played('noisy_neighbour', ('lightning.run_queue', 'round_robin')), 'project.quiet', 0.95, 1)} s",
    ],
    "after_priority": lambda: [
        f"waits up to {minutes(played('after_priority'), 'manual', 1)} min; "
        f"{seconds(played('after_priority', ('lightning.ruleset', 'pr-4515')), 'manual', 1)} s today",
    ],
    "calls_itself": lambda: [
        f"all {ended(played('calls_itself'), 'failed')} of these runs fail and {unanswered(played('calls_itself'))} requests get a 504",
        f"with a pinned slot, or 21 slots, {unanswered(played('calls_itself', layout='manual>*:21')) or 'none'}",
    ],
    "fan_out": lambda: [
        f"wait up to {minutes(played('fan_out'), 'workflow.clinic.notify', 1)} min; "
        f"{seconds(played('fan_out', (ROWS, 3)), 'workflow.clinic.notify', 1)} s with a limit of 3",
        f"{seconds(played('fan_out', (SPACING, '2s')), 'workflow.clinic.notify', 1)} s if it calls one every 2 s",
    ],
    "slow_target": lambda: [
        f"{ended(played('slow_target', ('workers.0.capacity', 40)), 'killed')} runs are killed",
        f"{ended(played('slow_target', ('workers.0.capacity', 40)), 'killed')} are killed at their timeout",
        f"p95 of their service is {service(played('slow_target', ('workers.0.capacity', 40))):.0f} s "
        f"instead of {service(played('slow_target')):.0f} s",
        f"runs wait up to {minutes(played('slow_target', ('workers.0.capacity', 8)), 'all', 1)} min "
        f"instead of {minutes(played('slow_target'), 'all', 1)}",
    ],
    "memory_per_slot": lambda: [
        f"{ended(played('memory_per_slot'), 'killed')} of {len(played('memory_per_slot').runs):,} runs are killed; "
        f"{ended(played('memory_per_slot', layout='manual>*:4'), 'killed')} with four slots",
        f"{ended(played('memory_per_slot', (f'{CLINIC}.report.concurrency', 1)), 'killed') or 'none'} if large runs come one at a time",
        f"{ended(played('memory_per_slot'), 'killed')} of {len(played('memory_per_slot').runs):,} are",
    ],
    "deploy_under_load": lambda: [
        f"loses {lost_by_deploy(played('deploy_under_load'))} runs, a crash loses {lost_by_crash(played('deploy_under_load'))};",
        f"wait up to {minutes(played('deploy_under_load'), 'default', 1)} min",
        f"the deploy loses {lost_by_deploy(played('deploy_under_load', GRACE)) or 'none'}",
    ],
    "autoscaling": lambda: [
        f"{played('autoscaling').replicas.replica_hours:.0f} replica hours instead of "
        f"{played('autoscaling', ('workers.0.autoscaling.min', 8)).replicas.replica_hours:.0f}",
        f"waits up to {seconds(played('autoscaling'), 'default', 1)} s instead of "
        f"{seconds(played('autoscaling', ('workers.0.autoscaling.min', 8)), 'default', 1)} s "
        f"({played('autoscaling', ('workers.0.autoscaling.max', 1)).observed.durations('default', 'wait').quantile(1)} with one worker)",
    ],
    "database_plan_flip": lambda: [
        f"{unanswered(played('database_plan_flip'))} sync callers get a 504, and "
        f"{unanswered(played('database_plan_flip', layout=TWENTY))} with four times the slots",
        f"{unanswered(played('database_plan_flip'))} sync requests get a 504",
        f"are given up at once: {unanswered(played('database_plan_flip', ('workers.0.claim_timeout', '1m')))} get a 504",
        f"one after another (L-23): {unanswered(played('database_plan_flip', ('lightning.database_timeout', '2m')))} get a 504",
        f"more slots do not help: {unanswered(played('database_plan_flip', layout=TWENTY))} get a 504",
    ],
    "lightning_restart": lambda: [
        f"{played('lightning_restart').observed.counts('default').unavailable} async messages are lost",
        f"{played('lightning_restart').observed.counts('default').unavailable} of their messages are lost",
        f"{unanswered(played('lightning_restart', DOWN))} get a 504, "
        f"{played('lightning_restart', DOWN).observed.counts('fast_lane').gave_up} had given up",
        f"{attempts_twice().observed.counts('fast_lane').gave_up} give up",
        f"p99 wait is {seconds(played('lightning_restart', (f'{CLINIC}.sync_records.triggers.0.callers', AGAIN)), 'fast_lane', 0.99, 1)} s",
    ],
    "cold_adaptors": lambda: [
        f"p99 wait is {cold(digits=1)} s instead of {cold(WARM)} s, and {cold(TEN, layout=PAIRS)} s if ten small workers share",
        f"p99 wait is {cold(digits=1)} s, and {cold(WARM, digits=2)} s where nothing is cold",
        f"a quarter as often: {cold(ONE, layout='fast_lane:4 manual>*:16')} s",
        f"in ten workers: {cold(TEN, layout=PAIRS)} s, and {unanswered(played('cold_adaptors', TEN, layout=PAIRS))} get a 504",
    ],
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_said_of_a_scenario_is_what_is_simulated(name: str):
    row = re.search(rf"^\| `{name}` \| (.*) \|$", PAGE, re.MULTILINE)
    assert row
    comments = re.findall(r"^# ?(.*)", (FOLDER / f"{name}.yaml").read_text(encoding="utf-8"), re.MULTILINE)
    said = row[1] + " " + " ".join(" ".join(comments).split())
    assert [one for one in SAID[name]() if one not in said] == []
