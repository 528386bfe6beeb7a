"""The life of a run in time: start, kill, loss, notification, outage (L-17 to L-19, W-11 to W-16), as the first recordings have it.

Whole lives are in `tests/engines/lives`.
"""

from __future__ import annotations

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.deployment.deployment import Deployment, Latency, Worker
from fastlanes_sim.engines.reference.simulation import simulate_reference
from fastlanes_sim.rules.lifecycle import State
from tests.support.deployments import MILLISECOND, MINUTE, ROUND_TRIP_50_MS, SECOND, run, simplified, table, worker
from tests.support.deployments import deployment as whole


def deployment(*workers: Worker, **settings) -> Deployment:
    return simplified(whole(*workers, **settings))


def test_a_run_starts_after_reply_and_startup_and_ends_after_its_service():
    """W-15, W-16: 20 ms to Lightning, 30 ms back, 1 s to join, 2 s of work."""
    log = simulate_reference(deployment(worker("*:1"), latency=ROUND_TRIP_50_MS), table([run(0, 2, startup=1)]))
    assert (log.claimed_at[0], log.started_at[0], log.ended_at[0]) == (20 * MILLISECOND, 1_050 * MILLISECOND, 3_050 * MILLISECOND)
    assert log.state[0] == State.SUCCESS


def test_the_worker_kills_a_run_at_its_timeout_and_has_its_slot_back():
    """L-19"""
    log = simulate_reference(deployment(worker("*:1")), table([run(0, 600, timeout=10), run(0, 1)]))
    assert log.state[0] == State.KILLED
    assert log.ended_at[0] == 10 * SECOND
    assert log.started_at[1] == 10 * SECOND


def test_a_finish_precedes_a_kill_at_the_same_instant():
    """L-19"""
    log = simulate_reference(deployment(worker("*:1")), table([run(0, 10, timeout=10)]))
    assert log.state[0] == State.SUCCESS


def test_a_run_whose_channel_cannot_be_joined_is_lost_by_the_janitor():
    """W-13, L-18: claimed at 0, timeout 300 s, grace 10 s: the janitor of 05:00 comes too early, that of 10:00 finds it."""
    log = simulate_reference(deployment(worker("*:1"), janitor_first=0), table([run(0, 5, join_fails=True), run(1, 5)]))
    assert (log.started_at[0], log.ended_at[0], log.state[0]) == (NEVER, 10 * MINUTE, State.LOST)
    assert log.state[1] == State.SUCCESS


def test_a_reply_lost_with_its_socket_leaves_a_claimed_run_that_nobody_starts():
    """W-16, L-18: decided at 20 ms, the socket dies at 30 ms, the claim holds the only slot."""
    outage = ((30 * MILLISECOND, 500 * MILLISECOND),)
    log = simulate_reference(
        deployment(worker("*:1", outages=outage), latency=ROUND_TRIP_50_MS, janitor_first=0),
        table([run(0, 5), run(1, 5)]),
        record_claims=True,
    )
    assert (log.claimed_at[0], log.started_at[0], log.state[0]) == (20 * MILLISECOND, NEVER, State.LOST)
    assert log.claims[0].lost == "reply"
    assert log.claimed_at[1] == NEVER, "the one slot is held by a claim that nobody answers"


def test_a_request_lost_with_its_socket_was_never_seen():
    """W-16"""
    outage = ((10 * MILLISECOND, 500 * MILLISECOND),)
    log = simulate_reference(
        deployment(worker("*:2", outages=outage), latency=ROUND_TRIP_50_MS, horizon=5 * SECOND), table([run(0, 1)]), record_claims=True
    )
    assert log.claims[0].lost == "request"
    assert log.state[0] == State.SUCCESS, "the reconnected worker claims it anew"


def test_attempts_to_reconnect_come_ever_later():
    """W-12: 1 s after the close, then n s after each failure, which takes 3 ms; the opening takes 30 ms."""
    outage = ((10 * SECOND, 12 * SECOND),)
    log = simulate_reference(deployment(worker("*:1", outages=outage)), table([]), record_claims=True)
    assert [(time // MILLISECOND, what) for time, _, what in log.connections] == [
        (0, "connect"),
        (10_000, "disconnect"),
        (11_003, "disconnect"),
        (13_033, "connect"),
    ]


def test_one_notification_for_all_runs_of_half_a_second():
    """L-17: the first run starts the timer, the others start none."""
    runs = table([run(1.0, 1), run(1.2, 1), run(1.4, 1), run(2.0, 1)])
    log = simulate_reference(deployment(worker("*:9"), debounce=500 * MILLISECOND, notification=10 * MILLISECOND), runs, record_claims=True)
    assert [time // MILLISECOND for time, _ in log.wake_ups] == [1_510, 2_510]


def test_the_database_slows_down_as_active_runs_pile_up():
    """Claim latency is request + database + reply; the database's part follows the curve."""
    curve = Latency(database=((0, 0), (10, 100 * MILLISECOND)))
    runs = table([run(0, 1) for _ in range(10)])
    log = simulate_reference(deployment(worker("*:1", connect_at=SECOND), latency=curve), runs)
    assert log.claimed_at[0] == 1_100 * MILLISECOND


def test_an_interrupted_simulation_keeps_what_it_has():
    def interrupt(now: int, created: int) -> None:
        raise KeyboardInterrupt

    runs = table([run(i, 0.5) for i in range(3000)])
    log = simulate_reference(deployment(worker("*:5")), runs, progress=interrupt)
    assert log.interrupted
    assert 0 < log.ended_on < 3000 * SECOND
    assert (log.ended_at != NEVER).any()
