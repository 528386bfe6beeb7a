"""A worker: its connection, its workloops, and the runs it holds (worker.md)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from fastlanes_sim.log import ClaimRow
from fastlanes_sim.model.claims import Claim, Courier
from fastlanes_sim.model.clock import Clock
from fastlanes_sim.model.connection import Connection
from fastlanes_sim.model.engine import RunEngine
from fastlanes_sim.model.lightning import Lightning
from fastlanes_sim.model.recorder import Recorder
from fastlanes_sim.model.table import RunRow
from fastlanes_sim.model.workloop import Segment, SingleChain, Workloop
from fastlanes_sim.scenario.deployment import Worker as WorkerSpec


class Worker:
    def __init__(
        self,
        index: int,
        spec: WorkerSpec,
        clock: Clock,
        lightning: Lightning,
        engine: RunEngine,
        recorder: Recorder,
        segments: Iterator[int],
    ) -> None:
        self.index = index
        self.spec = spec
        self._clock = clock
        self._lightning = lightning
        self._engine = engine
        self._recorder = recorder
        self._segments = segments
        loop = SingleChain if spec.claim_chains == "single" else Workloop
        backoff_ms = (spec.backoff_min_ms, spec.backoff_max_ms)
        self.workloops = [loop(self, index, workloop, clock, backoff_ms) for index, workloop in enumerate(spec.workloops)]
        self._courier = Courier(clock, lightning, recorder, spec.claim_timeout)
        self._channel = lightning.channel(self._work_available)
        self._connection = Connection(clock, spec, opened=self._opened, closed=self._closed, failed=self._disconnected)

    @property
    def is_connected(self) -> bool:
        return self._connection.is_open

    @property
    def is_notification_due(self) -> bool:
        return self._channel.is_notification_due

    # --- the connection ---

    def _opened(self) -> None:
        """W-12: Lightning counts the worker as joined from here; its own "connected" is a follow-up."""
        self._channel.join()
        self._courier.socket_opened()
        self._clock.follow_up(self._connected)

    def _connected(self) -> None:
        """W-11"""
        self._recorder.connected(self.index, self._clock.now)
        self._courier.send_buffered()
        for workloop in self.workloops:
            workloop.resume()

    def _closed(self) -> None:
        self._channel.leave()
        self._courier.socket_closed()
        self._disconnected()

    def _disconnected(self) -> None:
        """W-12: when the socket closes, and at each failed attempt to open it again."""
        self._recorder.disconnected(self.index, self._clock.now)
        for workloop in self.workloops:
            workloop.stop()

    def _work_available(self) -> None:
        """W-14"""
        self._recorder.notified(self.index, self._clock.now)
        for workloop in self.workloops:
            workloop.work_available()

    # --- what workloops ask of their worker ---

    def number_segment(self) -> int:
        return next(self._segments)

    def push_claim(self, workloop: Workloop, segment: Segment | None) -> None:
        number, attempt = (None, None) if segment is None else (segment.number, segment.attempts)
        row = ClaimRow(self._clock.now, self.index, workloop.index, number, attempt)
        self._courier.push(Claim(workloop.queues, row, partial(workloop.answered, segment)))

    def receive(self, workloop: Workloop, segment: Segment | None, run: RunRow) -> None:
        """W-8: while its token is verified, a run is neither open nor active."""
        self._recorder.run_received(run.row, self._clock.now)
        if self.spec.verification is None:
            workloop.accept(segment, run)
        else:
            self._clock.after(self.spec.verification, workloop.accept, segment, run)

    def join(self, workloop: Workloop, run: RunRow) -> None:
        """W-15: join the run's channel and play the run; the workloop gets its slot back at the end."""
        self._engine.join(run, workloop.release)
