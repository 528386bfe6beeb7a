"""Worker processes: SIGTERM, grace period, crash, and the process that comes after (W-20, docs/failures.md)."""

from __future__ import annotations

import numpy as np
import pytest

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.deployment.deployment import Latency
from fastlanes_sim.engines.kernel.simulation import simulate_kernel
from fastlanes_sim.engines.reference.simulation import simulate_reference
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.process import Stage
from tests.support.deployments import MILLISECOND, ROUND_TRIP_50_MS, SECOND, deployment, run, table, worker

pytestmark = pytest.mark.parametrize("simulate", [simulate_reference, simulate_kernel], ids=["reference", "kernel"])

JANITOR_EACH_MINUTE = {"janitor_first": 0, "janitor_period": 60 * SECOND}


def seconds(column: np.ndarray) -> list[float | None]:
    return [None if time == NEVER else time / SECOND for time in column.tolist()]


def lives(log: RunLog, of: int = 0) -> list[tuple[float, str]]:
    return [(time / SECOND, Stage(stage).label) for time, worker, stage in log.lives if worker == of]


def at(second: float) -> int:
    return round(second * SECOND)


# --- F-1: it is started, and connects ---


def test_a_process_costs_from_its_start_and_is_on_duty_from_its_connection(simulate):
    """F-1: started at 10 s, connected at 30 s."""
    log = simulate(deployment(worker("*:1", connect_at=at(30), start_up=at(20))), table([run(0, 5)]))
    assert lives(log) == [(10, "started"), (30, "on")]
    assert seconds(log.claimed_at) == [30]


def test_a_first_connection_within_an_outage_is_refused_as_any_other(simulate):
    """F-1, W-12: refused at 1.003 s, tried again 1 s later, inside the outage still; then 2 s later, 30 ms before it opens."""
    log = simulate(deployment(worker("*:1", connect_at=at(1), outages=((0, at(3)),))), table([run(0, 5)]))
    assert lives(log) == [(1, "started"), (4.036, "on")]


# --- F-2: SIGTERM ---


def test_after_sigterm_it_claims_nothing_and_finishes_what_it_has(simulate):
    """F-2, F-3: one of two slots is free at 10 s, and stays so; the process exits with its run at 25 s."""
    rows = [run(0, 25), run(11, 1), run(24, 1)]
    log = simulate(deployment(worker("*:2", stops_at=at(10), grace=at(60))), table(rows))
    assert seconds(log.ended_at) == [25, None, None]
    assert lives(log) == [(0, "started"), (0, "on"), (10, "draining"), (25, "gone")]


def test_after_sigterm_it_ignores_notifications(simulate):
    """F-2, W-14: at 12.5 s it is told of a new run. (Of the first one it was not: that came before the connection.)"""
    log = simulate(deployment(worker("*:2", stops_at=at(10), grace=at(60)), debounce=at(0.5)), table([run(0, 25), run(12, 1)]))
    assert log.notifications == 1
    assert seconds(log.claimed_at)[1] is None


def test_after_sigterm_the_end_of_a_run_resumes_nothing(simulate):
    """F-2, W-13: two slots, runs that end at 12 s and 20 s, one that waits."""
    log = simulate(deployment(worker("*:2", stops_at=at(10), grace=at(60))), table([run(0, 12), run(1, 18.9), run(11, 1)]))
    assert seconds(log.claimed_at)[2] is None
    assert lives(log)[-1] == (seconds(log.ended_at)[1], "gone")


@pytest.mark.parametrize("chains", ["real", "single"])
def test_chains_that_sleep_at_sigterm_die_when_they_wake(simulate, chains: str):
    """F-2, W-7: an idle worker polls at 0, 1, 2.15 and 3.472 s; its run of 4 s keeps the process for the sleeper to wake in."""
    deployed = deployment(worker("*:2", stops_at=at(4.5), grace=at(60), claim_chains=chains))
    log = simulate(deployed, table([run(3, 20), run(5, 1)]), record_claims=True)
    assert max(claim.pushed_at for claim in log.claims) < at(4.5)
    assert seconds(log.ended_at) == [23.472, None]


def test_a_process_with_nothing_in_hand_exits_at_once(simulate):
    log = simulate(deployment(worker("*:2", stops_at=at(10), grace=at(60))), table([run(0, 3), run(20, 1)]))
    assert lives(log) == [(0, "started"), (0, "on"), (10, "draining"), (10, "gone")]
    assert seconds(log.ended_at) == [3, None]


