"""Lightning's side: one claim of a connection at a time, the table as of its query's beginning, the database, notifications (L-10, L-17,
L-23 to L-27)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fastlanes_sim.deployment.deployment import Incidents, SlowDatabase
from fastlanes_sim.rules.lifecycle import State
from tests.support.deployments import run, simplified, table, worker
from tests.support.engines import WHOLE_LIVES
from tests.support.lives import at, connections, ms, near, spans

pytestmark = pytest.mark.parametrize("simulate", WHOLE_LIVES)

A_TENTH = {"database": ((0, 100_000),)}
"""A claim's query, in a database that nobody else asks, is under way from 70 ms to 170 ms."""


def decided(log) -> list[float | None]:
    return [None if row.decided_at is None else row.decided_at / 1e3 for row in log.claims]


# --- L-23 ---


def test_claims_of_one_connection_are_decided_one_after_another(simulate):
    log = simulate(near(layout="*:1 *:1 *:1", latency=A_TENTH), table([run(0, 9)] * 3), record_claims=True)
    assert decided(log)[:3] == [170, 270, 370]
    assert [row.began_at for row in log.claims[:3]] == [70_000, 170_000, 270_000]
    assert ms(log.received_at) == [200, 300, 400]


def test_those_of_other_connections_at_the_same_time(simulate):
    log = simulate(near(worker("*:1"), worker("*:1"), latency=A_TENTH), table([run(0, 9)] * 3))
    assert ms(log.claimed_at) == [170, 170, 170]


def test_in_parallel_where_the_switch_says_so(simulate):
    """`claims: parallel`, the first recordings."""
    log = simulate(simplified(near(layout="*:1 *:1 *:1", latency=A_TENTH)), table([run(0, 9)] * 3))
    assert ms(log.claimed_at) == [120, 120, 120], "and the worker is connected at once"


def test_a_list_of_query_times_goes_by_the_order_in_which_they_begin(simulate):
    log = simulate(near(layout="*:1 *:1 *:1", latency={"database_times": (30_000, 10_000)}), table([]), record_claims=True)
    assert decided(log)[:3] == [100, 110, 140]


# --- L-24, L-10 ---


def test_a_run_that_comes_while_the_query_lasts_is_not_seen(simulate):
    log = simulate(near(latency=A_TENTH), table([run(0.1, 1)]), record_claims=True)
    assert (log.claims[0].run, log.claims[1].run) == (None, 0)


def test_the_first_of_those_seen_that_is_still_there_is_taken(simulate):
    """L-24: both see both runs; of the two queries, over at one instant, the second takes what the first has left."""
    log = simulate(near(worker("*:1"), latency=A_TENTH), table([run(0, 9), run(0, 9)]))
    assert (ms(log.claimed_at), log.worker.tolist()) == ([170, 170], [0, 1])


def test_if_none_is_there_the_reply_is_empty(simulate):
    """L-24: the second query saw one run, which the first has taken; that of 0.1 s it has not seen."""
    log = simulate(near(worker("*:1"), latency=A_TENTH), table([run(0, 9), run(0.1, 9)]), record_claims=True)
    assert [row.run for row in log.claims[:2]] == [0, None]


def test_limits_belong_to_the_beginning_of_the_query_too(simulate):
    """L-24, L-14: at the beginning the second run is beyond the project's limit of one. It is not taken, though the first one is gone by
    the end: over, it is told at 1.371 s, while a query lasts from 1.22 s to 1.42 s."""
    deployed = near(worker("*:1", connect_at=at(1.15)), latency={"database_times": (0, 200_000)}, deployed={"horizon": at(1.6)})
    deployed = replace(deployed, projects=(replace(deployed.projects[0], concurrency=1),))
    log = simulate(deployed, table([run(0, 1), run(0, 1)]), record_claims=True)
    assert ms(log.ended_at) == [1_371, None]
    (theirs,) = (row for row in log.claims if row.worker == 1)
    assert (theirs.began_at, theirs.decided_at, theirs.run) == (1_220_000, 1_420_000, None)


def test_a_run_is_stamped_with_the_beginning_of_the_query(simulate):
    """L-10"""
    log = simulate(near(latency=A_TENTH), table([run(0, 1)]))
    assert (ms(log.began_at), ms(log.claimed_at)) == ([70], [170])


