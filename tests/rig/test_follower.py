"""The follower against the reference engine, which states the same rules apart from it (W-1 to W-14): of a simulated worker every claim
comes when it is due."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

import pytest

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.core.units import MILLISECOND, SECOND
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.deployment.from_scenario import deployment as deployment_of
from fastlanes_sim.engines.selection import run_engine
from fastlanes_sim.rig.conduct_verdict import LEAST_SHARE, judge
from fastlanes_sim.rig.follower import Conduct, follow
from fastlanes_sim.rig.latencies import latencies
from fastlanes_sim.rig.likely_causes import causes
from fastlanes_sim.rig.recording import Recording, SeenClaim, SeenRun
from fastlanes_sim.scenario.load import load_scenario
from fastlanes_sim.scenario.yaml.source import Source
from fastlanes_sim.traffic.generate import generate

TEXT = """
name: followed
horizon: {horizon}
network: {{latency: 0s, database: 5ms}}
startup: {{constant: 20ms}}
projects:
  clinic:
    workflows:
      visit:
        triggers:
          - {{type: webhook, reply: after_completion, arrivals: {{poisson: 20/min}}, service: {{exponential: {{mean: 2s}}}}}}
      batch:
        triggers:
          - {{type: manual, arrivals: {{every: 20s}}, service: {{constant: 3s}}}}
workers:
  - {{workloops: "{layout}", backoff: "{backoff}", replicas: {replicas}{more}}}
"""


@cache
def simulated_once(
    layout: str = "fast_lane:1 manual>*:4", backoff: str = "1/10", horizon: str = "80s", replicas: int = 1, more: str = ""
) -> tuple[Deployment, Recording]:
    """What the rig would have seen of simulated workers. Without latency on the wire Lightning's instants are the worker's."""
    text = TEXT.format(layout=layout, backoff=backoff, horizon=horizon, replicas=replicas, more=more)
    scenario = load_scenario(Source.of_text(text, "followed.yaml")).scenario
    deployment, table = deployment_of(scenario), generate(scenario)
    log = run_engine(deployment, table, engine="reference", record_claims=True)
    recording = Recording([SeenRun() for _ in range(len(table))])
    for row in log.claims:
        if row.sent_at is None:
            continue
        queues = deployment.workers[row.worker].workloops[row.workloop].queues
        replied = None if row.lost else row.replied_at
        claim = SeenClaim(row.worker, 1, queues, row.sent_at, row.sent_at, row.began_at, row.decided_at, replied, row.run)
        recording.claims.append(claim)
        if row.run is not None:
            recording.runs[row.run].claim = claim
    recording.claims.sort(key=lambda claim: claim.pushed_at)
    for row_number, run in enumerate(recording.runs):
        for name in ("inserted_at", "began_at", "claimed_at", "received_at", "started_at", "finished_at", "freed_at", "worker"):
            value = int(getattr(log, name)[row_number])
            setattr(run, name, None if value == NEVER else value)
        run.told_at = run.freed_at
    for at, worker, what in log.connections:
        recording.note(at, worker, "joined" if what == "connect" else "closed")
    for at, worker in log.wake_ups:
        recording.note(at, worker, "work-available")
    for number, worker_spec in enumerate(deployment.workers):
        recording.note(worker_spec.connect_at, number, "open", "one process")
        if worker_spec.stops_at is not None and worker_spec.grace:
            recording.note(worker_spec.stops_at, number, "sigterm")
    recording.events.sort(key=lambda event: (event.at, event.kind != "open"))
    recording.ended_on = deployment.horizon
    return deployment, recording


def simulated(**case: Any) -> tuple[Deployment, Recording]:
    """The same, in a copy that a test may change."""
    deployment, recording = simulated_once(**case)
    return deployment, deepcopy(recording)


def followed(deployment: Deployment, recording: Recording, tolerance: int = 2 * MILLISECOND) -> list[Conduct]:
    return [follow(recording, number, worker, tolerance) for number, worker in enumerate(deployment.workers)]


@pytest.mark.parametrize(
    "case",
    [
        {},
        {"layout": "*:5"},
        {"layout": "fast_lane:1 fast_lane>manual>*:3", "replicas": 2},
        {"backoff": "0.5/3"},
        {"more": ", outages: [{from: 30s, to: 37s}]"},
        {"more": ", deploys: [{at: 40s, start_up: 5s, grace: 30s}]"},
    ],
    ids=str,
)
def test_every_claim_of_a_simulated_worker_comes_when_it_is_due(case: dict[str, Any]) -> None:
    deployment, recording = simulated(**case)
    for conduct in followed(deployment, recording):
        assert conduct.expected > 15
        # Claims of the same instant have an order in the engine that no recording shows.
        assert conduct.as_expected >= 0.985 * conduct.expected
    verdict = judge(recording, latencies(recording, deployment), followed(deployment, recording), None)
    assert verdict.outcome == "met"
    assert verdict.freed.in_time == verdict.freed.runs > 0
    assert "behaves as the model says" in verdict.words


@pytest.mark.parametrize("backoff", ["2/20", "0.5/5"])
def test_another_backoff_is_told(backoff: str) -> None:
    planned, _ = simulated()
    _, recording = simulated(backoff=backoff)
    conducts = followed(planned, recording, 50 * MILLISECOND)
    assert conducts[0].as_expected < 0.85 * conducts[0].expected
    verdict = judge(recording, latencies(recording, planned), conducts, None)
    assert verdict.outcome == "missed"
    assert verdict.as_expected < LEAST_SHARE * verdict.claims


def test_a_longer_backoff_is_named_as_a_cause() -> None:
    planned, recording = simulated()[0], simulated(backoff="2/20")[1]
    measured = latencies(recording, planned)
    said = causes(recording, planned, measured, followed(planned, recording), None, 0.0)
    assert any(text.startswith("Backoff: with 2/") for text in said)


def test_slots_that_are_freed_late_are_told() -> None:
    """W-13"""
    deployment, recording = simulated()
    for run in recording.runs:
        if run.told_at is not None:
            run.told_at -= SECOND
    verdict = judge(recording, latencies(recording, deployment), followed(deployment, recording), None)
    assert verdict.outcome == "missed"
    assert verdict.freed.in_time == 0


def test_few_claims_tell_nothing() -> None:
    deployment, recording = simulated(horizon="2s")
    verdict = judge(recording, latencies(recording, deployment), followed(deployment, recording), None)
    assert verdict.outcome == "undecided"


def test_a_busy_machine_is_no_evidence_against_a_worker() -> None:
    planned, _ = simulated()
    _, recording = simulated(backoff="2/20")
    recording.lags = [SECOND] * 100
    measured = latencies(recording, planned)
    assert judge(recording, measured, followed(planned, recording), None).outcome == "undecided"


def test_causes_name_what_was_not_as_the_scenario_says() -> None:
    deployment, recording = simulated()
    recording.layouts[0] = "manual>*:5"
    recording.versions[0] = "9.1.0"
    recording.turnarounds = [80 * MILLISECOND]
    recording.lags = [30 * MILLISECOND]
    recording.note(60 * SECOND, 0, "exit", "1")
    for claim in recording.claims:
        assert claim.decided_at is not None
        claim.decided_at += 200 * MILLISECOND
    said = causes(recording, deployment, latencies(recording, deployment), followed(deployment, recording), SECOND, 500.0)
    assert {text.partition(":")[0] for text in said} >= {
        *("Layout", "Exit", "Round trips", "Database", "Start-up", "Version", "Busy machine"),
    }
