"""Lightning's process for `worker:queue`: it decides the claims of its connection one after another, and notifies (L-17, L-23)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from fastlanes_sim.rig.frames import Frame
from fastlanes_sim.rig.lightning import Lightning
from fastlanes_sim.rig.plans import run_id
from fastlanes_sim.rig.recording import SeenClaim
from fastlanes_sim.rig.run_store import StoreLostError
from fastlanes_sim.rules.claim import sanitise_queues
from fastlanes_sim.rules.lifecycle import State

MOST_DEMANDED = 100
"""Of one claim. No worker asks for more than one."""
Reply = Callable[[Frame, str, Any, Callable[[int], None]], None]
"""(to, status, response, what is to be called with the instant at which it leaves the socket)."""


class QueueChannel:
    """One for each connection that has joined."""

    def __init__(
        self, lightning: Lightning, join: Frame, reply: Reply, notify: Callable[[Frame], None], crashed: Callable[[], None]
    ) -> None:
        self._lightning = lightning
        self._join = join
        self._reply = reply
        self._notify = notify
        self._crashed = crashed
        self._inbox: asyncio.Queue[tuple[Frame, SeenClaim] | None] = asyncio.Queue()
        self._debounce: asyncio.TimerHandle | None = None
        self._is_silent = False
        self.is_dead = False
        """Its socket has closed: what has arrived is decided all the same (W-16)."""
        self._task = asyncio.create_task(self._work())
        lightning.listeners.append(self)

    def claim(self, frame: Frame, seen: SeenClaim) -> None:
        """A claim has come to Lightning."""
        seen.arrived_at = self._lightning.clock.now
        self._inbox.put_nowait((frame, seen))

    def announce(self) -> None:
        """L-17: runs created while the timer is pending start no second one."""
        debounce = self._lightning.deployment.lightning.debounce
        if debounce is not None and self._debounce is None and not self.is_dead:
            self._debounce = asyncio.get_running_loop().call_later(debounce / 1_000_000, self._debounced)

    def _debounced(self) -> None:
        self._debounce = None
        self._inbox.put_nowait(None)

    @property
    def waiting(self) -> int:
        """Messages that have come and are not worked on yet."""
        return self._inbox.qsize()

    def leave(self) -> None:
        """Its socket has closed, or the worker has left: no more notifications. It ends when its claims are decided."""
        self.is_dead = True
        if self in self._lightning.listeners:
            self._lightning.listeners.remove(self)
        if self._debounce is not None:
            self._debounce.cancel()
            self._debounce = None
        if self._inbox.empty():
            self._inbox.put_nowait(None)

    def kill(self) -> None:
        """Lightning itself goes down (I-1), or the session is over: whatever it is at, it is at nothing now."""
        self.leave()
        self._task.cancel()

    async def _work(self) -> None:
        while not (self.is_dead and self._inbox.empty()):
            item = await self._inbox.get()
            if item is not None:
                if not await self._decide(*item):
                    return
            elif not self.is_dead:
                join = self._join
                self._notify(Frame(join.join_ref, None, join.topic, "work-available", {}))

    async def _decide(self, frame: Frame, seen: SeenClaim) -> bool:
        """L-23, L-24; False where the query was broken off, and this process with it (L-26)."""
        lightning, now = self._lightning, self._lightning.clock
        payload = frame.payload if isinstance(frame.payload, dict) else {}
        demand = payload.get("demand", 1)
        if isinstance(demand, bool) or not isinstance(demand, int) or not 1 <= demand <= MOST_DEMANDED:
            seen.error, seen.began_at, seen.decided_at = True, now.now, now.now
            self._reply(frame, "error", {"errors": {"demand": ["is invalid"]}}, lambda at: setattr(seen, "replied_at", at))
            return True
        async with lightning.database.connection():
            seen.began_at = now.now
            takes = lightning.database.takes(now.elapsed, lightning.store.active)
            slow = takes if lightning.database.is_slow(now.elapsed) else 0
            query = await lightning.store.begin(sanitise_queues(payload.get("queues")), demand, slow)
            try:
                if not lightning.store.takes_its_own_time:
                    await lightning.database.query(takes)
                is_unheard = self.is_dead and lightning.deployment.lightning.puts_back  # L-27
                rows = await query.end(0 if is_unheard else demand)
            except (TimeoutError, StoreLostError):  # in Lightning either ends the process of the channel
                await query.cancel()
                seen.lost = "request"
                self.leave()
                self._crashed()
                return False
        seen.decided_at = now.now
        for row in rows:
            run = lightning.recording.runs[row]
            run.began_at, run.claimed_at, run.worker, run.claim, run.state = (
                seen.began_at,
                seen.decided_at,
                seen.worker,
                seen,
                State.CLAIMED,
            )
        seen.run = rows[0] if rows else None
        if self.is_dead or lightning.drops_reply(seen.run):
            seen.lost = "reply"
            return True
        runs = [{"id": run_id(row), "token": lightning.keys.run_token(run_id(row))} for row in rows]

        def left(at: int) -> None:
            seen.replied_at = at
            for row in rows:
                lightning.recording.runs[row].received_at = at

        self._reply(frame, "ok", {"runs": runs}, left)
        return True
