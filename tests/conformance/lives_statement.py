"""The whole life of runs and workers a second time, from the specification's text alone (L-6 to L-8, L-17, L-23, L-24, L-30, W-1 to W-24).

It imports nothing of what it judges and knows exactly what the recordings of whole lives play: no priorities, no limits, no janitor, no
verification. Times are whole milliseconds; only the backoff's delays are fractional (W-3). "Open" marks what no recording can tell.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Generator
from itertools import cycle
from types import SimpleNamespace
from typing import Any

Action = Callable[[], None]
Handler = Generator[str, bool, Any]  # yields the messages it pushes, is told whether each was acknowledged

ARRIVAL, OUTAGE, SIGTERM, TIMER, SIGKILL = range(5)
ENDS = {"success": ("job end", "workflow end"), "fail": ("job end", "workflow end"), "crash": ("job end", "error"), "die": ("error",)}


def play(params: dict[str, Any]) -> dict[str, Any]:
    """What happens under a case's `params`, as the rows that are recorded."""
    world = World(SimpleNamespace(**params))
    world.play()
    slots = [[[int(loop.is_cancelled), loop.active, loop.open] for loop in worker.loops] for worker in world.workers]
    return {
        "conn_events": world.conn_events,
        "claims": [claim.row() for claim in world.claims],
        "lives": [run.row() for run in world.runs if run.claimed_ms is not None],
        "work_available": world.work_available,
        "exits": world.exits,
        "slots": [loops if worker.is_alive else None for worker, loops in zip(world.workers, slots, strict=True)],
    }


def is_inside(instant: int, windows: list[list[int]]) -> bool:
    return any(begins <= instant < ends for begins, ends in windows)


# --- time ---


class Timer:
    """An event to come. It is void where it was stopped, or where the process that owns it has ended (W-24)."""

    def __init__(self, action: Action, owner: Worker | None) -> None:
        self.action, self.owner, self.is_stopped = action, owner, False

    def stop(self) -> None:
        self.is_stopped = True


class World:
    """The clock, and all that is played and written down."""

    def __init__(self, params: SimpleNamespace) -> None:
        self.params = params
        self.now = self.created = self.segments = 0
        self.timers: list[tuple[int, int, int, Timer]] = []
        self.at_the_end: deque[Action] = deque()  # of the present event
        self.claims: list[Claim] = []
        self.conn_events, self.work_available, self.exits = [], [], []
        self.runs = [Run(**dict(zip(params.runs_cols, row, strict=True))) for row in params.runs]
        self.workers = [Worker(self, number, SimpleNamespace(**spec)) for number, spec in enumerate(params.workers)]
        self.lightning = Lightning(self)
        for run in self.runs:
            self.at(run.given.arrival_ms, lambda run=run: self.lightning.create(run), rank=ARRIVAL)
        for worker in self.workers:
            worker.foresee()

    def at(self, time: int, action: Action, owner: Worker | None = None, rank: int = TIMER) -> Timer:
        """W-19: by time; arrivals, outages, SIGTERM, all else, SIGKILL; then in the order of creation."""
        self.created += 1
        timer = Timer(action, owner)
        heapq.heappush(self.timers, (time, rank, self.created, timer))
        return timer

    def after(self, delay: int, action: Action, owner: Worker | None = None) -> Timer:
        """W-19: without a delay it is an event of its own all the same, later in this millisecond."""
        return self.at(self.now + delay, action, owner)

    def within(self, delay: int, action: Action, owner: Worker | None = None) -> None:
        """W-19: what Lightning, or an installation, does in 0 ms happens inside this event."""
        if delay:
            self.after(delay, action, owner)
        else:
            action()

    def play(self) -> None:
        while self.timers and self.timers[0][0] <= self.params.horizon_ms:
            self.now, _, _, timer = heapq.heappop(self.timers)
            if not timer.is_stopped and (timer.owner is None or timer.owner.is_alive):
                timer.action()
            while self.at_the_end:
                self.at_the_end.popleft()()


# --- Lightning ---


class Run:
    """What is given of a run, and what happens to it."""

    claimed_ms = worker = workloop = received_ms = joined_ms = planned_ms = executed_ms = None
    start_ms = end_ms = completed_ms = told_ms = freed_ms = None
    messages = timeouts = 0

    def __init__(self, **given: Any) -> None:
        self.given = SimpleNamespace(**given)

    def row(self) -> list[Any]:
        until_engine = [self.claimed_ms, self.worker, self.workloop, self.received_ms, self.joined_ms, self.planned_ms, self.executed_ms]
        from_engine = [self.start_ms, self.end_ms, self.completed_ms, self.told_ms, self.freed_ms, self.messages, self.timeouts]
        return [self.given.id, *until_engine, *from_engine]


