"""A socket of one worker: its wires, its channels, and what becomes of a frame."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from fastlanes_sim.rig.frames import Frame, decode, encode, encode_reply
from fastlanes_sim.rig.lightning import Lightning
from fastlanes_sim.rig.plans import row_of
from fastlanes_sim.rig.queue_channel import QueueChannel
from fastlanes_sim.rig.recording import SeenClaim
from fastlanes_sim.rig.roster import layout_text
from fastlanes_sim.rig.run_channel import RunChannel
from fastlanes_sim.rig.wire import Wire
from fastlanes_sim.rules.claim import sanitise_queues

QUEUE, RUN = "worker:queue", "run:"
MOST_CHANNELS = 1_000
"""Of one connection."""


class Socket(Protocol):
    """What a connection needs of its transport."""

    def send(self, data: str | bytes) -> None:
        """Never waits and never fails: what cannot be sent is lost."""

    def abort(self) -> None:
        """Close it without a word."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A frame on its way to Lightning."""

    frame: Frame
    edge: int
    """When it came out of the socket."""
    claim: SeenClaim | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    data: str | bytes
    left: Callable[[int], None]
    """To be called with the instant at which it leaves."""


def _unobserved(at: int) -> None:
    """Nobody wants to know when that one left."""


class Connection:
    """From the opening of a socket to its end."""

    def __init__(
        self, lightning: Lightning, worker: int, number: int, socket: Socket, joined: Callable[[Connection, str], None], process: str = ""
    ) -> None:
        """`joined` is told the worker's layout and may change which of the scenario's workers it is; `process` is its own id."""
        self.worker = worker
        self.number = number
        self.process = process
        self.opened_at = lightning.clock.now
        self.has_joined = False
        self._lightning = lightning
        self._socket = socket
        self._joined = joined
        self._queue: QueueChannel | None = None
        self._runs: dict[str, tuple[str | None, RunChannel]] = {}
        """By topic, with the reference of its join."""
        self._join_answered: dict[str, int] = {}
        """By topic, when the answer to the join left."""
        self._up: Wire[Incoming | None] = Wire(lightning.up, self._arrives)
        self._down: Wire[Outgoing] = Wire(lightning.down, self._leaves)
        self._is_open = True

    # --- the socket ---

    def receive(self, data: str | bytes) -> None:
        """A frame comes out of the socket.

        Raises:
            FrameError: it is none.
        """
        frame, edge = decode(data), self._lightning.clock.now
        claim = None
        if frame.topic == QUEUE and frame.event == "claim" and self.has_joined:
            payload = frame.payload if isinstance(frame.payload, dict) else {}
            claim = SeenClaim(self.worker, self.number, sanitise_queues(payload.get("queues")), edge)
            self._lightning.recording.claims.append(claim)
        elif frame.event == "phx_leave" and frame.topic in self._runs:
            self._note_freed(self._runs[frame.topic][1].row, edge)
        elif frame.event == "fetch:plan" and frame.topic in self._join_answered:
            self._lightning.recording.turnarounds.append(edge - self._join_answered.pop(frame.topic))
        self._up.send(Incoming(frame, edge, claim))

    @property
    def waiting(self) -> int:
        """Claims and messages that have come to Lightning and are not worked on yet."""
        return (0 if self._queue is None else self._queue.waiting) + sum(channel.waiting for _, channel in self._runs.values())

    def closed(self) -> None:
        """The worker has closed the socket, or is gone. What it had sent still reaches Lightning (W-24)."""
        if self._is_open:
            self._is_open = False
            self._note("closed")
            self._down.cut()
            self._up.send(None)

    def cut(self) -> None:
        """An outage: the socket closes, and what is on the wire is lost, both ways (W-16)."""
        if self._is_open:
            self._is_open = False
            self._note("closed")
            self._silence()
        self._socket.abort()

    def go_mute(self) -> None:
        """W-25: nothing comes through any more, and nobody is told."""
        self._note("mute")
        self._silence()

    def kill(self) -> None:
        """Lightning goes down, and with it its processes (I-1)."""
        self.cut()
        if self._queue is not None:
            self._queue.kill()
        for _, channel in self._runs.values():
            channel.kill()

    def _silence(self) -> None:
        self._up.cut()
        self._down.cut()
        self._end()

    def _end(self) -> None:
        if self._queue is not None:
            self._queue.leave()
        for _, channel in self._runs.values():
            channel.leave()

    def _note(self, kind: Any, detail: str = "") -> None:
        self._lightning.recording.note(self._lightning.clock.now, self.worker, kind, detail)

    def _note_freed(self, row: int, edge: int) -> None:
        seen = self._lightning.recording.runs[row]
        if seen.freed_at is None:
            seen.freed_at = edge

    # --- frames ---

    def _arrives(self, incoming: Incoming | None) -> None:
        if incoming is None:
            self._end()
            return
        frame = incoming.frame
        if frame.topic == "phoenix" and frame.event == "heartbeat":
            self._reply(frame, "ok", {})
        elif frame.event == "phx_join":
            self._join(frame)
        elif frame.event == "phx_leave":
            self._leave(frame)
        elif frame.topic == QUEUE and self._queue is not None and incoming.claim is not None:
            self._queue.claim(frame, incoming.claim)
        elif frame.topic in self._runs:
            self._runs[frame.topic][1].message(frame, incoming.edge)
        else:
            self._refuse(frame, "unknown event" if frame.topic == QUEUE and self._queue is not None else "unmatched topic")

    def _join(self, frame: Frame) -> None:
        if frame.topic == QUEUE:
            self._join_queue(frame)
        elif frame.topic.startswith(RUN):
            self._join_run(frame)
        else:
            self._refuse(frame, "unmatched topic")

    def _join_queue(self, frame: Frame) -> None:
        if self._queue is not None:  # Phoenix: a channel joined twice is a new one
            self._queue.leave()
        payload = frame.payload if isinstance(frame.payload, dict) else {}
        if not self.has_joined:
            self.has_joined = True
            self._joined(self, layout_text(payload.get("queues")))
        self._queue = QueueChannel(self._lightning, frame, self._reply, self._notify, lambda: self._crash(frame))
        self._reply(frame, "ok", {}, lambda at: self._lightning.recording.note(at, self.worker, "joined"))

    def _join_run(self, frame: Frame) -> None:
        lightning, payload = self._lightning, frame.payload if isinstance(frame.payload, dict) else {}
        text = frame.topic.removeprefix(RUN)
        row = row_of(text, len(lightning.recording.runs))
        if row is None or not lightning.keys.is_of_run(payload.get("token"), text):
            self._refuse(frame, "unauthorized" if row is not None else "not_found")
            return
        if len(self._runs) >= MOST_CHANNELS:
            self._refuse(frame, "too many channels")
            return
        if lightning.table.join_fails[row]:  # W-15
            self._reply(frame, "error", {"reason": "unauthorized"}, lambda at: self._note_freed(row, at))
            return
        before = self._runs.pop(frame.topic, None)
        if before is not None:
            before[1].leave()
        self._runs[frame.topic] = (frame.join_ref, RunChannel(lightning, row, self._reply))

        def left(at: int) -> None:
            seen = lightning.recording.runs[row]
            if seen.joined_at is None:
                seen.joined_at = self._join_answered[frame.topic] = at

        self._reply(frame, "ok", {}, left)

    def _leave(self, frame: Frame) -> None:
        if frame.topic == QUEUE and self._queue is not None:
            self._queue.leave()
            self._queue = None
        elif frame.topic in self._runs:
            self._runs.pop(frame.topic)[1].leave()
        self._reply(frame, "ok", {})
        self._push(Frame(frame.join_ref, frame.join_ref, frame.topic, "phx_close", {}))

    def _crash(self, join: Frame) -> None:
        """L-26, W-21: the process of the queue's channel has died while the socket lives."""
        self._queue = None
        self._note("channel-lost")
        self._push(Frame(join.join_ref, join.join_ref, join.topic, "phx_error", {}))

    def _refuse(self, frame: Frame, reason: str) -> None:
        self._lightning.recording.hostile += 1
        self._reply(frame, "error", {"reason": reason})

    def _reply(self, to: Frame, status: str, response: Any, left: Callable[[int], None] = _unobserved) -> None:
        self._down.send(Outgoing(encode_reply(to, status, response), left))

    def _push(self, frame: Frame) -> None:
        self._down.send(Outgoing(encode(frame), _unobserved))

    def _notify(self, frame: Frame) -> None:
        """L-17"""
        extra = max(0, self._lightning.notification - self._lightning.down)
        outgoing = Outgoing(encode(frame), lambda at: self._lightning.recording.note(at, self.worker, "work-available"))
        self._down.send(outgoing, extra)

    def _leaves(self, what: Outgoing) -> None:
        self._socket.send(what.data)
        what.left(self._lightning.clock.now)
