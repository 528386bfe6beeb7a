"""Slots that nobody frees any more: when they are lost, how many, and what is said of them (W-13a, W-15a)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fastlanes_sim import simulate
from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.engines.reference.simulation import simulate_reference
from fastlanes_sim.reports.content.rows import lost_slot_sentences
from fastlanes_sim.reports.text.simulation import text
from fastlanes_sim.results.lost_slots import LostSlots, lost_slots
from fastlanes_sim.results.slot_occupancy import holds
from fastlanes_sim.results.utilisation import utilisation
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.process import Exit
from tests.support.deployments import HOUR, MILLISECOND, MINUTE, SECOND, deployment, run, table, worker

M = 5 * SECOND
OUT = ((10 * SECOND, 40 * SECOND),)
ENDS = 12 * SECOND + MILLISECOND
"""Of a run that is claimed at 0 and takes 12 s: without latency, 1 ms passes before it is launched (W-15)."""
LOST = ENDS + 2 * M
"""W-13a: `step:complete` fails M after the end, `run:log` M later."""


def fleet(horizon: int = HOUR, **settings: Any) -> Deployment:
    return deployment(worker("*:2", name="w", **({"message_timeout": M, "outages": OUT} | settings)), horizon=horizon)


def played(deployed: Deployment, *seconds: float) -> RunLog:
    """Runs that are inserted at 0 and take so long."""
    return simulate_reference(deployed, table([run(0, each) for each in seconds]))


def test_an_outage_that_outlasts_two_timeouts_after_the_end_costs_the_slot():
    """F-11"""
    log = played(fleet(), 12)
    assert (log.finished_at[0], log.freed_at[0], log.leaked_at[0]) == (ENDS, NEVER, LOST)
    assert lost_slots(fleet(), log) == [LostSlots("w", 1, 2, LOST, None)]
    assert log.state[0] == State.STARTED  # Lightning never hears of the end


def test_a_run_that_ends_after_the_outage_costs_nothing():
    """It is reported when the socket opens again: at the eighth attempt, 1 + … + 8 s after the outage began, seven refusals of 3 ms and
    30 ms later (W-12)."""
    log = played(fleet(), 45)
    assert (log.leaked_at[0], log.freed_at[0]) == (NEVER, 46 * SECOND + 51 * MILLISECOND)
    assert lost_slots(fleet(), log) == []


def test_it_is_held_as_long_as_the_process_lives():
    """SIGTERM after half an hour; the process waits for its lost slot until SIGKILL a minute later (W-20 d)."""
    deployed = fleet(stops_at=30 * MINUTE, grace=MINUTE)
    log = played(deployed, 12)
    assert holds(log).ends.tolist() == [31 * MINUTE]
    assert lost_slots(deployed, log) == [LostSlots("w", 1, 2, LOST, 31 * MINUTE)]
    (entry,) = utilisation(deployed, log)
    assert entry.busy == pytest.approx(0.5)


def test_since_counts_from_the_first_of_a_process():
    """Both slots are lost, the second a second later: its claim waited for the first one's poll (W-9)."""
    log = played(fleet(), 12, 12)
    first, second = sorted(log.leaked_at.tolist())
    assert second == first + SECOND
    assert lost_slots(fleet(), log) == [LostSlots("w", 2, 2, first, None)]


def test_where_sentry_is_configured_a_lost_plan_costs_the_slot_instead_of_the_process():
    """F-10, W-15a: the plan is asked for at 0 and never comes."""
    runs = replace(table([run(0, 1)]), plan_lost=np.array([True]))
    deployed = deployment(worker("*:1", name="w", survives_lost_plan=True, message_timeout=M))
    log = simulate_reference(deployed, runs)
    assert log.exits == []
    assert lost_slots(deployed, log) == [LostSlots("w", 1, 1, M, None)]
    dying = deployment(worker("*:1", name="w", message_timeout=M))
    died = simulate_reference(dying, runs)
    assert died.exits == [(M, 0, Exit.CRASH)]
    assert lost_slots(dying, died) == []


SCENARIO = """\
name: leaking
start: 2026-01-05T10:00
horizon: 2h
timezone: Africa/Addis_Ababa
network: {latency: 0s, database: 0s}
startup: 0s
projects: {p: {workflows: {w: {triggers: [{type: webhook, arrivals: {at: [42m, 43m]}, service: 2m}]}}}}
workers: [{name: main, workloops: "*:3", message_timeout: 5s, outages: [{from: 43m30s, to: 46m}]}]
"""


def test_the_terminal_the_page_and_json_say_how_many_since_when(tmp_path: Path):
    """Inserted at 10:42, ended at 10:44, lost ten seconds later."""
    path = tmp_path / "leaking.yaml"
    path.write_text(SCENARIO)
    found = simulate(path, engine="reference")
    assert lost_slot_sentences(found) == ["2 of 3 slots of main lost since 10:44."]
    assert "2 of 3 slots of main lost since 10:44." in text(found)
    assert "2 of 3 slots of main lost since 10:44." in found.page().why
    (entry,) = found.summary()["lost_slots"]
    assert {key: entry[key] for key in ("worker", "lost", "slots", "until_s")} == {"worker": "main", "lost": 2, "slots": 3, "until_s": None}
    assert 44 * 60 + 10 < entry["since_s"] < 44 * 60 + 20
    calm = simulate(path, engine="reference", overrides={"workers.0.outages": []})
    assert calm.lost_slots == []
    assert "lost_slots" not in calm.summary()
