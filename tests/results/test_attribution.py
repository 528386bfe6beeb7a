"""Every microsecond of a wait belongs to one cause, and each cause to what it is named after."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings

from fastlanes_sim.core.errors import FastlanesError
from fastlanes_sim.core.run_log import arrived
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment, Incidents, Latency, Project
from fastlanes_sim.engines.kernel import jit
from fastlanes_sim.engines.kernel.simulation import simulate_kernel
from fastlanes_sim.engines.reference.simulation import simulate_reference
from fastlanes_sim.measures.times import interval
from fastlanes_sim.results import attribution
from fastlanes_sim.results.attribution import attribute
from fastlanes_sim.results.frame import runs_frame
from fastlanes_sim.rules.causes import Cause
from tests.support.deployments import MILLISECOND, SECOND, deployment, run, simplified, table, worker
from tests.support.slow_attribution import slowly_attributed
from tests.support.strategies import deployments, tables, whole_deployments, whole_tables

FEW = settings(max_examples=min(60, settings.default.max_examples))


@given(deployments() | whole_deployments(), tables() | whole_tables())
def test_the_parts_add_up_to_the_wait(deployed: Deployment, runs: RunTable):
    simulate = simulate_reference if jit.is_disabled() else simulate_kernel
    log = simulate(deployed, runs, record_changes=True)
    micros = attribute(deployed, runs, log).micros
    here = arrived(log)
    assert (micros >= 0).all()
    np.testing.assert_array_equal(micros.sum(axis=1)[here], interval("wait", log).length[here])
    assert not micros[~here].any()


@FEW
@given(deployments() | whole_deployments(), tables() | whole_tables())
def test_it_is_the_rule_read_out_at_every_instant(deployed: Deployment, runs: RunTable):
    log = simulate_reference(deployed, runs, record_changes=True)
    np.testing.assert_array_equal(attribute(deployed, runs, log).micros, slowly_attributed(deployed, runs))


def test_runs_may_be_attributed_in_portions(monkeypatch: pytest.MonkeyPatch):
    deployed = replace(deployment(worker("*:4"), claim_limit=5), projects=(Project("p", concurrency=3),))
    runs = table(
        run(number / 3, 2 + number % 7, ["default", "fast_lane", "manual"][number % 3], priority=number % 2) for number in range(50)
    )
    log = simulate_reference(deployed, runs, record_changes=True)
    whole = attribute(deployed, runs, log).micros
    monkeypatch.setattr(attribution, "_PORTION", 3)
    np.testing.assert_array_equal(attribute(deployed, runs, log).micros, whole)
    assert (whole.sum(axis=0) > 0)[[Cause.CLAIM_LIMIT, Cause.CONCURRENCY, Cause.SLOTS, Cause.POLLING]].all()


def test_without_change_points_it_says_what_to_do():
    deployed, runs = deployment(worker("*:1")), table([run(1, 1)])
    with pytest.raises(FastlanesError, match="record_changes=True"):
        attribute(deployed, runs, simulate_reference(deployed, runs))


# --- each cause alone ---

IDEAL = {"dispatch": "ideal"}
TWO_AT_ONCE = [run(0, 10), run(1, 10)]
DYING_LOOP = {"horizon": 60 * SECOND, "latency": Latency(up=30 * MILLISECOND, down=30 * MILLISECOND)}


def limited(concurrency: int | None) -> Deployment:
    return replace(deployment(worker("*:2", **IDEAL)), projects=(Project("p", concurrency=concurrency),))


ALONE = {
    # cause: (how long it is, the run that waits, with it, without it)
    Cause.CLAIM_LIMIT: (9, TWO_AT_ONCE, deployment(worker("*:2", **IDEAL), claim_limit=1), deployment(worker("*:2", **IDEAL))),
    Cause.CONCURRENCY: (9, TWO_AT_ONCE, limited(1), limited(2)),
    Cause.UNSERVED: (
        55,
        [run(5, 1, "fast_lane")],
        deployment(worker("default:1", **IDEAL), horizon=60 * SECOND),
        deployment(worker("default>fast_lane:1", **IDEAL), horizon=60 * SECOND),
    ),
    Cause.OUTAGE: (5, [run(0, 1)], simplified(deployment(worker("*:1", connect_at=5 * SECOND))), simplified(deployment(worker("*:1")))),
    # W-13a: its slot was lost at 5 s, when Lightning had not answered the last log line for two seconds.
    Cause.LEAKED: (
        50,
        [run(0, 1), run(10, 1)],
        deployment(worker("*:1", message_timeout=2 * SECOND), incidents=Incidents(silent=((SECOND, 20 * SECOND),)), horizon=60 * SECOND),
        deployment(worker("*:1"), horizon=60 * SECOND),
    ),
    Cause.CLAIM: (
        2,
        [run(0, 1)],
        simplified(deployment(worker("*:1"), latency=Latency(up=2 * SECOND))),
        simplified(deployment(worker("*:1"))),
    ),
    Cause.SLOTS: (9, TWO_AT_ONCE, deployment(worker("*:1", **IDEAL)), deployment(worker("*:2", **IDEAL))),
    # The first claim takes up the only slot for six seconds; when it is five, another worker connects and claims at once.
    Cause.PENDING: (
        4,
        [run(1, 10)],
        deployment(
            worker("*:1", run_channel="simplified"),
            worker("*:1", run_channel="simplified", connect_at=5 * SECOND),
            claims="parallel",
            latency=Latency(pairs=((0, 6 * SECOND), (0, 0))),
            horizon=10 * SECOND,
        ),
        deployment(worker("*:1", **IDEAL), horizon=10 * SECOND),
    ),
    Cause.STOPPED: (
        55,
        [run(1.5, 0.95, startup=0.01), run(5, 1)],
        simplified(deployment(worker("*:1"), **DYING_LOOP)),
        simplified(deployment(worker("*:1", claim_chains="single"), **DYING_LOOP)),
    ),
    Cause.POLLING: (0.5, [run(0.5, 1)], simplified(deployment(worker("*:1"))), deployment(worker("*:1", **IDEAL))),
    Cause.START: (3, [run(0, 1, startup=3)], simplified(deployment(worker("*:1"))), None),
}


@pytest.mark.parametrize("cause", Cause)
def test_each_cause_can_be_the_whole_wait_and_goes_when_it_is_turned_off(cause: Cause):
    seconds, rows, with_it, without = ALONE[cause]
    runs = table(rows)
    last = attribute(with_it, runs, simulate_reference(with_it, runs, record_changes=True)).micros[-1]
    assert {Cause(c).label: micros for c, micros in enumerate(last) if micros} == {cause.label: seconds * SECOND}

    if without is None:  # it is the run's own
        without, runs = with_it, table([row | {"startup": 0.0} for row in rows])
    log = simulate_reference(without, runs, record_changes=True)
    assert attribute(without, runs, log).of(cause)[-1] == 0
    assert interval("wait", log).length[-1] < seconds * SECOND


def test_a_claim_under_way_does_not_excuse_the_limit():
    """The first cause that holds counts: beyond its number a run waits for that number, whoever is asking meanwhile."""
    deployed = simplified(replace(deployment(worker("*:2"), latency=Latency(up=4 * SECOND)), projects=(Project("p", concurrency=1),)))
    runs = table([run(0, 2), run(1, 1)])
    micros = attribute(deployed, runs, simulate_reference(deployed, runs, record_changes=True)).micros
    # The first is claimed at 4 s and ends at 6 s. Two chains ask from then on: the one that settled at 5 s is decided at 9 s.
    assert micros[0, Cause.CLAIM] == 4 * SECOND
    assert micros[1, Cause.CONCURRENCY] == 5 * SECOND
    assert micros[1, Cause.CLAIM] == 3 * SECOND
    assert micros[1].sum() == 8 * SECOND


@pytest.mark.parametrize("dispatch", ["real", "ideal"])
@pytest.mark.parametrize("limits", [{"claim_limit": 3}, {"concurrency": 3}])
def test_overload_is_slots_whatever_the_limits(dispatch: str, limits: dict[str, int]):
    """Both slots are busy all the time; that most of the runs are beyond a limit as well makes no difference to anybody's start."""
    deployed = deployment(worker("*:2", dispatch=dispatch), claim_limit=limits.get("claim_limit", 50), horizon=200 * SECOND)
    deployed = replace(deployed, projects=(Project("p", concurrency=limits.get("concurrency")),))
    runs = table(run(number / 10, 5) for number in range(100))
    micros = attribute(deployed, runs, simulate_reference(deployed, runs, record_changes=True)).micros.sum(axis=0)
    assert micros[Cause.SLOTS] > 0.9 * micros.sum()
    without = replace(deployed, projects=(Project("p"),), lightning=replace(deployed.lightning, claim_limit=1_000))
    logs = [simulate_reference(one, runs, record_changes=True) for one in (deployed, without)]
    waited, otherwise = (float(interval("wait", log).length.sum()) for log in logs)
    assert abs(waited - otherwise) < 0.02 * waited


