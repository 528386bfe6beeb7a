"""Sockets and channels: connected a round trip later, mute, or without the queue's channel; what a process had sent (W-11, W-16, W-21,
W-24, W-25)."""

from __future__ import annotations

import pytest

from fastlanes_sim.deployment.deployment import Incidents
from fastlanes_sim.rules.lifecycle import State
from tests.support.deployments import run, table, worker
from tests.support.engines import WHOLE_LIVES
from tests.support.lives import at, connections, exits, ms, near, spans

pytestmark = pytest.mark.parametrize("simulate", WHOLE_LIVES)


def pushed(log, since: float = 0) -> list[tuple[float, float | None]]:
    """(pushed, sent) of each claim, in ms."""
    return [(row.pushed_at / 1e3, None if row.sent_at is None else row.sent_at / 1e3) for row in log.claims if row.pushed_at >= since * 1e6]


# --- W-11 ---


def test_a_worker_is_connected_a_round_trip_after_its_socket_has_opened(simulate):
    log = simulate(near(connect_at=at(1)), table([run(0, 1)]), record_claims=True)
    assert connections(log) == [(1_050, "connect")]
    assert ms(log.claimed_at) == [1_070]


def test_a_socket_that_dies_before_was_never_connected(simulate):
    """It opens at 0 and dies at 40 ms; the first attempt to reconnect opens at 1.07 s."""
    log = simulate(near(outages=spans((0.04, 0.5))), table([]), record_claims=True)
    assert connections(log)[:2] == [(40, "disconnect"), (1_120, "connect")]


def test_claims_that_were_buffered_go_out_first_each_with_its_timeout_anew(simulate):
    """The queue's channel is gone from 1 s to 2.08 s (W-21). The claim of 1.1 s goes out then, and the loops resume. Its timeout of 1.5 s
    runs from there: its reply, which the database keeps, is given up at 3.58 s, and its chain goes on a second later (W-9)."""
    deployed = near(
        layout="*:3",
        claim_timeout=at(1.5),
        channel_crashes=(at(1),),
        latency={"database_times": (0, at(3), at(3))},
        deployed={"horizon": at(4.6)},
    )
    log = simulate(deployed, table([]), record_claims=True)
    assert pushed(log) == [(50, 50), (1_100, 2_080), (2_080, 2_080), (4_580, 4_580), (4_580, 4_580)]


def test_a_claim_whose_timeout_is_over_is_not_sent_any_more(simulate):
    log = simulate(near(claim_timeout=at(0.5), channel_crashes=(at(1),)), table([]), record_claims=True)
    assert pushed(log)[1] == (1_100, None)


# --- W-16 ---


def test_a_claim_on_the_wire_is_lost_and_one_that_has_arrived_is_decided(simulate):
    """Sent at 50 ms, it arrives at 70 ms; the socket dies under it, or under the query of 100 ms."""
    for died, claimed, lost in ((0.06, [None], "request"), (0.08, [170], "reply")):
        deployed = near(latency={"database": ((0, 100_000),)}, outages=spans((died, died + 0.1)), deployed={"horizon": at(0.5)})
        log = simulate(deployed, table([run(0, 1)]), record_claims=True)
        assert (ms(log.claimed_at), log.claims[0].lost) == (claimed, lost)
        assert ms(log.received_at) == [None]


def test_either_stays_open_on_the_worker_until_its_timeout(simulate):
    deployed = near(outages=spans((0.06, 0.5)), claim_timeout=at(10), deployed={"horizon": at(9)})
    log = simulate(deployed, table([run(0, 1)]), record_claims=True)
    assert log.slots[0][0].open == 1
    assert len(log.claims) == 1, "it takes up the only slot"


def test_an_error_reply_counts_as_an_empty_one(simulate):
    """W-7: the poll goes on a second later."""
    deployed = near(deployed={"incidents": Incidents(claim_errors=spans((0, 1)))})
    log = simulate(deployed, table([run(0, 1)]), record_claims=True)
    assert [(row.error, row.run) for row in log.claims[:2]] == [(True, None), (False, 0)]
    assert pushed(log)[:2] == [(50, 50), (1_100, 1_100)]


# --- W-24 ---


def test_what_a_process_had_sent_still_reaches_lightning(simulate):
    """`run:complete` is on the wire when SIGKILL comes at 1.36 s: the run has ended. A claim, sent at 1.1 s with a query of half a second,
    is decided at 1.62 s, and its run stays claimed."""
    deployed = near(layout="*:2", stops_at=at(1.2), grace=at(0.16), latency={"database_times": (0, at(0.5))}, deployed={"horizon": at(5)})
    log = simulate(deployed, table([run(0, 1), run(0, 1)]), record_claims=True)
    assert exits(log) == [(1_360, 0, "kill")]
    assert (ms(log.ended_at), ms(log.freed_at)) == ([1_371, None], [None, None])
    assert (ms(log.claimed_at), ms(log.received_at)) == ([70, 1_620], [100, None])
    assert log.state.tolist() == [State.SUCCESS, State.CLAIMED]
    assert log.claims[1].lost == "reply"


