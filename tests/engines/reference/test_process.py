"""The lives of workers: SIGTERM, grace period, crash, and the process that comes after (W-20, W-24, docs/failures.md).

Without latency a run starts 1 ms after its receipt (W-15), is told at its end, and its slot is free in that millisecond.
"""

from __future__ import annotations

import numpy as np
import pytest

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.deployment.deployment import Incidents, Latency
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.process import Exit, Stage
from tests.support.deployments import MILLISECOND, ROUND_TRIP_50_MS, SECOND, deployment, run, table, worker
from tests.support.engines import WHOLE_LIVES

pytestmark = pytest.mark.parametrize("simulate", WHOLE_LIVES)

JANITOR_EACH_MINUTE = {"janitor_first": 0, "janitor_period": 60 * SECOND}


def seconds(column: np.ndarray) -> list[float | None]:
    return [None if time == NEVER else time / SECOND for time in column.tolist()]


def lives(log: RunLog, of: int = 0) -> list[tuple[float, str]]:
    return [(time / SECOND, Stage(stage).label) for time, worker, stage in log.lives if worker == of]


def exits(log: RunLog) -> list[tuple[float, int, str]]:
    return [(time / SECOND, worker, Exit(how).label) for time, worker, how in log.exits]


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
    """W-20 a, c: one of two slots is free at 10 s, and stays so; the process exits with its run."""
    rows = [run(0, 25), run(11, 1), run(24, 1)]
    log = simulate(deployment(worker("*:2", stops_at=at(10), grace=at(60))), table(rows))
    assert seconds(log.ended_at) == [25.001, None, None]
    assert lives(log) == [(0, "started"), (0, "on"), (10, "draining"), (25.001, "gone")]
    assert exits(log) == [(25.001, 0, "term")]


def test_after_sigterm_it_ignores_notifications(simulate):
    """W-20 a, W-14: at 12.5 s it is told of a new run. (Of the first one it was not: that came before the connection.)"""
    log = simulate(deployment(worker("*:2", stops_at=at(10), grace=at(60)), debounce=at(0.5)), table([run(0, 25), run(12, 1)]))
    assert log.notifications == 1
    assert seconds(log.claimed_at)[1] is None


def test_after_sigterm_the_end_of_a_run_resumes_nothing(simulate):
    """W-20 a, W-13: two slots, runs that end at 12 s and 20 s, one that waits."""
    log = simulate(deployment(worker("*:2", stops_at=at(10), grace=at(60))), table([run(0, 12), run(1, 18.9), run(11, 1)]))
    assert seconds(log.claimed_at)[2] is None
    assert lives(log)[-1] == (seconds(log.ended_at)[1], "gone")


@pytest.mark.parametrize("chains", ["real", "single"])
def test_chains_that_sleep_at_sigterm_die_when_they_wake(simulate, chains: str):
    """W-20 a, W-7: an idle worker polls at 0, 1, 2.15 and 3.472 s. What SIGTERM flags is the latest segment of each loop, the only one
    here. Its run of 20 s keeps the process for the sleeper to wake in."""
    deployed = deployment(worker("*:2", stops_at=at(4.5), grace=at(60), claim_chains=chains))
    log = simulate(deployed, table([run(3, 20), run(5, 1)]), record_claims=True)
    assert max(claim.pushed_at for claim in log.claims) < at(4.5)
    assert seconds(log.ended_at) == [23.473, None]


def test_chains_beside_the_latest_claim_on_until_they_win(simulate):
    """W-20 b: the first run ends at 2.501 s and starts a chain beside that of the segment which sleeps till 3 s; the sleeper, flagged, goes
    on with a segment of 4 s. That one is the latest and is flagged at 4.2 s. The chain of 2.501 s is not: it claims at 3.501 s and
    4.651 s, wins the third run, and settles into a stopped workloop: nobody asks for the fourth."""
    deployed = deployment(worker("*:3", stops_at=at(4.2), grace=at(60)))
    log = simulate(deployed, table([run(0, 2.5), run(0, 30), run(4.5, 5), run(5, 1)]), record_claims=True)
    assert seconds(log.claimed_at) == [0, 1, 4.651, None]
    assert seconds(log.ended_at) == [2.501, 31.001, 9.652, None]
    assert exits(log) == [(31.001, 0, "term")]


def test_a_process_with_nothing_in_hand_exits_at_once(simulate):
    log = simulate(deployment(worker("*:2", stops_at=at(10), grace=at(60))), table([run(0, 3), run(20, 1)]))
    assert lives(log) == [(0, "started"), (0, "on"), (10, "draining"), (10, "gone")]
    assert seconds(log.ended_at) == [3.001, None]


