"""A second statement of worker, claim and janitor, from the specification's text alone (L-5 to L-19, W-1 to W-19), in one simple piece.

It shares no code with the engines: it computes every number anew from all runs, and every event is a closure in one heap. It knows
the real worker on a real network, as the recordings do, and beyond them concurrency limits, priorities, timeouts and the janitor.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable
from typing import Any

from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment

MS = 1_000
ARRIVAL, OUTAGE, TIMER, JANITOR = range(4)
AVAILABLE, CLAIMED, STARTED, KILLED, LOST = 0, 1, 2, 7, 9
NEVER = -1
Action = Callable[[], None]


class Run:
    def __init__(self, row: int, table: RunTable) -> None:
        self.row = row
        self.inserted_at = int(table.inserted_at[row])
        self.workflow = int(table.workflow[row])
        self.queue = ("default", "fast_lane", "manual")[table.queue[row]]
        self.priority = int(table.priority[row])
        self.service, self.join, self.timeout = (int(column[row]) for column in (table.service_time, table.startup_time, table.timeout))
        self.join_fails = bool(table.join_fails[row])
        self.outcome = int(table.outcome[row])
        self.state = AVAILABLE
        self.claimed_at = self.started_at = self.ended_at = self.worker = self.workloop = NEVER


class Loop:
    def __init__(self, worker: Any, number: int, queues: tuple[str, ...], slots: int) -> None:
        self.worker, self.number, self.queues, self.slots = worker, number, queues, slots
        self.active: set[int] = set()
        self.open = 0
        self.cancelled = True
        self.latest: Segment | None = None

    @property
    def has_room(self) -> bool:
        return len(self.active) + self.open < self.slots


class Segment:
    def __init__(self, number: int, delay: float) -> None:
        self.number, self.delay, self.attempts, self.cancelled = number, delay, 0, False


class Host:
    """A worker."""

    def __init__(self, number: int, spec: Any) -> None:
        self.number, self.spec = number, spec
        self.loops = [Loop(self, place, loop.queues, loop.capacity) for place, loop in enumerate(spec.workloops)]
        self.is_open = self.is_announcing = False
        self.session = self.tries = 0
        self.kept: list[Claim] = []

    def is_out(self, instant: int) -> bool:
        return any(begins <= instant < ends for begins, ends in self.spec.outages)


class Claim:
    def __init__(self, loop: Loop, segment: Segment | None, pushed_at: int) -> None:
        self.loop, self.segment, self.pushed_at = loop, segment, pushed_at
        self.attempt = segment.attempts if segment else None
        self.sent_at: int | None = None
        self.decided_at: int | None = None
        self.replied_at: int | None = None
        self.run: Run | None = None
        self.lost: str | None = None
        self.session = NEVER
        self.is_over = False
        self.timeouts = 0

    def row(self) -> tuple[Any, ...]:
        where = (self.pushed_at, self.loop.worker.number, self.loop.number, self.segment and self.segment.number, self.attempt)
        return (*where, self.sent_at, self.decided_at, self.replied_at, self.run and self.run.row, self.lost)


class SecondStatement:
    def __init__(self, deployed: Deployment, table: RunTable) -> None:
        self.deployed, self.lightning, self.notification = deployed, deployed.lightning, deployed.notification
        self.now = self.created = self.segments = self.sent = 0
        self.events: list[tuple[int, int, int, Action]] = []
        self.follow_ups: deque[Action] = deque()
        self.runs: list[Run] = []
        self.claims: list[Claim] = []
        self.connections: list[tuple[int, int, str]] = []
        self.wake_ups: list[tuple[int, int]] = []
        self.last_project: int | None = None
        self.hosts = [Host(number, spec) for number, spec in enumerate(deployed.workers)]
        for run in [Run(row, table) for row in range(len(table))]:
            self.at(run.inserted_at, ARRIVAL, lambda run=run: self.arrive(run))
        for host in self.hosts:
            self.at(host.spec.connect_at, TIMER, lambda host=host: self.connect(host))
            for begins, _ in host.spec.outages:
                self.at(begins, OUTAGE, lambda host=host: self.close(host))
        if self.lightning.janitor_first is not None:
            self.at(self.lightning.janitor_first, JANITOR, self.janitor)

    def play(self) -> SecondStatement:
        while self.events and self.events[0][0] <= self.deployed.horizon:
            self.now, _, _, action = heapq.heappop(self.events)
            action()
            while self.follow_ups:
                self.follow_ups.popleft()()
        return self

    def at(self, time: int, rank: int, action: Action) -> None:
        """W-19: by time, then what comes from outside, then in the order of creation."""
        self.created += 1
        heapq.heappush(self.events, (time, rank, self.created, action))

    def after(self, delay: int, action: Action) -> None:
        self.at(self.now + delay, TIMER, action)

    # --- Lightning ---

    def arrive(self, run: Run) -> None:
        self.runs.append(run)
        for host in self.hosts:  # L-17
            if self.lightning.debounce is not None and host.is_open and not host.is_announcing:
                host.is_announcing = True
                self.after(self.lightning.debounce, lambda host=host, session=host.session: self.announce(host, session))

    def announce(self, host: Host, session: int) -> None:
        if session == host.session:
            host.is_announcing = False
            if self.notification:
                self.after(self.notification, lambda: self.notify(host, session))
            else:
                self.notify(host, session)

    def base(self, run: Run) -> tuple[int, ...]:
        """L-9, L-22"""
        return (0 if self.lightning.ruleset == "no_priority" else run.priority, run.inserted_at, run.row)

    def project(self, run: Run) -> int:
        return self.deployed.workflows[run.workflow].project

    def partition(self, run: Run) -> tuple[str, int, int | None]:
        """L-12: whom its limit is shared with, and the limit."""
        own = self.deployed.workflows[run.workflow].concurrency
        if own is not None:
            return ("workflow", run.workflow, own)
        return ("project", self.project(run), self.deployed.projects[self.project(run)].concurrency)

    def eligible(self) -> list[Run]:
        """L-11 to L-14, each number counted."""
        active = [run for run in self.runs if run.state in (AVAILABLE, CLAIMED, STARTED)]
        if self.lightning.run_queue == "faster_fifo":
            return [run for run in active if run.state == AVAILABLE]
        limit = self.lightning.claim_limit

        def is_seen(run: Run) -> bool:
            return sum(other.workflow == run.workflow and self.base(other) < self.base(run) for other in active) < limit

        seen = [run for run in active if len(active) <= limit or is_seen(run)]

        def fits(run: Run) -> bool:
            *shared, limit = self.partition(run)
            if limit is None or (run.queue == "fast_lane" and self.lightning.ruleset != "pre-4515"):
                return True
            older = [other for other in seen if (other.inserted_at, other.row) < (run.inserted_at, run.row)]
            return sum(self.partition(other) == (*shared, limit) for other in older) < limit

        return [run for run in seen if run.state == AVAILABLE and fits(run)]

    def take(self, loop: Loop) -> Run | None:
        """L-6 to L-10, L-16"""
        queues = loop.queues if self.lightning.ruleset != "pre-4515" else ("*",)
        found = [run for run in self.eligible() if "*" in queues or run.queue in queues]

        def key(run: Run) -> tuple[Any, ...]:
            rank = queues.index(run.queue if run.queue in queues else "*") if "*" in queues else 0
            if self.lightning.run_queue != "round_robin":
                return (rank, self.base(run))
            turn = sum(self.project(other) == self.project(run) and self.base(other) < self.base(run) for other in found)
            was_served = self.last_project is not None and self.project(run) <= self.last_project
            return (rank, turn, was_served, self.project(run), self.base(run))

        run = min(found, key=key, default=None)
        if run is not None:
            run.state, run.claimed_at, run.worker, run.workloop = CLAIMED, self.now, loop.worker.number, loop.number
            self.last_project = self.project(run)
        return run

    def janitor(self) -> None:
        """L-18"""
        self.at(self.now + self.lightning.janitor_period, JANITOR, self.janitor)
        for run in self.runs:
            if run.state in (CLAIMED, STARTED):
                since = run.claimed_at if run.started_at == NEVER else run.started_at
                if since + run.timeout + self.lightning.grace_period < self.now:
                    run.state, run.ended_at = LOST, self.now

    # --- the socket ---

    def connect(self, host: Host) -> None:
        if host.is_out(self.now):
            self.after(host.spec.refusal, lambda: self.refuse(host))
        else:
            self.open(host)

    def open(self, host: Host) -> None:
        host.is_open, host.tries = True, 0
        self.follow_ups.append(lambda: self.connected(host))

    def connected(self, host: Host) -> None:
        """W-11"""
        self.connections.append((self.now, host.number, "connect"))
        kept, host.kept = host.kept, []
        for claim in kept:
            if not claim.is_over:
                self.start_timeout(claim)
                self.send(claim)
        for loop in host.loops:
            self.resume(loop)

    def close(self, host: Host) -> None:
        if host.is_open:
            host.is_open = host.is_announcing = False
            host.session += 1
            self.disconnected(host)

    def disconnected(self, host: Host) -> None:
        """W-12"""
        self.connections.append((self.now, host.number, "disconnect"))
        for loop in host.loops:
            self.stop(loop)
        host.tries += 1
        self.after(host.tries * 1_000 * MS, lambda: self.reconnect(host))

    def reconnect(self, host: Host) -> None:
        if host.is_out(self.now) or host.is_out(self.now + host.spec.reconnection):
            self.after(host.spec.refusal, lambda: self.refuse(host))
        else:
            self.after(host.spec.reconnection, lambda: self.open(host))

    def refuse(self, host: Host) -> None:
        self.disconnected(host)

    def notify(self, host: Host, session: int) -> None:
        """W-14"""
        if session == host.session:
            self.wake_ups.append((self.now, host.number))
            for loop in host.loops:
                if loop.has_room:
                    self.push(loop, None)

    # --- the loop ---

    def stop(self, loop: Loop) -> None:
        """W-4"""
        if not loop.cancelled:
            loop.cancelled = True
            if loop.latest:
                loop.latest.cancelled = True

    def resume(self, loop: Loop) -> None:
        """W-10"""
        if loop.has_room:
            self.stop(loop)
            loop.cancelled = False
            self.chain(loop)

    def chain(self, loop: Loop) -> None:
        """W-5"""
        if not loop.cancelled:
            segment = Segment(self.segments, loop.worker.spec.backoff_min_ms)
            self.segments += 1
            self.attempt(loop, segment)
            loop.latest = segment

    def attempt(self, loop: Loop, segment: Segment) -> None:
        """W-6"""
        if loop.has_room:
            segment.attempts += 1
            self.push(loop, segment)
        else:
            self.stop(loop)

    def settle(self, loop: Loop) -> None:
        """W-9"""
        if not loop.cancelled:
            self.after(loop.worker.spec.backoff_min_ms * MS, lambda: self.chain(loop))

    def settle_later(self, loop: Loop, follow_ups: int) -> None:
        """W-19: a result passes outwards through one promise an attempt."""
        if follow_ups:
            self.follow_ups.append(lambda: self.settle_later(loop, follow_ups - 1))
        else:
            self.settle(loop)

    def react(self, loop: Loop, segment: Segment) -> None:
        """W-7"""
        if segment.cancelled:
            self.settle_later(loop, segment.attempts)  # reacting, or waking, was the first of n + 1
        else:
            self.after(int(segment.delay) * MS, lambda: self.follow_ups.append(lambda: self.wake(loop, segment)))

    def wake(self, loop: Loop, segment: Segment) -> None:
        if segment.cancelled:
            self.settle_later(loop, segment.attempts)  # reacting, or waking, was the first of n + 1
        else:
            segment.delay = min(loop.worker.spec.backoff_max_ms, segment.delay * 1.15)
            self.attempt(loop, segment)

    # --- a claim ---

    def push(self, loop: Loop, segment: Segment | None) -> None:
        loop.open += 1
        claim = Claim(loop, segment, self.now)
        self.claims.append(claim)
        self.start_timeout(claim)
        if loop.worker.is_open:
            self.send(claim)
        else:
            loop.worker.kept.append(claim)

    def start_timeout(self, claim: Claim) -> None:
        """W-16: of several timeouts the one started last counts."""
        claim.timeouts += 1
        number = claim.timeouts
        self.after(claim.loop.worker.spec.claim_timeout, lambda: self.answer(claim, None) if number == claim.timeouts else None)

    def latency(self) -> tuple[int, int]:
        latency = self.deployed.latency
        if latency.pairs:
            return latency.pairs[(self.sent - 1) % len(latency.pairs)]
        active = sum(run.state in (AVAILABLE, CLAIMED, STARTED) for run in self.runs)
        (left, before), *others = latency.database
        database = before
        for right, after in others:
            if active > left:
                database = before + (after - before) * (min(active, right) - left) // (right - left)
            left, before = right, after
        return latency.up + database, latency.down

    def send(self, claim: Claim) -> None:
        self.sent += 1
        claim.sent_at, claim.session = self.now, claim.loop.worker.session
        request, reply = self.latency()
        if request:
            self.after(request, lambda: self.decide(claim, reply, at_once=False))
        else:
            self.decide(claim, reply, at_once=True)

    def decide(self, claim: Claim, until_replied: int, *, at_once: bool) -> None:
        if claim.session != claim.loop.worker.session:
            claim.lost = "request"
            return
        claim.decided_at, claim.run = self.now, self.take(claim.loop)
        if until_replied:
            self.after(until_replied, lambda: self.reply(claim))
        elif at_once:
            self.follow_ups.append(lambda: self.reply(claim))
        else:
            self.reply(claim)

    def reply(self, claim: Claim) -> None:
        if claim.session != claim.loop.worker.session:
            claim.lost = "reply"
        else:
            claim.replied_at = self.now
            self.answer(claim, claim.run)

    def answer(self, claim: Claim, run: Run | None) -> None:
        """W-7, W-8: the reply, or the timeout; whichever comes first."""
        if claim.is_over:
            return
        claim.is_over = True
        loop, segment = claim.loop, claim.segment
        loop.open -= 1
        if run is None:
            if segment:
                self.follow_ups.append(lambda: self.react(loop, segment))
        elif loop.worker.spec.verification is None:
            self.accept(loop, segment, run)
        else:
            self.after(loop.worker.spec.verification, lambda: self.accept(loop, segment, run))

    # --- a run ---

    def accept(self, loop: Loop, segment: Segment | None, run: Run) -> None:
        loop.active.add(run.row)
        if run.join:
            self.after(run.join, lambda: self.follow_ups.append(lambda: self.start(loop, run)))
        else:
            self.follow_ups.append(lambda: self.start(loop, run))
        if segment:
            self.settle_later(loop, segment.attempts + 1)

    def start(self, loop: Loop, run: Run) -> None:
        if run.join_fails:
            self.release(loop, run)
            return
        if run.state == CLAIMED:
            run.state, run.started_at = STARTED, self.now
        is_killed = run.service > run.timeout  # L-19
        self.after(min(run.service, run.timeout), lambda: self.end(loop, run, KILLED if is_killed else run.outcome))

    def end(self, loop: Loop, run: Run, state: int) -> None:
        if run.state in (CLAIMED, STARTED):  # `lost` is final (L-18)
            run.state, run.ended_at = state, self.now
        self.release(loop, run)

    def release(self, loop: Loop, run: Run) -> None:
        """W-13"""
        loop.active.remove(run.row)
        self.resume(loop)
