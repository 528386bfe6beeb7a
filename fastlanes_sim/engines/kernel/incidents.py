"""What goes wrong at Lightning, at this instant (docs/incidents.md)."""

from __future__ import annotations

from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules import incidents as rules
from fastlanes_sim.rules.incidents import NEVER_AGAIN
from fastlanes_sim.rules.run_messages import Message

is_dropped = compiled(rules.is_dropped)
luck_of_empty = compiled(rules.luck_of_empty)
FETCH_PLAN = int(Message.FETCH_PLAN)


@compiled
def is_down(world):
    """I-1"""
    return is_inside(world.downs, world.clock[0].now)


@compiled
def goes_down(world, after):
    """I-5: the first instant after that one at which Lightning goes down, or NEVER_AGAIN."""
    for place in range(len(world.downs)):
        if world.downs[place].begins > after:
            return world.downs[place].begins
    return NEVER_AGAIN


@inlined
def is_over_quota(world, project):
    """L-28"""
    is_over = False
    for place in range(len(world.over_quota)):
        span = world.over_quota[place]
        is_over |= span.project == project and span.begins <= world.clock[0].now < span.ends
    return is_over


@inlined
def curve(world):
    """I-7: of how long the query of a claim takes that begins now."""
    now = world.clock[0].now
    place = 0
    while not world.curves[place].begins <= now < world.curves[place].ends:
        place += 1
    return world.curves[place]


@inlined
def drops_reply(world, run):
    """I-8, I-9: whether the reply to the claim that is decided now, with this run or NOBODY, never arrives."""
    now = world.clock[0].now
    for place in range(len(world.drops)):
        span = world.drops[place]
        if span.begins <= now < span.ends:
            if run != NOBODY:
                return is_dropped(world.runs[run].reply_luck, span.millionths)
            world.lightning[0].empty_replies += 1
            return is_dropped(luck_of_empty(world.lightning[0].empty_replies), span.millionths)
    return False


@inlined
def is_claim_error(world):
    """W-16: whether the reply to the claim that is decided now is an error."""
    return len(world.claim_errors) > 0 and is_inside(world.claim_errors, world.clock[0].now)


@inlined
def is_silent(world, kind, run):
    """Whether Lightning never answers this message, which has just arrived."""
    if kind == FETCH_PLAN and run.is_plan_lost:
        return True
    return len(world.silent) > 0 and is_inside(world.silent, world.clock[0].now)


@compiled
def is_inside(spans, now):
    inside = False
    for place in range(len(spans)):
        inside |= spans[place].begins <= now < spans[place].ends
    return inside
