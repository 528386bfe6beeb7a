"""What the rules expect of a worker, claim by claim, from what the rig itself did to it (W-1 to W-14).

A whole simulation beside a recording drifts away from it at the first tie that falls the other way. So the worker's claim loop is played
here with what really happened as its input: when replies, notifications and sockets came to it, and when it freed slots. What it should do
next follows, and each claim that it sent is laid beside the one that was due. Times are µs by the rig's clock, at the worker's edge.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from fastlanes_sim.core.units import MILLISECOND
from fastlanes_sim.deployment.deployment import Worker
from fastlanes_sim.rig.recording import Recording, SeenClaim
from fastlanes_sim.rules.polling import has_room, next_delay, sleep_ms

_EARLY = 5 * MILLISECOND
"""So much sooner than the rig thinks may a timer of the worker fire: Node's are whole milliseconds."""
_PATIENCE = 3
"""In tolerances: a claim that was due so long ago does not come any more."""


@dataclass(slots=True, eq=False)
class Segment:
    """W-2"""

    loop: Loop
    number: int
    delay: float
    attempts: int = 0
    cancelled: bool = False
    is_guess: bool = False
    """Nobody knows how often it has asked in vain: its next claim says it."""
    answered_at: int = 0
    """Of a guess: when its last claim was answered in vain."""


@dataclass(slots=True, eq=False)
class Loop:
    """W-1"""

    number: int
    queues: tuple[str, ...]
    capacity: int
    active: set[int] = field(default_factory=set)
    open: int = 0
    cancelled: bool = True
    latest: Segment | None = None
    full_at: list[int] = field(default_factory=list)
    """When it was seen without room, or its room changed: near such an instant a tie may fall either way."""

    @property
    def has_room(self) -> bool:
        return has_room(len(self.active), self.open, self.capacity)


@dataclass(slots=True, eq=False)
class Due:
    """A claim that should come."""

    at: int
    loop: Loop
    segment: Segment | None


Timer = tuple[int, int, Segment | Loop]
"""When it is due, in which order of simultaneous ones, and what goes on then: a segment is woken, a loop begins a segment."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A claim that came, and what was due."""

    claim: SeenClaim
    loop: int | None
    segment: int | None
    attempt: int | None
    off: int | None
    """µs later than it was due; None: none was."""


@dataclass(slots=True)
class Conduct:
    """What one worker did, beside what it should have done."""

    worker: int
    tolerance: int
    claims: list[Followed] = field(default_factory=list)
    missing: list[int] = field(default_factory=list)
    """When claims were due that never came."""
    ties: int = 0
    """Claims that were due or not by the order of what happened within the tolerance."""
    slots: list[tuple[bool, int, int]] = field(default_factory=list)
    """By workloop: stopped, runs held, open claims, at the end."""
    followed_until: int | None = None
    """From here on it could not be followed: its connection went mute."""

    @property
    def as_expected(self) -> int:
        """Claims that came when they were due."""
        return sum(one.off is not None and abs(one.off) <= self.tolerance for one in self.claims)

    @property
    def expected(self) -> int:
        """Claims that came, and those that should have."""
        return len(self.claims) + len(self.missing)


def follow(recording: Recording, number: int, worker: Worker, tolerance: int) -> Conduct:
    """The claims of one worker."""
    return _Follower(recording, number, worker, tolerance).conduct()


