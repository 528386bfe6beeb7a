"""The kernel and the reference engine, one written to be fast and one to be read, must never differ."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastlanes_sim.core.change_points import Steps, StepsSoFar
from fastlanes_sim.core.run_log import COLUMNS, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Autoscaler, Deployment, Latency, Project
from fastlanes_sim.engines.kernel import initial_state, jit
from fastlanes_sim.engines.kernel.simulation import simulate_kernel
from fastlanes_sim.engines.reference.simulation import simulate_reference
from tests.support.deployments import HOUR, MILLISECOND, SECOND, attempt, deployment, run, simplified, table, worker
from tests.support.strategies import deployments, sharing, tables, whole_deployments, whole_tables

COUNTS = ("ended_on", "interrupted", "claims_sent", "claims_empty", "notifications", "lives", "exits")
ON_REQUEST = ("claims", "connections", "wake_ups", "received", "join_failed", "details", "slots")


def assert_equal(reference: RunLog, kernel: RunLog) -> None:
    for name in COLUMNS:
        ours, theirs = getattr(kernel, name), getattr(reference, name)
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs, err_msg=name)
    for name in COUNTS + ON_REQUEST:
        assert getattr(kernel, name) == getattr(reference, name), name
    assert (kernel.changes is None) == (reference.changes is None)
    if kernel.changes is not None and reference.changes is not None:
        np.testing.assert_array_equal(kernel.changes.asked_at, reference.changes.asked_at)
        for steps in ("workloops", "runs"):
            for name in ("time", "subject", "was", "cause"):
                ours, theirs = (getattr(getattr(changes, steps), name) for changes in (kernel.changes, reference.changes))
                assert ours.dtype == theirs.dtype
                np.testing.assert_array_equal(ours, theirs, err_msg=f"{steps}.{name}")


@given(sharing(deployments()), tables(calls=True, uses=True), st.booleans(), st.booleans())
def test_both_engines_simulate_the_same(deployed: Deployment, runs: RunTable, record_claims: bool, record_changes: bool):
    asked = {"record_claims": record_claims, "record_changes": record_changes}
    assert_equal(simulate_reference(deployed, runs, **asked), simulate_kernel(deployed, runs, **asked))


@given(sharing(whole_deployments()), whole_tables(calls=True, uses=True), st.booleans())
def test_both_engines_simulate_the_same_whole_lives(deployed: Deployment, runs: RunTable, record_claims: bool):
    asked = {"record_claims": record_claims, "record_changes": not record_claims}
    assert_equal(simulate_reference(deployed, runs, **asked), simulate_kernel(deployed, runs, **asked))


def test_a_process_that_would_begin_beyond_the_horizon_has_no_slots():
    deployed = deployment(worker("*:1"), worker("*:1", connect_at=2 * HOUR), horizon=HOUR)
    logs = [simulate(deployed, RunTable.empty(), record_claims=True) for simulate in (simulate_reference, simulate_kernel)]
    assert_equal(*logs)
    assert [slots is None for slots in logs[0].slots] == [False, True]


@given(deployments(), tables())
def test_asking_for_claims_and_changes_changes_nothing_else(deployed: Deployment, runs: RunTable):
    plain, recorded = (simulate_kernel(deployed, runs, record_claims=asked, record_changes=asked) for asked in (False, True))
    for name in (*COLUMNS, *COUNTS):
        np.testing.assert_array_equal(getattr(plain, name), getattr(recorded, name), err_msg=name)
    assert not plain.claims
    assert sum(row.sent_at is not None for row in recorded.claims) == recorded.claims_sent


SMALL = jit.is_disabled()  # interpreted, the kernel is a thousand times slower
SPAN = 200 * SECOND if SMALL else HOUR

CASES = {
    "nothing arrives": (deployment(worker("*:1")), []),
    "nobody works": (deployment(), [run(1, 1)]),
    "nothing is deployed": (Deployment((), (), ()), []),
    "chains multiply": (deployment(worker("*:5"), horizon=SPAN), [run(5 * number, 0.7) for number in range(300)]),
    "a loop dies for ever": (
        deployment(worker("*:1"), latency=Latency(up=30 * MILLISECOND, down=30 * MILLISECOND)),
        [run(1.5, 0.95, startup=0.01), run(5, 1)],
    ),
    "a backlog beyond the claim limit": (
        deployment(worker("manual>*:3"), worker("fast_lane:1"), claim_limit=5, debounce=500 * MILLISECOND),
        [run(number / 100, 2, ["default", "fast_lane", "manual"][number % 3], priority=number % 2) for number in range(400)],
    ),
    "claims kept while the socket is down": (
        deployment(
            worker("*:3 fast_lane:2", outages=((4 * SECOND, 20 * SECOND), (40 * SECOND, 41 * SECOND)), claim_timeout=3 * SECOND),
            latency=Latency(up=200 * MILLISECOND, down=900 * MILLISECOND),
            debounce=500 * MILLISECOND,
        ),
        [run(number, 3, ["default", "fast_lane"][number % 2], startup=0.3) for number in range(100)],
    ),
    "callers at the door of a project": (
        replace(
            deployment(
                worker("fast_lane:2 *:1"),
                debounce=500 * MILLISECOND,
                janitor_first=7 * SECOND,
                janitor_period=7 * SECOND,
                grace_period=1 * SECOND,
                webhook_timeout=5 * SECOND,
            ),
            projects=(Project("p", fast_lane_limit=3),),
        ),
        [
            run(
                number,
                4,
                "fast_lane",
                timeout=5,
                join_fails=number % 4 == 0,
                again=[attempt(3, after_timeout=1, after_refusal=0.5), attempt(2, after_timeout=2, after_refusal=1)],
            )
            for number in range(100)
        ],
    ),
    "processes that come and go with everything in hand": (
        deployment(
            *(
                worker(
                    "*:3 fast_lane:2",
                    connect_at=4 * number * SECOND,
                    start_up=2 * SECOND,
                    stops_at=(4 * number + 7) * SECOND,
                    grace=number % 4 * SECOND,
                    outages=((5 * SECOND, 9 * SECOND), (30 * SECOND, 36 * SECOND)),
                    claim_timeout=3 * SECOND,
                    verification=None if number % 2 else 300 * MILLISECOND,
                    claim_chains="single" if number % 3 else "real",
                )
                for number in range(25)
            ),
            latency=Latency(up=200 * MILLISECOND, down=900 * MILLISECOND),
            debounce=500 * MILLISECOND,
            janitor_first=7 * SECOND,
            janitor_period=7 * SECOND,
        ),
        [run(number / 3, 3, ["default", "fast_lane"][number % 2], startup=0.3, timeout=10) for number in range(300)],
    ),
    "processes that end with the answer to their last claim": (
        deployment(
            *(worker("*:2 fast_lane:1", stops_at=SECOND, grace=9 * SECOND) for _ in range(5)),
            *(worker("*:2 fast_lane:1", connect_at=number * SECOND) for number in range(3)),
            latency=Latency(up=500 * MILLISECOND, down=600 * MILLISECOND),
            horizon=60 * SECOND,
        ),
        [run(5 + number / 3, 2, ["default", "fast_lane"][number % 2]) for number in range(100)],
    ),
    "an outage of all, one of whom was started after it was planned": (
        replace(
            deployment(
                worker("*:1", is_standby=True, outages=((9 * SECOND, 20 * SECOND),)),
                worker("*:1", outages=((9 * SECOND, 20 * SECOND),)),
                horizon=60 * SECOND,
            ),
            autoscalers=(Autoscaler(first=0, end=1, least=0, runs_per_replica=1, poll=SECOND, cool_down=0),),
        ),
        [run(5.5, 9), run(5.6, 9), run(6.1, 1)],
    ),
    "replies later than the claim's timeout": (
        deployment(
            worker("*:4", claim_timeout=1 * SECOND, run_channel="simplified"),
            claims="parallel",
            latency=Latency(pairs=((900_000, 100_000), (900_000, 100_001), (0, 0), (1_000_000, 0), (2_000_000, 7))),
            janitor_first=30 * SECOND,
            janitor_period=30 * SECOND,
        ),
        [run(number / 4, 1, timeout=5) for number in range(200)],
    ),
}


@pytest.mark.parametrize("is_whole", [True, pytest.param(False, marks=pytest.mark.compiled)], ids=["whole", "simplified"])
@pytest.mark.parametrize(("deployed", "rows"), CASES.values(), ids=CASES.keys())
def test_where_it_would_part_first(deployed: Deployment, rows, is_whole: bool):
    deployed, runs = deployed if is_whole else simplified(deployed), table(rows)
    asked = {"record_claims": True, "record_changes": True}
    assert_equal(simulate_reference(deployed, runs, **asked), simulate_kernel(deployed, runs, **asked))


def test_every_array_that_grows_may_start_with_a_single_place(monkeypatch: pytest.MonkeyPatch):
    deployed, rows = CASES["claims kept while the socket is down"]
    runs = table(rows)
    asked = {"record_claims": True, "record_changes": True}
    expected = simulate_kernel(deployed, runs, **asked)
    monkeypatch.setattr(initial_state, "FIRST_SIZE", 1)
    assert_equal(expected, simulate_kernel(deployed, runs, **asked))


def test_it_counts_as_many_events_however_they_are_portioned(monkeypatch: pytest.MonkeyPatch):
    deployed, rows = CASES["chains multiply"]
    whole = simulate_kernel(deployed, table(rows))
    monkeypatch.setattr("fastlanes_sim.engines.kernel.event_loop.SHARE", 7)
    reports: list[tuple[int, int]] = []
    portioned = simulate_kernel(deployed, table(rows), progress=lambda now, created: reports.append((now, created)))
    assert_equal(whole, portioned)
    assert whole.events == portioned.events
    assert reports == sorted(reports)
    assert len(reports) > whole.events // 20  # rounds of polls that are counted come at once


def test_interrupted_while_change_points_are_moved_it_gives_nothing(monkeypatch: pytest.MonkeyPatch):
    """One column has them by then, the next one has not."""
    deployed, rows = CASES["processes that come and go with everything in hand"]
    monkeypatch.setattr("fastlanes_sim.engines.kernel.event_loop.SHARE", 100)
    monkeypatch.setattr("fastlanes_sim.engines.kernel.simulation.MANY_CHANGES", 1)
    real, calls = StepsSoFar.append, []

    def append(self: StepsSoFar, steps: Steps) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        real(self, steps)

    monkeypatch.setattr(StepsSoFar, "append", append)
    with pytest.raises(KeyboardInterrupt):
        simulate_kernel(deployed, table(rows), record_changes=True)


def test_interrupted_it_keeps_what_it_has(monkeypatch: pytest.MonkeyPatch):
    deployed, rows = CASES["chains multiply"]
    monkeypatch.setattr("fastlanes_sim.engines.kernel.event_loop.SHARE", 100)

    def impatient(now: int, _: int) -> None:
        if now > SPAN // 6:
            raise KeyboardInterrupt

    whole, half = simulate_kernel(deployed, table(rows)), simulate_kernel(deployed, table(rows), progress=impatient)
    assert half.interrupted
    assert SPAN // 6 < half.ended_on < deployed.horizon
    known = (half.ended_at >= 0) & (half.ended_at < half.ended_on)
    assert known.sum() > 5
    np.testing.assert_array_equal(half.ended_at[known], whole.ended_at[known])
    assert (half.ended_at[whole.ended_at > half.ended_on] == -1).all()