def test_sigterm_before_the_connection_ends_it(simulate):
    deployed = deployment(worker("*:1", connect_at=at(30), start_up=at(20), stops_at=at(20), grace=at(60)))
    log = simulate(deployed, table([run(0, 1)]))
    assert lives(log) == [(10, "started"), (20, "draining"), (20, "gone")]
    assert seconds(log.claimed_at) == [None]


def test_sigterm_at_the_instant_of_the_connection_comes_first(simulate):
    """`rules.order`"""
    log = simulate(deployment(worker("*:1", connect_at=at(30), stops_at=at(30), grace=at(60))), table([run(0, 1)]))
    assert lives(log) == [(30, "started"), (30, "draining"), (30, "gone")]


# --- F-3: claims that are open at SIGTERM ---


def test_a_run_that_an_open_claim_wins_is_executed(simulate):
    """F-3: the claim is sent at 0, decided at 2 s, answered at 4 s; SIGTERM comes at 1 s."""
    slow = Latency(up=at(2), down=at(2))
    log = simulate(deployment(worker("*:1", stops_at=at(1), grace=at(60)), latency=slow), table([run(0, 5)]))
    assert (seconds(log.claimed_at), seconds(log.started_at), seconds(log.ended_at)) == ([2], [4], [9])
    assert lives(log)[-2:] == [(1, "draining"), (9, "gone")]


def test_it_waits_for_the_answer_and_exits_when_it_is_empty(simulate):
    slow = Latency(up=at(2), down=at(2))
    log = simulate(deployment(worker("*:1", stops_at=at(1), grace=at(60)), latency=slow), table([run(3, 5)]))
    assert seconds(log.claimed_at) == [None]
    assert lives(log)[-1] == (4, "gone")
    assert log.claims_sent == 1


def test_it_waits_for_a_token_under_verification(simulate):
    """F-3, W-8: neither open nor active, and yet in hand."""
    log = simulate(deployment(worker("*:1", verification=at(3), stops_at=at(1), grace=at(60))), table([run(0, 5)]))
    assert (seconds(log.started_at), seconds(log.ended_at)) == ([3], [8])
    assert lives(log)[-1] == (8, "gone")


def test_a_claim_lost_with_its_socket_keeps_it_until_its_timeout(simulate):
    """F-3, W-16: sent at 0 and lost in the outage at 1 s; SIGTERM at 2 s, the timeout at 10 s."""
    slow = Latency(up=at(2), down=at(2))
    deployed = deployment(worker("*:1", outages=((at(1), at(1.5)),), claim_timeout=at(10), stops_at=at(2), grace=at(60)), latency=slow)
    assert lives(simulate(deployed, table([])))[-1] == (10, "gone")


# --- F-4: the end of the grace period ---


def test_what_still_runs_at_the_end_of_the_grace_period_is_lost(simulate):
    """F-4, L-18: killed at 20 s; Lightning's janitor finds the run at 360 s, the first minute after 0 + 300 s + 10 s."""
    deployed = deployment(worker("*:2", stops_at=at(10), grace=at(10)), **JANITOR_EACH_MINUTE)
    log = simulate(deployed, table([run(0, 30), run(0, 5)]))
    assert lives(log)[-1] == (20, "gone")
    assert log.state.tolist() == [State.LOST, State.SUCCESS]
    assert seconds(log.ended_at)[0] == 360


def test_what_ends_at_the_last_instant_of_the_grace_period_has_ended(simulate):
    log = simulate(deployment(worker("*:2", stops_at=at(10), grace=at(10))), table([run(0, 20), run(0, 20.000001)]))
    assert log.state.tolist()[0] == State.SUCCESS
    assert seconds(log.ended_at)[0] == 20
    assert log.state.tolist()[1] == State.STARTED


def test_that_holds_for_a_run_that_began_after_sigterm_too(simulate):
    """F-4, `rules.order`: a claim under way at SIGTERM wins a run at 1 s; it ends at 11 s, with the grace period."""
    deployed = deployment(worker("*:1", stops_at=at(0.5), grace=at(10.5)), latency=Latency(up=at(1)))
    assert simulate(deployed, table([run(0, 10)])).state.tolist() == [State.SUCCESS]


# --- F-5: crash ---


