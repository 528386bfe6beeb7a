"""What goes wrong at Lightning, each rule on a case worked out by hand, on both engines (docs/incidents.md).

Claims are decided in parallel here, and runs' channels are simplified. What is different on whole lives is in `tests/engines/lives`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment, DroppedReplies, Incidents, Latency, SlowDatabase, Worker
from fastlanes_sim.results.attribution import attribute
from fastlanes_sim.results.observed import Observed
from fastlanes_sim.rules.causes import Cause
from fastlanes_sim.rules.lifecycle import State
from tests.support.deployments import MILLISECOND, MINUTE, SECOND, attempt, run, simplified, table, worker
from tests.support.deployments import deployment as whole
from tests.support.engines import BOTH_ENGINES

pytestmark = pytest.mark.parametrize("simulate", BOTH_ENGINES)


def deployment(*workers: Worker, **settings) -> Deployment:
    return simplified(whole(*workers, **settings))


def seconds(column: np.ndarray) -> list[float | None]:
    return [None if time == NEVER else time / SECOND for time in column.tolist()]


def spans(*named: tuple[float, float]) -> tuple[tuple[int, int], ...]:
    return tuple((round(begins * SECOND), round(ends * SECOND)) for begins, ends in named)


def ideal(slots: int, **settings) -> Deployment:
    return deployment(worker(f"*:{slots}", dispatch="ideal"), **settings)


def causes(simulate, deployed: Deployment, runs: RunTable) -> list[dict[str, float]]:
    """Of each run, the seconds that each cause of its wait had."""
    micros = attribute(deployed, runs, simulate(deployed, runs, record_changes=True)).micros
    return [{Cause(place).label: spent / SECOND for place, spent in enumerate(row.tolist()) if spent} for row in micros]


def metrics(deployed: Deployment, runs: RunTable, log: RunLog) -> Observed:
    return Observed(runs, log, deployed)


# --- Lightning down ---


def down(*named: tuple[float, float]) -> Incidents:
    return Incidents(down=spans(*named))


def sync(at: float, service: float, **more):
    return run(at, service, "fast_lane", sync=True, **more)


def test_while_lightning_is_down_every_request_is_refused(simulate):
    """I-1, I-2: down in [10, 20): refused at 10 s and at 19.999999 s, taken at 20 s."""
    rows = [run(at, 1) for at in (9.999999, 10, 19.999999, 20)]
    log = simulate(ideal(5, incidents=down((10, 20))), table(rows))
    assert seconds(log.inserted_at) == [9.999999, None, None, 20]
    assert seconds(log.refused_at) == [None, 10, 19.999999, None]
    assert (log.claimed_at[[1, 2]] == NEVER).all()


def test_workers_lose_their_sockets_and_their_runs_go_on(simulate):
    """W-12: the socket closes at 10 s; attempts at 11, 13.003, 16.006 s are refused (3 ms each), the one at 20.009 s opens at 20.039 s. The
    run in hand ends at 15 s all the same."""
    polling = worker("*:1", outages=spans((10, 20)))
    log = simulate(deployment(polling, incidents=down((10, 20))), table([run(0, 15), run(9, 1)]), record_claims=True)
    assert [(time / SECOND, what) for time, _, what in log.connections] == [
        (0, "connect"),
        (10, "disconnect"),
        (11.003, "disconnect"),
        (13.006, "disconnect"),
        (16.009, "disconnect"),
        (20.039, "connect"),
    ]
    assert seconds(log.ended_at) == [15, 21.039]
    assert seconds(log.claimed_at) == [0, 20.039]


def test_a_free_slot_of_an_ideal_worker_waits_for_lightning_to_be_back(simulate):
    """I-6: the slot is free at 12 s, Lightning is back at 20 s."""
    deployed = ideal(1, incidents=down((10, 20)))
    runs = table([run(0, 12), run(5, 1)])
    assert seconds(simulate(deployed, runs).claimed_at) == [0, 20]
    assert causes(simulate, deployed, runs)[1] == {"slots": 5, "outage": 10}


def test_the_janitor_misses_the_rounds_that_fall_into_it(simulate):
    """I-4: a run whose channel cannot be joined may be marked lost after 15 s (5 s and 10 s of grace). The janitor comes every 7 s: 14 s is
    too early, 21 and 28 s fall into the outage, 35 s finds it."""
    deployed = ideal(1, janitor_first=0, janitor_period=7 * SECOND, incidents=down((20, 30)))
    log = simulate(deployed, table([run(0, 1, join_fails=True, timeout=5)]))
    assert seconds(log.ended_at) == [35]
    assert log.state.tolist() == [State.LOST]


def test_what_was_notified_is_forgotten_with_the_socket(simulate):
    """L-17: the debounce of a run created at 9.8 s would end at 10.3 s."""
    polling = worker("*:1", outages=spans((10, 12)), backoff_min_ms=60_000, backoff_max_ms=60_000)
    log = simulate(deployment(polling, debounce=500 * MILLISECOND, incidents=down((10, 12))), table([run(9.8, 1)]), record_claims=True)
    assert log.wake_ups == []
    assert seconds(log.claimed_at) == [13.033]  # the worker asks as soon as it is connected: attempts at 11 s and 13.003 s


def test_a_waiting_caller_is_cut_off_and_the_run_goes_on(simulate):
    """I-5: three callers wait at 10 s. Of a run that ended before, the reply has come; at the very instant it has not."""
    deployed = ideal(5, incidents=down((10, 20)))
    runs = table([sync(1, 8.999999), sync(1, 9), sync(1, 15)])
    log = simulate(deployed, runs)
    assert seconds(log.ended_at) == [9.999999, 10, 16]
    counted = metrics(deployed, runs, log).counts("fast_lane")
    assert (counted.cut_off, counted.gave_up, counted.gateway_timeouts) == (2, 2, 0)
    spent = metrics(deployed, runs, log).callers.counts(np.ones(3, np.bool_))
    assert (spent.answered, spent.abandoned_s) == (1, 6)


def test_a_504_before_lightning_goes_down_is_a_504(simulate):
    """I-5, L-20: the timeout of a request at 0 s is at 30 s. Where Lightning goes down at that instant, the connection breaks first."""
    for begins, counted in ((30, (0, 1)), (30.000001, (1, 0))):
        deployed, runs = ideal(1, incidents=down((begins, 40))), table([sync(0, 100)])
        counts = metrics(deployed, runs, simulate(deployed, runs)).counts("all")
        assert (counts.gateway_timeouts, counts.cut_off) == counted


def test_a_caller_who_is_cut_off_asks_again_as_after_a_503(simulate):
    """I-5: cut off at 10 s, asked again 4 s later and refused (503), at 20 s, 6 s after that, and taken."""
    again = [attempt(2, after_timeout=1, after_outage=4), attempt(2, after_outage=6), attempt(2, after_outage=8)]
    deployed, runs = ideal(5, incidents=down((10, 20))), table([sync(5, 20, again=again)])
    log = simulate(deployed, runs)
    assert seconds(log.inserted_at) == [5, None, 20, None]
    assert seconds(log.refused_at) == [None, 14, None, None]
    assert seconds(log.ended_at) == [25, None, 22, None]
    callers = metrics(deployed, runs, log).callers.counts(np.ones(4, np.bool_))
    assert (callers.callers, callers.requests, callers.answered, callers.gave_up) == (1, 3, 1, 0)


def test_who_is_only_told_to_after_a_504_gives_up_when_cut_off(simulate):
    log = simulate(ideal(5, incidents=down((10, 20))), table([sync(5, 20, again=[attempt(2, after_timeout=4)])]))
    assert seconds(log.inserted_at) == [5, None]


def test_nobody_is_cut_off_who_does_not_wait(simulate):
    """I-5: an async webhook had its reply at once; if its first request is refused, it is asked again."""
    rows = [run(5, 20, again=[attempt(1, after_outage=1)]), run(12, 1, again=[attempt(1, after_outage=9)])]
    log = simulate(ideal(5, incidents=down((10, 20))), table(rows))
    assert seconds(log.inserted_at) == [5, None, None, 21]


def test_after_a_503_it_counts_how_long_the_outage_lasts_and_not_who_is_refused(simulate):
    """I-2 before C-7: while Lightning is down nobody gets a 429."""
    deployed = ideal(5, incidents=down((10, 20)))
    deployed = replace(deployed, projects=(replace(deployed.projects[0], fast_lane_limit=1),))
    again = [attempt(1, after_refusal=1, after_outage=9), attempt(1, after_refusal=2, after_outage=1), attempt(1)]
    log = simulate(deployed, table([sync(0, 60), sync(12, 1, again=again)]))
    assert seconds(log.refused_at) == [None, 12, 21, 23, None]


def test_cron_ticks_that_fall_into_it_never_come(simulate):
    """I-3: not refused, but missed; every request is accounted for."""
    deployed = ideal(5, horizon=5 * MINUTE, incidents=down((50, 130)))
    runs = table([run(60 * minute, 1) for minute in range(5)] + [sync(240, 1)])
    log = simulate(deployed, runs)
    assert seconds(log.inserted_at) == [0, None, None, 180, 240, 240]
    counts = metrics(deployed, runs, log).counts("all")
    assert counts == {
        "runs": 4, "started": 4, "ended": 4, "lost": 0, "killed": 0, "failed": 0, "open": 0, "gateway_timeouts": 0,
        "refused": 0, "unavailable": 0, "missed": 2, "cut_off": 0, "gave_up": 0,
    }  # fmt: skip


def test_a_worker_that_would_first_connect_in_it_tries_again(simulate):
    """I-1, F-1: at 5 s refused until 5.003 s, at 6.003, 8.006 and 11.009 s as well, at 15.012 s it gets through."""
    late = deployment(worker("*:1", connect_at=5 * SECOND, outages=spans((0, 15))), incidents=down((0, 15)))
    log = simulate(late, table([run(15, 1)]))
    assert seconds(log.claimed_at) == [15.042]


# --- slow database ---

ROUND_TRIP = Latency(up=10 * MILLISECOND, database=((0, 5_000), (1, 7_000)), down=10 * MILLISECOND)


def slow(*spans: tuple[float, float, tuple[tuple[int, int], ...]]) -> Incidents:
    return Incidents(slow=tuple(SlowDatabase(round(b * SECOND), round(e * SECOND), curve) for b, e, curve in spans))


def test_a_claim_takes_as_long_as_the_database_when_it_is_sent(simulate):
    """I-7: 60 s in [1 s, 2 s). The poll at 0 is empty and back at 25 ms; the next, sent at 1.025 s, is decided at 61.035 s, though the
    database has long been fast again; it wins the run of 2 s. The chain goes on a second after the reply, at 62.045 s."""
    deployed = deployment(worker("*:2"), latency=ROUND_TRIP, incidents=slow((1, 2, ((0, MINUTE),))))
    runs = table([run(2, 1)])
    log = simulate(deployed, runs, record_claims=True)
    sent = [(row.sent_at / SECOND, row.decided_at / SECOND, row.replied_at / SECOND) for row in log.claims[:3]]
    assert sent == [(0, 0.015, 0.025), (1.025, 61.035, 61.045), (62.045, 62.06, 62.07)]
    assert seconds(log.claimed_at) == [61.035]
    assert causes(simulate, deployed, runs) == [{"claim": 59.035, "start": 0.01}]


def test_the_slow_curve_goes_by_the_number_of_active_runs_too(simulate):
    """I-7: 20 times 5 ms without a run, 20 times 7 ms with one."""
    curve = ((0, 100_000), (1, 140_000))
    deployed = deployment(worker("*:1"), latency=ROUND_TRIP, incidents=slow((0, 1, curve)))
    decided = {at: simulate(deployed, table([run(at, 1)]), record_claims=True).claims[0].decided_at for at in (0, 0.5)}
    assert decided == {0: 150_000, 0.5: 110_000}


def test_where_two_spans_hold_the_first_counts(simulate):
    deployed = deployment(worker("*:1"), latency=ROUND_TRIP, incidents=slow((0, 1, ((0, SECOND),)), (0, 2, ((0, MINUTE),))))
    assert simulate(deployed, table([]), record_claims=True).claims[0].decided_at == 1_010_000


def test_a_slow_database_does_not_concern_who_asks_at_no_cost(simulate):
    assert seconds(simulate(ideal(1, incidents=slow((0, 60, ((0, MINUTE),)))), table([run(1, 1)])).claimed_at) == [1]


# --- dropped replies ---


def dropping(*spans: tuple[float, float, float]) -> Incidents:
    return Incidents(dropped=tuple(DroppedReplies(round(b * SECOND), round(e * SECOND), round(p * 1e6)) for b, e, p in spans))


def test_a_run_whose_reply_is_dropped_is_claimed_and_never_runs(simulate):
    """I-8, W-16, L-18: claimed at 1.042 s, its worker never hears of it; at 311.042 s timeout and grace are over, and the janitor marks it
    lost at 10 m. Of the two slots one is taken up by the open claim, the other does the work of all, told of it at 3.5 s (L-17)."""
    deployed = deployment(
        worker("*:2"),
        latency=ROUND_TRIP,
        debounce=500 * MILLISECOND,
        janitor_first=0,
        janitor_period=5 * MINUTE,
        horizon=20 * MINUTE,
        incidents=dropping((0, 2, 0.2)),
    )
    runs = table([run(1, 1, reply_luck=199_999), run(3, 10, reply_luck=0), run(4, 10, reply_luck=0)])
    log = simulate(deployed, runs, record_claims=True)
    assert log.state.tolist() == [State.LOST, State.SUCCESS, State.SUCCESS]
    assert seconds(log.claimed_at) == [1.042, 3.527, 13.554]
    assert seconds(log.started_at) == [None, 3.537, 13.564]
    assert seconds(log.ended_at) == [600, 13.537, 23.564]
    assert [(row.lost, row.replied_at) for row in log.claims if row.run == 0] == [("reply", None)]
    assert causes(simulate, deployed, runs)[0] == {"polling": 0.025, "claim": 0.017, "start": 598.958}


def test_without_notifications_a_chain_that_waits_for_a_dropped_reply_keeps_its_workloop_from_asking(simulate):
    """W-2, W-16: there is a second slot, but the only chain goes on at the claim's timeout, after 30 s and the shortest sleep."""
    deployed = deployment(worker("*:2", claim_timeout=30 * SECOND), latency=ROUND_TRIP, incidents=dropping((0, 1, 1)))
    log = simulate(deployed, table([run(0, 1, reply_luck=0), run(0, 1, reply_luck=0)]))
    assert seconds(log.claimed_at) == [0.017, 31.017]
    assert seconds(log.started_at) == [None, 31.027]