def test_sigterm_before_the_connection_ends_it(simulate):
    deployed = deployment(worker("*:1", connect_at=at(30), start_up=at(20), stops_at=at(20), grace=at(60)))
    log = simulate(deployed, table([run(0, 1)]))
    assert lives(log) == [(10, "started"), (20, "draining"), (20, "gone")]
    assert seconds(log.claimed_at) == [None]


def test_sigterm_at_the_instant_of_the_connection_comes_first(simulate):
    """`rules.order`"""
    log = simulate(deployment(worker("*:1", connect_at=at(30), stops_at=at(30), grace=at(60))), table([run(0, 1)]))
    assert lives(log) == [(30, "started"), (30, "draining"), (30, "gone")]


# --- W-20 c, d: claims that are open at SIGTERM ---


def test_a_run_that_an_open_claim_wins_is_executed(simulate):
    """W-20 c: connected at 4 s, the claim is sent then, decided at 6 s, answered at 8 s; SIGTERM comes at 5 s."""
    slow = Latency(up=at(2), down=at(2))
    log = simulate(deployment(worker("*:1", stops_at=at(5), grace=at(120)), latency=slow), table([run(0, 5)]))
    assert (seconds(log.claimed_at), seconds(log.received_at)) == ([6], [8])
    assert seconds(log.started_at) == [8 + 3 * 4 + 0.001], "hand-over after three round trips and a millisecond (W-15)"
    assert log.state.tolist() == [State.SUCCESS]
    assert exits(log) == [(seconds(log.freed_at)[0], 0, "term")]


def test_it_waits_for_the_answer_and_exits_when_it_is_empty(simulate):
    slow = Latency(up=at(2), down=at(2))
    log = simulate(deployment(worker("*:1", stops_at=at(5), grace=at(60)), latency=slow), table([run(7, 5)]))
    assert seconds(log.claimed_at) == [None]
    assert exits(log) == [(8, 0, "term")]
    assert log.claims_sent == 1


def test_it_waits_for_a_token_under_verification(simulate):
    """F-3, W-8: neither open nor active, and yet in hand (assumed: recorded processes verify nothing)."""
    log = simulate(deployment(worker("*:1", verification=at(3), stops_at=at(1), grace=at(60))), table([run(0, 5)]))
    assert (seconds(log.started_at), seconds(log.ended_at)) == ([3.001], [8.001])
    assert lives(log)[-1] == (8.001, "gone")


def test_a_claim_lost_with_its_socket_keeps_it_until_sigkill(simulate):
    """W-20 d, W-16: sent at 4 s and lost in the outage at 5 s; SIGTERM at 6 s. At its timeout, 14 s, nobody looks."""
    slow = Latency(up=at(2), down=at(2))
    deployed = deployment(worker("*:1", outages=((at(5), at(5.5)),), claim_timeout=at(10), stops_at=at(6), grace=at(60)), latency=slow)
    assert exits(simulate(deployed, table([]))) == [(66, 0, "kill")]


def test_an_error_reply_makes_nobody_look(simulate):
    """W-20 d: the reply to the only claim, sent at 2 s, decided at 3 s, is an error."""
    deployed = deployment(
        worker("*:1", stops_at=at(2.5), grace=at(60)),
        latency=Latency(up=at(1), down=at(1)),
        incidents=Incidents(claim_errors=((0, at(10)),)),
    )
    assert exits(simulate(deployed, table([]))) == [(62.5, 0, "kill")]


def test_a_join_that_fails_makes_nobody_look(simulate):
    """W-20 d, W-15: the run's slot is free at 6 s, and the process idles."""
    deployed = deployment(worker("*:1", stops_at=at(3.5), grace=at(60)), latency=Latency(up=at(1), down=at(1)))
    log = simulate(deployed, table([run(0, 5, join_fails=True)]))
    assert seconds(log.freed_at) == [6]
    assert exits(log) == [(63.5, 0, "kill")]


def test_a_slot_that_is_lost_for_good_keeps_it_until_sigkill(simulate):
    """W-20 d, W-13a: the end falls into an outage of three minutes: its first message fails, and so do those of *workflow end*."""
    deployed = deployment(worker("*:1", outages=((at(4), at(184)),), stops_at=at(10), grace=at(600)))
    log = simulate(deployed, table([run(0, 5)]))
    assert (seconds(log.finished_at), seconds(log.ended_at), seconds(log.freed_at)) == ([5.001], [None], [None])
    assert exits(log) == [(610, 0, "kill")]


def test_sigkills_of_one_instant_go_in_the_order_of_the_workers(simulate):
    """W-19: whoever got SIGTERM first."""
    workers = worker("*:1", stops_at=at(9), grace=at(11)), worker("*:1", stops_at=at(8), grace=at(12))
    log = simulate(deployment(*workers), table([run(0, 60), run(0, 60)]))
    assert exits(log) == [(20, 0, "kill"), (20, 1, "kill")]


# --- F-4: the end of the grace period ---


