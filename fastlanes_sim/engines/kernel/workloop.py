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
from fastlanes_sim.engines.kernel import claims, event_list, flights, free_list
from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules import polling
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.process import Stage

DRAINING = int(Stage.DRAINING)
has_room = compiled(polling.has_room)
sleep_ms = compiled(polling.sleep_ms)
next_delay = compiled(polling.next_delay)
follow_ups_to_settle = compiled(polling.follow_ups_to_settle)


@inlined
def room(world, loop):
    """W-1"""
    return has_room(loop.active, loop.open + flights.count(world, loop), loop.slots)


@compiled
def stop(world, place):
    """W-4: flags the loop and its latest segment; timers and other chains' segments are not touched."""
    loop = world.loops[place]
    if loop.is_single:
        loop.is_cancelled = True
        lead(world, loop, NOBODY)
    elif not loop.is_cancelled:
        loop.is_cancelled = True
        if loop.latest != NOBODY:
            world.segments[loop.latest].is_cancelled = True
            if flights.count(world, loop):
                flights.simulate(world, place, 0 + loop.latest)


@compiled
def resume(world, place):
    """W-10; from SIGTERM on of no cause (W-20 a)."""
    loop = world.loops[place]
    if not room(world, loop) or world.workers[loop.worker].stage == DRAINING:
        return
    if loop.is_single:
        if world.workers[loop.worker].connection == NOBODY:
            return
    elif not loop.is_cancelled:
        stop(world, place)
    loop.is_cancelled = False
    loop.chains += 1
    start_chain(world, place)


@compiled
def start_chain(world, place):
    """W-5: `latest` moves on only after the first attempt, so a stop in that attempt hits the segment before."""
    loop = world.loops[place]
    if loop.is_cancelled and not loop.is_single:
        loop.chains -= 1
        return
    number = free_list.take(world.segments)
    world.counts[0].free_segments -= 1
    segment = world.segments[number]
    segment.loop = place
    segment.number = world.counts[0].segments
    segment.attempts = 0
    segment.delay = world.workers[loop.worker].minimum
    segment.is_cancelled = False
    segment.is_over = False
    segment.wakes_as = NOBODY
    world.counts[0].segments += 1
    if loop.is_single:
        lead(world, loop, number)
        attempt(world, number)
        if segment.is_over:
            leave(world, number)
    else:
        attempt(world, number)
        lead(world, loop, number)


@inlined
def attempt(world, number):
    """W-6: without room the chain is dead for good, and the loop stopped, though the room may only be taken by a claim."""
    segment = world.segments[number]
    loop = world.loops[segment.loop]
    foreseen = flights.count(world, loop)
    if has_room(loop.active, loop.open + foreseen, loop.slots):
        segment.attempts += 1
        if foreseen and world.lightning[0].keeps_changes and not has_room(loop.active, loop.open + foreseen + 1, loop.slots):
            flights.simulate_all(world, segment.loop)
        claims.push(world, segment.loop, number)
    else:
        stop(world, 0 + segment.loop)
        loop.chains -= 1
        segment.is_over = True


@inlined
def work_available(world, place):
    """W-14: one claim outside any segment, by stopped loops too; ignored after SIGTERM."""
    loop = world.loops[place]
    if room(world, loop) and world.workers[loop.worker].stage != DRAINING:
        claims.push(world, place, NOBODY)


@inlined
def answered_empty(world, place, number):
    """W-7: a claim of this loop came back without a run (a timeout counts as that)."""
    loop = world.loops[place]
    if number != NOBODY:
        # Nothing more happens in this event, if the process does not look (W-20 c).
        if event_list.is_at_once(world) and not loop.is_single and world.workers[loop.worker].stage != DRAINING:
            react(world, number)
            return
        event_list.follow_up(world, Kind.REACT, number)
    if loop.is_single and loop.is_cancelled:
        resume(world, place)


@inlined
def react(world, number):
    """W-7: to an empty reply."""
    if goes_on(world, number):
        segment = world.segments[number]
        segment.wakes_as = event_list.sleep(world, sleep_ms(segment.delay) * MILLISECOND, Kind.SLEPT, number)


@compiled
def slept(world, number):
    event_list.follow_up(world, Kind.WAKE, number)


@inlined
def wake(world, number):
    """W-7: a sleeper that was cancelled settles, and so may live on beside the chain that replaced it."""
    if goes_on(world, number):
        segment = world.segments[number]
        segment.delay = next_delay(segment.delay, world.workers[world.loops[segment.loop].worker].maximum)
        attempt(world, number)
        if segment.is_over:
            leave(world, number)


@inlined
def goes_on(world, number):
    """Whether the segment's chain does; if not, a replaced segment is forgotten here and a cancelled one settles (W-7)."""
    if is_replaced(world, number):
        leave(world, number)
        return False
    segment = world.segments[number]
    if segment.is_cancelled:
        settle_after(world, number, follow_ups_to_settle(segment.attempts) - 1)  # this is the first of them
        return False
    return True


@compiled
def settle_after(world, number, follow_ups):
    """W-19: its result passes outwards through one promise after another."""
    world.segments[number].until_settled = follow_ups
    pass_outwards(world, number)


@inlined
def settle_soon(world, number):
    """Where no other follow-up waits, nothing comes between this one and the last, and those between are left out."""
    if event_list.is_at_once(world):
        world.segments[number].until_settled = 1
    pass_outwards(world, number)


@inlined
def pass_outwards(world, number):
    segment = world.segments[number]
    segment.until_settled -= 1
    if segment.until_settled:
        event_list.follow_up(world, Kind.SETTLE_SOON, number)
    else:
        event_list.follow_up(world, Kind.SETTLE, number)


@compiled
def settle(world, number):
    """W-9: it asks for the loop's flag, not for the segment's."""
    place = world.segments[number].loop
    loop = world.loops[place]
    pause = sleep_ms(world.workers[loop.worker].minimum) * MILLISECOND
    if loop.is_single:
        if is_replaced(world, number):
            leave(world, number)
        else:
            event_list.after(world, pause, Kind.CONTINUED, number)
    else:
        if not loop.is_cancelled:
            event_list.after(world, pause, Kind.SETTLED, place)
        else:
            loop.chains -= 1
        leave(world, number)


@compiled
def continue_chain(world, number):
    """The next segment of a single chain."""
    if not is_replaced(world, number):
        start_chain(world, world.segments[number].loop)
    leave(world, number)


# --- segments ---


@inlined
def is_replaced(world, number):
    """Whether a single chain has left this segment behind."""
    loop = world.loops[world.segments[number].loop]
    return loop.is_single and loop.latest != number


@compiled
def lead(world, loop, number):
    """From here on this is the loop's latest segment; the one before may be forgotten if it is over."""
    previous = loop.latest
    loop.latest = number
    if previous != NOBODY and previous != number and world.segments[previous].is_over:
        free(world, previous)


@compiled
def leave(world, number):
    """Nothing leads back to this segment, except perhaps its loop's `latest`."""
    segment = world.segments[number]
    segment.is_over = True
    if world.loops[segment.loop].latest != number:
        free(world, number)


@compiled
def free(world, number):
    world.segments[number].loop = NOBODY
    free_list.give(world.segments, number)
    world.counts[0].free_segments += 1
