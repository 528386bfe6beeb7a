"""The workers' processes: started, on duty, draining, gone (W-20, docs/failures.md).

With a process everything goes that it had planned (`ends_with_process` in `rules.events`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastlanes_sim.engines.reference import claims, event_list, server, workloop
from fastlanes_sim.engines.reference.records import Worker
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.events import Kind, Subject
from fastlanes_sim.rules.process import Stage, is_done


def start(world: World, worker: Worker, connect_at: int) -> None:
    """F-1: a new process, with nothing of the one before; it will connect at `connect_at`."""
    worker.began = max(world.now, connect_at - worker.spec.start_up)
    worker.attempts = 0
    for loop in worker.loops:
        loop.capacity = loop.slots
        loop.is_cancelled = True
    worker.loaded_at.clear()
    event_list.at(world, connect_at, Kind.OPEN, worker)
    enter(world, worker, Stage.STARTED, worker.began)


def terminate(world: World, worker: Worker) -> None:
    """F-2: SIGTERM, or a crash, which is one without grace (F-5). The process takes nothing new; it exits when it is done (F-3), or is
    killed at the end of its grace period (F-4)."""
    if worker.stage is Stage.GONE:
        return
    never_connected = worker.stage is Stage.STARTED
    enter(world, worker, Stage.DRAINING, world.now)
    for loop in worker.loops:
        workloop.retire(loop)
    if never_connected or not worker.spec.grace:
        end(world, worker)
    else:
        event_list.after(world, worker.spec.grace, Kind.KILL, worker)
        exit_if_done(world, worker)


def exit_if_done(world: World, worker: Worker) -> None:
    """F-3. The last thing that an event does: nothing of the process may be used any more."""
    if worker.stage is Stage.DRAINING and all(is_done(loop.active, loop.open, loop.verifying) for loop in worker.loops):
        end(world, worker)


def end(world: World, worker: Worker) -> None:
    """F-3 to F-5: its socket closes, and with the process go its timers, its chains, its open claims and its runs."""
    worker.is_open = False
    server.leave(world, worker)
    drop_events(world, worker)
    claims.drop(worker)
    for loop in worker.loops:
        loop.active = 0
        loop.open = 0
        loop.verifying = 0
        loop.chains = 0
        loop.latest = None
    enter(world, worker, Stage.GONE, world.now)


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
}


def worker_of(kind: Kind, subject: Any) -> Worker | None:
    """The worker that an event is about, if it is about one."""
    find = _WORKER_OF.get(kind.subject)
    return None if find is None else find(subject)