class Lightning:
    """What all connections share: the table of runs, and how long each query lasts."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.available: list[Run] = []  # by arrival, then by row
        given = world.params.database_ms
        self.query_times = cycle(given if isinstance(given, list) else [given])  # in the order in which queries begin

    def create(self, run: Run) -> None:
        """L-17: each connection, in the order of the workers."""
        self.available.append(run)
        for worker in self.world.workers:
            if worker.connection:
                worker.connection.start_debounce()

    def ranked(self, queues: list[str]) -> list[Run]:
        """L-6 (no `*`: a filter), L-7 (with `*`: a ranking), L-8 (`*` alone ranks nothing); L-24: of what is there now."""
        if "*" not in queues:
            return [run for run in self.available if run.given.queue in queues]
        return sorted(self.available, key=lambda run: queues.index(run.given.queue if run.given.queue in queues else "*"))

    def take(self, claim: Claim, seen: list[Run]) -> Run | None:
        """L-24: the first of the runs seen at the query's beginning that is still there at its end."""
        run = next((run for run in seen if run.claimed_ms is None), None)
        if run:
            self.available.remove(run)
            run.claimed_ms, run.worker, run.workloop = self.world.now, claim.loop.worker.number, claim.loop.number
        return run


class Connection:
    """One socket: its wire, and the processes that Lightning has for it (L-17, L-23, L-30).

    An outage cuts the wire, both ways. The end of the worker's process does not: what it had sent still arrives (W-24). Open: that an
    outage after that end cuts it; here it does not.
    """

    def __init__(self, worker: Worker) -> None:
        self.worker, self.world, self.params, self.lightning = worker, worker.world, worker.world.params, worker.world.lightning
        self.is_cut = self.is_joined = self.has_debounce = self.is_busy = False
        self.inbox: deque[Claim | None] = deque()  # claims and notifications (None) in the order of arrival
        self.done_at: dict[Run, int] = {}  # when the process of a run's channel will be done with all it has

    @property
    def is_dead(self) -> bool:
        return self.is_cut or not self.worker.is_alive

    def up(self, arrive: Action, lose: Action = lambda: None) -> None:
        self.world.after(self.params.up_ms, lambda: lose() if self.is_cut else arrive())

    def down(self, arrive: Action, lose: Action = lambda: None) -> None:
        self.world.after(self.params.down_ms, lambda: lose() if self.is_dead else arrive())

    # the queue's channel: one process, one message at a time (L-23)

    def queue_joined(self) -> None:
        """Lightning tells this connection from now on (L-17); the worker is connected when the answer is back (W-11). It costs nothing."""
        self.is_joined = True
        self.down(self.worker.connected)

    def start_debounce(self) -> None:
        if self.is_joined and not self.has_debounce and self.params.debounce_ms is not None:
            self.has_debounce = True
            self.world.after(self.params.debounce_ms, self.end_debounce)

    def end_debounce(self) -> None:
        """L-17: a notification waits behind the claims. It dies with the socket, as its timer and its push do."""
        self.has_debounce = False
        self.enter(None)

    def send_claim(self, claim: Claim) -> None:
        claim.wire_ms = self.world.now
        self.up(lambda: self.enter(claim), lambda: claim.lose("request"))

    def enter(self, message: Claim | None) -> None:
        self.inbox.append(message)
        self.work()

    def work(self) -> None:
        """L-23: the process of a dead connection still works off what had arrived."""
        while self.inbox and not self.is_busy:
            claim = self.inbox.popleft()
            if claim:
                self.begin_query(claim)
            elif not self.is_dead:
                self.down(self.worker.notified)

    def begin_query(self, claim: Claim) -> None:
        """L-24: what it will choose from is what is there now."""
        self.is_busy = True
        claim.begin_ms, seen = self.world.now, self.lightning.ranked(claim.loop.queues)
        self.world.within(next(self.lightning.query_times), lambda: self.end_query(claim, seen))

    def end_query(self, claim: Claim, seen: list[Run]) -> None:
        """W-16: decided whether or not anybody still listens. The answer's timer comes before the next query's (W-19)."""
        self.is_busy = False
        claim.server_ms, claim.error = self.world.now, int(is_inside(self.world.now, self.params.claim_errors))
        claim.run = None if claim.error else self.lightning.take(claim, seen)
        if self.is_dead:
            claim.lose("reply")
        else:
            self.down(claim.answered, lambda: claim.lose("reply"))
        self.work()

    # the channels of runs: one process each (L-30)

    def send(self, message: Message) -> None:
        self.up(lambda: self.receive(message))

    def receive(self, message: Message) -> None:
        """L-30: done at max(arrival, the one before) + `message`; silence is judged at the arrival."""
        is_silent = is_inside(self.world.now, self.params.silent)
        done_at = max(self.world.now, self.done_at.get(message.run, 0)) + self.params.message_ms
        self.done_at[message.run] = done_at
        self.world.within(done_at - self.world.now, lambda: self.process(message, is_silent))

    def process(self, message: Message, is_silent: bool) -> None:
        """L-30: what was processed counts, even if it is not answered or the answer is lost."""
        run, is_join = message.run, message.kind == "join"
        run.messages += not is_join
        if message.kind == "run:complete":
            run.completed_ms = self.world.now
        if not is_silent and not (message.kind == "fetch:plan" and run.given.plan_lost):
            self.down(lambda: message.end(not (is_join and run.given.join_fails)))