def test_the_slow_database_is_that_of_the_beginning_of_the_query(simulate):
    """I-7: a claim that was sent before the span, and arrives in it, is slow."""
    slow = Incidents(slow=(SlowDatabase(at(0.06), at(0.08), ((0, at(2)),)),))
    assert ms(simulate(near(deployed={"incidents": slow}), table([run(0, 1)])).claimed_at) == [2_070]


# --- L-25 ---


def test_queries_share_the_processors(simulate):
    """L-25: two queries of 100 ms on one processor take 200 ms."""
    deployed = near(worker("*:1"), latency=A_TENTH, deployed={"database_processors": 1})
    assert ms(simulate(deployed, table([run(0, 9)] * 2)).claimed_at) == [270, 270]


def test_how_fast_they_go_changes_whenever_their_number_does(simulate):
    """L-25: one processor. Half of the first is done when the second begins at 120 ms; the rest takes 100 ms. The second has got half by
    then, and is alone again."""
    deployed = near(worker("*:1", connect_at=at(0.05)), latency=A_TENTH, deployed={"database_processors": 1})
    assert ms(simulate(deployed, table([run(0, 9)] * 2)).claimed_at) == [220, 270]


def test_with_processors_enough_they_do_not_slow_each_other_down(simulate):
    deployed = near(*[worker("*:1")] * 2, latency=A_TENTH, deployed={"database_processors": 3})
    assert ms(simulate(deployed, table([run(0, 9)] * 3)).claimed_at) == [170, 170, 170]


def test_three_on_two_processors_take_half_as_long_again(simulate):
    deployed = near(*[worker("*:1")] * 2, latency=A_TENTH, deployed={"database_processors": 2})
    assert ms(simulate(deployed, table([run(0, 9)] * 3)).claimed_at) == [220, 220, 220]


# --- L-26 ---


def test_others_wait_for_a_connection_of_the_pool(simulate):
    """L-26: a pool of one. What a claim sees is what is there when its query begins."""
    deployed = near(*[worker("*:1")] * 2, latency=A_TENTH, deployed={"database_pool": 1})
    log = simulate(deployed, table([run(0, 9)] * 2 + [run(0.2, 9)]))
    assert (ms(log.began_at), ms(log.claimed_at)) == ([70, 170, 270], [170, 270, 370])


def test_each_node_has_a_pool(simulate):
    deployed = near(*[worker("*:1")] * 2, latency=A_TENTH, deployed={"database_pool": 1, "nodes": 2})
    assert ms(simulate(deployed, table([run(0, 9)] * 3)).claimed_at) == [170, 170, 270]


@pytest.mark.parametrize("processors", [None, 4])
def test_a_query_longer_than_the_timeout_is_broken_off_and_the_channel_dies(simulate, processors: int | None):
    """L-26, W-21: broken off at 15.07 s, with the claim that waits behind it; the worker learns of it at 15.1 s, rejoins at 16.1 s, and its
    loops, full of open claims, ask no more."""
    deployed = near(
        layout="*:1 *:1",
        latency={"database_times": (at(20), 0)},
        deployed={"database_timeout": at(15), "database_processors": processors, "horizon": at(60)},
    )
    log = simulate(deployed, table([run(0, 1)]), record_claims=True)
    assert [(row.lost, row.decided_at, row.run) for row in log.claims] == [("request", None, None)] * 2
    assert connections(log) == [(50, "connect"), (16_150, "connect")]
    assert log.state.tolist() == [State.AVAILABLE]


def test_at_the_timeout_itself_it_still_ends(simulate):
    for processors in (None, 1):
        deployed = near(latency={"database": ((0, at(15)),)}, deployed={"database_timeout": at(15), "database_processors": processors})
        assert ms(simulate(deployed, table([run(0, 1)])).claimed_at) == [15_070]


