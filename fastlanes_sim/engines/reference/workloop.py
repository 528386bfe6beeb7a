"""The workloops of a worker with their chains of claims, quirks included (W-1 to W-10, W-13, W-14).

A *segment* is one use of the backoff helper, a *chain* what looks like a loop: segment, success, timer, next segment. Several chains of
one workloop can be alive at once, and all of them can be dead while work waits: both follow from the rules, both were observed in the
real worker.

Where a loop `is_single` (`claim_chains: single`, our assumption), it is the loop that its authors meant: at most one chain, and never none
while there is room. The chain is alive while its segment is `latest`; resuming replaces it, and whatever the old one had planned comes to
nothing.
"""

from __future__ import annotations

from fastlanes_sim.core.units import MILLISECOND
from fastlanes_sim.engines.reference import claims, event_list
from fastlanes_sim.engines.reference.records import Segment, Workloop
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.polling import follow_ups_to_settle, has_room, next_delay, sleep_ms
from fastlanes_sim.rules.process import Stage


def room(loop: Workloop) -> bool:
    """W-1"""
    return has_room(loop.active, loop.open, loop.slots)


def stop(loop: Workloop) -> None:
    """W-4: flags the loop and its latest segment; timers and other chains' segments are not touched."""
    if loop.is_single:
        loop.is_cancelled = True
        loop.latest = None
    elif not loop.is_cancelled:
        loop.is_cancelled = True
        if loop.latest is not None:
            loop.latest.is_cancelled = True


def resume(world: World, loop: Workloop) -> None:
    """W-10; from SIGTERM on of no cause (W-20 a)."""
    if not room(loop) or loop.worker.stage is Stage.DRAINING:
        return
    if loop.is_single:
        if loop.worker.connection is None:
            return
    elif not loop.is_cancelled:
        stop(loop)
    loop.is_cancelled = False
    loop.chains += 1
    start_chain(world, loop)


def start_chain(world: World, loop: Workloop) -> None:
    """W-5: `latest` moves on only after the first attempt, so a stop in that attempt hits the segment before."""
    if loop.is_cancelled and not loop.is_single:
        loop.chains -= 1
        return
    segment = Segment(loop, next(world.segment_numbers), loop.worker.spec.backoff_min_ms)
    if loop.is_single:
        loop.latest = segment
        attempt(world, segment)
    else:
        attempt(world, segment)
        loop.latest = segment


def attempt(world: World, segment: Segment) -> None:
    """W-6: without room the chain is dead for good, and the loop stopped, though the room may only be taken by a claim."""
    loop = segment.loop
    if room(loop):
        segment.attempts += 1
        claims.push(world, loop, segment)
    else:
        stop(loop)
        loop.chains -= 1


def work_available(world: World, loop: Workloop) -> None:
    """W-14: one claim outside any segment, by stopped loops too; ignored after SIGTERM."""
    if room(loop) and loop.worker.stage is not Stage.DRAINING:
        claims.push(world, loop, None)


def answered_empty(world: World, loop: Workloop, segment: Segment | None) -> None:
    """W-7: a claim of this loop came back without a run (a timeout counts as that)."""
    if segment is not None:
        event_list.follow_up(world, Kind.REACT, segment)
    if loop.is_single and loop.is_cancelled:
        resume(world, loop)


def react(world: World, segment: Segment) -> None:
    """W-7: to an empty reply."""
    if goes_on(world, segment):
        event_list.after(world, sleep_ms(segment.delay) * MILLISECOND, Kind.SLEPT, segment)


def slept(world: World, segment: Segment) -> None:
    event_list.follow_up(world, Kind.WAKE, segment)


def wake(world: World, segment: Segment) -> None:
    """W-7: a sleeper that was cancelled settles, and so may live on beside the chain that replaced it."""
    if goes_on(world, segment):
        segment.delay = next_delay(segment.delay, segment.loop.worker.spec.backoff_max_ms)
        attempt(world, segment)


def goes_on(world: World, segment: Segment) -> bool:
    """Whether the segment's chain does; if not, a replaced segment is forgotten here and a cancelled one settles (W-7)."""
    if is_replaced(segment):
        return False
    if segment.is_cancelled:
        settle_after(world, segment, follow_ups_to_settle(segment.attempts) - 1)  # this is the first of them
        return False
    return True


def settle_after(world: World, segment: Segment, follow_ups: int) -> None:
    """W-19: its result passes outwards through one promise after another."""
    segment.until_settled = follow_ups
    settle_soon(world, segment)


def settle_soon(world: World, segment: Segment) -> None:
    segment.until_settled -= 1
    if segment.until_settled:
        event_list.follow_up(world, Kind.SETTLE_SOON, segment)
    else:
        event_list.follow_up(world, Kind.SETTLE, segment)


def settle(world: World, segment: Segment) -> None:
    """W-9: it asks for the loop's flag, not for the segment's."""
    loop = segment.loop
    pause = sleep_ms(loop.worker.spec.backoff_min_ms) * MILLISECOND
    if loop.is_single:
        if not is_replaced(segment):
            event_list.after(world, pause, Kind.CONTINUED, segment)
    elif not loop.is_cancelled:
        event_list.after(world, pause, Kind.SETTLED, loop)
    else:
        loop.chains -= 1


def continue_chain(world: World, segment: Segment) -> None:
    """The next segment of a single chain."""
    if not is_replaced(segment):
        start_chain(world, segment.loop)


def is_replaced(segment: Segment) -> bool:
    """Whether a single chain has left this segment behind."""
    return segment.loop.is_single and segment.loop.latest is not segment
