"""What the reference engine remembers: plain objects, with a comment a field. `world.World` holds them.

Times and durations are microseconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from fastlanes_sim.core.run_log import NEVER, ClaimRow, RunDetail
from fastlanes_sim.core.run_table import SAFE
from fastlanes_sim.deployment.deployment import Autoscaler as AutoscalerSpec
from fastlanes_sim.deployment.deployment import Resource as ResourceSpec
from fastlanes_sim.deployment.deployment import Worker as WorkerSpec
from fastlanes_sim.engines.reference.event_list import Event
from fastlanes_sim.rules.autoscaling import NOT_SINCE
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.process import Stage
from fastlanes_sim.rules.run_messages import EngineEvent, Handler
from fastlanes_sim.rules.run_messages import Message as MessageKind


@dataclass(slots=True, eq=False)
class RunRow:
    """One active run."""

    id: int
    """Its place in the order of creation (L-22)."""
    workflow: int
    state: State
    queue: str
    priority: int
    inserted_at: int
    timeout: int = 0
    claimed_at: int = 0
    """As Lightning stamps it (L-10): when the query of the claim began. Meaningful once it is claimed."""
    started_at: int | None = None
    """As Lightning knows it."""
    row: int = 0
    """In the run table."""
    reply_luck: int = SAFE
    """I-8"""
    loop: Workloop | None = None
    """That claimed it."""
    segment: Segment | None = None
    """That sent the winning claim (W-8)."""
    detail: RunDetail | None = None
    """What is said of it, once a worker has claimed it whose runs' channels are whole."""


def loop_of(run: RunRow) -> Workloop:
    """The workloop that has claimed the run."""
    assert run.loop is not None, "no worker has it in hand"
    return run.loop


@dataclass(slots=True, eq=False)
class Claim:
    loop: Workloop
    segment: Segment | None
    """None: made on `work-available` (W-14)."""
    row: ClaimRow
    connection: Connection | None = None
    """That it was sent on."""
    channel: QueueChannel | None = None
    """Whose process has it, once it has reached Lightning (L-23)."""
    candidates: list[RunRow] = field(default_factory=list)
    """What its query has found, best first (L-24)."""
    query: Event | None = None
    """The end of its query, where that is not shared (L-25)."""
    is_broken_off: bool = False
    """Its query will be (L-26)."""
    tag: int = 0
    """How far the queries that share the processors have got when its own is over (L-25)."""
    until_replied: int = 0
    """From Lightning's decision, where claims are parallel."""
    run: RunRow | None = None
    """That Lightning gave."""
    timeout: Event | None = None
    is_dropped: bool = False
    """The reply never arrives (I-8)."""
    is_timed_out: bool = False
    is_lost: bool = False
    """It waits for its timeout in vain (W-16)."""


@dataclass(slots=True, eq=False)
class Segment:
    """W-2: one use of the backoff helper."""

    loop: Workloop
    number: int
    delay: float
    """Milliseconds, with their fraction (W-7)."""
    attempts: int = 0
    is_cancelled: bool = False
    until_settled: int = 0
    """Follow-ups (W-19), once it is settling."""


@dataclass(slots=True, eq=False)
class Workloop:
    worker: Worker
    number: int
    """Within its worker."""
    queues: Sequence[str]
    slots: int
    is_single: bool
    """`claim_chains: single`"""
    active: int = 0
    """Runs it holds."""
    verifying: int = 0
    """Runs whose token is being verified (W-8)."""
    open: int = 0
    """Claims sent and not answered (W-1)."""
    leaked: int = 0
    """Of the runs it holds: those whose slot nobody frees any more (W-13a)."""
    lost: int = 0
    """Of its open claims: those that nobody answers any more (W-16)."""
    is_cancelled: bool = True
    latest: Segment | None = None
    """The segment started most recently (W-2)."""
    chains: int = 0
    """Alive (W-2); where it `is_single`, `latest` says it."""

    @property
    def is_alive(self) -> bool:
        """W-2: whether one of its chains is, though it may sleep."""
        return self.latest is not None if self.is_single else self.chains > 0


