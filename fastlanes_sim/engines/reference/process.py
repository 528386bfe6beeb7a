"""The workers' processes: started, in service, draining, gone (W-15a, W-20, W-24, docs/failures.md).

With a process everything goes that it had planned (`ends_with_process` in `rules.events`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastlanes_sim.engines.reference import event_list, resources, workloop
from fastlanes_sim.engines.reference.records import Worker
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.events import Kind, Subject
from fastlanes_sim.rules.process import Exit, Stage, is_done


def start(world: World, worker: Worker, connect_at: int) -> None:
    """F-1: a new process, with nothing of the one before; it will connect at `connect_at`."""
    worker.began = max(world.now, connect_at - worker.spec.start_up)
    worker.attempts = 0
    for loop in worker.loops:
        loop.is_cancelled = True
    worker.loaded_at.clear()
    event_list.at(world, connect_at, Kind.OPEN, worker)
    enter(world, worker, Stage.STARTED, worker.began)


def call_off(world: World, worker: Worker) -> None:
    """F-1: this process has not begun yet, and never will."""
    drop_events(world, worker)
    worker.stage = Stage.GONE
    world.log.lives.remove((worker.began, worker.index, Stage.STARTED))


def terminate(world: World, worker: Worker) -> None:
    """W-20 a: SIGTERM, or a crash, which is one without grace (F-5). Later ones do nothing."""
    if worker.stage in (Stage.DRAINING, Stage.GONE):
        return
    if worker.began > world.now:
        call_off(world, worker)
        return
    enter(world, worker, Stage.DRAINING, world.now)
    if worker.spec.grace is None:
        end(world, worker, Exit.CRASH)
        return
    worker.kill_at = world.now + worker.spec.grace
    if worker.kill_at != planned_kill(worker):
        event_list.at(world, worker.kill_at, Kind.KILL, worker)
    for loop in worker.loops:
        workloop.stop(loop)
    look(world, worker)


def planned_kill(worker: Worker) -> int | None:
    """When SIGKILL comes to a worker that is to get SIGTERM. It is an event from the beginning, for SIGKILLs of one instant go in the order
    of the workers (W-19)."""
    return None if worker.spec.stops_at is None or worker.spec.grace is None else worker.spec.stops_at + worker.spec.grace


def look(world: World, worker: Worker) -> None:
    """W-20 c: whether there is nothing left to wait for. The last thing that an event does: nothing of the process may be used any more."""
    if worker.stage is Stage.DRAINING and all(is_done(loop.active, loop.open, loop.verifying) for loop in worker.loops):
        end(world, worker, Exit.TERM)


def kill(world: World, worker: Worker) -> None:
    """W-20 e: its grace period is over, if it is still there."""
    if worker.stage is Stage.DRAINING and worker.kill_at == world.now:
        end(world, worker, Exit.KILL)


def fail(world: World, worker: Worker) -> None:
    """F-10, W-15a: it exits with an error, and is started again where somebody does that, unless it was to go anyway."""
    is_wanted = worker.stage is Stage.ON
    end(world, worker, Exit.CRASH)
    if worker.spec.restart is not None and is_wanted:
        start(world, worker, world.now + worker.spec.restart)


def end(world: World, worker: Worker, how: Exit) -> None:
    """W-24: with the process go its timers, its chains, its open claims and its runs, and nothing reaches it any more. What it had sent
    still arrives."""
    if worker.connection is not None:
        worker.connection.is_abandoned = True
        worker.connection = None
    worker.is_joined = False
    drop_events(world, worker)
    worker.buffered.clear()
    worker.holds.clear()
    resources.drop(world, worker)
    for loop in worker.loops:
        loop.active = 0
        loop.open = 0
        loop.leaked = 0
        loop.lost = 0
        loop.verifying = 0
        loop.chains = 0
        loop.latest = None
    enter(world, worker, Stage.GONE, world.now)
    world.log.exits.append((world.now, worker.index, how))


def enter(world: World, worker: Worker, stage: Stage, time: int) -> None:
    """From `time` on the process is in this stage."""
    worker.stage = stage
    world.log.lives.append((time, worker.index, stage))


# --- what a process had planned ---


def drop_events(world: World, worker: Worker) -> None:
    for event in world.events.waiting():
        if event.kind.ends_with_process and worker_of(event.kind, event.subject) is worker:
            event.cancel()


_WORKER_OF: dict[Subject, Callable[[Any], Worker]] = {
    Subject.WORKER: lambda worker: worker,
    Subject.WORKLOOP: lambda loop: loop.worker,
    Subject.SEGMENT: lambda segment: segment.loop.worker,
    Subject.CLAIM: lambda claim: claim.loop.worker,
    Subject.RUN: lambda run: run.loop.worker,
    Subject.CONNECTION: lambda connection: connection.worker,
    Subject.HOLD: lambda hold: hold.loop.worker,
    Subject.MESSAGE: lambda message: message.hold.loop.worker,
    Subject.SERVICE: lambda service: service.loop.worker,
}


def worker_of(kind: Kind, subject: Any) -> Worker | None:
    """The worker that an event is about, if it is about one."""
    find = _WORKER_OF.get(kind.subject)
    return None if find is None else find(subject)
