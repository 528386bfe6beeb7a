"""The workloops with their chains of claims, quirks included (W-1 to W-10, W-13, W-14), and the runs they hold.

Where a loop is `is_single` it is the loop that its authors meant: a chain is alive while its segment is `latest`.
"""

from __future__ import annotations

from fastlanes_sim.core.units import MILLISECOND
from fastlanes_sim.engines.kernel import claims, event_list, free_list, incidents, recorder
from fastlanes_sim.engines.kernel.events import CONTINUED, ENDED, JOINED, REACT, SETTLE, SETTLE_SOON, SETTLED, SLEPT, START, VERIFIED
from fastlanes_sim.engines.kernel.jit import compiled, inlined
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules import deadlines, polling
from fastlanes_sim.rules.lifecycle import State

KILLED = int(State.KILLED)
has_room = compiled(polling.has_room)
sleep_ms = compiled(polling.sleep_ms)
next_delay = compiled(polling.next_delay)
run_end = compiled(deadlines.run_end)


@inlined
def room(loop):
    """W-1"""
    return has_room(loop.active, loop.open, loop.capacity)


@compiled
def stop(world, loop):
    """W-4: flags the loop and its latest segment; timers and other chains' segments are not touched."""
    if loop.is_single:
        loop.is_cancelled = True
        lead(world, loop, NOBODY)
    elif not loop.is_cancelled:
        loop.is_cancelled = True
        if loop.latest != NOBODY:
            world.segments[loop.latest].is_cancelled = True


@compiled
def resume(world, place):
    """W-10"""
    loop = world.loops[place]
    if not room(loop):
        return
    if loop.is_single:
        if not world.workers[loop.worker].is_open:
            return
    elif not loop.is_cancelled:
        stop(world, loop)
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
    world.counts[0].segments += 1
    if loop.is_single:
        lead(world, loop, number)
        attempt(world, number)
        if segment.is_over:
            retire(world, number)
    else:
        attempt(world, number)
        lead(world, loop, number)


@inlined
def attempt(world, number):
    """W-6: without room the chain is dead for good, and the loop stopped, though the room may only be taken by a claim."""
    segment = world.segments[number]
    loop = world.loops[segment.loop]
    if room(loop):
        segment.attempts += 1
        claims.push(world, segment.loop, number)
    else:
        stop(world, loop)
        loop.chains -= 1
        segment.is_over = True


@compiled
def work_available(world, place):
    """W-14: one claim of each loop outside any segment, by stopped loops too."""
    world.counts[0].notifications += 1
    world.workers[place].due -= 1
    recorder.note(world, recorder.NOTIFIED, place)
    worker = world.workers[place]
    for number in range(worker.first_loop, worker.end_loop):
        if room(world.loops[number]):
            claims.push(world, number, NOBODY)


@inlined
def answered(world, place, number, run):
    """W-7, W-8: a claim of this loop came back, with a run or without (a timeout counts as without)."""
    loop = world.loops[place]
    loop.open -= 1
    if run != NOBODY:
        receive(world, loop, number, run)
        return
    if number != NOBODY:
        event_list.follow_up(world, REACT, number)
    if loop.is_single and loop.is_cancelled:
        resume(world, place)


@compiled
def receive(world, loop, number, place):
    """W-8: while its token is verified, a run is neither open nor active."""
    run = world.runs[place]
    run.segment = number
    recorder.note(world, recorder.RECEIVED, run.number)
    verification = world.workers[loop.worker].verification
    if verification == NOBODY:
        accept(world, place)
    else:
        loop.verifying += 1
        event_list.after(world, verification, VERIFIED, place)


@compiled
def verified(world, place):
    world.loops[world.runs[place].loop].verifying -= 1
    accept(world, place)


@compiled
def accept(world, place):
    """W-8: the run is ours. Settling takes two follow-ups, as recorded (W-19)."""
    run = world.runs[place]
    world.loops[run.loop].active += 1
    join(world, place)
    if run.segment != NOBODY:
        event_list.follow_up(world, SETTLE_SOON, run.segment)


@compiled
def join(world, place):
    """W-15; W-19: the start after a join is a follow-up: of the join's timer, or of this event where joining takes no time."""
    startup = incidents.load(world, place) + world.runs[place].startup_time
    if startup:
        event_list.after(world, startup, JOINED, place)
    else:
        event_list.follow_up(world, START, place)


@compiled
def play_run(world, place):
    """The run has started, and will end by itself or be killed at its timeout (L-19)."""
    run = world.runs[place]
    lasts, killed = run_end(run.service_time, run.timeout)
    if killed:
        run.outcome = KILLED
    event_list.after(world, lasts, ENDED, place)


@inlined
def react(world, number):
    """W-7: to an empty reply."""
    if goes_on(world, number):
        event_list.after(world, sleep_ms(world.segments[number].delay) * MILLISECOND, SLEPT, number)


@inlined
def wake(world, number):
    """W-7: a sleeper that was cancelled settles, and so may live on beside the chain that replaced it."""
    if goes_on(world, number):
        segment = world.segments[number]
        segment.delay = next_delay(segment.delay, world.workers[world.loops[segment.loop].worker].maximum)
        attempt(world, number)
        if segment.is_over:
            retire(world, number)


@inlined
def goes_on(world, number):
    """Whether the segment's chain does; if not, a replaced segment is forgotten here and a cancelled one settles (W-7)."""
    if is_replaced(world, number):
        retire(world, number)
        return False
    if world.segments[number].is_cancelled:
        event_list.follow_up(world, SETTLE, number)
        return False
    return True


@compiled
def settle(world, number):
    """W-9: it asks for the loop's flag, not for the segment's."""
    place = world.segments[number].loop
    loop = world.loops[place]
    pause = world.workers[loop.worker].minimum * MILLISECOND
    if loop.is_single:
        if is_replaced(world, number):
            retire(world, number)
        else:
            event_list.after(world, pause, CONTINUED, number)
    else:
        if not loop.is_cancelled:
            event_list.after(world, pause, SETTLED, place)
        else:
            loop.chains -= 1
        retire(world, number)


@compiled
def go_on(world, number):
    """The next segment of a single chain."""
    if not is_replaced(world, number):
        start_chain(world, world.segments[number].loop)
    retire(world, number)


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
def retire(world, number):
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
