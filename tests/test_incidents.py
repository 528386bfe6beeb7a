"""Incidents from the scenario file to what is told of them."""

from __future__ import annotations

from fastlanes_sim import simulate
from fastlanes_sim.core.run_log import arrived
from fastlanes_sim.core.units import MINUTE
from fastlanes_sim.measures.times import interval
from fastlanes_sim.reports.content.rows import lane_rows
from fastlanes_sim.results.lane_table import lane_table
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.traffic.generate import generate

QUICK = "scenarios/quickstart.yaml"
WEBHOOK = "projects.clinic.workflows.register_patient.triggers.0"
DOWN = {"incidents.lightning_down": [{"from": "55m", "to": "1h10m"}], f"{WEBHOOK}.callers": {"retry_on": [504, 503], "attempts": 4}}


def rows(result, title: str) -> list[str]:
    return next((row[1:] for row in lane_rows(result.observed, ("fast_lane", "default")) if row[0] == title), [])


def test_an_outage_of_lightning_is_accounted_for_and_told():
    """I-1 to I-5: what was requested was inserted, refused or never came; what was inserted ended, was lost or is open."""
    result = simulate(QUICK, overrides=DOWN, horizon="2h")
    counts, table = result.observed.counts("all"), generate(result.scenario.scenario)
    asked = (result.log.inserted_at >= 0) | (result.log.refused_at >= 0)
    assert asked[: table.first_requests].all()
    assert asked.sum() == counts.runs + counts.refused + counts.missed
    assert counts.runs == counts.ended + counts.open
    assert counts.refused == counts.unavailable > 20
    assert counts.missed > 0, "the tick of the full hour"
    here = result.log.inserted_at[arrived(result.log)]
    assert not ((here >= 55 * MINUTE) & (here < 70 * MINUTE)).any()
    assert rows(result, "503s") == [f"{counts.unavailable:,}", "0"]
    assert rows(result, "never came") == ["0", f"{counts.missed:,}"]
    assert lane_table(result.observed)["all"]["missed"] == counts.missed
    waits = interval("wait", result.log).length
    assert (result.attribution.micros.sum(axis=1)[arrived(result.log)] == waits[arrived(result.log)]).all()


def test_without_incidents_nothing_is_said_of_them():
    assert not rows(simulate(QUICK, horizon="20m"), "503s")


def test_dropped_replies_leave_runs_to_the_janitor():
    """I-8: a tenth of an hour's claims; each run whose reply was dropped is claimed, never started, and lost in the end."""
    drops = {"incidents.dropped_replies": [{"from": "0s", "to": "1h", "probability": "10%"}], "workers.0.claim_timeout": "1m"}
    result = simulate(QUICK, overrides=drops, horizon="2h")
    never = (result.log.claimed_at >= 0) & (result.log.started_at < 0) & (result.log.claimed_at < 60 * MINUTE)
    assert (result.table.reply_luck[never] < 100_000).all()
    assert never.sum() > 3
    assert (result.log.state[never] == State.LOST).all()


def test_cold_starts_cost_each_worker_once():
    """I-10: five workers, one adaptor: as many runs at most start later than without, and no wait is shorter."""
    cold = {"cold_start": {"time": "20s"}, "projects.clinic.workflows.hourly_report.adaptor": "http", "workers.0.replicas": 5}
    with_it = simulate(QUICK, overrides=cold, horizon="30m")
    table = with_it.table
    assert set(table.cold_start[table.adaptor == 0]) == {20_000_000}
    startup = with_it.log.started_at - with_it.log.claimed_at - table.startup_time
    late = (table.adaptor == 0) & (with_it.log.started_at >= 0) & (startup > 15_000_000)
    assert 1 <= len(set(with_it.log.worker[late])) <= 5
    assert not ((table.adaptor < 0) & (with_it.log.started_at >= 0) & (startup > 15_000_000)).any()
