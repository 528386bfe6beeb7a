"""What is written only where every claim is asked for: a row a claim, and a line for whatever else a recorded timeline shows."""

from __future__ import annotations

from fastlanes_sim.core.run_log import ClaimRow, RunDetail, SlotState
from fastlanes_sim.engines.reference import wait_causes
from fastlanes_sim.engines.reference.records import Claim, Hold, Message, RunRow, Segment, Workloop
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.process import Stage
from fastlanes_sim.rules.run_messages import Message as MessageKind

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


def decided(world: World, claim: Claim, is_error: bool) -> None:
    claim.row.decided_at = world.now
    claim.row.error = is_error
    claim.row.run = None if claim.run is None else claim.run.row
    if claim.run is not None and claim.loop.worker.is_whole:
        claim.run.detail = RunDetail()
        if world.keeps_claims:
            world.log.details[claim.run.row] = claim.run.detail


def replied(world: World, claim: Claim) -> None:
    claim.row.replied_at = world.now


def lost(claim: Claim, what: str) -> None:
    claim.row.lost = what
    wait_causes.note_lost(claim)


# --- the messages of a run ---


def joined(world: World, hold: Hold) -> None:
    detail_of(hold.run).joined_at = world.now


def planned(world: World, hold: Hold) -> None:
    detail_of(hold.run).planned_at = world.now


def handed_over(world: World, hold: Hold) -> None:
    detail_of(hold.run).handed_over_at = world.now


def message_ended(world: World, message: Message, is_ok: bool) -> None:
    """On the worker."""
    detail = detail_of(message.hold.run)
    if not is_ok and message.kind is not MessageKind.JOIN:
        detail.timeouts += 1
    elif is_ok and message.kind is MessageKind.RUN_COMPLETE:
        detail.told_at = world.now


def message_processed(message: Message) -> None:
    """In Lightning."""
    if message.kind is not MessageKind.JOIN:
        detail_of(message.hold.run).messages += 1


def detail_of(run: RunRow) -> RunDetail:
    assert run.detail is not None, "no worker has claimed it whose runs' channels are whole"
    return run.detail


# --- the end ---


def slots(world: World) -> None:
    """What the loops are like at the end of the simulation."""
    if world.keeps_claims:
        world.log.slots = [
            None
            if worker.stage is Stage.GONE or worker.began > world.log.ended_on
            else tuple(SlotState(loop.is_cancelled, loop.active, loop.open) for loop in worker.loops)
            for worker in world.workers
        ]
