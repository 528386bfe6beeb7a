"""The autoscalers of worker groups: they poll the database, start replicas and stop them (docs/failures.md, A-1 to A-6)."""

from __future__ import annotations

from fastlanes_sim.engines.reference import event_list, process
from fastlanes_sim.engines.reference.records import Autoscaler, RunRow, Worker
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.autoscaling import decide, wanted
from fastlanes_sim.rules.claim import passes_filter
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.lifecycle import State
from fastlanes_sim.rules.process import Stage


def poll(world: World, scaler: Autoscaler) -> None:
    """A-1"""
    spec, now = scaler.spec, world.now
    there = replicas_there(scaler)
    wanting = wanted(runs_counted(world, scaler), spec.runs_per_replica, spec.least, len(scaler.workers))
    target, scaler.fewer_since, scaler.highest = decide(now, len(there), wanting, spec.cool_down, scaler.fewer_since, scaler.highest)
    gone = [worker for worker in scaler.workers if worker.stage is Stage.GONE]  # one that drains keeps its place
    for worker in gone[: max(0, target - len(there))]:
        process.start(world, worker, now + worker.spec.start_up)
    for worker in sorted(there, key=lambda worker: (worker.began, worker.index))[target:]:  # the youngest
        process.terminate(world, worker)
    expect_poll(world, scaler)


def expect_poll(world: World, scaler: Autoscaler) -> None:
    event_list.after(world, scaler.spec.poll, Kind.POLL, scaler)


def replicas_there(scaler: Autoscaler) -> list[Worker]:
    """Started or in service."""
    return [worker for worker in scaler.workers if worker.stage in (Stage.STARTED, Stage.ON)]


def runs_counted(world: World, scaler: Autoscaler) -> int:
    """A-2"""
    return sum(counts(world, scaler, run) for run in world.active_runs.active.values())


def counts(world: World, scaler: Autoscaler, run: RunRow) -> bool:
    if run.state is not State.AVAILABLE and not scaler.spec.counts_active:
        return False
    return not world.active_runs.limits.ruleset.has_queues or any(passes_filter(run.queue, queues) for queues in scaler.queues)