@pytest.mark.parametrize(("luck", "lost"), [(499_999, True), (500_000, False)])
def test_the_mark_is_the_run_s_and_the_span_says_how_bad_it_must_be(simulate, luck: int, lost: bool):
    """I-8"""
    deployed = deployment(worker("*:5"), incidents=dropping((0, 10, 0.5)))
    log = simulate(deployed, table([run(0, 1, reply_luck=luck)]))
    assert (log.started_at[0] == NEVER) == lost


def test_what_counts_is_when_the_claim_is_decided(simulate):
    """I-8: decided at 1.000 s, one span ends and another begins; the replies are on their way for 30 ms."""
    latency = Latency(up=SECOND, down=30 * MILLISECOND)
    for spans, lost in (((0, 1, 1),), False), (((1, 2, 1),), True), (((0.5, 2, 0), (0, 2, 1)), False):
        log = simulate(deployment(worker("*:1"), latency=latency, incidents=dropping(*spans)), table([run(0, 1, reply_luck=0)]))
        assert (log.started_at[0] == NEVER) == lost, spans


def test_an_empty_reply_may_be_dropped_too(simulate):
    """I-9: with a probability of 30 % the second empty reply (luck 236,066) is, not the first (618,033). The only slot is taken up by that
    claim until its timeout, at 61.025 s; that counts as an empty reply, and the chain asks again 1.15 s later."""
    polling = worker("*:1", claim_timeout=MINUTE)
    deployed = deployment(polling, latency=ROUND_TRIP, incidents=dropping((0, 10, 0.3)), horizon=2 * MINUTE)
    log = simulate(deployed, table([run(5, 1)]), record_claims=True)
    assert [(row.sent_at / SECOND, row.lost) for row in log.claims[:3]] == [(0, None), (1.025, "reply"), (62.175, None)]
    assert seconds(log.claimed_at) == [62.192]
    assert causes(simulate, deployed, table([run(5, 1)]))[0] == {"leaked": 56.025, "polling": 1.15, "claim": 0.017, "start": 0.01}


