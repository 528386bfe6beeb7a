"""The table of event kinds, which every engine reads: what happens at which rank, who handles it, and what it is about.

A row says: number, rank (`rules.order`), handler, subject, and whether the event ends with its worker's process. The handler is
"module.function" in the package of either engine, which calls it with its world and the subject. Each engine schedules by kind:

- kinds of rank FOLLOW_UP with `event_list.follow_up`, all others with `event_list.after` or `event_list.at`;
- a new kind is a new row here, a function of that name in both engines, and a branch in the kernel's `event_loop.dispatch`.
"""

from __future__ import annotations

from enum import IntEnum

from fastlanes_sim.rules.order import Rank


class Subject(IntEnum):
    """What an event is about."""

    NOTHING = 0
    WORKER = 1
    WORKLOOP = 2
    SEGMENT = 3
    """One use of the backoff helper (W-2)."""
    CLAIM = 4
    RUN = 5
    """A run that a worker has in hand. While it has, exactly one event of this subject waits."""
    ROW = 6
    """A row of the run table: a request."""
    AUTOSCALER = 7
    CONNECTION = 8
    """One socket of a worker, with the processes that Lightning has for it."""
    CHANNEL = 9
    """Lightning's process for the queue's channel of a connection (L-23)."""
    HOLD = 10
    """A run that a worker holds whose life is simulated message by message. Any number of events of it may wait."""
    MESSAGE = 11
    """On a run's channel (W-23)."""
    SERVICE = 12
    """The service of a run that has phases, on its worker (K-2). Any number of events of it may wait."""
    SHARE = 13
    """Processors that services share: of a resource (R-2), or of a worker (R-4)."""


ENDS, STAYS = True, False
"""With the process of the worker that it is about: what the process planned ends with it, what is on the wire or Lightning's stays."""


