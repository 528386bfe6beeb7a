"""One workloop of a worker whose socket is down, so that its claims are kept: whom a stop hits, which chains live on (W-2, W-4, W-5)."""

from __future__ import annotations

import pytest

from fastlanes_sim.core.run_log import RunLog
from fastlanes_sim.engines.reference import event_loop, worker, workloop
from fastlanes_sim.engines.reference.initial_state import world_of
from fastlanes_sim.engines.reference.records import RunRow, Segment, Workloop
from fastlanes_sim.rules.lifecycle import State
from tests.support.deployments import MILLISECOND, SECOND, deployment, run, table
from tests.support.deployments import worker as a_worker


class Simulated:
    def __init__(self, layout: str) -> None:
        runs = table([run(50, 100)])
        self.world = world_of(deployment(a_worker(layout, connect_at=100 * SECOND)), runs, RunLog.empty(len(runs)))
        (self.loop,) = self.world.loops

    @property
    def pushed(self) -> list[Segment]:
        """The segments of the claims so far."""
        return [claim.segment for claim in self.world.workers[0].buffered if claim.segment is not None]

    def answer(self, segment: Segment, with_run: RunRow | None = None) -> None:
        worker.answered(self.world, self.loop, segment, with_run)

    def until(self, ms: int) -> None:
        while self.world.events.next_time <= ms * MILLISECOND:
            event_loop.simulate(self.world, 1)


@pytest.fixture
def two_chains() -> Simulated:
    """The first segment slept when its workloop was resumed, settled at 1 s, and its chain goes on at 2 s beside the second's."""
    simulated = Simulated("*:5")
    for _ in range(2):
        workloop.resume(simulated.world, simulated.loop)
        simulated.answer(simulated.pushed[-1])
    simulated.until(2_000)
    return simulated


def test_several_chains_of_one_workloop_are_alive_at_once(two_chains: Simulated):
    """W-2: first, second, the second's next attempt, and a third segment that continues the first one's chain."""
    assert [segment.number for segment in two_chains.pushed] == [0, 1, 1, 2]
    assert two_chains.loop.is_alive


def test_a_stop_flags_the_latest_segment_and_no_other(two_chains: Simulated):
    """W-4"""
    second, third = two_chains.pushed[1], two_chains.pushed[3]
    assert third is two_chains.loop.latest
    workloop.stop(two_chains.loop)
    assert (two_chains.loop.is_cancelled, third.is_cancelled, second.is_cancelled) == (True, True, False)


def test_a_stop_clears_no_timer():
    """W-4: who slept wakes, and only then finds that the chain is dead (W-9)."""
    simulated = Simulated("*:5")
    workloop.resume(simulated.world, simulated.loop)
    simulated.answer(simulated.pushed[0])
    simulated.until(500)
    workloop.stop(simulated.loop)
    simulated.until(999)
    assert simulated.loop.is_alive
    simulated.until(1_000)
    assert not simulated.loop.is_alive


def latest(loop: Workloop) -> Segment:
    assert loop.latest is not None
    return loop.latest


def test_a_stop_by_the_first_attempt_hits_the_segment_before():
    """W-5: the chain goes on at 1 s and finds no room (W-6); `latest` is then the new segment, which nothing has flagged."""
    simulated = Simulated("*:1")
    workloop.resume(simulated.world, simulated.loop)
    first = latest(simulated.loop)
    simulated.answer(first, RunRow(0, 0, State.CLAIMED, "default", 1, 0, timeout=300 * SECOND, loop=simulated.loop))
    simulated.until(1_000)
    assert latest(simulated.loop) is not first
    assert (first.is_cancelled, latest(simulated.loop).is_cancelled) == (True, False)
    assert not simulated.loop.is_alive