def test_the_timeout_of_a_claim_whose_reply_is_dropped_is_the_claim_s(simulate):
    """W-16: it counts from the sending, and then the slot is free again, though the run is not back."""
    polling = worker("*:1", claim_timeout=10 * SECOND)
    deployed = deployment(polling, latency=ROUND_TRIP, incidents=dropping((0, 1, 1)), horizon=MINUTE)
    log = simulate(deployed, table([run(0, 1, reply_luck=0), run(0, 1, reply_luck=0)]))
    assert seconds(log.claimed_at) == [0.017, 11.017]
    assert seconds(log.started_at) == [None, 11.027]


# --- adaptor cold start ---


def using(at: float, service: float, cold: float, adaptor: int = 0, **more):
    return run(at, service, adaptor=adaptor, cold_start=cold, startup=more.pop("startup", 0.5), **more)


def loading(deployed: Deployment) -> Deployment:
    return replace(deployed, adaptors=("http", "dhis2"))


def test_the_first_run_of_an_adaptor_loads_it_and_the_next_finds_it_warm(simulate):
    """I-10: 4 s of loading and half a second of startup; afterwards the startup alone, whatever the run would have taken."""
    deployed, runs = loading(ideal(2)), table([using(0, 10, 4), using(5, 10, 3), using(50, 1, 9)])
    assert seconds(simulate(deployed, runs).started_at) == [4.5, 5.5, 50.5]
    assert causes(simulate, deployed, runs) == [{"start": 4.5}, {"start": 0.5}, {"start": 0.5}]


