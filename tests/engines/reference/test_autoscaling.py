"""Replicas that come and go with the queue (docs/failures.md, A-1 to A-6)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.deployment.deployment import Autoscaler, Deployment, Latency
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.process import Stage
from tests.support.deployments import SECOND, deployment, run, simplified, table, worker
from tests.support.engines import WHOLE_LIVES

pytestmark = pytest.mark.parametrize("simulate", WHOLE_LIVES)


def seconds(column: np.ndarray) -> list[float | None]:
    return [None if time == NEVER else time / SECOND for time in column.tolist()]


def lives(log: RunLog, of: int) -> list[tuple[float, str]]:
    return [(time / SECOND, Stage(stage).label) for time, worker, stage in log.lives if worker == of]


def scaled(most: int, *, least: int = 1, layout: str = "*:1", grace: int = 60, **settings) -> Deployment:
    """A group of `most` workers that take 20 s to start; a poll every 10 s, a cool-down of 30 s, a replica for each two runs."""
    lightning = {name: settings.pop(name) for name in ("janitor_first", "janitor_period", "ruleset") if name in settings}
    workers = (
        worker(layout, name=f"w{number}", is_standby=number >= least, start_up=20 * SECOND, grace=grace * SECOND) for number in range(most)
    )
    chosen = {"runs_per_replica": 2, "poll": 10 * SECOND, "cool_down": 30 * SECOND} | settings
    return replace(simplified(deployment(*workers, **lightning)), autoscalers=(Autoscaler(0, most, least, **chosen),))


def test_more_runs_than_the_target_start_a_replica_that_connects_later(simulate):
    """A-1 to A-3: at 10 s four wait: two replicas are wanted. The second connects at 30 s and takes one; three still wait, so it stays."""
    log = simulate(scaled(3), table([run(0, 100)] + [run(1, 100)] * 4))
    assert lives(log, 1)[:2] == [(10, "started"), (30, "on")]
    assert lives(log, 2) == []
    assert seconds(log.claimed_at)[:2] == [0, 30]


def test_a_poll_sees_what_its_instant_leaves_behind(simulate):
    """A-1, `rules.order`: of three runs one is claimed at 10 s, the instant of the first poll: two are left, and one replica will do."""
    log = simulate(replace(scaled(3), latency=Latency(up=10 * SECOND), horizon=15 * SECOND), table([run(0, 100)] * 3))
    assert seconds(log.claimed_at) == [10, None, None]
    assert {worker for _, worker, _ in log.lives} == {0}


def test_one_that_has_not_begun_is_called_off_first(simulate):
    """A-4, F-1: the group's own replica is to be there after ten minutes; the one that the first runs wanted is there at 30 s. When they
    are done, one is enough: the youngest is the one that has not begun, and it never does."""
    late, *others = scaled(3).workers
    deployed = replace(scaled(3), workers=(replace(late, connect_at=600 * SECOND), *others))
    log = simulate(deployed, table([run(0, 5)] * 4))
    assert lives(log, 0) == []
    assert lives(log, 1) == [(10, "started"), (30, "on")]


def test_never_beyond_the_most(simulate):
    log = simulate(scaled(2), table([run(0, 1_000)] * 50))
    assert {worker for _, worker, _ in log.lives} == {0, 1}


def test_only_runs_of_the_queues_that_the_group_serves_count(simulate):
    """A-2, L-6"""
    rows = [run(0, 100, "fast_lane")] * 9 + [run(0, 100, "manual")] * 3
    log = simulate(scaled(9, layout="manual:1"), table(rows))
    assert {worker for _, worker, _ in log.lives} == {0}, "one of three manual runs is claimed, so one replica is enough"
    both = simulate(scaled(9, layout="manual:1 fast_lane:1"), table(rows))
    assert {worker for _, worker, _ in both.lives} == set(range(5)), "two and eight wait: five replicas"


def test_runs_in_hand_count_where_active_ones_do(simulate):
    """A-2: five runs are held by five slots; nothing waits."""
    rows = [run(0, 100)] * 5
    idle, busy = (simulate(scaled(9, layout="*:5", counts_active=counts), table(rows)) for counts in (False, True))
    assert {worker for _, worker, _ in idle.lives} == {0}
    assert {worker for _, worker, _ in busy.lives} == {0, 1, 2}


def test_after_the_cool_down_the_youngest_gets_sigterm(simulate):
    """A-4: one of six is claimed at 8 s, so at 10 s five wait: three replicas. At 30 s two are claimed, and the poll, which stands behind
    them (`rules.order`), finds three: two replicas are enough. 30 s later the youngest is stopped, and killed at the end of its grace."""
    log = simulate(scaled(3), table([run(0, 8)] + [run(5, 200)] * 6))
    assert lives(log, 2) == [(10, "started"), (30, "on"), (60, "draining"), (120, "gone")]
    assert lives(log, 1)[:2] == [(10, "started"), (30, "on")]
    assert (60, "draining") not in lives(log, 1)


def test_a_replica_still_starting_may_be_the_youngest(simulate):
    """A-4: without a cool-down the burst that called for it is over before it connects."""
    rows = [run(9, 0.1), run(9.5, 0.1), run(9.6, 0.1)]
    log = simulate(scaled(2, cool_down=0), table(rows))
    assert lives(log, 1) == [(10, "started"), (20, "draining"), (20, "gone")]


def test_a_replica_that_is_gone_may_be_started_again_with_nothing_of_its_earlier_life(simulate):
    """A-5: two bursts, two lives; the second begins with a claim at once, as a first one would."""
    burst = [run(5, 4)] * 5
    log = simulate(scaled(2), table([*burst, *(row | {"at": 405.0} for row in burst)]), record_claims=True)
    stages = [stage for _, stage in lives(log, 1)]
    assert stages == ["started", "on", "draining", "gone"] * 2
    starts = [time for time, stage in lives(log, 1) if stage == "on"]
    mine = [claim.pushed_at / SECOND for claim in log.claims if claim.worker == 1]
    assert starts[0] in mine
    assert starts[1] in mine
    assert (log.state == State.SUCCESS).all()


def test_after_a_kill_all_slots_are_there_again(simulate):
    """A-5, F-4: the second replica is stopped at 60 s and killed at 61 s with a run in hand; its next one claims as it connects."""
    rows = [run(0, 600), run(5, 600), run(5, 1), run(5, 1), *[run(100, 600)] * 4]
    log = simulate(scaled(2, grace=1), table(rows))
    first, second = [(10, "started"), (30, "on"), (60, "draining"), (61, "gone")], [(100, "started"), (120, "on")]
    assert lives(log, 1)[:6] == first + second
    assert seconds(log.claimed_at)[2] == 120
    assert log.worker[2] == 1


def test_one_that_drains_keeps_its_place(simulate):
    """A-5: the second replica gets SIGTERM at 60 s and drains until 150 s. At 70 s two are wanted again, and there is no place for it."""
    rows = [run(0, 300), run(5, 120), run(5, 1), run(5, 1), *[run(65, 1)] * 4]
    log = simulate(scaled(2, grace=600), table(rows))
    assert lives(log, 1)[:6] == [(10, "started"), (30, "on"), (60, "draining"), (150, "gone"), (150, "started"), (170, "on")]


def test_from_none_at_all(simulate):
    """A-2: `least` 0. A run at 3 s is seen at 10 s, and served at 30 s. From then on none is wanted."""
    log = simulate(scaled(2, least=0), table([run(3, 1)]))
    assert seconds(log.claimed_at) == [30]
    assert lives(log, 0) == [(10, "started"), (30, "on"), (60, "draining"), (60, "gone")]


def test_inserted_is_ended_and_lost_and_open(simulate):
    rows = [run(number // 10 * 40 + number % 10 / 10, 25, timeout=60) for number in range(100)]
    log = simulate(scaled(6, grace=5, cool_down=10 * SECOND, janitor_first=0, janitor_period=60 * SECOND), table(rows))
    lost, still = (log.state == State.LOST).sum(), (log.ended_at == NEVER).sum()
    assert lost > 3
    assert (log.state == State.SUCCESS).sum() + lost + still == 100
