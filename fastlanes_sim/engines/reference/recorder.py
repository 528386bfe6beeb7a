"""Where the model writes what happens: the run log, and on request the list of every claim.

The model knows these verbs and nothing of arrays or files.
"""

from __future__ import annotations

import numpy as np

from fastlanes_sim.core.run_log import NEVER, ClaimRow, RunLog
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.process import Stage


class Recorder:
    """Runs are named by their row in the run table."""

    def __init__(self, runs: int, *, claims: bool, changes: bool = False) -> None:
        self.log = RunLog.empty(runs)
        self._keeps_claims = claims
        self.asked_at = np.full(runs if changes else 0, NEVER, np.int64)
        """By run, when the claim that won it was sent."""

    def run_inserted(self, run: int, now: int) -> None:
        self.log.inserted_at[run] = now

    def run_refused(self, run: int, now: int) -> None:
        self.log.refused_at[run] = now

    def run_claimed(self, run: int, now: int, worker: int, workloop: int) -> None:
        log = self.log
        log.claimed_at[run] = now
        log.state[run] = State.CLAIMED
        log.worker[run] = worker
        log.workloop[run] = workloop

    def run_received(self, run: int, now: int) -> None:
        if self._keeps_claims:
            self.log.received[run] = now

    def run_started(self, run: int, now: int) -> None:
        self.log.started_at[run] = now
        self.log.state[run] = State.STARTED

    def run_not_joined(self, run: int, now: int) -> None:
        if self._keeps_claims:
            self.log.join_failed[run] = now

    def run_ended(self, run: int, now: int, state: State) -> None:
        self.log.ended_at[run] = now
        self.log.state[run] = state

    def claim_pushed(self, row: ClaimRow) -> None:
        if self._keeps_claims:
            self.log.claims.append(row)

    def claim_sent(self) -> None:
        self.log.claims_sent += 1

    def claim_won(self, run: int, sent_at: int) -> None:
        if len(self.asked_at):
            self.asked_at[run] = sent_at

    def claim_empty(self) -> None:
        self.log.claims_empty += 1

    def connected(self, worker: int, now: int) -> None:
        if self._keeps_claims:
            self.log.connections.append((now, worker, "connect"))

    def disconnected(self, worker: int, now: int) -> None:
        if self._keeps_claims:
            self.log.connections.append((now, worker, "disconnect"))

    def life(self, worker: int, now: int, stage: Stage) -> None:
        self.log.lives.append((now, worker, stage))

    def notified(self, worker: int, now: int) -> None:
        self.log.notifications += 1
        if self._keeps_claims:
            self.log.wake_ups.append((now, worker))
