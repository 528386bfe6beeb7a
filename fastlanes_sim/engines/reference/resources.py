"""Systems that runs use for a part of their service: a line before them, and a limit of requests (R-1, R-3)."""

from __future__ import annotations

from fastlanes_sim.engines.reference import phases, sharing
from fastlanes_sim.engines.reference.records import Resource, Service, Worker
from fastlanes_sim.engines.reference.world import World
from fastlanes_sim.rules.rate_limit import admits, taken


def admitted(world: World, resource: Resource) -> bool:
    """R-3: whether the use may begin, as far as the limit of requests goes."""
    every = resource.spec.every
    if every is None:
        return True
    if not admits(world.now, resource.full_at, every, resource.spec.burst):
        return False
    resource.full_at = taken(world.now, resource.full_at, every)
    return True


def enter(world: World, service: Service, resource: Resource) -> None:
    """R-1: it waits behind all others, and gets a place at once where one is free."""
    resource.line[service] = None
    fill(world, resource)


def leave(world: World, service: Service) -> None:
    """R-1: who has waited longest gets its place, if it has one."""
    resource = service.resource
    if resource is not None:
        withdraw(service)
        fill(world, resource)


def withdraw(service: Service) -> None:
    """It uses it no more, or waits for it no more."""
    resource = service.resource
    if resource is not None:
        resource.line.pop(service, None)
        resource.used -= service.has_place
    service.resource = None
    service.has_place = False
    service.refusals = 0


def fill(world: World, resource: Resource) -> None:
    """R-1: places that are free go to those that have waited longest."""
    while resource.line and (resource.spec.concurrency is None or resource.used < resource.spec.concurrency):
        service = next(iter(resource.line))
        del resource.line[service]
        resource.used += 1
        service.has_place = True
        phases.go_on(world, service)


def drop(world: World, worker: Worker) -> None:
    """R-6: the process has ended. Its runs are out of everything, and only then others take their places."""
    for service in worker.services:
        sharing.leave(world, service)
        withdraw(service)
    worker.services.clear()
    worker.memory = 0
    for resource in world.resources:
        fill(world, resource)
    for share in (worker.share, *(resource.share for resource in world.resources)):
        if share is not None:
            sharing.expect_turn(world, share)