class _Follower:
    def __init__(self, recording: Recording, number: int, worker: Worker, tolerance: int) -> None:
        self._recording = recording
        self._worker = worker
        self._tolerance = tolerance
        self._found = Conduct(number, tolerance)
        self._numbers, self._order = count(), count()
        self._now = 0
        self._claims: dict[int, tuple[Loop, Segment | None] | None] = {}
        self._process = ""
        self._reset()

    def _reset(self) -> None:
        """A new process."""
        loops = self._worker.workloops
        self._loops = [Loop(number, loop.queues, loop.capacity) for number, loop in enumerate(loops)]
        self._timers: list[Timer] = []
        self._due: list[Due] = []
        self._dead: list[Due] = []
        self._guesses: list[Segment] = []
        self._loop_of: dict[int, Loop] = {}
        self._is_connected = False
        self._is_draining = False
        self._closed_at: int | None = None

    def conduct(self) -> Conduct:
        end = self._recording.zero + self._recording.ended_on
        for at, _, kind, what in self._events():
            if at > end or kind == "mute":
                self._found.followed_until = at if kind == "mute" else None
                break
            self._play_until(at)
            getattr(self, f"_{kind}")(what)
        else:
            at = end
        self._play_until(min(at, end))
        self._found.slots = [(loop.cancelled, len(loop.active), loop.open) for loop in self._loops]
        return self._found

    def _events(self) -> Sequence[tuple[int, int, str, Any]]:
        """(time, rank of simultaneous ones, kind, what)"""
        recording, mine = self._recording, self._found.worker
        names = {
            "open": "opened",
            "joined": "connected",
            "closed": "closed",
            "channel-lost": "channel_lost",
            "work-available": "notified",
            "sigterm": "sigterm",
            "mute": "mute",
        }
        events: list[tuple[int, int, str, Any]] = [
            (one.at, 0, names[one.kind], one.detail) for one in recording.events if one.worker == mine and one.kind in names
        ]
        for claim in recording.claims:
            if claim.worker != mine:
                continue
            events.append((claim.pushed_at, 3, "claimed", claim))
            if claim.replied_at is not None:
                events.append((claim.replied_at, 2, "replied", claim))
        for row, run in enumerate(recording.runs):
            if run.worker == mine and run.freed_at is not None and run.received_at is not None:
                events.append((run.freed_at, 1, "freed", row))
        return sorted(events, key=lambda event: event[:2])

    # --- time ---

    def _play_until(self, now: int) -> None:
        """Timers that send a claim wait until it is seen: a process that was late did first what had come by socket, then its timers."""
        left = []
        while self._timers and self._timers[0][0] <= now:
            timer = heapq.heappop(self._timers)
            if self._sends(timer) and timer[0] >= now - self._tolerance:
                left.append(timer)
                continue
            self._now = timer[0]
            self._fire(timer[2])
        for timer in left:
            heapq.heappush(self._timers, timer)
        self._now = now
        self._give_up(now)

    def _sends(self, timer: Timer) -> bool:
        """Whether it sends a claim, as things stand."""
        what = timer[2]
        if isinstance(what, Loop):
            return not what.cancelled and what.has_room
        return not what.cancelled and what.loop.has_room

    def _fire(self, what: Segment | Loop) -> None:
        if isinstance(what, Loop):
            self._start_chain(what)
        elif what.cancelled:  # W-7
            self._settle(what)
        else:
            what.delay = next_delay(what.delay, self._worker.backoff_max_ms)
            self._attempt(what)

    def _after(self, milliseconds: int, what: Segment | Loop) -> None:
        heapq.heappush(self._timers, (self._now + milliseconds * MILLISECOND, next(self._order), what))

    # --- the loop ---

    def _stop(self, loop: Loop) -> None:
        """W-4"""
        if not loop.cancelled:
            loop.cancelled = True
            if loop.latest is not None:
                loop.latest.cancelled = True

    def _start_chain(self, loop: Loop) -> None:
        """W-5"""
        if loop.cancelled:
            self._dead.append(Due(self._now, loop, None))
            return
        segment = Segment(loop, next(self._numbers), self._worker.backoff_min_ms)
        self._attempt(segment)
        loop.latest = segment

    def _attempt(self, segment: Segment) -> None:
        """W-6"""
        loop = segment.loop
        segment.attempts += 1
        if not loop.has_room:
            self._stop(loop)
            loop.full_at.append(self._now)
            self._dead.append(Due(self._now, loop, segment))
            return
        self._expect(loop, segment)

    def _expect(self, loop: Loop, segment: Segment | None) -> None:
        loop.open += 1
        self._due.append(Due(self._now, loop, segment))

    def _settle(self, segment: Segment) -> None:
        """W-9"""
        if segment.loop.cancelled:
            self._dead.append(Due(self._now, segment.loop, None))
        else:
            self._after(sleep_ms(self._worker.backoff_min_ms), segment.loop)

    def _resume(self, loop: Loop) -> None:
        """W-10"""
        if self._is_draining or not loop.has_room:
            return
        self._stop(loop)
        loop.cancelled = False
        self._start_chain(loop)

    # --- what happened to the worker ---

    def _opened(self, process: str) -> None:
        if process != self._process:
            self._process = process
            self._reset()

    def _connected(self, _: object) -> None:
        """W-11"""
        self._is_connected = True
        for due in self._due:  # buffered
            due.at = self._now
        for loop in self._loops:
            self._resume(loop)

    def _closed(self, _: object) -> None:
        """W-12; what was on the wire is lost, and stays open (W-16)."""
        self._is_connected = False
        self._closed_at = self._now
        self._due = [due for due in self._due if self._now - due.at > self._tolerance]
        for loop in self._loops:
            self._stop(loop)

    def _channel_lost(self, _: object) -> None:
        """W-21"""
        self._is_connected = False
        self._due.clear()

    def _notified(self, _: object) -> None:
        """W-14"""
        if self._is_draining:
            return
        for loop in self._loops:
            if loop.has_room:
                self._expect(loop, None)
            else:
                loop.full_at.append(self._now)
                self._dead.append(Due(self._now, loop, None))

    def _sigterm(self, _: object) -> None:
        """W-20"""
        self._is_draining = True
        for loop in self._loops:
            self._stop(loop)

    def _freed(self, row: int) -> None:
        """W-13"""
        loop = self._loop_of.pop(row, None)
        if loop is not None:
            loop.active.discard(row)
            loop.full_at.append(self._now)
            self._resume(loop)

    def _replied(self, claim: SeenClaim) -> None:
        known = self._claims.pop(id(claim), None)
        if known is None:  # of queues that none of its workloops has
            return
        loop, segment = known
        loop.open -= 1
        loop.full_at.append(self._now)
        if claim.run is not None:  # W-8
            loop.active.add(claim.run)
            self._loop_of[claim.run] = loop
            if segment is not None:
                self._settle(segment)
        elif segment is not None:  # W-7
            if segment.cancelled:
                self._settle(segment)
            elif segment.is_guess:
                segment.answered_at = self._now
                self._guesses.append(segment)
            else:
                self._after(sleep_ms(segment.delay), segment)

    def _claimed(self, claim: SeenClaim) -> None:
        due, off = self._match(claim)
        if due is None:
            self._found.claims.append(Followed(claim, None, None, None, None))
            self._begin_anew(claim)
            return
        segment = due.segment
        self._claims[id(claim)] = due.loop, segment
        number, attempt = (None, None) if segment is None else (segment.number, segment.attempts)
        self._found.claims.append(Followed(claim, due.loop.number, number, attempt, off))

    def _begin_anew(self, claim: SeenClaim) -> None:
        """Nobody knows which chain sent it: one that was guessed at, if a pause of the backoff lies between; else a new guess."""
        loop = next((loop for loop in self._loops if loop.queues == claim.queues), None)
        if loop is None:
            return
        loop.open += 1
        loop.cancelled = self._is_draining
        segment = self._guessed(loop)
        if segment is None:
            segment = Segment(loop, next(self._numbers), self._worker.backoff_min_ms, is_guess=True)
            loop.latest = segment
        segment.attempts += 1
        self._claims[id(claim)] = loop, segment

    def _guessed(self, loop: Loop) -> Segment | None:
        """The guess that slept as long as one of the backoff's pauses is; now it is none any more."""
        for segment in self._guesses:
            delay, least = self._worker.backoff_min_ms, self._now - segment.answered_at - self._tolerance
            while sleep_ms(delay) * MILLISECOND < least and delay < self._worker.backoff_max_ms:
                delay = next_delay(delay, self._worker.backoff_max_ms)
            if segment.loop is loop and abs(self._now - segment.answered_at - sleep_ms(delay) * MILLISECOND) <= self._tolerance:
                self._guesses.remove(segment)
                segment.is_guess = False
                segment.delay = next_delay(delay, self._worker.backoff_max_ms)
                return segment
        return None

    def _match(self, claim: SeenClaim) -> tuple[Due | None, int | None]:
        """The claim that was due, or is about to be, or was thought not to come by a hair, in this order."""
        pending = [due for due in self._due if due.loop.queues == claim.queues]
        in_time = [due for due in pending if self._now - due.at <= self._tolerance]
        first = in_time[0].at if in_time else None
        found = self._fired(claim, self._now if first is None else first)
        if found is not None:
            return found
        if pending:
            mine = in_time[0] if in_time else pending[-1]  # a process's timers fire in the order in which they are due
            self._due.remove(mine)
            return mine, self._now - mine.at
        return (
            self._fired(claim, self._now + _EARLY)
            or self._revived(claim)
            or self._fired(claim, self._now + self._tolerance)
            or (None, None)
        )

    def _fired(self, claim: SeenClaim, until: int) -> tuple[Due, int] | None:
        """The first timer due by then that sends such a claim has fired."""
        for timer in sorted(self._timers, key=lambda timer: timer[:2]):
            if timer[0] > until:
                break
            if _loop_of(timer[2]).queues != claim.queues or not self._sends(timer):
                continue
            self._timers.remove(timer)
            heapq.heapify(self._timers)
            self._fire(timer[2])
            return self._due.pop(), self._now - timer[0]
        return None

    def _revived(self, claim: SeenClaim) -> tuple[Due, int] | None:
        """It came all the same: what made it die came a moment later there, or what would have kept it alive a moment sooner."""
        self._dead = [due for due in self._dead if self._now - due.at <= self._tolerance]
        for due in self._dead:
            if due.loop.queues == claim.queues:
                self._dead.remove(due)
                self._found.ties += 1
                due.loop.open += 1
                due.loop.cancelled = False if due.segment is not None and not self._is_draining else due.loop.cancelled
                return due, self._now - due.at
        return None

    def _give_up(self, now: int) -> None:
        """Claims that do not come any more."""
        if not self._is_connected:
            return
        late = [due for due in self._due if now - due.at > _PATIENCE * self._tolerance]
        for due in late:
            self._due.remove(due)
            due.loop.open -= 1
            if any(abs(at - due.at) <= self._tolerance for at in due.loop.full_at):
                self._found.ties += 1
                if due.segment is not None:
                    self._stop(due.loop)
            else:
                self._found.missing.append(due.at)
        for loop in self._loops:
            loop.full_at = [at for at in loop.full_at if now - at < 10 * self._tolerance]


def _loop_of(what: Segment | Loop) -> Loop:
    return what if isinstance(what, Loop) else what.loop
