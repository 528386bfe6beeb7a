"""From the claim to the engine: joined, planned, handed over, launched, killed (W-8, W-15, W-15a to W-15c, L-19)."""

from __future__ import annotations

import pytest

from fastlanes_sim.deployment.deployment import Incidents
from fastlanes_sim.rules.lifecycle import State
from tests.support.deployments import run, table, worker
from tests.support.engines import WHOLE_LIVES
from tests.support.lives import LAUNCH, at, connections, deployment, exits, ms, near, spans

pytestmark = pytest.mark.parametrize("simulate", WHOLE_LIVES)


def silent(*named: tuple[float, float]) -> dict[str, Incidents]:
    return {"incidents": Incidents(silent=spans(*named))}


# --- W-15: undisturbed ---


def test_the_hand_over_is_three_round_trips_and_a_millisecond_after_the_receipt(simulate):
    """W-8, W-15: join, plan, a millisecond, input."""
    log = simulate(near(), table([run(0, 1)]), record_claims=True)
    detail = log.details[0]
    assert (ms(log.claimed_at), ms(log.received_at)) == ([70], [100])
    assert (detail.joined_at, detail.planned_at, detail.handed_over_at) == (150_000, 200_000, 251_000)
    assert ms(log.started_at) == [LAUNCH]


def test_without_an_input_it_is_two(simulate):
    """W-15: 2 RTT + 1 ms."""
    log = simulate(near(), table([run(0, 1, has_input=False)]))
    assert ms(log.started_at) == [201]


def test_credentials_are_asked_for_at_once_after_the_installation(simulate):
    """W-15, L-30: installed at 251 + 40 ms, both asked for; Lightning takes 5 ms for each message (15 ms for those before) and answers one
    after the other, so the second is there at 306 + 55 + 5 ms."""
    log = simulate(near(latency={"message": 5_000}), table([run(0, 1, install=0.04, credentials=2)]), record_claims=True)
    assert log.details[0].handed_over_at == 266_000
    assert ms(log.started_at) == [266 + 40 + 20 + 2 * 5 + 30]


def test_the_engine_starts_some_time_after_the_launch(simulate):
    """`startup`: the fork, the compilation."""
    assert ms(simulate(near(), table([run(0, 1, startup=0.4)])).started_at) == [LAUNCH + 400]


# --- W-15: the join ---


def test_a_join_with_an_error_frees_the_slot_and_the_loop_asks_again(simulate):
    log = simulate(near(), table([run(0, 1, join_fails=True)]), record_claims=True)
    assert ms(log.freed_at) == [150]
    assert [claim.pushed_at for claim in log.claims][:2] == [50_000, 150_000]
    assert log.details[0].joined_at is None


def test_so_does_a_join_that_is_not_answered(simulate):
    """The join reaches Lightning at 120 ms, and nobody answers: M after its sending."""
    log = simulate(near(message_timeout=at(2), deployed=silent((0.12, 0.121))), table([run(0, 1)]))
    assert ms(log.freed_at) == [2_100]


def test_a_join_whose_socket_dies_waits_for_the_next_one(simulate):
    """The socket dies at 125 ms, under the join. M of 0.1 s is no matter: no timeout runs until the rejoin at 1155 ms (W-11, W-12)."""
    log = simulate(near(message_timeout=at(0.1), outages=spans((0.125, 0.5))), table([run(0, 1)]), record_claims=True)
    assert connections(log) == [(50, "connect"), (125, "disconnect"), (1_205, "connect")]
    assert log.details[0].joined_at == 1_205_000
    assert ms(log.started_at) == [1_205 + 101]


def test_a_rejoin_that_is_not_answered_leaves_a_run_that_cannot_tell_anything(simulate):
    """The rejoin of 1.03 s + 1 s meets silence and fails M later: the channel is gone for good. The engine ends at 10.251 s; *job end* and
    *workflow end* are buffered and fail, and the slot is lost (W-13a)."""
    deployed = near(message_timeout=at(2), outages=spans((1, 1.5)), deployed=silent((2, 3)))
    log = simulate(deployed, table([run(0, 10)]), record_claims=True)
    assert ms(log.finished_at) == [10_251]
    assert (ms(log.freed_at), ms(log.ended_at), log.details[0].timeouts) == ([None], [None], 2)


# --- W-15a: the plan ---


def test_a_plan_that_does_not_come_ends_the_process_with_all_its_runs(simulate):
    """Sent at 1200 ms, lost with the socket: 30 s later the process exits with code 1, and the other run with it."""
    deployed = near(layout="*:2", outages=spans((1.21, 1.3)))
    log = simulate(deployed, table([run(0, 60), run(0, 60)]))
    assert ms(log.received_at) == [100, 1_150]
    assert exits(log) == [(31_200, 0, "crash")]
    assert (ms(log.freed_at), log.state.tolist()) == ([None, None], [State.STARTED, State.CLAIMED])