# --- W-25 ---


def test_a_connection_that_goes_mute_is_given_up_when_a_heartbeat_is_not_answered(simulate):
    """W-25: heartbeats go out at 30 s, 60.05 s, … The first one that cannot be answered is that of 60.05 s; it is given up at 90.05 s. Then
    the first attempt to reconnect comes a second later. The loops are told nothing."""
    log = simulate(near(layout="*:9", mute=spans((40, 41)), deployed={"horizon": at(100)}), table([]), record_claims=True)
    assert connections(log) == [(50, "connect"), (91_130, "connect")]


def test_where_its_closing_is_not_answered_the_first_attempt_comes_later(simulate):
    """W-25: 2.5 s after 60 s, and as long as it is mute attempts are refused, as in an outage (W-12)."""
    log = simulate(near(mute=spans((10, 64)), deployed={"horizon": at(100)}), table([]), record_claims=True)
    assert connections(log) == [(50, "connect"), (62_503, "disconnect"), (64_583, "connect")]


def test_claims_sent_into_it_stay_open_and_a_slot_with_them(simulate):
    """W-25, W-16: a poll of 10.25 s is the last that is answered before 15 s. The next one takes up the only slot for an hour; after the
    reconnection no claim is sent."""
    log = simulate(near(mute=spans((15, 15.5)), deployed={"horizon": at(3_600)}), table([run(100, 1)]), record_claims=True)
    assert ms(log.claimed_at) == [None]
    assert log.claims[-1].lost == "request"
    assert connections(log)[-1][1] == "connect"
    assert log.slots[0][0].open == 1


def test_messages_sent_into_it_fail_one_after_another(simulate):
    """W-25, W-23: M of 2 s. The end of the run at 20.251 s falls into it: all of *workflow end* fails, and the slot is lost."""
    log = simulate(
        near(message_timeout=at(2), mute=spans((20, 20.1)), deployed={"horizon": at(200)}), table([run(0, 20)]), record_claims=True
    )
    assert (ms(log.finished_at), ms(log.freed_at), ms(log.ended_at)) == ([20_251], [None], [None])
    assert log.details[0].timeouts == 2


# --- W-21 ---


def test_a_channel_that_dies_alone_is_joined_again_a_second_later(simulate):
    """W-21: it dies at 1.2 s; the worker learns of it at 1.23 s, rejoins at 2.23 s, and is connected at 2.28 s. Each loop with room has a
    chain more then: the first one's segment sleeps till 2.3 s, settles, and goes on at 3.3 s."""
    deployed = near(layout="*:3", channel_crashes=(at(1.2),), deployed={"horizon": at(3.4)})
    log = simulate(deployed, table([]), record_claims=True)
    assert connections(log) == [(50, "connect"), (2_280, "connect")]
    assert [when for when, _ in pushed(log)] == [50, 1_100, 2_280, 3_300, 3_330]


def test_claims_pushed_meanwhile_are_buffered(simulate):
    """W-21: the poll of 1.1 s."""
    deployed = near(layout="*:3", channel_crashes=(at(1),), deployed={"horizon": at(2.2)})
    log = simulate(deployed, table([]), record_claims=True)
    assert pushed(log) == [(50, 50), (1_100, 2_080), (2_080, 2_080)]


def test_claims_under_way_are_lost_and_stay_open(simulate):
    """W-21, W-16: two loops; one claim has a query of a second, the other waits behind it. Neither is ever answered."""
    deployed = near(layout="*:1 *:1", latency={"database": ((0, at(1)),)}, channel_crashes=(at(0.5),), deployed={"horizon": at(5)})
    log = simulate(deployed, table([run(0, 1)]), record_claims=True)
    assert [(row.lost, row.decided_at) for row in log.claims] == [("request", None)] * 2
    assert (ms(log.claimed_at), log.state.tolist()) == ([None], [State.AVAILABLE])
    assert [loop.open for loop in log.slots[0]] == [1, 1]


def test_a_channel_that_dies_delays_no_query_of_another(simulate):
    """W-21, L-25: the pool has one connection, which the first worker's query has from 70 ms on, for a second. The second worker's claim
    waits for it."""
    deployed = near(
        worker("*:1", channel_crashes=(at(0.5),)),
        latency={"database": ((0, at(1)),)},
        deployed={"horizon": at(2), "database_processors": 4, "database_pool": 1},
    )
    log = simulate(deployed, table([]), record_claims=True)
    assert [(row.lost, row.decided_at) for row in log.claims] == [(None, at(1.07)), ("request", None)]


def test_without_its_channel_a_worker_is_told_of_no_runs(simulate):
    """L-17: the debounce of a run created at 0.8 s dies with the channel; while it is not joined, nobody is told."""
    deployed = near(layout="*:3", channel_crashes=(at(1),), deployed={"debounce": at(0.5), "horizon": at(2)})
    log = simulate(deployed, table([run(0.8, 1), run(1.5, 1)]), record_claims=True)
    assert log.wake_ups == []
