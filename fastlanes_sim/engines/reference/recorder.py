"""What is written only where every claim is asked for: a row a claim, and a line for whatever else a recorded timeline shows."""

from __future__ import annotations

from fastlanes_sim.core.run_log import ClaimRow
from fastlanes_sim.engines.reference.records import Claim, Segment, Workloop
from fastlanes_sim.engines.reference.world import World

CONNECTED, DISCONNECTED, NOTIFIED, RECEIVED, NOT_JOINED = range(5)
"""Kinds of line. The first three are about a worker, the others about a run of the table."""


def note(world: World, kind: int, subject: int) -> None:
    if not world.keeps_claims:
        return
    log, now = world.log, world.now
    if kind == CONNECTED:
        log.connections.append((now, subject, "connect"))
    elif kind == DISCONNECTED:
        log.connections.append((now, subject, "disconnect"))
    elif kind == NOTIFIED:
        log.wake_ups.append((now, subject))
    elif kind == RECEIVED:
        log.received[subject] = now
    elif kind == NOT_JOINED:
        log.join_failed[subject] = now


def pushed(world: World, loop: Workloop, segment: Segment | None) -> ClaimRow:
    """A new row. It is kept only where claims are asked for."""
    number, attempt = (None, None) if segment is None else (segment.number, segment.attempts)
    row = ClaimRow(world.now, loop.worker.index, loop.number, number, attempt)
    if world.keeps_claims:
        world.log.claims.append(row)
    return row


def sent(world: World, claim: Claim) -> None:
    claim.row.sent_at = world.now


def decided(world: World, claim: Claim) -> None:
    claim.row.decided_at = world.now
    claim.row.run = None if claim.run is None else claim.run.row


def replied(world: World, claim: Claim) -> None:
    claim.row.replied_at = world.now


def lost(claim: Claim, what: str) -> None:
    claim.row.lost = what