def test_who_comes_while_it_is_being_loaded_waits_for_it(simulate):
    """I-11: loaded at 4 s; the run of 1 s waits for that, and not the 9 s that it would take to load it itself."""
    log = simulate(loading(ideal(3)), table([using(0, 10, 4), using(1, 1, 9), using(4, 1, 9)]))
    assert seconds(log.started_at) == [4.5, 4.5, 4.5]


def test_each_adaptor_is_loaded_by_itself_and_a_run_without_one_loads_nothing(simulate):
    log = simulate(loading(ideal(4)), table([using(0, 1, 4), using(0, 1, 7, adaptor=1), using(0, 1, 7, adaptor=-1)]))
    assert seconds(log.started_at) == [4.5, 7.5, 0.5]


def test_each_worker_loads_it_for_itself(simulate):
    """I-10: the first worker takes both, it is first in line; the third run meets the second worker, which is cold."""
    two = loading(deployment(worker("*:2", dispatch="ideal"), worker("*:2", dispatch="ideal", name="other")))
    log = simulate(two, table([using(0, 60, 4), using(10, 60, 5), using(20, 1, 6)]))
    assert log.worker.tolist() == [0, 0, 1]
    assert seconds(log.started_at) == [4.5, 10.5, 26.5]


def test_a_first_run_that_was_not_drawn_to_be_slow_warms_the_adaptor_all_the_same(simulate):
    """I-10: with a probability of, say, 80 % there is nothing to load for this one; then there is nothing to load for the next either."""
    assert seconds(simulate(loading(ideal(2)), table([using(0, 1, 0), using(5, 1, 9)])).started_at) == [0.5, 5.5]