@dataclass(slots=True, eq=False)
class Worker:
    index: int
    spec: WorkerSpec
    loops: list[Workloop] = field(default_factory=list)
    stage: Stage = Stage.GONE
    """Of its process."""
    began: int = 0
    """When its process was started (F-1)."""
    kill_at: int = 0
    """When SIGKILL comes, once it got SIGTERM (W-20 e)."""
    connection: Connection | None = None
    """Its socket, while that is open for all that it knows."""
    is_joined: bool = False
    """It has joined the queue's channel: claims can be sent (W-11)."""
    attempts: int = 0
    """To reconnect (W-12)."""
    rejoins: int = 0
    """Attempts to join the queue's channel again while the socket lives (W-21)."""
    buffered: list[Claim] = field(default_factory=list)
    """W-11"""
    holds: list[Hold] = field(default_factory=list)
    """Runs that its process holds, in the order in which their channels were made."""
    loaded_at: dict[int, int] = field(default_factory=dict)
    """By adaptor (I-10)."""
    share: Share | None = None
    """Of its cores (R-4)."""
    services: dict[Service, None] = field(default_factory=dict)
    """Of its runs that have phases, in the order in which they began."""
    memory: int = 0
    """That these take (R-5)."""

    @property
    def is_ideal(self) -> bool:
        return self.spec.dispatch == "ideal"

    @property
    def is_whole(self) -> bool:
        """Whether the lives of its runs are simulated message by message."""
        return self.spec.run_channel == "whole" and not self.is_ideal

    @property
    def is_shared(self) -> bool:
        """Whether its runs share more than its slots (R-4, R-5)."""
        return self.spec.cores is not None or self.spec.memory is not None

    @property
    def channel(self) -> QueueChannel | None:
        """Lightning's process for its claims and notifications."""
        return None if self.connection is None else self.connection.channel


# --- a connection, and Lightning's processes for it ---


@dataclass(slots=True, eq=False)
class Connection:
    """One socket, from its opening on. It may outlive what its worker knows of it: Lightning works off what has arrived (L-23, L-30)."""

    worker: Worker
    opened_at: int
    dies_at: int
    """When Lightning goes down, and its processes for this connection with it (I-1)."""
    is_cut: bool = False
    """What is on the wire is lost, both ways (W-16)."""
    is_mute: bool = False
    """It is cut, and nobody knows (W-25)."""
    is_abandoned: bool = False
    """The worker's process has ended: what it had sent still arrives, and nobody hears the answers (W-24)."""
    channel: QueueChannel | None = None
    """The last one joined."""
    done_at: dict[int, int] = field(default_factory=dict)
    """By run: when the process of its channel is done with what has arrived (L-30)."""

    @property
    def is_dead(self) -> bool:
        """Whether nothing reaches the worker any more."""
        return self.is_cut or self.is_abandoned

    def reaches(self, now: int) -> bool:
        """Whether what arrives at Lightning now does: not once its socket has closed (W-16), or Lightning went down with all its processes
        (I-1). The end of the worker's process keeps nothing from arriving (W-24)."""
        return not self.is_cut and now < self.dies_at


@dataclass(slots=True, eq=False)
class QueueChannel:
    """L-23: one process, which takes claims and notifications one at a time, in the order of their arrival."""

    connection: Connection
    inbox: deque[Claim | None] = field(default_factory=deque)
    """None: a notification."""
    busy: Claim | None = None
    """That it has a query for, or waits for a connection to the database with (L-26)."""
    is_dead: bool = False
    """It has crashed (W-21)."""
    is_announcing: bool = False
    """L-17: a debounce timer is pending."""
    due: int = 0
    """Notifications pending, waiting or under way (L-17)."""


@dataclass(slots=True, eq=False)
class Database:
    """L-25, L-26"""

    queries: list[Claim] = field(default_factory=list)
    """In the order in which they began."""
    waiting: deque[Claim] = field(default_factory=deque)
    """For a connection of the pool."""
    attained: int = 0
    """How far each query that began long ago would have got (L-25)."""
    updated_at: int = 0
    """When that was true."""
    turn: Event | None = None
    """The end of the first of several queries that share the processors."""


# --- a run on its worker ---