# --- a worker: its claims, its workloops, its process ---


class Claim:
    wire_ms = begin_ms = server_ms = reply_ms = run = error = lost = None

    def __init__(self, loop: Workloop, segment: Segment | None) -> None:
        self.loop, self.segment, self.world = loop, segment, loop.worker.world
        self.attempt = segment.attempts if segment else None
        self.push_ms = self.world.now
        self.is_over = False
        self.start_timeout()

    def start_timeout(self) -> None:
        """W-16: at the push, and anew when a buffered claim is sent. It counts as an empty reply, but nobody looks (W-20 d)."""
        self.timeout = self.loop.worker.timer(self.world.params.claim_timeout_s * 1000, lambda: self.end(None, looks=False))

    def lose(self, what: str) -> None:
        """W-16: nothing happens on the worker, where it stays open until its timeout."""
        self.lost = what

    def answered(self) -> None:
        """W-8, W-20 c and d; later than its timeout an answer is ignored (W-16)."""
        self.reply_ms = self.world.now
        if not self.is_over:
            self.end(self.run, looks=not self.error)

    def end(self, run: Run | None, looks: bool) -> None:
        """W-7, W-8; outside a segment nothing settles or backs off (W-14)."""
        self.is_over = True
        self.timeout.stop()
        self.loop.open -= 1
        if run:
            Life(self.loop, run)
        if looks:
            self.loop.worker.look()
        if self.segment and run:
            self.loop.settle()
        elif self.segment:
            self.loop.back_off(self.segment)

    def row(self) -> list[Any]:
        pushed = [self.push_ms, self.loop.worker.number, self.loop.number, self.segment and self.segment.number, self.attempt]
        return [*pushed, self.wire_ms, self.begin_ms, self.server_ms, self.reply_ms, self.run and self.run.given.id, self.error, self.lost]


class Segment:
    """W-2: one use of the backoff helper."""

    def __init__(self, number: int, delay: float) -> None:
        self.number, self.delay, self.attempts, self.is_cancelled = number, delay, 0, False


class Workloop:
    """W-1"""

    def __init__(self, worker: Worker, number: int, token: str) -> None:
        names, _, slots = token.rpartition(":")
        self.worker, self.number, self.queues, self.slots = worker, number, names.split(">"), int(slots)
        self.active = self.open = 0
        self.is_cancelled = True
        self.latest: Segment | None = None

    @property
    def has_room(self) -> bool:
        return self.active + self.open < self.slots

    def stop(self) -> None:
        """W-4"""
        if not self.is_cancelled:
            self.is_cancelled = True
            if self.latest:
                self.latest.is_cancelled = True

    def start_chain(self) -> None:
        """W-5: a segment becomes the latest after its first attempt."""
        if not self.is_cancelled:
            segment = Segment(self.worker.world.segments, self.worker.spec.backoff_min_ms)
            self.worker.world.segments += 1
            self.try_to_claim(segment)
            self.latest = segment

    def try_to_claim(self, segment: Segment) -> None:
        """W-6"""
        if self.has_room:
            segment.attempts += 1
            self.worker.push_claim(self, segment)
        else:
            self.stop()

    def back_off(self, segment: Segment) -> None:
        """W-7"""
        if segment.is_cancelled:
            self.settle()
        else:
            self.worker.timer(segment.delay, lambda: self.wake(segment))

    def wake(self, segment: Segment) -> None:
        if segment.is_cancelled:
            self.settle()
        else:
            segment.delay = min(self.worker.spec.backoff_max_ms, segment.delay * 1.15)
            self.try_to_claim(segment)

    def settle(self) -> None:
        """W-9"""
        if not self.is_cancelled:
            self.worker.timer(self.worker.spec.backoff_min_ms, self.start_chain)

    def resume(self) -> None:
        """W-10; from SIGTERM on of no cause (W-20 a)."""
        if self.has_room and not self.worker.is_terminating:
            self.stop()
            self.is_cancelled = False
            self.start_chain()