def test_a_run_whose_channel_cannot_be_joined_loads_nothing(simulate):
    """I-12, W-13"""
    log = simulate(loading(ideal(1)), table([using(0, 1, 4, join_fails=True), using(1, 1, 3)]))
    assert seconds(log.started_at) == [None, 4.5]


def test_a_polling_worker_loads_after_the_reply_has_come(simulate):
    """W-8, W-16: claimed at 15 ms, the reply at 25 ms, loaded at 4.025 s, started at 4.525 s; the kill counts from there (L-19)."""
    deployed = loading(deployment(worker("*:1"), latency=replace(ROUND_TRIP, database=((0, 5_000),))))
    runs = table([using(0, 100, 4, timeout=60)])
    log = simulate(deployed, runs)
    assert seconds(log.started_at) == [4.525]
    assert seconds(log.ended_at) == [64.525]
    assert causes(simulate, deployed, runs) == [{"claim": 0.015, "start": 4.51}]


def test_a_run_that_is_lost_while_it_loads_holds_its_slot(simulate):
    """L-18: a load of 20 s outlives timeout and grace; the worker has the run in hand all the same."""
    deployed = loading(ideal(1, janitor_first=0, janitor_period=5 * SECOND, grace_period=SECOND))
    log = simulate(deployed, table([using(0, 2, 20, timeout=5), using(1, 1, 0)]))
    assert seconds(log.ended_at) == [10, 24]
    assert log.state.tolist() == [State.LOST, State.SUCCESS]
    assert seconds(log.started_at) == [None, 23]
