"""What the rig saw, as the run log of a simulation: so that everything that reads one reads this (results, reports, exports)."""

from __future__ import annotations

import numpy as np

from fastlanes_sim.core.run_log import NEVER, ClaimRow, RunDetail, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.rig.recording import Recording, SeenClaim
from fastlanes_sim.rules.process import Stage

_TIMES = ("inserted_at", "refused_at", "began_at", "claimed_at", "received_at", "started_at", "finished_at", "ended_at", "freed_at")


def table_of(table: RunTable, recording: Recording) -> RunTable:
    """Those rows that the rig may have played: no further attempts of callers."""
    return table.rows(slice(0, len(recording.runs))) if len(table) > len(recording.runs) else table


def log_of(recording: Recording, deployment: Deployment) -> RunLog:
    """Times since the scenario's time 0; what happened after its end has not happened. A run that was claimed with queues that no workloop
    of the scenario has counts with its worker's first: whatever reads a run log needs one."""
    log = RunLog.empty(len(recording.runs))
    for name in _TIMES:
        values = [getattr(run, name) for run in recording.runs]
        setattr(log, name, np.array([_since(value, recording) for value in values], np.int64))
    log.state = np.array([run.state for run in recording.runs], np.int8)
    log.worker = np.array([NEVER if run.worker is None else run.worker for run in recording.runs], np.int32)
    log.workloop = np.array(
        [NEVER if run.claim is None else max(0, workloop_of(run.claim, deployment)) for run in recording.runs], np.int32
    )
    log.ended_on = recording.ended_on
    log.interrupted = recording.interrupted
    log.claims = [_row(claim, recording, deployment) for claim in recording.claims]
    log.claims_sent = len(log.claims)
    log.claims_empty = sum(claim.decided_at is not None and claim.run is None and not claim.error for claim in recording.claims)
    changes = {"joined": "connect", "closed": "disconnect"}
    log.connections = [(one.at - recording.zero, one.worker, changes[one.kind]) for one in recording.events if one.kind in changes]
    log.wake_ups = [(one.at - recording.zero, one.worker) for one in recording.events if one.kind == "work-available"]
    log.notifications = len(log.wake_ups)
    log.lives = _lives(recording)
    log.details = {
        row: RunDetail(
            joined_at=_or_none(run.joined_at, recording),
            planned_at=_or_none(run.planned_at, recording),
            handed_over_at=_or_none(run.fetched_at, recording),
            told_at=_or_none(run.told_at, recording),
            messages=run.messages,
        )
        for row, run in enumerate(recording.runs)
        if run.claimed_at is not None
    }
    return log


def workloop_of(claim: SeenClaim, deployment: Deployment) -> int:
    """The first workloop of its worker with these queues, or NEVER: two of the same cannot be told apart."""
    loops = deployment.workers[claim.worker].workloops
    return next((number for number, loop in enumerate(loops) if loop.queues == claim.queues), NEVER)


def _since(value: int | None, recording: Recording) -> int:
    if value is None or value - recording.zero > recording.ended_on:
        return NEVER
    return max(0, value - recording.zero)


def _or_none(value: int | None, recording: Recording) -> int | None:
    return None if value is None else value - recording.zero


def _row(claim: SeenClaim, recording: Recording, deployment: Deployment) -> ClaimRow:
    times = (_or_none(time, recording) for time in (claim.began_at, claim.decided_at, claim.replied_at))
    began, decided, replied = times
    return ClaimRow(
        pushed_at=claim.pushed_at - recording.zero,
        worker=claim.worker,
        workloop=workloop_of(claim, deployment),
        segment=None,
        attempt=None,
        sent_at=claim.pushed_at - recording.zero,
        began_at=began,
        decided_at=decided,
        replied_at=replied,
        run=claim.run,
        error=claim.error if decided is not None else None,
        lost=claim.lost,
    )


def _lives(recording: Recording) -> list[tuple[int, int, int]]:
    """Each worker from its first socket on, until its process ended; times before the scenario count as its beginning."""
    there: set[int] = set()
    lives: list[tuple[int, int, int]] = []
    for event in recording.events:
        at = max(0, event.at - recording.zero)
        if at > recording.ended_on:
            break
        if event.kind == "open" and event.worker not in there:
            there.add(event.worker)
            lives += [(at, event.worker, Stage.STARTED), (at, event.worker, Stage.ON)]
        elif event.kind == "sigterm" and event.worker in there:
            lives.append((at, event.worker, Stage.DRAINING))
        elif event.kind == "exit" and event.worker in there:
            there.discard(event.worker)
            lives.append((at, event.worker, Stage.GONE))
    return lives