class Worker:
    """A process, alive from 0 on, with at most one living socket."""

    def __init__(self, world: World, number: int, spec: SimpleNamespace) -> None:
        self.world, self.number, self.spec = world, number, spec
        self.loops = [Workloop(self, place, token) for place, token in enumerate(spec.workloops.split())]
        self.is_alive, self.is_terminating, self.is_connected = True, False, False
        self.connection: Connection | None = None
        self.tries = 0
        self.buffered: list[Claim] = []
        self.lives: list[Life] = []  # the runs it holds, in the order in which their channels were made

    def foresee(self) -> None:
        """W-19: the first timers of all are the `connect_ms`; outages, SIGTERMs and SIGKILLs go by worker.

        Open: a first opening inside an outage; here it is refused, as a later one is (W-12).
        """
        if is_inside(self.spec.connect_ms, self.spec.outages):
            self.world.at(self.spec.connect_ms + self.world.params.refuse_ms, self.disconnected, self)
        else:
            self.world.at(self.spec.connect_ms, self.open, self)
        for begins, _ in self.spec.outages:
            self.world.at(begins, self.cut, self, OUTAGE)
        if hasattr(self.spec, "sigterm_ms"):
            self.world.at(self.spec.sigterm_ms, self.terminate, self, SIGTERM)
            self.world.at(self.spec.sigterm_ms + self.spec.grace_ms, lambda: self.end("kill"), self, SIGKILL)

    def timer(self, delay: float, action: Action) -> Timer:
        """W-19: the worker's own timers last whole milliseconds, at least one; only what is played inside its process may take none."""
        return self.world.after(max(1, int(delay)), action, self)

    # the socket (W-11, W-12)

    def reconnect(self) -> None:
        """W-12: refused if it begins inside an outage, or if its opening falls into one. Open: when that fails; here after `refuse_ms`."""
        until_open = self.world.params.reconnect_open_ms
        if any(is_inside(instant, self.spec.outages) for instant in (self.world.now, self.world.now + until_open)):
            self.world.after(self.world.params.refuse_ms, self.disconnected, self)
        else:
            self.world.after(until_open, self.open, self)

    def open(self) -> None:
        """W-11: the tries set back, the queue's join, then a rejoin for each channel that is not gone. (Open: another order, or later.)"""
        self.tries = 0
        self.connection = Connection(self)
        self.connection.up(self.connection.queue_joined)
        for life in self.lives:
            if not life.is_gone:
                life.join()

    def connected(self) -> None:
        """W-11: claims buffered meanwhile, each with its timeout anew; then resume all."""
        self.is_connected = True
        if not self.is_terminating:
            self.world.conn_events.append([self.world.now, self.number, "connect"])
        buffered, self.buffered = self.buffered, []
        for claim in buffered:
            if not claim.is_over:
                claim.timeout.stop()
                claim.start_timeout()
                self.connection.send_claim(claim)
        for loop in self.loops:
            loop.resume()

    def cut(self) -> None:
        """An outage begins."""
        if self.connection:
            self.connection.is_cut = True
            self.connection, self.is_connected = None, False
            for life in self.lives:
                life.disconnected()
            self.disconnected()

    def disconnected(self) -> None:
        """W-12: the socket has died, or an attempt to reconnect has failed."""
        self.world.conn_events.append([self.world.now, self.number, "disconnect"])
        for loop in self.loops:
            loop.stop()
        self.tries += 1
        self.timer(self.tries * 1000, self.reconnect)

    def push_claim(self, loop: Workloop, segment: Segment | None) -> None:
        """W-6, W-14; buffered unless connected (W-11)."""
        loop.open += 1
        claim = Claim(loop, segment)
        self.world.claims.append(claim)
        if self.is_connected:
            self.connection.send_claim(claim)
        else:
            self.buffered.append(claim)

    def notified(self) -> None:
        """W-14: a claim outside any segment for every workloop with room, stopped or not; ignored after SIGTERM."""
        self.world.work_available.append([self.world.now, self.number])
        for loop in self.loops:
            if loop.has_room and not self.is_terminating:
                self.push_claim(loop, None)

    # the end (W-20)

    def terminate(self) -> None:
        """W-20 a"""
        self.is_terminating = True
        for loop in self.loops:
            loop.stop()
        self.look()

    def look(self) -> None:
        """W-20 c"""
        if self.is_terminating and not self.lives and not any(loop.open for loop in self.loops):
            self.end("term")

    def end(self, how: str) -> None:
        """W-24"""
        self.is_alive = False
        self.world.exits.append([self.world.now, self.number, how])


