"""Each pair of neighbouring ranks on a deployment written by hand: who comes first shows in the log of both engines (`rules.order`).

Whoever swaps two ranks there makes the test of that pair fail, by name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Autoscaler, Deployment, Incidents, Latency
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.order import Rank
from fastlanes_sim.rules.process import Stage
from tests.support.deployments import SECOND, attempt, deployment, run, simplified, table, worker
from tests.support.engines import BOTH_ENGINES

Case = tuple[Deployment, RunTable, Callable[[RunLog], object], object]
"""What is deployed, what arrives, what to read in the log, and what is to be read there."""


def seconds(column: np.ndarray) -> list[float | None]:
    return [None if time == NEVER else time / SECOND for time in column.tolist()]


def stages(log: RunLog, of: int) -> list[tuple[float, str]]:
    return [(time / SECOND, Stage(stage).label) for time, worker, stage in log.lives if worker == of]


def down(begins: float, ends: float) -> Incidents:
    return Incidents(down=((round(begins * SECOND), round(ends * SECOND)),))


def a_follow_up_before_the_next_arrival() -> Case:
    """Three requests at 5 s for the one slot of an ideal worker. The first run takes it, and gives it back in the follow-up in which its
    channel cannot be joined (W-13): so the second takes it before the third, which is immediate, is there."""
    rows = [run(5, 1, join_fails=True), run(5, 10), run(5, 10, priority=0)]
    return deployment(worker("*:1", dispatch="ideal")), table(rows), lambda log: seconds(log.claimed_at), [5, 5, 15]


def an_arrival_before_the_beginning_of_an_outage() -> Case:
    """A request of 10 s is refused, for Lightning is down, and asked again at 11 s, and 30 ms later. The worker's socket closes at 10 s; at
    11 s it begins to reconnect, which takes 30 ms. What began first at 10 s is first at 11 s and at 11.03 s, where timers go by creation:
    the run is there before the worker is back, and so its first claim finds it. It would have asked again a second later."""
    polling = worker("*:1", outages=((10 * SECOND, 11 * SECOND),))
    rows = [run(10, 1, again=[attempt(1, after_outage=1), attempt(1, after_outage=0.03)])]
    return simplified(deployment(polling, incidents=down(10, 11.03))), table(rows), lambda log: seconds(log.claimed_at), [None, None, 11.03]


def the_beginning_of_an_outage_before_a_crash() -> Case:
    """W-12, F-5: the process sees its socket close before it dies."""
    deployed = deployment(worker("*:1", outages=((10 * SECOND, 20 * SECOND),), stops_at=10 * SECOND))
    return (
        deployed,
        table([]),
        lambda log: [(time / SECOND, what) for time, _, what in log.connections],
        [(0, "connect"), (10, "disconnect")],
    )


def a_crash_before_the_end_of_a_run() -> Case:
    """F-5, L-19: the run would have ended at 5 s; its worker dies at 5 s, and nobody reports an end."""
    return simplified(deployment(worker("*:1", stops_at=5 * SECOND))), table([run(0, 5)]), lambda log: log.state.tolist(), [State.STARTED]


def the_end_of_a_run_before_the_kill() -> Case:
    """F-4, L-19: SIGTERM at 10 s, the grace period and the run end at 20 s."""
    deployed = simplified(deployment(worker("*:1", stops_at=10 * SECOND, grace=10 * SECOND)))
    return deployed, table([run(0, 20)]), lambda log: log.state.tolist(), [State.SUCCESS]


def the_kill_before_a_poll() -> Case:
    """F-4, A-5: the second replica drains from 60 s on, and is killed at 70 s. The poll of 70 s, which wants two again, finds its place
    free; otherwise it would be started at 80 s."""
    standby = replace(worker("*:1", start_up=20 * SECOND, grace=10 * SECOND), is_standby=True)
    scaler = Autoscaler(first=0, end=2, least=1, runs_per_replica=2, poll=10 * SECOND, cool_down=30 * SECOND)
    deployed = replace(deployment(replace(standby, is_standby=False), standby, horizon=75 * SECOND), autoscalers=(scaler,))
    rows = [run(0, 300), run(5, 120), run(5, 1), run(5, 1), *[run(65, 1)] * 4]
    expected = [(10, "started"), (30, "on"), (60, "draining"), (70, "gone"), (70, "started")]
    return deployed, table(rows), lambda log: stages(log, of=1), expected


def a_poll_before_the_janitor() -> Case:
    """A-2, L-18: at 10 s the poll counts two runs in hand, and wants a replica for each; one of them is marked lost at that instant."""
    standby = replace(worker("*:5", start_up=20 * SECOND), is_standby=True)
    scaler = Autoscaler(first=0, end=2, least=1, runs_per_replica=1, counts_active=True, poll=10 * SECOND)
    settings = {"janitor_first": 10 * SECOND, "grace_period": SECOND, "horizon": 15 * SECOND}
    deployed = replace(deployment(replace(standby, is_standby=False), standby, **settings), autoscalers=(scaler,))
    rows = [run(0, 1, join_fails=True, timeout=1), run(0, 100)]
    return deployed, table(rows), lambda log: (seconds(log.ended_at), stages(log, of=1)), ([10, None], [(10, "started")])


PAIRS = {
    (Rank.FOLLOW_UP, Rank.ARRIVAL): a_follow_up_before_the_next_arrival,
    (Rank.ARRIVAL, Rank.OUTAGE): an_arrival_before_the_beginning_of_an_outage,
    (Rank.OUTAGE, Rank.STOP): the_beginning_of_an_outage_before_a_crash,
    (Rank.STOP, Rank.TIMER): a_crash_before_the_end_of_a_run,
    (Rank.TIMER, Rank.KILL): the_end_of_a_run_before_the_kill,
    (Rank.KILL, Rank.POLL): the_kill_before_a_poll,
    (Rank.POLL, Rank.JANITOR): a_poll_before_the_janitor,
}

ENGINES = pytest.mark.parametrize("simulate", BOTH_ENGINES)


@ENGINES
@pytest.mark.parametrize("case", PAIRS.values(), ids=lambda case: case.__name__)
def test_of_two_ranks_at_one_instant(simulate, case: Callable[[], Case]):
    deployed, runs, read, expected = case()
    assert read(simulate(deployed, runs, record_claims=True)) == expected


def test_every_pair_of_neighbours_has_its_case():
    assert list(PAIRS) == list(pairwise(sorted(Rank)))


# --- within the rank of timers: the order of creation (W-19) ---


@ENGINES
def test_workers_that_connect_at_one_instant_claim_in_their_order(simulate):
    log = simulate(deployment(*(worker("*:1", connect_at=5 * SECOND) for _ in range(3))), table([run(0, 1)]))
    assert log.worker.tolist() == [0]


@ENGINES
@pytest.mark.parametrize(
    ("asked", "again", "connects", "claimed"),
    [(0, 10, 0, 10), (9, 1, 0, 21)],
    ids=["the request is planned first", "the claim is sent first"],
)
def test_a_request_and_the_decision_of_a_claim_go_by_which_was_planned_first(
    simulate, asked: float, again: float, connects: float, claimed: float
):
    """The one claim is sent at 0 and decided at 10 s. A request that was refused before is made anew at 10 s as well: either it is there
    when the claim is decided, or the next claim finds it, sent at 11 s and decided at 21 s."""
    deployed = simplified(deployment(worker("*:1"), latency=Latency(up=10 * SECOND), incidents=down(asked, asked + 0.5)))
    log = simulate(deployed, table([run(asked, 1, again=[attempt(1, after_outage=again)])]))
    assert seconds(log.claimed_at) == [None, claimed]


@ENGINES
def test_runs_that_end_at_one_instant_end_in_the_order_of_their_starts(simulate):
    """Two slots, of which one takes manual runs alone. The run that started first ends first, and its slot takes the run that waits for any
    slot; had the other ended first, the other's slot would have taken it."""
    deployed = deployment(worker("default:1", dispatch="ideal"), worker("default>manual:1", dispatch="ideal"))
    log = simulate(deployed, table([run(0, 10), run(4, 6, "manual"), run(5, 1)]))
    assert seconds(log.claimed_at) == [0, 4, 10]
    assert log.worker.tolist() == [0, 1, 0]
