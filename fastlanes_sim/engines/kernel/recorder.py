"""What is written only where every claim is asked for: a row a claim, and a line for whatever else a recorded timeline shows."""

from __future__ import annotations

from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules.run_messages import Message

CONNECTED, DISCONNECTED, NOTIFIED, RECEIVED, NOT_JOINED = 0, 1, 2, 3, 4
"""Kinds of line. The first three are about a worker, the others about a run of the table."""

LOST_REQUEST, LOST_REPLY = 1, 2
JOIN, RUN_COMPLETE = int(Message.JOIN), int(Message.RUN_COMPLETE)


@inlined
def note(world, kind, subject):
    if world.lightning[0].keeps_claims:
        entry = world.notes[world.counts[0].notes]
        entry.time = world.clock[0].now
        entry.kind = kind
        entry.subject = subject
        world.counts[0].notes += 1


@compiled
def pushed(world, loop, segment):
    """A new row, or NOBODY where none are kept."""
    if not world.lightning[0].keeps_claims:
        return NOBODY
    place = world.counts[0].claim_rows
    world.counts[0].claim_rows += 1
    row = world.claim_rows[place]
    row.pushed_at = world.clock[0].now
    row.worker = loop.worker
    row.workloop = loop.number
    row.segment = NOBODY if segment == NOBODY else world.segments[segment].number
    row.attempt = NOBODY if segment == NOBODY else world.segments[segment].attempts
    row.sent_at = NOBODY
    row.began_at = NOBODY
    row.decided_at = NOBODY
    row.replied_at = NOBODY
    row.run = NOBODY
    row.error = NOBODY
    row.lost = 0
    return place


@inlined
def sent(world, claim):
    if claim.row != NOBODY:
        world.claim_rows[claim.row].sent_at = world.clock[0].now


@inlined
def began(world, claim):
    if claim.row != NOBODY:
        world.claim_rows[claim.row].began_at = claim.began_at


@inlined
def decided(world, claim):
    if claim.row != NOBODY:
        row = world.claim_rows[claim.row]
        row.decided_at = world.clock[0].now
        row.error = claim.is_error
        row.run = NOBODY if claim.run == NOBODY else world.runs[claim.run].number


@inlined
def replied(world, claim):
    if claim.row != NOBODY:
        world.claim_rows[claim.row].replied_at = world.clock[0].now


@compiled
def lost(world, claim, what):
    if claim.row != NOBODY:
        world.claim_rows[claim.row].lost = what


# --- the messages of a run ---


@inlined
def joined(world, place):
    if world.lightning[0].keeps_claims:
        world.details[world.runs[place].number].joined_at = world.clock[0].now


@inlined
def planned(world, place):
    if world.lightning[0].keeps_claims:
        world.details[world.runs[place].number].planned_at = world.clock[0].now


@inlined
def handed_over(world, place):
    if world.lightning[0].keeps_claims:
        world.details[world.runs[place].number].handed_over_at = world.clock[0].now


@inlined
def message_ended(world, place, kind, is_ok):
    """On the worker."""
    if world.lightning[0].keeps_claims:
        detail = world.details[world.runs[place].number]
        if not is_ok and kind != JOIN:
            detail.timeouts += 1
        elif is_ok and kind == RUN_COMPLETE:
            detail.told_at = world.clock[0].now


@inlined
def message_processed(world, place, kind):
    """In Lightning."""
    if world.lightning[0].keeps_claims and kind != JOIN:
        world.details[world.runs[place].number].messages += 1
