"""The server: its table of runs, claims, notifications and the janitor (lightning.md)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import count, cycle

from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.engines.reference.active_runs import RunRow, Table
from fastlanes_sim.engines.reference.event_list import Clock
from fastlanes_sim.engines.reference.recorder import Recorder
from fastlanes_sim.rules.admission import refuses
from fastlanes_sim.rules.claim import Limits, sanitise_queues
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.database import interpolate
from fastlanes_sim.rules.deadlines import is_lost
from fastlanes_sim.rules.incidents import goes_down, is_dropped, luck_of_empty
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.order import Rank
from fastlanes_sim.rules.polling import inside

FAST_LANE = Queue.FAST_LANE.label


class Lightning:
    def __init__(self, clock: Clock, deployment: Deployment, recorder: Recorder) -> None:
        self._clock = clock
        self._settings = deployment.lightning
        self._latency = deployment.latency
        self._notification = deployment.notification
        self._down = deployment.incidents.down
        self._slow, self._dropped = deployment.incidents.slow, deployment.incidents.dropped
        self._empty_replies = count(1)
        self._recorder = recorder
        self._projects, self._workflows = deployment.projects, deployment.workflows
        self._fast_lane: Counter[int] = Counter()
        """Active runs of each project in the fast lane."""
        self._channels: list[Channel] = []
        self._pairs = cycle(deployment.latency.pairs)
        self.table = Table(limits_of(deployment))
        self.on_change: Callable[[], None] | None = None
        """Called after a run has come, ended or been lost: whoever dispatches without polling listens here."""
        if self._settings.janitor_first is not None:
            clock.at(self._settings.janitor_first, self._janitor, rank=Rank.JANITOR)

    @property
    def is_down(self) -> bool:
        """I-1"""
        return inside(self._clock.now, self._down)

    def goes_down(self, after: int) -> int:
        """When it goes down next (I-5)."""
        return goes_down(after, self._down)

    # --- runs ---

    def insert(self, run: RunRow) -> bool:
        """A run is created; every connected worker will hear of it, in the workers' order (L-17). False: it was refused."""
        if self.is_down:  # I-2, I-3
            self._recorder.run_refused(run.row, self._clock.now)
            return False
        project = self._workflows[run.workflow].project
        limit = self._projects[project].fast_lane_limit
        if run.queue == FAST_LANE and limit is not None and refuses(self._fast_lane[project], limit):
            self._recorder.run_refused(run.row, self._clock.now)
            return False
        self.table.insert(run)
        self._count(run, 1)
        self._recorder.run_inserted(run.row, self._clock.now)
        for channel in self._channels:
            channel.announce()
        self._changed()
        return True

    def claim(self, worker: int, workloop: int, queues: object) -> RunRow | None:
        """One claim of demand 1, decided at this instant (L-5 to L-16)."""
        rows = self.table.claim(sanitise_queues(queues), 1)
        if not rows:
            self._recorder.claim_empty()
            return None
        run = rows[0]
        run.claimed_at = self._clock.now
        self._recorder.run_claimed(run.row, self._clock.now, worker, workloop)
        return run

    def drops_reply(self, run: RunRow | None) -> bool:
        """I-8, I-9: whether the reply to the claim that is decided now, with this run or none, never arrives."""
        now = self._clock.now
        for span in self._dropped:
            if span.begins <= now < span.ends:
                return is_dropped(luck_of_empty(next(self._empty_replies)) if run is None else run.reply_luck, span.millionths)
        return False

    def start(self, run: RunRow) -> None:
        """A worker says that the run has started; a run that was lost meanwhile stays lost (L-18)."""
        if self.table.start(run.id):
            run.started_at = self._clock.now
            self._recorder.run_started(run.row, self._clock.now)

    def end(self, run: RunRow, state: State) -> None:
        """A worker reports a run's end; a run that was lost meanwhile stays lost (L-18)."""
        if self.table.finish(run.id, state):
            self._count(run, -1)
            self._recorder.run_ended(run.row, self._clock.now, state)
            self._changed()

    def claim_latency(self) -> tuple[int, int]:
        """How long the claim that is sent now takes to be decided, and to be answered from there (W-16).

        The database's part is that of the number of active runs at this instant, and of how slow it is at it (I-7).
        """
        latency = self._latency
        self._recorder.claim_sent()
        if latency.pairs:
            return next(self._pairs)
        now = self._clock.now
        curve = next((span.database for span in self._slow if span.begins <= now < span.ends), latency.database)
        return latency.up + interpolate(curve, self.table.active_count), latency.down

    def _janitor(self) -> None:
        """L-18: marks lost what its worker has not ended in time."""
        self._clock.after(self._settings.janitor_period, self._janitor, rank=Rank.JANITOR)
        if self.is_down:  # I-4
            return
        now = self._clock.now
        grace = self._settings.grace_period
        lost = [
            run
            for run in self.table.active.values()
            if run.state is not State.AVAILABLE and is_lost(run.started_at, run.claimed_at, run.timeout, grace, now)
        ]
        for run in lost:
            self.table.finish(run.id, State.LOST)
            self._count(run, -1)
            self._recorder.run_ended(run.row, now, State.LOST)
        if lost:
            self._changed()

    def _count(self, run: RunRow, change: int) -> None:
        if run.queue == FAST_LANE:
            self._fast_lane[self._workflows[run.workflow].project] += change

    def _changed(self) -> None:
        if self.on_change is not None:
            self.on_change()

    # --- workers ---

    def channel(self, deliver: Callable[[], None]) -> Channel:
        """The server's end of one more worker's connection; `deliver` takes a `work-available`."""
        channel = Channel(self._clock, self._settings.debounce, self._notification, deliver)
        self._channels.append(channel)
        return channel


