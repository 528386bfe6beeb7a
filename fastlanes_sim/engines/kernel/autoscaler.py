"""The autoscalers of worker groups: they poll the database, start replicas and stop them (docs/failures.md, A-1 to A-6)."""

from __future__ import annotations

from fastlanes_sim.engines.kernel import event_list, process
from fastlanes_sim.engines.kernel.eligibility import AVAILABLE
from fastlanes_sim.engines.kernel.jit import compiled
from fastlanes_sim.engines.kernel.records import NOBODY
from fastlanes_sim.rules import autoscaling
from fastlanes_sim.rules.events import Kind

wanted = compiled(autoscaling.wanted)
decide = compiled(autoscaling.decide)


@compiled
def poll(world, number):
    """A-1"""
    scaler, now = world.autoscalers[number], world.clock[0].now
    there = replicas_there(world, scaler)
    wanting = wanted(runs_counted(world, scaler), scaler.runs_per_replica, scaler.least, scaler.end - scaler.first)
    target, scaler.fewer_since, scaler.highest = decide(now, there, wanting, scaler.cool_down, scaler.fewer_since, scaler.highest)
    for place in range(scaler.first, scaler.end):
        if there < target and world.workers[place].stage == process.GONE:  # one that drains keeps its place
            process.start(world, place, now + world.workers[place].start_up)
            there += 1
    while there > target:  # the youngest, the oldest of them first
        process.terminate(world, by_age(world, scaler, target))
        there -= 1
    expect_poll(world, number)


@compiled
def expect_poll(world, number):
    event_list.after(world, world.autoscalers[number].poll, Kind.POLL, number)


@compiled
def replicas_there(world, scaler):
    """Started or in service."""
    count = 0
    for place in range(scaler.first, scaler.end):
        if is_there(world.workers[place]):
            count += 1
    return count


@compiled
def is_there(worker):
    return worker.stage == process.STARTED or worker.stage == process.ON


@compiled
def by_age(world, scaler, number):
    """The one that so many are older than; of those started at one instant the first is the oldest."""
    for place in range(scaler.first, scaler.end):
        if is_there(world.workers[place]) and older_than(world, scaler, place) == number:
            return place
    return NOBODY


@compiled
def older_than(world, scaler, place):
    """How many of the others that are there are older."""
    count = 0
    began = world.workers[place].began
    for other in range(scaler.first, scaler.end):
        host = world.workers[other]
        if is_there(host) and (host.began < began or (host.began == began and other < place)):
            count += 1
    return count


@compiled
def runs_counted(world, scaler):
    """A-2"""
    count = 0
    for place in range(1, len(world.runs)):
        run = world.runs[place]
        if run.is_active and scaler.takes[run.queue] and (run.state == AVAILABLE or scaler.counts_active):
            count += 1
    return count