# --- a run's life on its worker ---


class Message:
    """W-23: a message of a run's channel. It ends once, acknowledged or failed."""

    def __init__(self, life: Life, kind: str, ended: Callable[[bool], None]) -> None:
        self.life, self.run, self.kind, self.ended = life, life.run, kind, ended
        self.is_over = False
        self.start_timeout()

    def start_timeout(self) -> None:
        worker = self.life.loop.worker
        self.timer = worker.timer(worker.world.params.message_timeout_ms, lambda: self.end(False))

    def end(self, is_ok: bool) -> None:
        """W-23: what is answered after M is ignored; nothing but a join gets an error. (Open: also on a channel that was left.)"""
        if not self.is_over:
            self.is_over = True
            self.timer.stop()
            self.run.timeouts += not is_ok and self.kind != "join"
            if self.kind == "run:complete" and is_ok:
                self.run.told_ms = self.life.world.now
            self.ended(is_ok)


def each(*kinds: str) -> Handler:
    """One after another; a message that fails ends it. Were all acknowledged?"""
    for kind in kinds:
        if not (yield kind):
            return False
    return True


class Life:
    """A run held by its worker: its channel, its way to the engine, the engine, the queue of its events."""

    def __init__(self, loop: Workloop, run: Run) -> None:
        self.loop, self.worker, self.world, self.run = loop, loop.worker, loop.worker.world, run
        self.is_joined = self.is_gone = False  # its channel
        self.joining: Message | None = None
        self.buffered: list[Message] = []
        self.missing, self.has_all_credentials = run.given.creds, True
        self.has_open_step = False
        self.queue: deque[str] = deque()  # of events (W-22)
        self.is_settled, self.guard = True, None

        run.received_ms = self.world.now  # W-8: it takes a slot and is held, its channel is made and joined at once
        loop.active += 1
        self.worker.lives.append(self)
        self.join()

    # the channel (W-23)

    def join(self) -> None:
        """W-8, W-11: over a living socket, and again over each new one."""
        self.joining = Message(self, "join", self.join_ended)
        self.worker.connection.send(self.joining)

    def disconnected(self) -> None:
        """W-15: a join whose socket has died is neither answered nor timed out."""
        self.is_joined = False
        if self.joining:
            self.joining.is_over = True

    def join_ended(self, is_ok: bool) -> None:
        """W-15"""
        is_first = self.run.joined_ms is None
        self.is_joined, self.is_gone = is_ok, not is_ok
        if is_ok and is_first:
            self.run.joined_ms = self.world.now
            self.push("fetch:plan", self.planned)
        elif is_ok:
            self.send_buffered()
        elif is_first:
            self.free(looks=False)

    def push(self, kind: str, ended: Callable[[bool], None]) -> None:
        """W-23: its timer, then it is sent or buffered."""
        message = Message(self, kind, ended)
        if self.is_joined:
            self.worker.connection.send(message)
        else:
            self.buffered.append(message)

    def send_buffered(self) -> None:
        """W-23: those that have not met M, each with a new timer."""
        buffered, self.buffered = self.buffered, []
        for message in buffered:
            if not message.is_over:
                message.timer.stop()
                message.start_timeout()
                self.worker.connection.send(message)

    def tell(self, handler: Handler, over: Action, is_ok: bool | None = None) -> None:
        """W-22a: the messages of a handler, each when the one before is acknowledged; what the handler does, it does in that event."""
        try:
            kind = handler.send(is_ok)
        except StopIteration:
            over()
        else:
            self.push(kind, lambda is_ok: self.tell(handler, over, is_ok))

    # from the join to the engine (W-15)

    def planned(self, is_ok: bool) -> None:
        if is_ok:
            self.run.planned_ms = self.world.now
            self.worker.timer(1, self.fetch_input)
        else:
            self.worker.end("crash")  # W-15a

    def fetch_input(self) -> None:
        if self.run.given.dataclip:
            self.push("fetch:dataclip", self.execute)
        else:
            self.execute(True)

    def execute(self, has_input: bool) -> None:
        """The hand-over to the engine, which installs. W-15b: without an input it ends like an error, but not through the queue."""
        if has_input:
            self.run.executed_ms = self.world.now
            self.world.within(self.run.given.install_ms, self.installed, self.worker)
        else:
            self.tell(self.handler("error"), over=lambda: None)

    def installed(self) -> None:
        """W-15: all credentials are asked for at once."""
        for _ in range(self.run.given.creds):
            self.push("fetch:credential", self.credential_fetched)
        if not self.run.given.creds:
            self.launch()

    def credential_fetched(self, is_ok: bool) -> None:
        """W-15c: what one that fails leads to waits for the last. (Open: or does not wait.)"""
        self.missing -= 1
        self.has_all_credentials &= is_ok
        if not self.missing and self.has_all_credentials:
            self.launch()
        elif not self.missing:
            self.emit("error", mark="end_ms")

    # the played engine

    def launch(self) -> None:
        """L-19: the kill's timer begins here. All are set at once, in this order."""
        given = self.run.given
        until_end = given.start_ms + given.duration_ms
        if given.timeout_ms < until_end:
            self.emit_after(given.timeout_ms, "error", mark="end_ms")
        self.emit_after(given.start_ms, "workflow start", "job start", mark="start_ms")
        for until_line in given.log_ms:
            self.emit_after(until_line, "log")
        self.emit_after(until_end, *ENDS[given.outcome], mark="end_ms")

    def emit_after(self, delay: int, *events: str, mark: str | None = None) -> None:
        self.world.after(delay, lambda: self.emit(*events, mark=mark), self.worker)

    def emit(self, *events: str, mark: str | None) -> None:
        """After its end an engine emits nothing."""
        if self.run.end_ms is None:
            if mark:
                setattr(self.run, mark, self.world.now)
            for event in events:
                self.enter(event)

    # the queue of its events (W-22)

    def enter(self, event: str) -> None:
        self.queue.append(event)
        if len(self.queue) == 1:
            self.world.at_the_end.append(self.next)

    def next(self) -> None:
        """At the end of the event (open: or at once). The guard named before is not stopped."""
        if self.queue and self.worker.is_alive:
            self.is_settled = False
            self.guard = self.worker.timer(1.1 * self.world.params.message_timeout_ms, self.finish)
            self.tell(self.handler(self.queue[0]), over=self.finish)

    def finish(self) -> None:
        """A handler that ends, or a guard that fires, stops the guard named now (open: or its own) and drops the first event, any."""
        self.guard.stop()
        if not self.is_settled:
            self.is_settled = True
            self.queue.popleft()
            self.world.at_the_end.append(self.next)

    def handler(self, event: str) -> Handler:
        """W-22a, line by line; what stands before the first message happens as the handler begins (open: or as the engine emits)."""
        if event == "workflow start":
            yield from each("run:start", "run:log", "run:log")
        elif event == "job start":
            self.has_open_step = True
            yield "step:start"
        elif event == "log":
            yield "run:log"
        elif event == "job end":
            self.has_open_step = False
            yield "step:complete"
        elif event == "workflow end":  # never free if a `run:log` fails, free even if `run:complete` does
            if (yield from each("run:log", *["run:log"] * (self.run.given.outcome == "fail"))):
                yield "run:complete"
                self.free()
        elif event == "error":  # free after the last, or at the first that fails
            was_open, self.has_open_step = self.has_open_step, False
            yield from each(*["step:complete"] * was_open, "run:log", "run:log", "run:complete")
            self.free()

    def free(self, looks: bool = True) -> None:
        """W-13, W-15 (a failed join: nobody looks, W-20 d). What overlapping handlers push from now on is buffered and fails at M."""
        self.run.freed_ms = self.world.now
        self.loop.active -= 1
        self.worker.lives.remove(self)
        self.disconnected()
        self.is_gone = True
        if looks:
            self.worker.look()
        self.loop.resume()
