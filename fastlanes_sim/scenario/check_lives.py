"""What concerns a group's crashes and deploys together with the rest of it: errors, and what is legal but suspicious (docs/failures.md)."""

from __future__ import annotations

from collections.abc import Iterator

from fastlanes_sim.core.units import format_duration
from fastlanes_sim.deployment.processes import first_connection, step
from fastlanes_sim.scenario.expectation import expected_sources
from fastlanes_sim.scenario.schema import Scenario, WorkerGroup
from fastlanes_sim.scenario.yaml.validation_errors import Complaint, Path


def wrong_lives(scenario: Scenario) -> Iterator[Complaint]:
    """Errors of a scenario whose single values are right."""
    for index, group in enumerate(scenario.workers):
        place: Path = ("workers", index)
        if group.dispatch == "ideal":
            yield from _of_ideal_workers(place, group)
            continue
        if group.autoscaling is not None:
            yield from _beside_autoscaling(place, group)
            continue
        yield from _crashes(place, group)
        yield from _deploys(place, group)


def suspicious_lives(scenario: Scenario) -> Iterator[Complaint]:
    """Warnings."""
    longest = max((source.trigger.service.expectation() for source in expected_sources(scenario) if source.runs), default=0)
    for index, group in enumerate(scenario.workers):
        instants = [("crash", "crashes", number, crash.at) for number, crash in enumerate(group.crashes)]
        instants += [("deploy", "deploys", number, deploy.at) for number, deploy in enumerate(group.deploys)]
        for what, plural, number, at in instants:
            if at > scenario.horizon:
                yield Complaint(("workers", index, plural, number, "at"), f"this {what} comes after the horizon", "move it")
        graces: list[tuple[Path, int]] = [(("deploys", number), deploy.grace) for number, deploy in enumerate(group.deploys)]
        if group.autoscaling is not None:
            graces.append((("autoscaling", "grace"), group.autoscaling.grace))
        for where, grace in graces:
            if grace < longest:
                message = f"runs that take {format_duration(longest)} on average outlive a grace of {format_duration(grace)}"
                yield Complaint(("workers", index, *where), message, "give it a longer `grace` (F-4), or expect `lost`")


def _of_ideal_workers(place: Path, group: WorkerGroup) -> Iterator[Complaint]:
    for name in ("crashes", "deploys", "autoscaling"):
        if getattr(group, name):
            message = f"ideal workers have no process, and so no {name}"
            yield Complaint((*place, name), message, "write `dispatch: real`, or leave it out", about_key=True)


def _beside_autoscaling(place: Path, group: WorkerGroup) -> Iterator[Complaint]:
    for name in ("crashes", "deploys"):
        if getattr(group, name):
            message = f"{name} beside autoscaling are not simulated: which replicas are there then is not known beforehand"
            yield Complaint((*place, name), message, "keep one of the two, or put them into groups of their own", about_key=True)


def _crashes(place: Path, group: WorkerGroup) -> Iterator[Complaint]:
    for number, crash in enumerate(group.crashes):
        where: Path = (*place, "crashes", number)
        if crash.replica is not None and crash.replica > group.replicas:
            have = "one replica" if group.replicas == 1 else f"{group.replicas:,} replicas"
            message = f"there is no replica {crash.replica:,}: {group.name} has {have}"
            yield Complaint((*where, "replica"), message, "replicas are counted from 1, as in their names")
            continue
        last = group.replicas if crash.replica is None else crash.replica
        if crash.at < (connects := first_connection(group, last - 1)):
            message = f"at {format_duration(crash.at)} replica {last:,} is not there yet: it connects at {format_duration(connects)}"
            yield Complaint((*where, "at"), message, "write a later `at`, or a `replica` that is there")


def _deploys(place: Path, group: WorkerGroup) -> Iterator[Complaint]:
    free, last = first_connection(group, group.replicas - 1), group.replicas - 1
    for number, deploy in sorted(enumerate(group.deploys), key=lambda numbered: numbered[1].at):
        if deploy.at < free:
            before = "the workers connect" if free == first_connection(group, last) else "the deploy before it is done"
            message = f"this deploy begins at {format_duration(deploy.at)}, before {before}: that is at {format_duration(free)}"
            yield Complaint((*place, "deploys", number, "at"), message, "write a later `at`")
        free = max(free, step(deploy, last).connects)
