"""How the worker's claim loop behaves in time (W-1 to W-10, W-14), by cases small enough to work out by hand."""

from __future__ import annotations

from itertools import pairwise

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.deployment.deployment import Latency
from fastlanes_sim.engines.reference.simulation import simulate_reference
from tests.support.deployments import MILLISECOND, MINUTE, ROUND_TRIP_50_MS, SECOND, deployment, run, table, worker

ROUND_TRIP_60_MS = Latency(up=30 * MILLISECOND, down=30 * MILLISECOND)


def pushes(log: RunLog) -> list[float]:
    return [row.pushed_at / MILLISECOND for row in log.claims]


def test_an_idle_loop_polls_ever_more_slowly():
    """W-7: the delay grows by 1.15 with its fraction kept, only the timer is truncated; at most the backoff maximum."""
    log = simulate_reference(deployment(worker("*:5"), horizon=MINUTE), table([]), record_claims=True)
    polls = pushes(log)
    assert polls[:8] == [0, 1000, 2150, 3472, 4992, 6741, 8752, 11065]
    assert polls[-1] - polls[-2] <= 10_000


def test_the_first_sleep_is_the_minimum_even_where_it_exceeds_the_maximum():
    """W-7"""
    log = simulate_reference(
        deployment(worker("*:1", backoff_min_ms=5_000, backoff_max_ms=1_000), horizon=8 * SECOND), table([]), record_claims=True
    )
    assert pushes(log) == [0, 5000, 6000, 7000, 8000]


def test_filling_the_slots_takes_a_minimum_and_a_round_trip_each():
    """W-9: a chain claims once, settles for the minimum, and claims again; the first time when it is connected (W-11)."""
    backlog = table([run(0, 100) for _ in range(10)])
    log = simulate_reference(deployment(worker("*:5"), latency=ROUND_TRIP_50_MS, horizon=20 * SECOND), backlog, record_claims=True)
    assert pushes(log)[:5] == [50, 1100, 2150, 3200, 4250]
    assert (log.claimed_at != NEVER).sum() == 5


def test_each_completion_can_leave_one_more_chain_behind():
    """W-7, W-9, W-10: a 0.7 s run every 5 s makes zombie chains; after 50 runs the worker polls far more often than once in 10 s."""
    runs = table([run(5 * i, 0.7) for i in range(1, 51)])
    deployed = deployment(worker("*:5"), horizon=330 * SECOND)
    last_minute = [t for t in pushes(simulate_reference(deployed, runs, record_claims=True)) if t > 270_000]
    assert len(last_minute) > 200


def test_single_chains_do_not_multiply():
    """`claim_chains: single`: the same traffic, and polls at least a tenth of the maximum apart."""
    runs = table([run(5 * i, 0.7) for i in range(1, 51)])
    deployed = deployment(worker("*:5", claim_chains="single"), horizon=330 * SECOND)
    log = simulate_reference(deployed, runs, record_claims=True)
    last_minute = [t for t in pushes(log) if t > 270_000]
    assert len(last_minute) <= 12
    assert all(later - earlier >= 1_000 for earlier, later in pairwise(last_minute))
    assert (log.ended_at != NEVER).sum() == 50


DEADLY = [run(0.5, 0.62), run(30, 1)]
"""W-6's minimal case: one slot, which is free while the settled chain's next claim is unanswered. The run holds it for three round trips
and a millisecond before its start and three behind its end (W-15, W-13): 981 ms, between a minimum less a round trip and a minimum."""


def test_a_workloop_can_die_for_ever_with_work_waiting():
    """W-6: stopped by room that only an unanswered claim takes; that claim comes back empty, and nothing restarts it."""
    log = simulate_reference(deployment(worker("*:1"), latency=ROUND_TRIP_60_MS, horizon=10 * MINUTE), table(DEADLY), record_claims=True)
    assert log.claimed_at[1] == NEVER
    assert len(log.claims) == 3


def test_a_notification_that_wins_a_run_revives_the_dead():
    """W-14: stopped workloops claim on `work-available` too, and the end of the run resumes them."""
    log = simulate_reference(
        deployment(worker("*:1"), latency=ROUND_TRIP_60_MS, horizon=10 * MINUTE, debounce=500 * MILLISECOND),
        table(DEADLY),
        record_claims=True,
    )
    assert log.ended_at[1] != NEVER


def test_a_single_chain_never_dies():
    """`claim_chains: single`"""
    log = simulate_reference(
        deployment(worker("*:1", claim_chains="single"), latency=ROUND_TRIP_60_MS, horizon=10 * MINUTE), table(DEADLY), record_claims=True
    )
    assert log.ended_at[1] != NEVER


def test_unanswered_claims_take_up_room():
    """W-1, W-14: a notification beside a claim under way does not claim beyond the slots."""
    runs = table([run(0, 5), run(0, 5)])
    deployed = deployment(worker("*:1"), latency=ROUND_TRIP_60_MS, horizon=4 * SECOND, debounce=0)
    log = simulate_reference(deployed, runs, record_claims=True)
    assert (log.claimed_at != NEVER).sum() == 1


def test_verification_can_take_a_workloop_over_its_capacity():
    """W-8: while its token is verified a run is neither open nor active, so the slot is claimed for again."""
    runs = table([run(0, 60), run(0, 60), run(1, 60)])
    deployed = deployment(worker("*:1", verification=2 * SECOND), latency=ROUND_TRIP_60_MS, horizon=10 * SECOND, debounce=500 * MILLISECOND)
    log = simulate_reference(deployed, runs, record_claims=True)
    assert (log.claimed_at != NEVER).sum() == 2