def test_what_still_runs_at_the_end_of_the_grace_period_is_lost(simulate):
    """F-4, L-18: killed at 20 s; Lightning's janitor finds the run at 360 s, the first minute after 0 + 300 s + 10 s."""
    deployed = deployment(worker("*:2", stops_at=at(10), grace=at(10)), **JANITOR_EACH_MINUTE)
    log = simulate(deployed, table([run(0, 30), run(0, 5)]))
    assert lives(log)[-1] == (20, "gone")
    assert log.state.tolist() == [State.LOST, State.SUCCESS]
    assert seconds(log.ended_at)[0] == 360


def test_what_ends_at_the_last_instant_of_the_grace_period_has_ended(simulate):
    log = simulate(deployment(worker("*:2", stops_at=at(10), grace=at(10))), table([run(0, 19.999), run(0, 19.999001)]))
    assert log.state.tolist()[0] == State.SUCCESS
    assert seconds(log.ended_at)[0] == 20
    assert log.state.tolist()[1] == State.STARTED


def test_that_holds_for_a_run_that_began_after_sigterm_too(simulate):
    """F-4, W-19: a claim under way at SIGTERM wins a run at 2 s. It starts at 5.001 s and ends at 9.001 s, and all is told three round
    trips later (W-13), with the grace period."""
    deployed = deployment(worker("*:1", stops_at=at(1.5), grace=at(10.501)), latency=Latency(up=at(1)))
    log = simulate(deployed, table([run(0, 4)]))
    assert (seconds(log.ended_at), seconds(log.freed_at), log.state.tolist()) == ([12.001], [12.001], [State.SUCCESS])


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


@pytest.mark.parametrize("crash", [5, 7])
def test_a_claim_under_way_at_the_crash_leaves_its_run_claimed(simulate, crash: int):
    """F-5, W-24: the claim is on its way there, or its reply on the way back. What a process had sent still arrives."""
    deployed = deployment(worker("*:1", stops_at=at(crash)), latency=Latency(up=at(2), down=at(2)))
    log = simulate(deployed, table([run(0, 5)]), record_claims=True)
    assert (seconds(log.claimed_at), seconds(log.received_at)) == ([6], [None])
    assert [claim.lost for claim in log.claims] == ["reply"]
    assert exits(log) == [(crash, 0, "crash")]


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
    """F-6: crash at 5 s, the next process opens its socket at 35 s, and claims a round trip later (W-11)."""
    deployed = deployment(
        worker("*:1", stops_at=at(5), name="w"), worker("*:1", connect_at=at(35), start_up=at(30), name="w#2"), latency=ROUND_TRIP_50_MS
    )
    log = simulate(deployed, table([run(6, 1)]), record_claims=True)
    assert lives(log, of=1) == [(5, "started"), (35, "on")]
    assert seconds(log.claimed_at) == [35.07]
    assert log.worker.tolist() == [1]


def test_a_process_that_has_not_begun_is_called_off(simulate):
    """F-1, F-10: it exits at 31.001 s, for its run's plan never came, and is to be started again at 91 s. SIGTERM comes at 60 s: there
    never is another process, and no exit of one."""
    deployed = deployment(worker("*:1", restart=at(60), stops_at=at(60), grace=at(30), message_timeout=at(30)))
    log = simulate(deployed, table([run(1, 1, plan_lost=True)]))
    assert lives(log) == [(0, "started"), (0, "on"), (31, "gone")]
    assert exits(log) == [(31, 0, "crash")]


def test_a_grace_of_nothing_is_no_crash(simulate):
    """W-20 c, e: an idle process ends as after any SIGTERM; a run that ends at that very instant has ended, and one that does not is
    killed with its process. A crash asks nobody."""
    for service, grace, how in [(1, 0, "term"), (9.999, 0, "term"), (20, 0, "kill"), (1, None, "crash")]:
        log = simulate(deployment(worker("*:1", stops_at=at(10), grace=grace)), table([run(0, service)]))
        assert exits(log) == [(10, 0, how)]


def test_conservation_over_many_lives(simulate):
    """Inserted = ended + lost + open, whatever dies."""
    workers = [
        worker("*:2", connect_at=at(20 * k), stops_at=at(20 * k + 15), grace=(k % 3) * 4 * SECOND, claim_timeout=at(2)) for k in range(8)
    ]
    deployed = deployment(*workers, latency=Latency(up=40 * MILLISECOND, down=70 * MILLISECOND), debounce=at(0.5), **JANITOR_EACH_MINUTE)
    log = simulate(deployed, table([run(number, 3, timeout=20) for number in range(120)]))
    lost = (log.state == State.LOST).sum()
    ended = ((log.ended_at != NEVER) & (log.state != State.LOST)).sum()
    still = ((log.inserted_at != NEVER) & (log.ended_at == NEVER)).sum()
    assert lost > 5
    assert ended > 40
    assert ended + lost + still == 120
