"""Polls that must fail: what the kernel foresees of them changes nothing but the number of events."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from benchmarks import systems
from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.core.units import DAY
from fastlanes_sim.deployment.deployment import Deployment, Latency, SlowDatabase
from fastlanes_sim.engines.kernel import lineage, simulation
from fastlanes_sim.engines.kernel.simulation import simulate_kernel
from fastlanes_sim.engines.reference.simulation import simulate_reference
from tests.engines.test_equality import SMALL, assert_equal
from tests.support.deployments import MILLISECOND, MINUTE, SECOND, deployment, run, table, worker
from tests.support.strategies import healthy_deployments, healthy_tables, sharing, whole_deployments, whole_tables

LATENCY = Latency(up=10 * MILLISECOND, down=10 * MILLISECOND, database=((0, 5 * MILLISECOND),))
SPAN = 3 * MINUTE
A_FEW = settings(max_examples=5 if SMALL else 50)
"""Random deployments: those of the equality with the reference engine are foreseen as well."""


def simulated(deployed: Deployment, runs: RunTable, *, skips_polls: bool, record_changes: bool = False) -> RunLog | None:
    """None: the order of two events could not be found out."""
    return simulation._simulate(deployed, runs, False, record_changes, None, foresees=True, skips_polls=skips_polls)


def by_both_roads(deployed: Deployment, runs: RunTable, *, record_changes: bool = False) -> tuple[RunLog, RunLog]:
    """With idle polls foreseen, and step by step."""
    foreseen, step_by_step = (
        simulated(deployed, runs, skips_polls=skips_polls, record_changes=record_changes) for skips_polls in (True, False)
    )
    assume(foreseen is not None)
    assume(step_by_step is not None)
    return foreseen, step_by_step


@pytest.mark.compiled
@A_FEW
@given(sharing(healthy_deployments()), healthy_tables(calls=True, uses=True), st.booleans())
def test_both_roads_lead_to_the_same_log(deployed: Deployment, runs: RunTable, record_changes: bool):
    assert_equal(*by_both_roads(deployed, runs, record_changes=record_changes))


@A_FEW
@given(sharing(whole_deployments()), whole_tables(calls=True, uses=True), st.booleans())
def test_both_roads_lead_to_the_same_log_where_everything_goes_wrong(deployed: Deployment, runs: RunTable, record_changes: bool):
    assert_equal(*by_both_roads(deployed, runs, record_changes=record_changes))


RUNS = table([run(20.5 + 7.3 * number, 0.7 + number % 5, ["default", "fast_lane", "manual"][number % 3]) for number in range(20)])


@pytest.mark.parametrize("layouts", [["*:1"], ["fast_lane:7 manual>*:1"], ["*:3", "*:3"], ["manual>*:2 fast_lane:3", "*:1"]], ids=str)
@pytest.mark.parametrize("processors", [None, 4])
@pytest.mark.parametrize(
    "latency",
    [
        LATENCY,
        pytest.param(Latency(), marks=pytest.mark.compiled),
        pytest.param(Latency(up=100_000, down=3_000, database=((0, 20_000), (3, 33_000))), marks=pytest.mark.compiled),
    ],
    ids=str,
)
def test_the_log_is_the_reference_engine_s(layouts: list[str], processors: int | None, latency: Latency):
    deployed = deployment(
        *(worker(layout) for layout in layouts),
        latency=latency,
        database_processors=processors,
        debounce=500 * MILLISECOND,
        janitor_first=MINUTE,
        horizon=SPAN,
    )
    for record_changes in (False, True):
        expected = simulate_reference(deployed, RUNS, record_changes=record_changes)
        assert_equal(expected, simulate_kernel(deployed, RUNS, record_changes=record_changes))


@pytest.mark.compiled
def test_a_poll_that_must_fail_is_one_event():
    deployed = deployment(worker("*:20"), latency=LATENCY, horizon=600 * SECOND)
    rows = table([run(1 + number, 0.01) for number in range(15)] + [run(599, 1)])
    foreseen, step_by_step = by_both_roads(deployed, rows)
    assert_equal(foreseen, step_by_step)
    assert foreseen.claims_empty > 900
    assert step_by_step.events - foreseen.events >= 3.6 * foreseen.claims_empty  # of five; some have company while runs come


def test_where_nothing_happens_rounds_are_counted_instead_of_simulated():
    logs = [simulate_kernel(deployment(worker("*:1 fast_lane:2"), latency=LATENCY, horizon=days * DAY), table([])) for days in (1, 1_000)]
    assert logs[1].claims_empty > 990 * logs[0].claims_empty
    assert logs[1].claims_empty == logs[1].claims_sent


@pytest.mark.compiled
def test_a_run_after_a_long_rest_is_claimed_as_if_all_polls_had_been_simulated():
    deployed = deployment(worker("*:2 manual:1"), latency=LATENCY, debounce=None, janitor_first=0, horizon=DAY // 8)
    rows = table([run(10, 3), run(9_000.123456, 3), run(9_001, 3, "manual")])
    foreseen, step_by_step = by_both_roads(deployed, rows, record_changes=True)
    assert_equal(foreseen, step_by_step)
    assert_equal(foreseen, simulate_reference(deployed, rows, record_changes=True))


@pytest.mark.parametrize("begins", [60_000, *(pytest.param(begins, marks=pytest.mark.compiled) for begins in range(60_005, 60_060, 5))])
def test_what_may_come_between_is_not_overlooked(begins: int):
    """An outage, and a database that becomes slow, at any instant of a poll."""
    begins = begins * MILLISECOND
    polling = worker("*:3 fast_lane:2", outages=((begins, begins + SECOND),))
    deployed = deployment(polling, latency=LATENCY, debounce=500 * MILLISECOND, horizon=2 * MINUTE)
    slow = replace(deployed.incidents, slow=(SlowDatabase(begins, begins + 20 * SECOND, ((0, 40 * MILLISECOND),)),))
    for one in (deployed, replace(deployed, incidents=slow, workers=(replace(polling, outages=()),))):
        assert_equal(simulate_reference(one, RUNS), simulate_kernel(one, RUNS))


def test_a_stopped_segment_sees_it_with_the_reply_that_was_foreseen():
    """W-4, W-6: two chains of one slot; the one that finds no room stops the other, whose claim is under way."""
    latency = Latency(up=200 * MILLISECOND, down=300 * MILLISECOND, database=((0, 5 * MILLISECOND),))
    deployed = deployment(worker("*:2"), latency=latency, horizon=2 * MINUTE)
    rows = table([run(1 + 2.7 * number, 0.3) for number in range(12)])
    foreseen, step_by_step = by_both_roads(deployed, rows)
    assert_equal(foreseen, step_by_step)
    assert_equal(foreseen, simulate_reference(deployed, rows))


@pytest.mark.compiled
def test_many_slots_take_many_places_while_one_of_them_sleeps(monkeypatch: pytest.MonkeyPatch):
    """What four hundred slots do in ten seconds is remembered, or the order of two sleepers could not be found out."""
    deployed, runs = systems.saas(10_000, 5_000)
    log = simulated(deployed, runs, skips_polls=True)
    assert log is not None
    assert log.events < 3 * log.claims_empty
    monkeypatch.setattr(lineage, "remembered", lambda _: lineage.LEAST_REMEMBERED)
    assert simulation._simulate(deployed, runs, False, False, None, foresees=True) is None


def test_what_changes_in_the_instant_of_a_poll_that_is_foreseen_is_written_down_first():
    """W-1: a claim takes up the only slot of one worker; in that instant a poll of another one is foreseen, and 2 ms later of a third."""
    workers = worker("*:1"), worker("*:3"), worker("*:3", connect_at=2 * MILLISECOND)
    deployed = deployment(*workers, latency=Latency(up=5_000, down=9_000, database=((0, 5_000),)), horizon=MINUTE)
    assert_equal(simulate_reference(deployed, table([]), record_changes=True), simulate_kernel(deployed, table([]), record_changes=True))
