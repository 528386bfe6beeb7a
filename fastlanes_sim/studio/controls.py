"""What can be changed by hand in a scenario: controls as plain data, each with the place of its value in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from fastlanes_sim.core.units import spell_duration, spell_number, spell_rate
from fastlanes_sim.distributions.distribution import Distribution
from fastlanes_sim.rules.layout_parser import parse_workloops
from fastlanes_sim.scenario.schema import Scenario
from fastlanes_sim.scenario.triggers import Trigger
from fastlanes_sim.studio.control import Control
from fastlanes_sim.studio.incidents import incident_controls

_SEGMENTS = 12
"""Of a rate that depends on the time of the week, those that have a slider."""
REACH = 8.0
"""How many times more, or less, than at first a slider goes."""


@dataclass(frozen=True, slots=True)
class Group:
    """Who makes runs, or a group of workers, with its controls."""

    name: str
    detail: str
    lane: str
    controls: tuple[Control, ...]


@dataclass(frozen=True, slots=True)
class WorkerControls:
    """A group of workers: its layout in parts, and its controls."""

    index: int
    name: str
    layout: str
    loops: tuple[dict[str, Any], ...]
    """`{"queues": […], "slots": n}`, in the order of the layout."""
    slots: int
    """Of one worker."""
    controls: tuple[Control, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Controls:
    """All of a scenario's."""

    workers: tuple[WorkerControls, ...]
    traffic: tuple[Control, ...]
    sources: tuple[Group, ...]
    limits: tuple[Control, ...]
    incidents: tuple[Control, ...]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def all(self) -> Iterator[Control]:
        for group in self.workers:
            yield from group.controls
        yield from self.traffic
        for source in self.sources:
            yield from source.controls
        yield from self.limits
        yield from self.incidents

    def whose(self, path: str) -> str:
        """The source or the group of workers that a control belongs to, where its label alone does not say it; else empty."""
        for group in self.workers:
            if len(self.workers) > 1 and any(one.path == path for one in group.controls):
                return group.name
        for source in self.sources:
            if any(one.path == path for one in source.controls):
                is_one_of_many = sum(one.name == source.name for one in self.sources) > 1
                return f"{source.name}, {source.detail}" if is_one_of_many else source.name
        return ""


Anchors = Mapping[str, float]
"""By path, the value that a slider's reach is measured from: else it would move with what is moved."""


def controls(scenario: Scenario, anchors: Anchors) -> Controls:
    """What can be changed in a scenario that is valid."""
    reach = _Reach(anchors)
    whole = () if scenario.replay is not None else (reach.factor("traffic", "all traffic, times", scenario.traffic, "× "),)
    return Controls(
        tuple(_workers(scenario)), whole, tuple(_sources(scenario, reach)), tuple(_limits(scenario)), tuple(incident_controls(scenario))
    )


@dataclass(frozen=True, slots=True)
class _Reach:
    anchors: Anchors

    def _ends(self, path: str, value: float) -> tuple[float, float]:
        anchor = self.anchors.get(path, value) or 1.0
        return min(anchor / REACH, value or anchor), max(anchor * REACH, value)

    def factor(self, path: str, label: str, value: float, sign: str = "", least: float = 0.0) -> Control:
        low, high = self._ends(path, value)
        return Control(path, label, "factor", value, f"{sign}{spell_number(value, 3)}", max(low, least), max(high, least))

    def rate(self, path: str, label: str, value: float) -> Control:
        return Control(path, label, "rate", value, spell_rate(value), *self._ends(path, value))

    def duration(self, path: str, label: str, value: float) -> Control:
        return Control(path, label, "duration", value, spell_duration(value, 3), *self._ends(path, value))

    def count(self, path: str, label: str, value: float) -> Control:
        low, high = self._ends(path, value)
        return Control(path, label, "count", value, f"{value:,}", max(1, round(low)), round(high))


def _workers(scenario: Scenario) -> Iterator[WorkerControls]:
    for index, group in enumerate(scenario.workers):
        layout = parse_workloops(group.layout)
        loops = tuple({"queues": list(loop.queues), "slots": loop.capacity} for loop in layout.workloops)
        place = f"workers.{index}"
        many = (
            []
            if group.autoscaling is not None
            else [Control(f"{place}.replicas", "workers", "count", group.replicas, f"{group.replicas}", 1, 50)]
        )
        backoff = Control(f"{place}.backoff", "backoff", "text", group.backoff, group.backoff, help="least/most seconds between polls")
        note = "" if group.autoscaling is None else f"autoscaled, {group.autoscaling.min} to {group.autoscaling.max} workers"
        slots = sum(loop.capacity for loop in layout.workloops)
        yield WorkerControls(index, group.name, group.layout, loops, slots, (*many, backoff), note)


