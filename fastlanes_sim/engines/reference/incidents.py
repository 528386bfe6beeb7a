"""What goes wrong at Lightning, at this instant (docs/incidents.md)."""

from __future__ import annotations

from fastlanes_sim.engines.reference.records import Message, RunRow
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules import incidents as rules
from fastlanes_sim.rules.incidents import is_dropped, luck_of_empty
from fastlanes_sim.rules.polling import inside
from fastlanes_sim.rules.run_messages import Message as MessageKind


def is_down(world: World) -> bool:
    """I-1"""
    return inside(world.now, world.deployment.incidents.down)


def goes_down(world: World, after: int) -> int:
    """I-5: the first instant after that one at which Lightning goes down, or NEVER_AGAIN."""
    return rules.goes_down(after, world.deployment.incidents.down)


def is_over_quota(world: World, project: int) -> bool:
    """L-28"""
    return any(span.project == project and span.begins <= world.now < span.ends for span in world.deployment.incidents.over_quota)


def curve(world: World) -> tuple[tuple[int, int], ...]:
    """I-7: of how long the query of a claim takes that begins now."""
    now = world.now
    slow = (span.database for span in world.deployment.incidents.slow if span.begins <= now < span.ends)
    return next(slow, world.deployment.latency.database)


def drops_reply(world: World, run: RunRow | None) -> bool:
    """I-8, I-9: whether the reply to the claim that is decided now, with this run or none, never arrives."""
    now = world.now
    for span in world.deployment.incidents.dropped:
        if span.begins <= now < span.ends:
            return is_dropped(luck_of_empty(next(world.empty_replies)) if run is None else run.reply_luck, span.millionths)
    return False


def is_claim_error(world: World) -> bool:
    """W-16: whether the reply to the claim that is decided now is an error."""
    return inside(world.now, world.deployment.incidents.claim_errors)


def is_silent(world: World, message: Message) -> bool:
    """Whether Lightning never answers this message, which has just arrived."""
    if message.kind is MessageKind.FETCH_PLAN and world.table.plan_lost[message.hold.run.row]:
        return True
    return inside(world.now, world.deployment.incidents.silent)
