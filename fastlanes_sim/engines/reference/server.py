"""The server: its active runs, its answers to claims, and whom it notifies (lightning.md)."""

from __future__ import annotations

from collections.abc import Sequence

from fastlanes_sim.core.run_log import NEVER
from fastlanes_sim.engines.reference import event_list, incidents
from fastlanes_sim.engines.reference.records import QueueChannel, RunRow, Workloop
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.admission import refuses
from fastlanes_sim.rules.creation import Queue
from fastlanes_sim.rules.database import interpolate
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.incidents import is_reply
from fastlanes_sim.rules.lifecycle import State

_QUEUES = [queue.label for queue in Queue]
FAST_LANE = Queue.FAST_LANE.label


def insert(world: World, row: int) -> bool:
    """The run in this row of the table is created; every connected worker will hear of it, in the workers' order (L-17). False: it was
    refused."""
    table, now = world.table, world.now
    run = RunRow(
        id=next(world.run_ids),
        row=row,
        workflow=int(table.workflow[row]),
        state=State.AVAILABLE,
        queue=_QUEUES[table.queue[row]],
        priority=int(table.priority[row]),
        inserted_at=now,
        timeout=int(table.timeout[row]),
        reply_luck=int(table.reply_luck[row]),
    )
    if incidents.is_down(world) or is_refused(world, run):  # I-2, I-3, L-28
        world.log.refused_at[row] = now
        return False
    count(world, run, 1)
    world.log.inserted_at[row] = now
    world.active_runs.insert(run)
    announce(world)
    return True


def is_refused(world: World, run: RunRow) -> bool:
    """Whether its project is over its quota (L-28), or has as many active runs in the fast lane as it may have (`rules.admission`)."""
    project = world.deployment.workflows[run.workflow].project
    if incidents.is_over_quota(world, project) and not world.table.accepted[run.row]:
        return True
    limit = world.deployment.projects[project].fast_lane_limit
    return run.queue == FAST_LANE and limit is not None and refuses(world.fast_lane[project], limit)


def take(world: World, loop: Workloop, candidates: Sequence[RunRow], began_at: int | None = None) -> RunRow | None:
    """One claim of demand 1 is decided at this instant (L-10, L-24). `began_at`: when its query began, if not just now."""
    runs = world.active_runs.take(candidates, 1)
    if not runs:
        world.log.claims_empty += 1
        return None
    run, now, log = runs[0], world.now, world.log
    run.claimed_at = now if began_at is None else began_at
    run.loop = loop
    log.state[run.row] = State.CLAIMED
    log.began_at[run.row] = run.claimed_at
    log.claimed_at[run.row] = now
    log.worker[run.row] = loop.worker.index
    log.workloop[run.row] = loop.number
    return run


def start(world: World, run: RunRow) -> bool:
    """A worker says that the run has started; whether that changed anything: a run that was lost meanwhile stays lost (L-18)."""
    if not world.active_runs.start(run.id):
        return False
    run.started_at = world.now
    world.log.state[run.row] = State.STARTED
    return True


def finish(world: World, run: RunRow, state: State) -> bool:
    """A worker reports a run's end, or the janitor does; whether that changed anything: a run that was lost stays lost (L-18)."""
    if not world.active_runs.finish(run.id, state):
        return False
    count(world, run, -1)
    world.log.state[run.row] = state
    world.log.ended_at[run.row] = world.now
    answer(world, run.row)
    return True


def answer(world: World, row: int) -> None:
    """K-5: a run that waits for the end of this one goes on, unless it has waited long enough, or the connection broke (I-5)."""
    service = world.awaited.get(row)
    if service is None or service.patience is None or not service.patience.is_waiting:
        return
    inserted_at = int(world.log.inserted_at[row])
    if is_reply(world.now, inserted_at, patience(world, row), incidents.goes_down(world, inserted_at)):
        service.patience.cancel()
        service.awaits = NEVER
        del world.awaited[row]
        event_list.follow_up(world, Kind.ANSWERED, service)


def patience(world: World, row: int) -> int:
    """K-5: how long the run that calls this one waits for its end."""
    return min(int(world.table.patience[row]), world.deployment.lightning.webhook_timeout)


def count(world: World, run: RunRow, change: int) -> None:
    if run.queue == FAST_LANE:
        world.fast_lane[world.deployment.workflows[run.workflow].project] += change


# --- notifications ---


def announce(world: World) -> None:
    """L-17: a run was created."""
    for worker in world.workers:
        if worker.channel is not None and not worker.channel.is_dead:
            announce_to(world, worker.channel)


def announce_to(world: World, channel: QueueChannel) -> None:
    """L-17, of one connection. Runs created while its timer is pending start no second one."""
    debounce = world.deployment.lightning.debounce
    if debounce is not None and not channel.is_announcing:
        channel.is_announcing = True
        channel.due += 1
        event_list.after(world, debounce, Kind.DEBOUNCED, channel)


# --- where claims are decided in parallel ---


def claim_latency(world: World) -> tuple[int, int]:
    """How long the claim that is sent now takes to be decided, and to be answered from there (W-16).

    The database's part is that of the number of active runs at this instant, and of how slow it is at it (I-7).
    """
    latency = world.deployment.latency
    if latency.pairs:
        return next(world.pairs)
    return latency.up + interpolate(incidents.curve(world), world.active_runs.active_count), latency.down
