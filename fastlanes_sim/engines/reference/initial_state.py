"""The world before the first event: a deployment's plain values put into the engine's records."""

from __future__ import annotations

from itertools import chain, cycle

import numpy as np

from fastlanes_sim.core.run_log import NEVER, RunLog
from fastlanes_sim.core.run_table import RunTable
from fastlanes_sim.deployment.deployment import Deployment
from fastlanes_sim.engines.reference import autoscaler, callers, event_list, process
from fastlanes_sim.engines.reference.active_runs import Table
from fastlanes_sim.engines.reference.event_list import FutureEventList
from fastlanes_sim.engines.reference.records import Autoscaler, ChangesSoFar, Resource, Share, Worker, Workloop
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.causes import Cause
from fastlanes_sim.rules.claim import Limits, sanitise_queues
from fastlanes_sim.rules.events import Kind
from fastlanes_sim.rules.sharing import processors


def world_of(deployment: Deployment, table: RunTable, log: RunLog, *, keeps_claims: bool = False, keeps_changes: bool = False) -> World:
    """The deployment at instant 0, before anything has happened."""
    workers = [Worker(index, spec, share=_share(spec.cores)) for index, spec in enumerate(deployment.workers)]
    for worker in workers:
        worker.loops = [
            Workloop(worker, number, sanitise_queues(list(loop.queues)), loop.capacity, worker.spec.claim_chains == "single")
            for number, loop in enumerate(worker.spec.workloops)
        ]
    loops = [loop for worker in workers for loop in worker.loops]
    world = World(
        deployment=deployment,
        table=table,
        log=log,
        events=FutureEventList(),
        active_runs=Table(limits_of(deployment)),
        pairs=cycle(deployment.latency.pairs),
        database_times=cycle(deployment.latency.database_times),
        workers=workers,
        loops=loops,
        ideal_loops=[loop for loop in loops if loop.worker.is_ideal],
        keeps_claims=keeps_claims,
        resources=[Resource(spec, _share(spec.processors)) for spec in deployment.resources],
        changes=ChangesSoFar([int(Cause.OUTAGE)] * len(loops), np.full(len(table), NEVER, np.int64)) if keeps_changes else None,
    )
    if deployment.lightning.janitor_first is not None:
        event_list.at(world, deployment.lightning.janitor_first, Kind.JANITOR, None)
    if world.ideal_loops:
        for instant in chain.from_iterable(deployment.incidents.down):
            event_list.at(world, instant, Kind.TURNED, None)
    for worker in workers:
        if not worker.is_ideal:
            _begin(world, worker)
    for spec in deployment.autoscalers:
        replicas = workers[spec.first : spec.end]
        queues = [sanitise_queues(list(loop.queues)) for loop in replicas[0].loops]
        autoscaler.expect_poll(world, Autoscaler(spec, replicas, queues))
    callers.expect_arrival(world)
    return world


def _begin(world: World, worker: Worker) -> None:
    spec = worker.spec
    if not spec.is_standby:
        process.start(world, worker, spec.connect_at)
    # Of the worker, not of one of its processes: outages that begin at one instant do so in the order of the workers.
    for begins, _ in spec.outages:
        event_list.at(world, begins, Kind.OUTAGE, worker)
    for begins, _ in spec.mute:
        event_list.at(world, begins, Kind.MUTE, worker)
    for instant in spec.channel_crashes:
        event_list.at(world, instant, Kind.CHANNEL_CRASH, worker)
    if spec.stops_at is not None:
        event_list.at(world, spec.stops_at, Kind.STOP, worker)
    kill_at = process.planned_kill(worker)
    if kill_at is not None:
        event_list.at(world, kill_at, Kind.KILL, worker)


def _share(thousandths: int | None) -> Share | None:
    """R-2, R-4"""
    return None if thousandths is None else Share(*processors(thousandths))


def limits_of(deployment: Deployment) -> Limits:
    """The deployment's concurrency settings, as the claim rules want them (L-11, L-12)."""
    return Limits(
        run_queue=deployment.lightning.run_queue,
        ruleset=deployment.lightning.ruleset,
        claim_limit=deployment.lightning.claim_limit,
        workflow_concurrency=dict(enumerate(workflow.concurrency for workflow in deployment.workflows)),
        workflow_project={index: workflow.project for index, workflow in enumerate(deployment.workflows)},
        project_concurrency=dict(enumerate(project.concurrency for project in deployment.projects)),
    )
