"""One workloop of a worker with its chains of claims, quirks included (W-1 to W-10, W-13, W-14).

A *segment* is one use of the backoff helper, a *chain* what looks like a loop: segment → success → timer → next segment. Several
chains of one workloop can be alive at once, and all of them can be dead while work waits: both follow from the rules, both
were observed in the real worker. `SingleChain` is the loop that its authors meant.
"""

from __future__ import annotations

from typing import Protocol

from fastlanes_sim.core.units import MILLISECOND
from fastlanes_sim.engines.reference.active_runs import RunRow
from fastlanes_sim.engines.reference.event_list import Clock
from fastlanes_sim.rules.layout_parser import ParsedWorkloop
from fastlanes_sim.rules.polling import has_room, next_delay, sleep_ms


class Host(Protocol):
    """What a workloop asks of the worker it belongs to."""

    @property
    def is_connected(self) -> bool: ...
    def number_segment(self) -> int: ...
    def push_claim(self, workloop: Workloop, segment: Segment | None) -> None: ...
    def receive(self, workloop: Workloop, segment: Segment | None, run: RunRow) -> None: ...
    def join(self, workloop: Workloop, run: RunRow) -> None: ...
    def exit_if_done(self) -> None: ...


class Segment:
    """W-2: one use of the backoff helper."""

    __slots__ = ("attempts", "cancelled", "delay", "number")

    def __init__(self, number: int, delay: float) -> None:
        self.number = number
        self.delay = delay
        self.attempts = 0
        self.cancelled = False


class Workloop:
    def __init__(self, host: Host, index: int, spec: ParsedWorkloop, clock: Clock, backoff_ms: tuple[float, float]) -> None:
        self.index = index
        self.queues = spec.queues
        self.capacity = spec.capacity
        self.active: set[int] = set()
        self.open = 0
        self.verifying = 0
        """Runs whose token is being verified (W-8)."""
        self.cancelled = True
        self.latest: Segment | None = None
        self._chains = 0
        self._host = host
        self._clock = clock
        self._minimum, self._maximum = backoff_ms

    @property
    def has_room(self) -> bool:
        """W-1"""
        return has_room(len(self.active), self.open, self.capacity)

    @property
    def is_alive(self) -> bool:
        """W-2: whether one of its chains is, though it may sleep."""
        return self._chains > 0

    def stop(self) -> None:
        """W-4: flags the workloop and its latest segment; timers and other chains' segments are not touched."""
        if not self.cancelled:
            self.cancelled = True
            if self.latest is not None:
                self.latest.cancelled = True

    def retire(self) -> None:
        """W-20, F-2: without slots it never has room again, so no chain, notification or end of a run makes it send a claim."""
        self.stop()
        self.capacity = 0

    def resume(self) -> None:
        """W-10"""
        if not self.has_room:
            return
        if not self.cancelled:
            self.stop()
        self.cancelled = False
        self._chains += 1
        self.start_chain()

    def start_chain(self) -> None:
        """W-5: `latest` moves on only after the first attempt, so a stop in that attempt hits the segment before."""
        if self.cancelled:
            self._chains -= 1
            return
        segment = Segment(self._host.number_segment(), self._minimum)
        self._attempt(segment)
        self.latest = segment

    def work_available(self) -> None:
        """W-14: one claim outside any segment, by stopped workloops too."""
        if self.has_room:
            self.open += 1
            self._host.push_claim(self, None)

    def answered(self, segment: Segment | None, run: RunRow | None) -> None:
        """W-7, W-8: a claim came back, with a run or without (a timeout counts as without)."""
        self.open -= 1
        if run is not None:
            self.verifying += 1
            self._host.receive(self, segment, run)
        elif segment is not None:
            self._clock.follow_up(self._react, segment)
        self._host.exit_if_done()

    def accept(self, segment: Segment | None, run: RunRow) -> None:
        """W-8: the run is ours (its token verified, where that is asked for)."""
        self.verifying -= 1
        self.active.add(run.id)
        self._host.join(self, run)
        if segment is not None:
            # Two follow-ups, as after an empty reply to a cancelled segment: reacting, then settling (W-19, as recorded).
            self._clock.follow_up(self._clock.follow_up, self._settle, segment)

    def release(self, run: RunRow) -> None:
        """W-13: the run has ended, or could not be joined."""
        self.active.remove(run.id)
        self.resume()
        self._host.exit_if_done()

    def _attempt(self, segment: Segment) -> None:
        """W-6: without room the chain is dead for good, and the workloop stopped, though the room may only be taken by a claim."""
        if not self.has_room:
            self.stop()
            self._chains -= 1
            return
        segment.attempts += 1
        self.open += 1
        self._host.push_claim(self, segment)

    def _react(self, segment: Segment) -> None:
        """W-7: to an empty reply."""
        if segment.cancelled:
            self._clock.follow_up(self._settle, segment)
        else:
            self._clock.after(sleep_ms(segment.delay) * MILLISECOND, self._clock.follow_up, self._wake, segment)

    def _wake(self, segment: Segment) -> None:
        """W-7: a sleeper that was cancelled settles, and so may live on beside the chain that replaced it."""
        if segment.cancelled:
            self._clock.follow_up(self._settle, segment)
        else:
            segment.delay = next_delay(segment.delay, self._maximum)
            self._attempt(segment)

    def _settle(self, segment: Segment) -> None:
        """W-9: it asks for the workloop's flag, not for the segment's."""
        if not self.cancelled:
            self._clock.after(sleep_ms(self._minimum) * MILLISECOND, self.start_chain)
        else:
            self._chains -= 1


class SingleChain(Workloop):
    """The same loop without the quirk (`claim_chains: single`, our assumption): at most one chain, and never none while there is room.

    A chain is alive while its segment is `latest`; resuming replaces it, and whatever the old one had planned comes to nothing.
    """

    @property
    def is_alive(self) -> bool:
        return self.latest is not None

    def resume(self) -> None:
        if self.has_room and self._host.is_connected:
            self.cancelled = False
            self.start_chain()

    def start_chain(self) -> None:
        segment = Segment(self._host.number_segment(), self._minimum)
        self.latest = segment
        self._attempt(segment)

    def stop(self) -> None:
        self.cancelled = True
        self.latest = None

    def answered(self, segment: Segment | None, run: RunRow | None) -> None:
        super().answered(segment, run)
        if run is None and self.cancelled:
            self.resume()

    def _react(self, segment: Segment) -> None:
        if segment is self.latest:
            super()._react(segment)

    def _wake(self, segment: Segment) -> None:
        if segment is self.latest:
            super()._wake(segment)

    def _settle(self, segment: Segment) -> None:
        if segment is self.latest:
            self._clock.after(sleep_ms(self._minimum) * MILLISECOND, self._continue, segment)

    def _continue(self, segment: Segment) -> None:
        if segment is self.latest:
            self.start_chain()
