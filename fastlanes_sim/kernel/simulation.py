"""One simulation by the kernel: the world built, played in portions, its log taken out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from fastlanes_sim.changes import Changes, Steps
from fastlanes_sim.kernel import journal, lives, play, servers
from fastlanes_sim.kernel.build import grown, world_of
from fastlanes_sim.kernel.layout import NOBODY
from fastlanes_sim.kernel.world import World
from fastlanes_sim.log import NEVER, ClaimRow, RunLog, in_order
from fastlanes_sim.scenario.deployment import Deployment
from fastlanes_sim.traffic.table import RunTable

Progress = Callable[[int, int], None]
"""Called with (simulated µs played, runs created so far)."""


def simulate_kernel(
    deployment: Deployment,
    table: RunTable,
    *,
    record_claims: bool = False,
    record_changes: bool = False,
    progress: Progress | None = None,
) -> RunLog:
    """Play `table` against `deployment` up to and including its horizon; the log is that of the SimPy model.

    Interrupted from the keyboard, it keeps what it has: the log then ends at the instant reached and says so.
    """
    log = RunLog.empty(len(table))
    world = world_of(deployment, table, log, keeps_claims=record_claims, keeps_changes=record_changes)
    log.ended_on = deployment.horizon
    only_servers = not record_changes and servers.suffice(deployment, table)
    if only_servers:
        world = servers.ready(world)
    share = servers.play_share if only_servers else _play
    try:
        while (status := share(world)) != play.OVER:
            if status == play.NEEDS_ROOM:
                world = grown(world)
            if progress is not None:
                progress(int(world.clock[0].now), int(world.clock[0].next_arrival))
    except KeyboardInterrupt:
        log.ended_on, log.interrupted = int(world.clock[0].now), True
    _count(world, log)
    log.lives = in_order(lives.written(world), log.ended_on)
    if only_servers:
        log.events += servers.janitors(deployment, log.ended_on)
    if record_claims:
        _copy_claims(world, log)
    if record_changes:
        log.changes = _changes(world, log)
    return log


def _play(world: World) -> int:
    return int(play.play(world, play.SHARE, True))


def _count(world: World, log: RunLog) -> None:
    counts = world.counts[0]
    log.events = int(world.clock[0].events)
    log.claims_sent = int(counts.claims_sent)
    log.claims_empty = int(counts.claims_empty)
    log.notifications = int(counts.notifications)


def _changes(world: World, log: RunLog) -> Changes:
    counts = world.counts[0]
    of_loops, of_runs = world.loop_changes[: counts.loop_changes], world.run_changes[: counts.run_changes]
    claimed_at = log.claimed_at[of_runs.subject]
    # What freed a run may have been followed by its claim in the same instant.
    of_runs = of_runs[(claimed_at == NEVER) | (of_runs.time < claimed_at)]
    return Changes(_steps(of_loops), _steps(of_runs).by_subject(), world.asked_at)


def _steps(changes: Any) -> Steps:
    return Steps(*(np.ascontiguousarray(changes[name]) for name in ("time", "subject", "was", "cause")))


def _copy_claims(world: World, log: RunLog) -> None:
    counts = world.counts[0]
    lost = {0: None, journal.LOST_REQUEST: "request", journal.LOST_REPLY: "reply"}
    for row in world.claim_rows[: counts.claim_rows]:
        log.claims.append(
            ClaimRow(
                pushed_at=int(row.pushed_at),
                worker=int(row.worker),
                workloop=int(row.workloop),
                segment=_known(row.segment),
                attempt=_known(row.attempt),
                sent_at=_known(row.sent_at),
                decided_at=_known(row.decided_at),
                replied_at=_known(row.replied_at),
                run=_known(row.run),
                lost=lost[int(row.lost)],
            )
        )
    for entry in world.journal[: counts.journal]:
        time, subject = int(entry.time), int(entry.subject)
        if entry.kind == journal.CONNECTED:
            log.connections.append((time, subject, "connect"))
        elif entry.kind == journal.DISCONNECTED:
            log.connections.append((time, subject, "disconnect"))
        elif entry.kind == journal.NOTIFIED:
            log.wake_ups.append((time, subject))
        elif entry.kind == journal.RECEIVED:
            log.received[subject] = time
        else:
            log.join_failed[subject] = time


def _known(value: np.signedinteger) -> int | None:
    return None if value == NOBODY else int(value)
