"""Processes that come and go: what they cost, and how busy they were while they were there (F-1 to F-5)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fastlanes_sim import simulate
from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.engines.reference.simulation import simulate_reference
from fastlanes_sim.results.slot_occupancy import holds
from fastlanes_sim.results.utilisation import busy_together, utilisation
from fastlanes_sim.results.worker_processes import come_and_go, most_slots, on_duty, replicas, running, time_on_duty
from fastlanes_sim.rules.lifecycle import State
from tests.support.deployments import HOUR, MILLISECOND, SECOND, deployment, run, table, worker

ROWS = [run(0, 1_000, timeout=7_200), run(0, 3_000, timeout=7_200), run(2_000, 600, timeout=7_200)]
"""The first ends, the second is lost with its process (and claimed 1 s after the first), the third is played by the next one."""


def fleet() -> Deployment:
    """One process from 0, told to stop at 1,800 s and killed at 2,100 s; the next one started at 1,800 s and connected at 1,900 s."""
    first = worker("*:2", name="w", stops_at=1_800 * SECOND, grace=300 * SECOND)
    second = worker("*:2", name="w#2", connect_at=1_900 * SECOND, start_up=100 * SECOND)
    return deployment(first, second, horizon=HOUR)


def played(deployed: Deployment) -> RunLog:
    return simulate_reference(deployed, table(ROWS))


def test_replica_hours_go_from_start_to_end():
    found = replicas(played(fleet()))
    assert (found.processes, found.most) == (2, 2)
    assert found.replica_hours == pytest.approx((2_100 + 1_800) / 3_600)
    assert found.mean == pytest.approx((2_100 + 1_800) / 3_600)
    assert (found.exits.term, found.exits.kill, found.exits.crash) == (0, 1, 0)


def test_who_exists_and_who_is_on_duty():
    log = played(fleet())

    def at(series, second: int) -> int:
        return int(series.counts[np.searchsorted(series.times, second * SECOND, side="right") - 1])

    instants = (0, 1_799, 1_800, 1_899, 1_900, 2_099, 2_100)
    assert [at(running(log), second) for second in instants] == [1, 1, 2, 2, 2, 2, 1]
    assert [at(on_duty(log), second) for second in instants] == [1, 1, 0, 0, 1, 1, 1]
    assert time_on_duty(log, 2).tolist() == [2_100 * SECOND, 1_700 * SECOND]
    assert most_slots(log, [2, 2]) == 4


def test_a_run_holds_its_slot_no_longer_than_its_process_is_there():
    """F-4: Lightning has the second run as started to the end; its slot was gone at 2,100 s. Without latency, 1 ms passes before a run is
    launched (W-15)."""
    log = played(fleet())
    assert log.state[1] == State.STARTED
    first, second, third = holds(log).ends.tolist()
    assert (first, second) == (1_000 * SECOND + MILLISECOND, 2_100 * SECOND)
    assert third == int(log.started_at[2]) + 600 * SECOND


def test_busy_is_a_share_of_the_time_on_duty():
    first, second = utilisation(fleet(), played(fleet()))
    assert first.on_duty == pytest.approx(2_100 / 3_600)
    assert first.busy == pytest.approx((1_000 + 2_099) / (2 * 2_100))
    assert second.on_duty == pytest.approx(1_700 / 3_600)
    assert second.busy == pytest.approx(600.001 / (2 * 1_700))
    assert busy_together([first, second]) == pytest.approx((1_000 + 2_099 + 600) / (2 * (2_100 + 1_700)))


def test_a_process_that_gives_up_by_itself_comes_and_goes():
    """W-15a: the plan of the run that is claimed at 20 s never comes, and five seconds later the process exits. Where it is started again,
    it connects after ten more."""
    settings = {"message_timeout": 5 * SECOND, "connect_at": 20 * SECOND}
    rows = replace(table([run(20, 100)]), plan_lost=np.array([True]))
    for restart, most in ((None, 1), (10 * SECOND, 2)):
        deployed = deployment(worker("*:2", restart=restart, **settings), horizon=HOUR)
        log = simulate_reference(deployed, rows)
        found = replicas(log)
        assert come_and_go(deployed, log)
        assert (found.processes, found.exits.crash) == (most, 1)
        (entry,) = utilisation(deployed, log)
        assert entry.on_duty == pytest.approx((5 + (most - 1) * (3_600 - 35)) / 3_600)


def test_where_nobody_comes_or_goes_nothing_is_said_of_it():
    deployed = deployment(worker("*:2", connect_at=60 * SECOND), horizon=HOUR)
    (entry,) = utilisation(deployed, simulate_reference(deployed, table([run(0, 100)])))
    assert "on_duty" not in entry.to_json()
    assert entry.busy == pytest.approx(100.001 / 7_200)


def test_a_result_tells_draws_and_writes_its_replicas(tmp_path: Path):

    result = simulate(Path(__file__).parents[2] / "scenarios" / "autoscaling.yaml", horizon="1h", engine="reference")
    assert result.summary()["replicas"]["replica_hours"] == pytest.approx(result.replicas.replica_hours)
    assert [each.heading for each in result.tables][2] == "Replicas"
    top = result.plot_replicas().get_ylim()[1]
    assert top > result.replicas.most
    assert {path.name for path in result.write(tmp_path)} >= {"wait.png", "summary.json"}
    page = result.page()
    assert any(each.heading == "Replicas over time (mean)" for chart in page.charts for each in chart.numbers)
    plain = simulate(Path(__file__).parents[2] / "scenarios" / "quickstart.yaml", horizon="10m", engine="reference")
    assert plain.replicas is None
    assert "replicas" not in plain.summary()