def _limits(scenario: Scenario) -> Iterator[Control]:
    lightning = scenario.lightning
    yield Control(
        "lightning.broadcast_work_available", "workers are notified of new runs", "switch", lightning.broadcast_work_available,
        "on" if lightning.broadcast_work_available else "off", help="BROADCAST_WORK_AVAILABLE",
    )  # fmt: skip
    limit = lightning.per_workflow_claim_limit
    yield Control(
        "lightning.per_workflow_claim_limit",
        "claim limit of a workflow",
        "count",
        limit,
        f"{limit}",
        1,
        200,
        help="PER_WORKFLOW_CLAIM_LIMIT",
    )
    for name, project in scenario.projects.items():
        if "." in name:
            continue
        if project.concurrency is not None:
            many = project.concurrency
            yield Control(f"projects.{name}.concurrency", f"{name}: runs at once", "count", many, f"{many}", 1, max(200, many))
        for workflow, settings in project.workflows.items():
            if settings.concurrency is not None and "." not in workflow:
                many = settings.concurrency
                path = f"projects.{name}.workflows.{workflow}.concurrency"
                yield Control(path, f"{name}/{workflow}: runs at once", "count", many, f"{many}", 1, max(200, many))


def _sources(scenario: Scenario, reach: _Reach) -> Iterator[Group]:
    for project, settings in scenario.projects.items():
        for workflow, work in settings.workflows.items():
            if "." in project or "." in workflow:
                continue  # no dotted path leads there
            for index, trigger in enumerate(work.triggers):
                place = f"projects.{project}.workflows.{workflow}.triggers.{index}"
                made = (*_arrivals(trigger, place, reach), *_service(trigger.service, f"{place}.service", reach))
                lane = scenario.lightning.ruleset.queue_and_priority(trigger.origin)[0].label
                yield Group(f"{project}/{workflow}", trigger.type.replace("_", " "), lane, made)


def _arrivals(trigger: Trigger, place: str, reach: _Reach) -> Iterator[Control]:
    if trigger.type == "cron":
        yield reach.count(f"{place}.runs_per_tick", f"runs at each tick of {trigger.cron}", trigger.runs_per_tick)
        return
    arrivals = trigger.arrivals
    if arrivals.poisson is not None:
        yield reach.rate(f"{place}.arrivals.poisson", "rate", arrivals.poisson)
    for time, rate in list((arrivals.piecewise or {}).items())[:_SEGMENTS]:
        if rate:
            yield reach.rate(f"{place}.arrivals.piecewise.{time}", f"rate from {time}", rate)
    if arrivals.batch is not None and arrivals.batch.fixed is not None:
        yield reach.count(f"{place}.arrivals.batch.fixed", "runs in a batch", arrivals.batch.fixed)
    if arrivals.batch is not None and arrivals.batch.geometric is not None:
        mean = arrivals.batch.geometric
        yield reach.factor(f"{place}.arrivals.batch.geometric", "runs in a batch, on average", mean, least=1.0)
    if arrivals.gaps is not None:
        yield reach.factor(f"{place}.arrivals.gaps.shape", "regularity of arrivals (1: Poisson)", arrivals.gaps.shape)
    if arrivals.every is not None:
        yield reach.duration(f"{place}.arrivals.every", "one each", arrivals.every)
    if arrivals.burst is not None:
        yield reach.count(f"{place}.arrivals.burst.size", "runs in a burst", arrivals.burst.size)
        if arrivals.burst.over:
            yield reach.duration(f"{place}.arrivals.burst.over", "spread over", arrivals.burst.over)


_PARAMETERS = {
    "median": "service, median",
    "p95": "service, p95",
    "mean": "service, mean",
    "sd": "service, deviation",
    "scale": "service, scale",
}


def _service(service: Distribution, place: str, reach: _Reach) -> Iterator[Control]:
    if service.constant is not None:
        yield reach.duration(place, "service", service.constant)
        return
    family = service.family
    for name, label in _PARAMETERS.items():
        value = getattr(family, name, None)
        if isinstance(value, int) and value > 0:
            yield reach.duration(f"{place}.{family.name}.{name}", label, value)
