"""The Lightning that is played: its runs, its database, what goes wrong with it, and the processes that workers talk to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.rig.clock import Clock
from fastlanes_sim.rig.database import Database
from fastlanes_sim.rig.recording import Recording
from fastlanes_sim.rig.run_store import Store
from fastlanes_sim.rig.tokens import Keys
from fastlanes_sim.rules.incidents import is_dropped, luck_of_empty
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.polling import inside


class Listener(Protocol):
    """A connection whose queue's channel is joined."""

    def announce(self) -> None:
        """L-17: a run was created."""


@dataclass(slots=True)
class Lightning:
    """What all connections share."""

    deployment: Deployment
    table: RunTable
    store: Store
    database: Database
    keys: Keys
    clock: Clock
    recording: Recording
    up: int
    """µs that the rig holds every message from a worker, as of the next for those to it."""
    down: int
    notification: int
    trusts_clocks: bool = True
    """The workers' clocks are this machine's."""
    listeners: list[Listener] = field(default_factory=list)
    _empty_replies: int = 0

    async def insert(self, row: int) -> None:
        """The run in this row is asked for: it is created and announced, or refused (I-2, L-28, `rules.admission`)."""
        now, seen = self.clock.now, self.recording.runs[row]
        if self.is_down or self._is_over_quota(row) or not await self.store.insert(row, now):
            seen.refused_at = now
            return
        seen.inserted_at = now
        for listener in list(self.listeners):
            listener.announce()

    @property
    def is_down(self) -> bool:
        """I-1"""
        return inside(self.clock.elapsed, self.deployment.incidents.down)

    def _is_over_quota(self, row: int) -> bool:
        project = self.deployment.workflows[self.table.workflow[row]].project
        spans = self.deployment.incidents.over_quota
        return any(span.project == project and span.begins <= self.clock.elapsed < span.ends for span in spans)

    def drops_reply(self, row: int | None) -> bool:
        """I-8, I-9: whether the reply to the claim that is decided now is withheld."""
        now = self.clock.elapsed
        for span in self.deployment.incidents.dropped:
            if span.begins <= now < span.ends:
                self._empty_replies += row is None
                luck = luck_of_empty(self._empty_replies) if row is None else int(self.table.reply_luck[row])
                return is_dropped(luck, span.millionths)
        return False

    async def start(self, row: int) -> None:
        """A worker says that the run has started (L-18: one that was lost stays lost)."""
        if await self.store.start(row):
            self.recording.runs[row].state = State.STARTED

    async def finish(self, row: int, state: State) -> bool:
        """A worker reports the run's end, or the janitor does."""
        if not await self.store.finish(row, state):
            return False
        self.recording.runs[row].state = state
        self.recording.runs[row].ended_at = self.clock.now
        return True

    async def clean_up(self) -> None:
        """L-18: the janitor comes round once."""
        now, grace = self.clock.now, self.deployment.lightning.grace_period
        for row, seen in enumerate(self.recording.runs):
            since = seen.began_at
            if seen.state == State.STARTED and seen.started_at is not None:
                since = seen.started_at
            if seen.state in (State.CLAIMED, State.STARTED) and since is not None and since + int(self.table.timeout[row]) + grace < now:
                await self.finish(row, State.LOST)