def test_the_limit_counts_from_the_instant_a_slot_is_free():
    """Its number is taken all the time: until 4 s no slot is free either, from then on one is, and the limit alone holds it back."""
    deployed = replace(deployment(worker("*:2", **IDEAL)), projects=(Project("p", concurrency=1), Project("q")))
    deployed = replace(deployed, workflows=(*deployed.workflows, replace(deployed.workflows[0], project=1)))
    runs = table([run(0, 10), run(0, 4) | {"workflow": 1}, run(1, 1)])
    micros = attribute(deployed, runs, simulate_reference(deployed, runs, record_changes=True)).micros[2]
    assert {Cause(c): m for c, m in enumerate(micros) if m} == {Cause.SLOTS: 3 * SECOND, Cause.CONCURRENCY: 6 * SECOND}


def test_a_notification_due_is_somebody_about_to_ask():
    """L-17 within W-6: a dead workloop that is going to be told of the run is slow, not stopped."""
    deployed = deployment(worker("*:1"), **DYING_LOOP, debounce=500 * MILLISECOND, notification=100 * MILLISECOND)
    # The loop dies as without notifications if it hears of nothing while the first run is taken.
    runs = table([run(1.5, 0.95, startup=0.01), run(5, 1)])
    micros = attribute(deployed, runs, simulate_reference(deployed, runs, record_changes=True)).micros[1]
    assert micros[Cause.STOPPED] == 0
    assert micros[Cause.CLAIM] == 30 * MILLISECOND
    assert micros[Cause.POLLING] > 0