class Channel:
    """L-17: the server's end of one worker connection, with its debounced notification."""

    def __init__(self, clock: Clock, debounce: int | None, notification: int, deliver: Callable[[], None]) -> None:
        self._clock = clock
        self._debounce = debounce
        self._notification = notification
        self._deliver = deliver
        self._is_joined = False
        self._pending = False
        self._session = 0
        self._due = 0

    @property
    def is_notification_due(self) -> bool:
        """Whether a `work-available` is pending or under way."""
        return self._due > 0

    def join(self) -> None:
        """The worker's socket has opened: from now on it is told of new runs."""
        self._is_joined = True

    def leave(self) -> None:
        """The socket has closed: nothing of this session, timer or message under way, arrives any more."""
        self._is_joined = False
        self._session += 1
        self._pending = False
        self._due = 0

    def announce(self) -> None:
        """A run was created. Runs created while the timer is pending start no second one."""
        if self._debounce is not None and self._is_joined and not self._pending:
            self._pending = True
            self._due += 1
            self._clock.after(self._debounce, self._push, self._session)

    def _push(self, session: int) -> None:
        if session != self._session:
            return
        self._pending = False
        if self._notification:
            self._clock.after(self._notification, self._arrive, session)
        else:
            self._arrive(session)

    def _arrive(self, session: int) -> None:
        if session == self._session:
            self._due -= 1
            self._deliver()


def limits_of(deployment: Deployment) -> Limits:
    """The deployment's concurrency settings, as the claim rules want them (L-11, L-12)."""
    return Limits(
        run_queue=deployment.lightning.run_queue,
        ruleset=deployment.lightning.ruleset,
        claim_limit=deployment.lightning.claim_limit,
        workflow_concurrency=dict(enumerate(workflow.concurrency for workflow in deployment.workflows)),
        workflow_project={index: workflow.project for index, workflow in enumerate(deployment.workflows)},
        project_concurrency=dict(enumerate(project.concurrency for project in deployment.projects)),
    )
