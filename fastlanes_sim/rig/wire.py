"""One direction of a connection: what is put in comes out so much later, in the same order (W-16, L-30)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Wire(Generic[T]):
    """Constant latency. `cut`: what is under way is lost, and nothing comes through any more."""

    def __init__(self, latency: int, deliver: Callable[[T], None]) -> None:
        """`latency` in µs; 0: delivered at once."""
        self._latency = latency / 1_000_000
        self._deliver = deliver
        self._under_way: deque[tuple[float, T]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._is_cut = False

    def send(self, what: T, extra: int = 0) -> None:
        """`extra` µs more than the latency; nothing overtakes."""
        if self._is_cut:
            return
        due = asyncio.get_running_loop().time() + self._latency + extra / 1_000_000
        if self._under_way:
            due = max(due, self._under_way[-1][0])
        self._under_way.append((due, what))
        if self._timer is None:
            self._advance()

    def cut(self) -> None:
        self._is_cut = True
        self._under_way.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _advance(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        while self._under_way and self._under_way[0][0] <= loop.time():
            self._deliver(self._under_way.popleft()[1])
        if self._under_way and self._timer is None:
            self._timer = loop.call_at(self._under_way[0][0], self._advance)