def test_a_workloop_of_a_worker_that_is_away_does_not_count_as_room():
    """The connected worker is full: that is `slots`, though the other has slots that nobody can reach."""
    away, here = worker("*:5", connect_at=30 * SECOND), worker("*:1", **IDEAL)
    runs = table([run(0, 10), run(1, 1)])
    deployed = deployment(away, here)
    micros = attribute(deployed, runs, simulate_reference(deployed, runs, record_changes=True)).micros[1]
    assert {Cause(c): m for c, m in enumerate(micros) if m} == {Cause.SLOTS: 9 * SECOND}


def test_slots_of_a_worker_that_drains_or_is_gone_are_out_of_reach():
    """F-8: its worker drains from 2 s and exits with its run at 10 s; the next one connects at 20 s and asks at once."""
    draining, following = worker("*:1", stops_at=2 * SECOND, grace=60 * SECOND), worker("*:1", connect_at=20 * SECOND)
    deployed, runs = simplified(deployment(draining, following)), table([run(0, 10), run(3, 1)])
    micros = attribute(deployed, runs, simulate_reference(deployed, runs, record_changes=True)).micros[1]
    assert {Cause(c): m for c, m in enumerate(micros) if m} == {Cause.OUTAGE: 17 * SECOND}


def test_a_claim_that_nobody_answers_takes_its_slot_until_its_timeout():
    """W-16: the claim of the only slot is on its way when the socket closes at 5.1 s. It is plain at 5.2 s, when it would have arrived,
    that nobody will answer it; ten seconds after its push at 5 s it meets its timeout."""
    latency = Latency(up=200 * MILLISECOND, down=200 * MILLISECOND)
    outage = ((5_100 * MILLISECOND, 5_900 * MILLISECOND),)
    alone = worker("*:1", connect_at=4_600 * MILLISECOND, outages=outage, claim_timeout=10 * SECOND)
    runs = table([run(5.15, 1)])
    deployed = deployment(alone, latency=latency)
    micros = attribute(deployed, runs, simulate_reference(deployed, runs, record_changes=True)).micros[0]
    held = {Cause(c): int(m) // MILLISECOND for c, m in enumerate(micros) if m}
    # From 5.15 s the socket is closed; it opens at 6.13 s: a second after the closing, and 30 ms. From 15 s on the loop is dead (W-6).
    assert held == {Cause.OUTAGE: 980, Cause.LEAKED: 15_000 - 6_130, Cause.STOPPED: 3_585_000}


def test_a_workloop_whose_slots_are_lost_is_farther_from_a_run_than_one_that_is_busy():
    """W-13a: one worker has lost its slot at 6 s; the run that comes at 10 s waits for the other one, which is busy until 20 s."""
    silent = Incidents(silent=((1_500 * MILLISECOND, 8 * SECOND),))
    leaking = worker("default:1", name="leaking", message_timeout=2 * SECOND)
    busy = worker("*:1", **IDEAL)
    deployed, runs = deployment(leaking, busy, incidents=silent), table([run(0, 20), run(0.2, 1), run(10, 1)])
    micros = attribute(deployed, runs, simulate_reference(deployed, runs, record_changes=True)).micros
    assert {Cause(c): int(m) / SECOND for c, m in enumerate(micros[2]) if m} == {Cause.SLOTS: 10}


def test_the_table_has_each_cause_in_its_own_column():
    deployed = simplified(replace(deployment(worker("*:2"), claim_limit=4), projects=(Project("p", concurrency=3),)))
    runs = table(run(number / 3, 2, "default") for number in range(30))
    log = simulate_reference(deployed, runs, record_changes=True)
    found = attribute(deployed, runs, log)
    frame = runs_frame(runs, log, deployed, datetime(2026, 1, 5, tzinfo=UTC), attribution=found)
    for cause in Cause:
        np.testing.assert_array_equal(frame[f"{cause.label}_us"], found.of(cause))