def test_where_it_survives_that_the_slot_is_lost(simulate):
    """W-15a, with Sentry: the one slot of the worker."""
    log = simulate(near(survives_lost_plan=True), table([run(0, 1, plan_lost=True), run(0, 1)]), record_claims=True)
    assert exits(log) == []
    assert ms(log.freed_at) == [None, None]
    assert log.slots[0][0].held == 1


def test_where_somebody_restarts_it_all_slots_are_back(simulate):
    """W-15a, `restart`: the plan, asked for at 150 ms, fails at 30.15 s. The next process opens its socket five seconds later."""
    log = simulate(near(restart=at(5)), table([run(0, 1, plan_lost=True), run(0, 1)]))
    assert exits(log) == [(30_150, 0, "crash")]
    assert ms(log.claimed_at) == [70, 35_150 + 70]
    assert log.state.tolist() == [State.CLAIMED, State.SUCCESS]


def test_a_process_that_was_to_go_is_not_started_again(simulate):
    log = simulate(near(restart=at(5), stops_at=at(1), grace=at(60)), table([run(0, 1, plan_lost=True), run(0, 1)]))
    assert exits(log) == [(30_150, 0, "crash")]
    assert ms(log.claimed_at) == [70, None]


# --- W-15b, W-15c ---


def test_a_run_without_its_input_ends_without_the_engine(simulate):
    """W-15b: `fetch:dataclip`, pushed at 201 ms, fails M later; `run:log`, `run:log`, `run:complete`, and the slot is free."""
    log = simulate(near(message_timeout=at(2), deployed=silent((0.22, 0.222))), table([run(0, 1)]), record_claims=True)
    assert (ms(log.started_at), ms(log.finished_at)) == ([None], [None])
    assert (ms(log.ended_at), ms(log.freed_at)) == ([2_201 + 120], [2_201 + 150])
    assert log.state.tolist() == [State.EXCEPTION]
    assert (log.details[0].messages, log.details[0].timeouts) == (5, 1), "fetched: plan, input"


def test_if_that_cannot_be_told_either_the_slot_is_free_at_the_first_that_fails(simulate):
    """W-15b: the first `run:log` is pushed at 2.201 s."""
    log = simulate(near(message_timeout=at(2), deployed=silent((0.22, 5))), table([run(0, 1)]))
    assert (ms(log.ended_at), ms(log.freed_at)) == ([None], [4_201])


def test_a_run_without_a_credential_is_never_launched(simulate):
    """W-15c: of two asked for at 251 ms neither is answered; both fail M later. The error is told like any of the engine's (W-22)."""
    log = simulate(near(message_timeout=at(2), deployed=silent((0.27, 0.272))), table([run(0, 1, credentials=2)]), record_claims=True)
    assert (ms(log.started_at), ms(log.finished_at), ms(log.freed_at)) == ([None], [2_251], [2_251 + 150])
    assert log.state.tolist() == [State.EXCEPTION]
    assert log.details[0].timeouts == 2


# --- L-19 ---


def test_the_kill_counts_from_the_launch(simulate):
    """L-19: launched at 251 ms, started at 651 ms, killed at 1251 ms."""
    log = simulate(near(), table([run(0, 5, startup=0.4, timeout=1)]))
    assert (ms(log.started_at), ms(log.finished_at)) == ([651], [1_251])
    assert log.state.tolist() == [State.KILLED]


def test_a_run_can_be_killed_before_it_has_started(simulate):
    log = simulate(near(), table([run(0, 5, startup=1.4, timeout=1)]))
    assert (ms(log.started_at), ms(log.finished_at), log.state.tolist()) == ([None], [1_251], [State.KILLED])


@pytest.mark.parametrize(("service", "state"), [(0.6, State.SUCCESS), (0.600001, State.KILLED)])
def test_at_the_same_instant_the_end_wins(simulate, service: float, state: State):
    assert simulate(near(), table([run(0, service, startup=0.4, timeout=1)])).state.tolist() == [state]


# --- W-8, W-10 ---


def test_a_run_is_received_over_a_living_socket_and_its_segment_settles_afterwards(simulate):
    """W-8, W-9: received at 100 ms, the next chain starts a minimum later."""
    log = simulate(near(layout="*:2"), table([run(0, 60)]), record_claims=True)
    assert [claim.pushed_at for claim in log.claims][:2] == [50_000, 1_100_000]


def test_two_workers_hold_their_runs_each_for_itself(simulate):
    deployed = deployment(worker("*:1"), worker("*:1"))
    log = simulate(deployed, table([run(0, 1), run(0, 1)]))
    assert (log.worker.tolist(), ms(log.started_at)) == ([0, 1], [1, 1])
