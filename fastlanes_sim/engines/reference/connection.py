"""A worker's socket: it opens, breaks in outages, and is opened again with growing patience (W-11, W-12)."""

from __future__ import annotations

from collections.abc import Callable

from fastlanes_sim.core.units import MILLISECOND
from fastlanes_sim.deployment.deployment import Worker as WorkerSpec
from fastlanes_sim.engines.reference.event_list import Clock
from fastlanes_sim.rules.polling import inside, reconnect_delay_ms, reconnects


class Connection:
    """Tells of the opening (`opened`), the closing (`closed`) and each failed attempt to reconnect (`failed`)."""

    def __init__(
        self,
        clock: Clock,
        spec: WorkerSpec,
        connect_at: int,
        *,
        opened: Callable[[], None],
        closed: Callable[[], None],
        failed: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._spec = spec
        self._opened, self._closed, self._failed = opened, closed, failed
        self._attempts = 0
        self.is_open = False
        clock.at(connect_at, self._connect)

    def _connect(self) -> None:
        """F-1: the first attempt; inside an outage it is refused as any other."""
        if inside(self._clock.now, self._spec.outages):
            self._clock.after(self._spec.refusal, self._refused)
        else:
            self._open()

    def _open(self) -> None:
        self.is_open = True
        self._attempts = 0
        self._opened()

    def outage(self) -> None:
        """One of the worker's outages begins."""
        if self.is_open:
            self.is_open = False
            self._closed()
            self._retry()

    def _retry(self) -> None:
        self._attempts += 1
        self._clock.after(reconnect_delay_ms(self._attempts) * MILLISECOND, self._attempt)

    def _attempt(self) -> None:
        if reconnects(self._clock.now, self._spec.reconnection, self._spec.outages):
            self._clock.after(self._spec.reconnection, self._open)
        else:
            self._clock.after(self._spec.refusal, self._refused)

    def _refused(self) -> None:
        self._failed()
        self._retry()