def test_sharing_can_break_a_query_off(simulate):
    """L-25, L-26: alone they take 10 s and 8 s, but the second comes when half of the first is done: over at 15.07 s and 18.07 s. With a
    timeout of 14 s the first is broken off when it lacks half a second, and the second has 3.5 s to go."""
    deployed = near(
        worker("*:1", connect_at=at(5)),
        latency={"database_times": (at(10), at(8), 0)},
        deployed={"database_timeout": at(16), "database_processors": 1, "horizon": at(30)},
    )
    log = simulate(deployed, table([run(0, 99), run(0, 99)]), record_claims=True)
    first, second = log.claims[:2]
    assert (first.lost, first.decided_at, second.lost, second.decided_at) == (None, 15_070_000, None, 18_070_000)
    deployed = replace(deployed, lightning=replace(deployed.lightning, database_timeout=at(14)))
    log = simulate(deployed, table([run(0, 99), run(0, 99)]), record_claims=True)
    first, second = log.claims[:2]
    assert (first.lost, second.decided_at) == ("request", 14_070_000 + 3_500_000)


# --- L-27 ---


@pytest.mark.parametrize("puts_back", [False, True])
def test_a_claim_that_is_decided_when_its_socket_has_closed_stays_decided(simulate, puts_back: bool):
    """L-27: the socket dies at 80 ms, under the query. With the switch the run is available again at once, and won after the
    reconnection."""
    deployed = near(layout="*:2", latency=A_TENTH, outages=spans((0.08, 0.1)), deployed={"puts_back": puts_back, "horizon": at(5)})
    log = simulate(deployed, table([run(0, 1)]), record_claims=True)
    assert log.claims[0].lost == "reply"
    assert ms(log.claimed_at) == ([1_280] if puts_back else [170])
    assert log.state.tolist() == [State.SUCCESS if puts_back else State.CLAIMED]


# --- L-17 ---


def test_a_connection_is_told_from_the_arrival_of_its_join_on(simulate):
    """L-17, W-11: the join arrives at 20 ms. The debounce of a run created before starts no timer."""
    for created, told in ((0.019, []), (0.021, [521 + 30])):
        log = simulate(near(deployed={"debounce": at(0.5)}), table([run(created, 1)]), record_claims=True)
        assert [time / 1e3 for time, _ in log.wake_ups][:1] == told


def test_a_notification_waits_behind_the_claim_under_way_and_travels_down(simulate):
    """L-17, L-23: the query lasts from 70 ms to 2.07 s; the timer of a run created at 0.1 s ends at 0.6 s."""
    log = simulate(
        near(layout="*:2", latency={"database": ((0, at(2)),)}, deployed={"debounce": at(0.5)}), table([run(0.1, 1)]), record_claims=True
    )
    assert log.wake_ups[0][0] / 1e3 == 2_070 + 30


def test_its_way_may_be_another_one(simulate):
    """`network.notification`"""
    log = simulate(near(deployed={"debounce": at(0.5), "notification": 7_000}), table([run(1, 1)]), record_claims=True)
    assert log.wake_ups[0][0] / 1e3 == 1_507


def test_it_dies_with_its_socket(simulate):
    """L-17: pushed at 1.5 s, on the wire at 1.51 s."""
    for began, told in ((1.4, 0), (1.51, 0), (1.531, 1)):
        log = simulate(
            near(outages=spans((began, began + 1)), deployed={"debounce": at(0.5), "horizon": at(1.6)}),
            table([run(1, 1)]),
            record_claims=True,
        )
        assert len(log.wake_ups) == told, began


# --- I-1 ---


def test_with_lightning_everything_dies_that_it_was_doing(simulate):
    """I-1: a worker's outage alone lets Lightning work off what has arrived; its own end does not. A query is under way at 100 ms, and a
    `run:complete` has arrived when Lightning goes down at 1.425 s."""
    for down, claimed in (((), [170]), (spans((0.1, 0.2)), [None])):
        deployed = near(latency=A_TENTH, outages=spans((0.1, 0.2)), deployed={"incidents": Incidents(down=down), "horizon": at(1)})
        assert ms(simulate(deployed, table([run(0, 1)])).claimed_at) == claimed
    for down, state in (((), State.SUCCESS), (spans((1.425, 1.5)), State.STARTED)):
        deployed = near(
            latency={"message": 10_000}, outages=spans((1.425, 1.5)), deployed={"incidents": Incidents(down=down), "horizon": at(2)}
        )
        assert simulate(deployed, table([run(0, 1)])).state.tolist() == [state]