@dataclass(slots=True, eq=False)
class Hold:
    """A run that a worker's process holds, or has held (lives.md)."""

    run: RunRow
    loop: Workloop
    outcome: State
    """That `run:complete` says."""
    missing: int
    """Credentials that are not there yet (W-15)."""
    joining: Message | None = None
    """A join that is not answered yet."""
    has_joined: bool = False
    """At least once."""
    is_joined: bool = False
    """Now."""
    is_gone: bool = False
    """Its channel is left, or could not be joined again."""
    buffered: list[Message] = field(default_factory=list)
    """W-23"""
    has_all_credentials: bool = True
    has_open_step: bool = False
    has_ended: bool = False
    """In the engine, which emits nothing any more."""
    events: deque[EngineEvent] = field(default_factory=deque)
    """Q of W-22."""
    is_settled: bool = True
    guard: Event | None = None


@dataclass(slots=True, eq=False)
class Service:
    """Of a run that has phases: it calls others, uses resources, or shares what its worker has (docs/chains.md)."""

    run: RunRow
    loop: Workloop
    hold: Hold | None
    """Where its life is whole."""
    next_call: int
    """Row of the run that it calls next, or NEVER."""
    next_use: int
    """Place in the run table's uses: of the one that has begun, or of the next."""
    end_use: int
    """Behind its last."""
    done: int = 0
    """How far its own work has come when its present phase is over."""
    work: Event | None = None
    """The end of its present phase, unless it shares; or its next attempt to use a resource (R-3)."""
    timeout: Event | None = None
    patience: Event | None = None
    """The end of it, while it waits."""
    awaits: int = NEVER
    """Row of the run whose end it waits for, or NEVER."""
    resource: Resource | None = None
    """That it uses, or waits for."""
    has_place: bool = False
    """There (R-1)."""
    refusals: int = 0
    """Of this use (R-3)."""
    share: Share | None = None
    """Among whose users it is."""
    memory: int = 0
    """That it takes on its worker (R-5)."""


@dataclass(slots=True, eq=False)
class Share:
    """Processors that services share (R-2, R-4, `rules.sharing`)."""

    numerator: int
    denominator: int
    users: dict[Service, tuple[int, int]] = field(default_factory=dict)
    """And the virtual time at which each has worked as much as it was to, with its row: who comes first of equal ones."""
    order: list[tuple[int, int, Service]] = field(default_factory=list)
    """A heap of the same; some of it may have left."""
    virtual: int = 0
    """How far virtual time has come."""
    updated_at: int = 0
    """When that was true."""
    turn: Event | None = None
    """The first of them comes so far."""


@dataclass(slots=True, eq=False)
class Resource:
    spec: ResourceSpec
    share: Share | None
    used: int = 0
    """Services that have a place (R-1)."""
    line: dict[Service, None] = field(default_factory=dict)
    """Those that wait for one, in order."""
    full_at: int = 0
    """`rules.rate_limit` (R-3)"""


@dataclass(slots=True, eq=False)
class Telling:
    """A handler at work (W-22a)."""

    hold: Hold
    handler: Handler
    is_queued: bool
    """It tells an event of the queue (W-22); W-15b's does not."""
    place: int = 0
    """Of the message that it waits for."""


@dataclass(slots=True, eq=False)
class Message:
    """On a run's channel (W-23). It ends once, acknowledged or failed."""

    hold: Hold
    kind: MessageKind
    telling: Telling | None = None
    """That pushed it, if one did."""
    connection: Connection | None = None
    """That it was sent on."""
    timeout: Event | None = None
    is_over: bool = False
    is_silent: bool = False
    """Lightning does not answer it."""


# --- the rest ---


@dataclass(slots=True, eq=False)
class Autoscaler:
    spec: AutoscalerSpec
    workers: Sequence[Worker]
    queues: Sequence[Sequence[str]]
    """Of each workloop of a worker (A-2)."""
    fewer_since: int = NOT_SINCE
    """`rules.autoscaling.decide`"""
    highest: int = 0


@dataclass(slots=True, eq=False)
class ChangesSoFar:
    """Of what holds back loops and runs (`wait_causes`). Causes are those of `rules.causes`."""

    of_loop: list[int]
    """By loop: what holds it back."""
    asked_at: npt.NDArray[np.int64]
    """By row of the run table: when the claim that won it was sent."""
    of_run: dict[int, int] = field(default_factory=dict)
    """By row of the run table."""
    version: int = 0
    """Of the table of active runs when it was last looked at."""
    loop_rows: list[tuple[int, int, int, int]] = field(default_factory=list)
    """(time, loop, was, cause)"""
    run_rows: list[tuple[int, int, int, int]] = field(default_factory=list)
    """(time, row of the run table, was, cause)"""
