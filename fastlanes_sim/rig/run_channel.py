"""Lightning's process for the channel `run:ID`: it works on the messages of one run one after another (L-30)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from fastlanes_sim.rig import plans
from fastlanes_sim.rig.frames import Frame
from fastlanes_sim.rig.lightning import Lightning
from fastlanes_sim.rig.queue_channel import Reply
from fastlanes_sim.rig.recording import SeenRun
from fastlanes_sim.rules.lifecycle import FINAL, State

_PLAUSIBLE = 60_000_000
"""µs that a message's own time may lie before its arrival."""
_REASONS = {
    "success": State.SUCCESS,
    "ok": State.SUCCESS,
    "fail": State.FAILED,
    "crash": State.CRASHED,
    "cancel": State.CANCELLED,
    "kill": State.KILLED,
    "exception": State.EXCEPTION,
}


class RunChannel:
    """One for each connection and run."""

    def __init__(self, lightning: Lightning, row: int, reply: Reply) -> None:
        self.row = row
        self._lightning = lightning
        self._reply = reply
        self._inbox: asyncio.Queue[tuple[Frame, int] | None] = asyncio.Queue()
        self._task = asyncio.create_task(self._work())

    @property
    def seen(self) -> SeenRun:
        return self._lightning.recording.runs[self.row]

    def message(self, frame: Frame, edge: int) -> None:
        """A message has come to Lightning; `edge`: when it came out of the socket."""
        self._inbox.put_nowait((frame, edge))

    @property
    def waiting(self) -> int:
        """Messages that have come and are not worked on yet."""
        return self._inbox.qsize()

    def leave(self) -> None:
        """Its socket has closed, or the worker has left. It ends when what has arrived is done."""
        self._inbox.put_nowait(None)

    def kill(self) -> None:
        """Lightning itself goes down (I-1), or the session is over."""
        self._task.cancel()

    async def _work(self) -> None:
        while (item := await self._inbox.get()) is not None:
            frame, edge = item
            if self._lightning.deployment.latency.message:
                await asyncio.sleep(self._lightning.deployment.latency.message / 1_000_000)
            answer = await self._answer(frame, edge)
            if answer is not None:
                self._reply(frame, *answer, self._left(frame.event))

    def _left(self, event: str) -> Callable[[int], None]:
        """What to note down when the answer leaves the socket."""
        names = {"fetch:plan": "planned_at", "fetch:dataclip": "fetched_at", "run:complete": "told_at"}

        def note(at: int) -> None:
            name = names.get(event)
            if name is not None and getattr(self.seen, name) is None:
                setattr(self.seen, name, at)

        return note

    async def _answer(self, frame: Frame, edge: int) -> tuple[str, Any] | None:
        """Status and response; None: it is never answered."""
        payload = frame.payload if isinstance(frame.payload, dict) else {}
        self.seen.messages += 1
        self.seen.last_message = frame.event
        match frame.event:
            case "fetch:plan":
                if self._lightning.table.plan_lost[self.row]:
                    return None
                workflow = self._lightning.deployment.workflows[self._lightning.table.workflow[self.row]].name
                return "ok", plans.plan(self._lightning.table, self.row, workflow)
            case "fetch:dataclip":
                return "ok", plans.INPUT
            case "fetch:credential":
                return "ok", {"username": "nobody"}
            case "run:start":
                if self.seen.started_at is None:
                    self.seen.started_at = self._time_of(payload, edge)
                await self._lightning.start(self.row)
                return "ok", None
            case "step:start" | "step:complete":
                if not isinstance(payload.get("job_id"), str) or not isinstance(payload.get("step_id"), str):
                    return "error", {"errors": {"job_id": ["This field can't be blank."]}}
                if frame.event == "step:complete" and self.seen.state not in FINAL:
                    self.seen.finished_at = self._time_of(payload, edge)  # the engine's end, unless `run:complete` knows better
                return "ok", {"step_id": payload["step_id"]}
            case "run:log":
                return ("ok", {"log_line_id": None}) if "message" in payload else ("error", {"errors": {"message": ["can't be blank"]}})
            case "run:batch_logs":
                return ("ok", None) if isinstance(payload.get("logs"), list) else ("error", {"errors": {"logs": ["is invalid"]}})
            case "run:complete":
                return await self._complete(payload, edge)
            case _:
                return "error", {"reason": "unknown event"}

    async def _complete(self, payload: dict[str, Any], edge: int) -> tuple[str, Any]:
        reason = payload.get("reason")
        state = _REASONS.get(reason) if isinstance(reason, str) else None
        if state is None:
            return "error", {"errors": {"state": ["is invalid"]}}
        if "timestamp" in payload or self.seen.finished_at is None:
            self.seen.finished_at = self._time_of(payload, edge)
        if self.seen.started_at is not None:
            self.seen.finished_at = max(self.seen.finished_at, self.seen.started_at)
        if not await self._lightning.finish(self.row, state):
            return "error", {"errors": {"state": ["already in completed state"]}}
        return "ok", None

    def _time_of(self, payload: dict[str, Any], edge: int) -> int:
        """When the worker says that it was, by its clock (µs, as text), if that can be; else the instant at which its message came."""
        text = payload.get("timestamp")
        if not self._lightning.trusts_clocks or not isinstance(text, str) or not text.isascii() or not text.isdecimal() or len(text) > 20:
            return edge
        said = self._lightning.clock.of_epoch(int(text))
        return said if edge - _PLAUSIBLE <= said <= edge else edge
