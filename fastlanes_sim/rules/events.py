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
    STOP           =  2, Rank.STOP,      "process.terminate",       Subject.WORKER,     STAYS  # SIGTERM, or a crash (F-2, F-5)

    # timers: the connection
    OPEN           =  3, Rank.TIMER,     "connection.opened",       Subject.WORKER,     ENDS   # its socket opens (W-12)
    RECONNECT      =  4, Rank.TIMER,     "connection.reconnect",    Subject.WORKER,     ENDS   # it tries to open its socket again
    REFUSED        =  5, Rank.TIMER,     "connection.refused",      Subject.WORKER,     ENDS   # that has failed
    DEBOUNCED      =  6, Rank.TIMER,     "worker.debounced",        Subject.WORKER,     STAYS  # Lightning notifies it of new runs (L-17)
    NOTIFIED       =  7, Rank.TIMER,     "worker.notified",         Subject.WORKER,     STAYS  # the notification arrives (W-14)

    # timers: a claim in flight
    DECIDED        =  8, Rank.TIMER,     "worker.decided",          Subject.CLAIM,      STAYS  # Lightning decides it (W-16)
    REPLIED        =  9, Rank.TIMER,     "worker.replied",          Subject.CLAIM,      STAYS  # the reply arrives
    EXPIRED        = 10, Rank.TIMER,     "worker.expired",          Subject.CLAIM,      ENDS   # its timeout

    # timers: a run on a worker
    VERIFIED       = 11, Rank.TIMER,     "execution.verified",      Subject.RUN,        ENDS   # its token is verified (W-8)
    JOINED         = 12, Rank.TIMER,     "execution.joined",        Subject.RUN,        ENDS   # its channel is joined (W-15)
    ENDED          = 13, Rank.TIMER,     "execution.ended",         Subject.RUN,        ENDS   # it finishes, or is killed (L-19)

    # timers: the chains of a workloop
    SLEPT          = 14, Rank.TIMER,     "workloop.slept",          Subject.SEGMENT,    ENDS   # its sleep is over (W-7)
    SETTLED        = 15, Rank.TIMER,     "workloop.start_chain",    Subject.WORKLOOP,   ENDS   # the next segment of a chain begins (W-9)
    CONTINUED      = 16, Rank.TIMER,     "workloop.continue_chain", Subject.SEGMENT,    ENDS   # the same, where a loop has one chain only

    # timers: callers, and Lightning itself
    UNANSWERED     = 17, Rank.TIMER,     "callers.after_no_reply",  Subject.ROW,        STAYS  # to ask again, if there was no reply (L-20)
    REFUSED_BEFORE = 18, Rank.TIMER,     "callers.request",         Subject.ROW,        STAYS  # an attempt after a 429 or 503
    TURNED         = 19, Rank.TIMER,     "ideal.turned",            Subject.NOTHING,    STAYS  # Lightning goes down, or is back (I-6)

    # behind the timers
    KILL           = 20, Rank.KILL,      "process.end",             Subject.WORKER,     ENDS   # its grace period is over (F-4)
    POLL           = 21, Rank.POLL,      "autoscaler.poll",         Subject.AUTOSCALER, STAYS  # it counts the runs
    JANITOR        = 22, Rank.JANITOR,   "janitor.come",            Subject.NOTHING,    STAYS  # it marks runs as lost (L-18)

    # follow-ups
    CONNECTED      = 23, Rank.FOLLOW_UP, "connection.connected",    Subject.WORKER,     ENDS   # it knows that its socket is open (W-11)
    REPLY          = 24, Rank.FOLLOW_UP, "worker.replied",          Subject.CLAIM,      STAYS  # a reply without any latency (W-19)
    START          = 25, Rank.FOLLOW_UP, "execution.start",         Subject.RUN,        ENDS   # it has joined its channel (W-15)
    REACT          = 26, Rank.FOLLOW_UP, "workloop.react",          Subject.SEGMENT,    ENDS   # to an empty reply (W-7)
    WAKE           = 27, Rank.FOLLOW_UP, "workloop.wake",           Subject.SEGMENT,    ENDS   # after its sleep (W-7)
    SETTLE_SOON    = 28, Rank.FOLLOW_UP, "workloop.settle_soon",    Subject.SEGMENT,    ENDS   # one follow-up before the next (W-19)
    SETTLE         = 29, Rank.FOLLOW_UP, "workloop.settle",         Subject.SEGMENT,    ENDS   # its promise is fulfilled (W-9)
    # fmt: on


def forgotten(number: int, where: str) -> NotImplementedError:
    """What an engine raises that does not handle a kind of the table."""
    kind = Kind(number)  # type: ignore[call-arg]  # mypy takes it for a new member
    return NotImplementedError(f"{where} does not handle the event kind {kind.name}: hint: it should call {kind.handler}")
