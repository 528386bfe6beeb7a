"""A worker: its process, connection and workloops, and the runs it holds (worker.md, docs/failures.md)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from fastlanes_sim.core.run_log import ClaimRow
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Worker as WorkerSpec
from fastlanes_sim.engines.reference.active_runs import RunRow
from fastlanes_sim.engines.reference.claims import Claim, Courier
from fastlanes_sim.engines.reference.connection import Connection
from fastlanes_sim.engines.reference.event_list import Clock
from fastlanes_sim.engines.reference.execution import RunEngine
from fastlanes_sim.engines.reference.recorder import Recorder
from fastlanes_sim.engines.reference.server import Lightning
from fastlanes_sim.engines.reference.workloop import Segment, SingleChain, Workloop
from fastlanes_sim.rules.order import Rank
from fastlanes_sim.rules.process import Stage, is_done


class Worker:
    """One process at a time. Each has a clock of its own, and so nothing of it outlives it."""

    def __init__(
        self,
        index: int,
        spec: WorkerSpec,
        clock: Clock,
        lightning: Lightning,
        recorder: Recorder,
        table: RunTable,
        segments: Iterator[int],
    ) -> None:
        self.index = index
        self.spec = spec
        self.stage = Stage.GONE
        self._clock = clock
        self._lightning = lightning
        self._recorder = recorder
        self._table = table
        self._segments = segments
        self._channel = lightning.channel(self._work_available)
        self.workloops = self._new_workloops(clock)
        if not spec.is_standby:
            self.start(spec.connect_at)
        # Of the worker, not of one of its processes: outages that begin at one instant do so in the order of the workers.
        for begins, _ in spec.outages:
            clock.at(begins, self._outage, rank=Rank.OUTAGE)
        if spec.stops_at is not None:
            clock.at(spec.stops_at, self.terminate, rank=Rank.STOP)

    def start(self, connect_at: int) -> None:
        """F-1: a new process, with nothing of the one before; it will connect at `connect_at`."""
        life = self._life = self._clock.of_a_life()
        spec = self.spec
        self.workloops = self._new_workloops(life)
        self._engine = RunEngine(life, self._lightning, self._recorder, self._table)
        # What is on the wire is Lightning's too: it goes on without the process, and is lost on arrival (W-16).
        self._courier = Courier(self._clock, self._lightning, self._recorder, spec.claim_timeout)
        self._connection = Connection(life, spec, connect_at, opened=self._opened, closed=self._closed, failed=self._disconnected)
        self.started_at = max(self._clock.now, connect_at - spec.start_up)
        self._enter(Stage.STARTED, self.started_at)

    def _new_workloops(self, clock: Clock) -> list[Workloop]:
        loop = SingleChain if self.spec.claim_chains == "single" else Workloop
        backoff_ms = (self.spec.backoff_min_ms, self.spec.backoff_max_ms)
        return [loop(self, index, workloop, clock, backoff_ms) for index, workloop in enumerate(self.spec.workloops)]

    @property
    def is_connected(self) -> bool:
        """Whether it can be given a run: it is on duty, and its socket is open."""
        return self.stage is Stage.ON and self._connection.is_open

    @property
    def is_notification_due(self) -> bool:
        return self._channel.is_notification_due

    # --- the end of the process ---

    def terminate(self) -> None:
        """F-2: SIGTERM. It takes nothing new; it exits when it is done (F-3), or is killed at the end of the grace period (F-4)."""
        if self.stage is Stage.GONE:
            return
        never_connected = self.stage is Stage.STARTED
        self._enter(Stage.DRAINING)
        for workloop in self.workloops:
            workloop.retire()
        if never_connected or not self.spec.grace:
            self._exit()
        else:
            self._life.after(self.spec.grace, self._exit, rank=Rank.KILL)
            self.exit_if_done()

    def exit_if_done(self) -> None:
        """F-3"""
        if self.stage is Stage.DRAINING and all(is_done(len(loop.active), loop.open, loop.verifying) for loop in self.workloops):
            self._exit()

    def _exit(self) -> None:
        """F-3 to F-5: its socket closes, and with the process go its timers, its chains, its open claims and its runs."""
        self._life.stop()
        self._channel.leave()
        self._courier.socket_closed()
        self._enter(Stage.GONE)

    def _enter(self, stage: Stage, at: int | None = None) -> None:
        self.stage = stage
        self._recorder.life(self.index, self._clock.now if at is None else at, stage)

    # --- the connection ---

    def _opened(self) -> None:
        """W-12: Lightning counts the worker as joined from here; its own "connected" is a follow-up."""
        if self.stage is Stage.STARTED:
            self._enter(Stage.ON)
        self._channel.join()
        self._courier.socket_opened()
        self._life.follow_up(self._connected)

    def _outage(self) -> None:
        if self.stage is not Stage.GONE:
            self._connection.outage()

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
            self._life.after(self.spec.verification, workloop.accept, segment, run)

    def join(self, workloop: Workloop, run: RunRow) -> None:
        """W-15: join the run's channel and play the run; the workloop gets its slot back at the end."""
        self._engine.join(run, workloop.release)
