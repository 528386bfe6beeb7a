"""One workloop with a host that only listens: which segment a stop hits, which chains it leaves alive (W-2, W-4, W-5)."""

from __future__ import annotations

import pytest

from fastlanes_sim.engines.reference.active_runs import RunRow
from fastlanes_sim.engines.reference.event_list import Clock
from fastlanes_sim.engines.reference.workloop import Segment, Workloop
from fastlanes_sim.rules.layout_parser import parse_workloops
from fastlanes_sim.rules.lifecycle import State
from tests.support.deployments import MILLISECOND


class Listener:
    """A worker that keeps the claims it is to send, and accepts every run at once."""

    is_connected = True

    def __init__(self) -> None:
        self.segments = 0
        self.pushed: list[Segment | None] = []

    def number_segment(self) -> int:
        self.segments += 1
        return self.segments - 1

    def push_claim(self, workloop: Workloop, segment: Segment | None) -> None:
        self.pushed.append(segment)

    def receive(self, workloop: Workloop, segment: Segment | None, run: RunRow) -> None:
        workloop.accept(segment, run)

    def join(self, workloop: Workloop, run: RunRow) -> None:
        pass

    def exit_if_done(self) -> None:
        pass


class Played:
    def __init__(self, layout: str) -> None:
        self.clock = Clock()
        self.host = Listener()
        (spec,) = parse_workloops(layout).workloops
        self.loop = Workloop(self.host, 0, spec, self.clock, (1_000, 10_000))

    def until(self, ms: int) -> None:
        while self.clock.play(ms * MILLISECOND):
            pass


@pytest.fixture
def two_chains() -> Played:
    """The first segment slept when its workloop was resumed, settled at 1 s, and its chain goes on at 2 s beside the second's."""
    played = Played("*:5")
    for _ in range(2):
        played.loop.resume()
        played.loop.answered(played.host.pushed[-1], None)
    played.until(2_000)
    return played


def test_several_chains_of_one_workloop_are_alive_at_once(two_chains: Played):
    """W-2: first, second, the second's next attempt, and a third segment that continues the first one's chain."""
    assert [segment.number for segment in two_chains.host.pushed if segment] == [0, 1, 1, 2]
    assert two_chains.loop.is_alive


def test_a_stop_flags_the_latest_segment_and_no_other(two_chains: Played):
    """W-4"""
    second, third = two_chains.host.pushed[1], two_chains.host.pushed[3]
    assert second is not None
    assert third is two_chains.loop.latest
    two_chains.loop.stop()
    assert (two_chains.loop.cancelled, third.cancelled, second.cancelled) == (True, True, False)


def test_a_stop_clears_no_timer():
    """W-4: who slept wakes, and only then finds that the chain is dead (W-9)."""
    played = Played("*:5")
    played.loop.resume()
    played.loop.answered(played.host.pushed[0], None)
    played.until(500)
    played.loop.stop()
    played.until(999)
    assert played.loop.is_alive
    played.until(1_000)
    assert not played.loop.is_alive


def test_a_stop_by_the_first_attempt_hits_the_segment_before():
    """W-5: the chain goes on at 1 s and finds no room (W-6); `latest` is then the new segment, which nothing has flagged."""
    played = Played("*:1")
    played.loop.resume()
    first = played.loop.latest
    assert first is not None
    played.loop.answered(first, RunRow(0, 0, State.CLAIMED, "default", 1, 0))
    played.until(1_000)
    assert played.loop.latest is not None
    assert played.loop.latest is not first
    assert (first.cancelled, played.loop.latest.cancelled) == (True, False)
    assert not played.loop.is_alive