def test_a_crash_loses_the_runs_and_lightning_counts_them_until_the_janitor_comes(simulate):
    """F-5, L-11, L-18: the workflow may have one active run. That of 0 s dies with its worker at 5 s, and the next one waits until the
    janitor's round at 360 s, though another worker has a slot all the time."""
    deployed = deployment(worker("*:1", stops_at=at(5)), worker("*:1", connect_at=at(6)), claim_limit=1, **JANITOR_EACH_MINUTE)
    log = simulate(deployed, table([run(0, 10), run(7, 1)]))
    assert log.state.tolist() == [State.LOST, State.SUCCESS]
    assert seconds(log.ended_at)[0] == 360
    assert 360 <= seconds(log.claimed_at)[1] <= 370
    assert lives(log) == [(0, "started"), (0, "on"), (5, "draining"), (5, "gone")]


def test_a_claim_under_way_at_the_crash_was_never_seen_or_leaves_its_run_claimed(simulate):
    """F-5, W-16: one claim of the first worker is on its way there at 1 s, one of the second on its way back. Neither run starts."""
    for crash, claimed, lost in ((1, None, "request"), (3, 2, "reply")):
        deployed = deployment(worker("*:1", stops_at=at(crash)), latency=Latency(up=at(2), down=at(2)))
        log = simulate(deployed, table([run(0, 5)]), record_claims=True)
        assert seconds(log.claimed_at) == [claimed]
        assert seconds(log.started_at) == [None]
        assert [claim.lost for claim in log.claims] == [lost]


def test_a_crash_while_joining_leaves_the_run_claimed(simulate):
    log = simulate(deployment(worker("*:1", stops_at=at(3)), **JANITOR_EACH_MINUTE), table([run(0, 5, startup=4)]))
    assert seconds(log.started_at) == [None]
    assert log.state.tolist() == [State.LOST]


def test_after_a_crash_nobody_reconnects_or_polls(simulate):
    """F-5, W-12: it dies in an outage, between two attempts to reconnect."""
    deployed = deployment(worker("*:1", outages=((at(1), at(4)),), stops_at=at(2.5)), debounce=at(0.5))
    log = simulate(deployed, table([run(10, 1)]), record_claims=True)
    assert [(time / SECOND, what) for time, _, what in log.connections] == [(0, "connect"), (1, "disconnect"), (2.003, "disconnect")]
    assert max(claim.pushed_at for claim in log.claims) == 0
    assert log.notifications == 0


def test_a_crash_at_the_instant_of_an_end_comes_first(simulate):
    """`rules.order`: what comes from outside precedes the timers of its instant."""
    log = simulate(deployment(worker("*:1", stops_at=at(5))), table([run(0, 5)]))
    assert log.state.tolist() == [State.STARTED]


def test_a_claim_kept_for_the_next_connection_dies_with_its_process(simulate):
    """F-5, W-11: woken in the outage, it is buffered; nobody sends it."""
    log = simulate(deployment(worker("*:1", outages=((at(0.5), at(30)),), stops_at=at(2))), table([run(0.6, 1)]), record_claims=True)
    assert seconds(log.claimed_at) == [None]
    assert log.claims_sent == 1


# --- the next process ---


def test_a_restart_is_a_worker_that_connects_later(simulate):
    """F-6: crash at 5 s, the next process connects at 35 s and claims at once."""
    deployed = deployment(
        worker("*:1", stops_at=at(5), name="w"), worker("*:1", connect_at=at(35), start_up=at(30), name="w#2"), latency=ROUND_TRIP_50_MS
    )
    log = simulate(deployed, table([run(6, 1)]), record_claims=True)
    assert lives(log, of=1) == [(5, "started"), (35, "on")]
    assert seconds(log.claimed_at) == [35.02]
    assert log.worker.tolist() == [1]


def test_conservation_over_many_lives(simulate):
    """Inserted = ended + lost + open, whatever dies."""
    workers = [
        worker("*:2", connect_at=at(20 * k), stops_at=at(20 * k + 15), grace=(k % 3) * 4 * SECOND, claim_timeout=at(2)) for k in range(8)
    ]
    deployed = deployment(*workers, latency=Latency(up=400 * MILLISECOND, down=700 * MILLISECOND), debounce=at(0.5), **JANITOR_EACH_MINUTE)
    log = simulate(deployed, table([run(number, 3, timeout=20) for number in range(120)]))
    lost = (log.state == State.LOST).sum()
    ended = ((log.ended_at != NEVER) & (log.state != State.LOST)).sum()
    still = ((log.inserted_at != NEVER) & (log.ended_at == NEVER)).sum()
    assert lost > 5
    assert ended > 40
    assert ended + lost + still == 120
