"""What the rig saw, as it happened. Times are microseconds by the rig's clock; None: it has not happened.

*At the edge* means at the worker's end of the wires that the rig plays: when a frame left the socket, or came out of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

EventKind = Literal["open", "joined", "closed", "mute", "channel-lost", "work-available", "sigterm", "exit", "refused", "hostile"]


@dataclass(slots=True, eq=False)
class SeenClaim:
    """One claim on a connection."""

    worker: int
    connection: int
    queues: tuple[str, ...]
    pushed_at: int
    """At the edge."""
    arrived_at: int | None = None
    """It is with Lightning (L-23)."""
    began_at: int | None = None
    """Its query began (L-24)."""
    decided_at: int | None = None
    replied_at: int | None = None
    """At the edge."""
    run: int | None = None
    """Row of the run table."""
    error: bool = False
    lost: str | None = None
    """"request" or "reply": the socket was gone (W-16)."""


@dataclass(slots=True, eq=False)
class SeenRun:
    """One run, in the row of the run table."""

    inserted_at: int | None = None
    refused_at: int | None = None
    began_at: int | None = None
    claimed_at: int | None = None
    worker: int | None = None
    claim: SeenClaim | None = None
    received_at: int | None = None
    joined_at: int | None = None
    """At the edge: the answer to the first join that was ok."""
    planned_at: int | None = None
    """At the edge: the answer to `fetch:plan`."""
    fetched_at: int | None = None
    """At the edge: the answer to `fetch:dataclip`."""
    started_at: int | None = None
    """The engine's start, by the worker's own clock where that is plausible."""
    finished_at: int | None = None
    ended_at: int | None = None
    """Lightning has processed `run:complete`, or the janitor has come."""
    told_at: int | None = None
    """At the edge: the answer to `run:complete`."""
    freed_at: int | None = None
    """At the edge: the worker left the run's channel (W-13), or its join was refused."""
    last_message: str = ""
    state: int = 0
    messages: int = 0


@dataclass(frozen=True, slots=True)
class Event:
    at: int
    worker: int
    kind: EventKind
    detail: str = ""


@dataclass(slots=True)
class Recording:
    """Everything of one session."""

    runs: list[SeenRun]
    claims: list[SeenClaim] = field(default_factory=list)
    """In the order in which they came out of the sockets."""
    events: list[Event] = field(default_factory=list)
    lags: list[int] = field(default_factory=list)
    """By how much each of the rig's own timers was late: how busy the machine is."""
    turnarounds: list[int] = field(default_factory=list)
    """From the answer to a join, at the edge, to the `fetch:plan` that it makes the worker send, at the edge: the real network's round
    trip, and a little of the worker."""
    layouts: dict[int, str] = field(default_factory=dict)
    """By worker, the workloops that it said it has when it joined."""
    versions: dict[int, str] = field(default_factory=dict)
    hostile: int = 0
    """Frames and requests that were refused."""
    zero: int = 0
    ended_on: int = 0
    interrupted: bool = False

    def note(self, at: int, worker: int, kind: EventKind, detail: str = "") -> None:
        self.events.append(Event(at, worker, kind, detail))