class Kind(IntEnum):
    """Every kind of event."""

    rank: Rank
    handler: str
    subject: Subject
    ends_with_process: bool

    def __new__(cls, number: int, rank: Rank, handler: str, subject: Subject, ends_with_process: bool) -> Kind:
        kind = int.__new__(cls, number)
        kind._value_ = number
        kind.rank, kind.handler, kind.subject, kind.ends_with_process = rank, handler, subject, ends_with_process
        return kind

    # fmt: off
    # from outside
    ARRIVAL        =  0, Rank.ARRIVAL,   "callers.arrive",          Subject.ROW,        STAYS  # a request of the run table (L-22)
    OUTAGE         =  1, Rank.OUTAGE,    "connection.outage",       Subject.WORKER,     STAYS  # it has no way to Lightning (W-12)
    MUTE           =  2, Rank.STOP,      "connection.mute",         Subject.WORKER,     STAYS  # its connection goes mute (W-25)
    CHANNEL_CRASH  =  3, Rank.STOP,      "queue_channel.crash_of",  Subject.WORKER,     STAYS  # its queue's channel dies (W-21)
    STOP           =  4, Rank.STOP,      "process.terminate",       Subject.WORKER,     STAYS  # SIGTERM, or a crash (W-20, F-5)

    # timers: the connection
    OPEN           =  5, Rank.TIMER,     "connection.opened",       Subject.WORKER,     ENDS   # its socket opens (W-11)
    RECONNECT      =  6, Rank.TIMER,     "connection.reconnect",    Subject.WORKER,     ENDS   # it tries to open it again (W-12)
    REFUSED        =  7, Rank.TIMER,     "connection.refused",      Subject.WORKER,     ENDS   # that has failed
    NOTICED        =  8, Rank.TIMER,     "connection.notice_mute",  Subject.CONNECTION, ENDS   # a heartbeat was not answered (W-25)
    QUEUE_JOIN     =  9, Rank.TIMER,     "queue_channel.join",      Subject.CONNECTION, STAYS  # its queue's join reaches Lightning (W-11)
    QUEUE_JOINED   = 10, Rank.TIMER,     "connection.queue_joined", Subject.CHANNEL,    STAYS  # the answer to it arrives
    CHANNEL_LOST   = 11, Rank.TIMER,     "connection.queue_lost",   Subject.CONNECTION, STAYS  # its worker learns of the crash (W-21)
    REJOIN         = 12, Rank.TIMER,     "connection.rejoin_queue", Subject.CONNECTION, ENDS   # it joins the channel again (W-21)
    DEBOUNCED      = 13, Rank.TIMER,     "worker.debounced",        Subject.CHANNEL,    STAYS  # Lightning tells of new runs (L-17)
    NOTIFIED       = 14, Rank.TIMER,     "worker.notified",         Subject.CHANNEL,    STAYS  # the notification arrives (W-14)

    # timers: a claim in flight
    ARRIVED        = 15, Rank.TIMER,     "queue_channel.arrived",   Subject.CLAIM,      STAYS  # it reaches Lightning (L-23)
    QUERIED        = 16, Rank.TIMER,     "queue_channel.queried",   Subject.CLAIM,      STAYS  # its query is over (L-24)
    SHARED         = 17, Rank.TIMER,     "queue_channel.turned",    Subject.NOTHING,    STAYS  # one of several queries is over (L-25)
    DECIDED        = 18, Rank.TIMER,     "worker.decided",          Subject.CLAIM,      STAYS  # it is decided, among parallel ones (W-16)
    REPLIED        = 19, Rank.TIMER,     "worker.replied",          Subject.CLAIM,      STAYS  # the reply arrives
    EXPIRED        = 20, Rank.TIMER,     "worker.expired",          Subject.CLAIM,      ENDS   # its timeout

    # timers: a run on a worker
    VERIFIED       = 21, Rank.TIMER,     "execution.verified",      Subject.RUN,        ENDS   # its token is verified (W-8)
    JOINED         = 22, Rank.TIMER,     "simplified.joined",       Subject.RUN,        ENDS   # its channel is joined, simplified
    ENDED          = 23, Rank.TIMER,     "simplified.ended",        Subject.RUN,        ENDS   # it ends, simplified (L-19)
    MESSAGE_IN     = 24, Rank.TIMER,     "run_channel.arrived",     Subject.MESSAGE,    STAYS  # it reaches Lightning (L-30)
    MESSAGE_DONE   = 25, Rank.TIMER,     "run_channel.processed",   Subject.MESSAGE,    STAYS  # Lightning has worked on it (L-30)
    MESSAGE_BACK   = 26, Rank.TIMER,     "execution.answered",      Subject.MESSAGE,    STAYS  # the answer arrives
    MESSAGE_LATE   = 27, Rank.TIMER,     "execution.expired",       Subject.MESSAGE,    ENDS   # it is not answered in time (W-23)
    PLAN_READ      = 28, Rank.TIMER,     "execution.fetch_input",   Subject.HOLD,       ENDS   # the wait after the plan is over (W-15)
    INSTALLED      = 29, Rank.TIMER,     "execution.installed",     Subject.HOLD,       ENDS   # the engine has what it needs (W-15)
    KILLED         = 30, Rank.TIMER,     "execution.killed",        Subject.HOLD,       ENDS   # the run's timeout (L-19)
    STARTED        = 31, Rank.TIMER,     "execution.started",       Subject.HOLD,       ENDS   # the engine starts the run
    LOGGED         = 32, Rank.TIMER,     "execution.logged",        Subject.HOLD,       ENDS   # the run writes a log line
    FINISHED       = 33, Rank.TIMER,     "execution.finished",      Subject.HOLD,       ENDS   # the run ends by itself
    GUARDED        = 34, Rank.TIMER,     "run_events.finish",       Subject.HOLD,       ENDS   # a handler has taken too long (W-22)

    # timers: the chains of a workloop
    SLEPT          = 35, Rank.TIMER,     "workloop.slept",          Subject.SEGMENT,    ENDS   # its sleep is over (W-7)
    SETTLED        = 36, Rank.TIMER,     "workloop.start_chain",    Subject.WORKLOOP,   ENDS   # a chain's next segment begins (W-9)
    CONTINUED      = 37, Rank.TIMER,     "workloop.continue_chain", Subject.SEGMENT,    ENDS   # the same, of a single chain

    # timers: callers, and Lightning itself
    UNANSWERED     = 38, Rank.TIMER,     "callers.after_no_reply",  Subject.ROW,        STAYS  # time to ask again after no reply (L-20)
    REFUSED_BEFORE = 39, Rank.TIMER,     "callers.request",         Subject.ROW,        STAYS  # an attempt after a 429 or 503
    TURNED         = 40, Rank.TIMER,     "ideal.turned",            Subject.NOTHING,    STAYS  # Lightning goes down, or is back (I-6)

    # timers: a run that calls others, uses resources, or shares what its worker has
    PHASE_OVER     = 41, Rank.TIMER,     "service.due",             Subject.SERVICE,    ENDS   # it comes to a call, a use, or its end (K-2)
    TURN           = 42, Rank.TIMER,     "service.turned",          Subject.SHARE,      STAYS  # one that shares has come so far
    ASK_AGAIN      = 43, Rank.TIMER,     "service.ask",             Subject.SERVICE,    ENDS   # a resource has refused it before

    # behind the timers
    KILL           = 44, Rank.KILL,      "process.kill",            Subject.WORKER,     STAYS  # SIGKILL (W-20, F-4)
    TIMED_OUT      = 45, Rank.KILL,      "calls.timed_out",         Subject.SERVICE,    ENDS   # its timeout (L-19, K-7)
    UNHEARD        = 46, Rank.KILL,      "calls.unheard",           Subject.SERVICE,    ENDS   # it has waited long enough (K-5)
    POLL           = 47, Rank.POLL,      "autoscaler.poll",         Subject.AUTOSCALER, STAYS  # it counts the runs
    JANITOR        = 48, Rank.JANITOR,   "janitor.come",            Subject.NOTHING,    STAYS  # it marks runs as lost (L-18)

    # follow-ups
    CONNECTED      = 49, Rank.FOLLOW_UP, "connection.connected",    Subject.WORKER,     ENDS   # it knows of its socket, simplified (W-11)
    REPLY          = 50, Rank.FOLLOW_UP, "worker.replied",          Subject.CLAIM,      STAYS  # a reply without any latency (W-19)
    START          = 51, Rank.FOLLOW_UP, "simplified.start",        Subject.RUN,        ENDS   # it starts, simplified
    NEXT           = 52, Rank.FOLLOW_UP, "run_events.next_event",   Subject.HOLD,       ENDS   # the engine's next event is told (W-22)
    REACT          = 53, Rank.FOLLOW_UP, "workloop.react",          Subject.SEGMENT,    ENDS   # to an empty reply (W-7)
    WAKE           = 54, Rank.FOLLOW_UP, "workloop.wake",           Subject.SEGMENT,    ENDS   # after its sleep (W-7)
    SETTLE_SOON    = 55, Rank.FOLLOW_UP, "workloop.settle_soon",    Subject.SEGMENT,    ENDS   # follow-ups before the next (W-19)
    SETTLE         = 56, Rank.FOLLOW_UP, "workloop.settle",         Subject.SEGMENT,    ENDS   # its promise is fulfilled (W-9)
    ANSWERED       = 57, Rank.FOLLOW_UP, "calls.answered",          Subject.SERVICE,    ENDS   # the run that it waits for has ended (K-5)
    # fmt: on


def forgotten(number: int, where: str) -> NotImplementedError:
    """What an engine raises that does not handle a kind of the table."""
    kind = Kind(number)  # type: ignore[call-arg]  # mypy takes it for a new member
    return NotImplementedError(f"{where} does not handle the event kind {kind.name}: hint: it should call {kind.handler}")
